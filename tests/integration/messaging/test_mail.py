"""Notices leave by mail once, to where the person is now (邮件)."""

import datetime as dt
import smtplib

import pytest
from django.core import mail
from django.db import transaction

from integration.messaging import mail as sender
from sealreg.accounts.models import User
from sealreg.clock import SHANGHAI
from sealreg.notices import templates
from sealreg.notices.recipients import Recipient
from sealreg.notices.services import tell
from sealreg.notices.templates import NoticeTemplate, register
from sealreg.outbox import registry
from sealreg.outbox.errors import Refused, TryAgain
from sealreg.outbox.models import OutboxDelivery
from sealreg.outbox.registry import Delivery
from sealreg.outbox.relay import Relay

AT = dt.datetime(2026, 11, 23, 9, 30, tzinfo=SHANGHAI)


@pytest.fixture(autouse=True)
def _template(monkeypatch):
    monkeypatch.setattr(templates, "_templates", {})
    register(NoticeTemplate("test.done", "备案 %(number)s\n已完成", "请领取。", ("email",)))


def owed(*to):
    with transaction.atomic():
        tell("test.done", to=to, at=AT, params={"number": "7K3M"})


def person():
    return User.objects.create(username="chen", name="陈小满", created_at=AT, email="chen@example.org")


def delivery(**payload):
    content = {"template": "test.done", "params": {"number": "7K3M"}, "to": {"address": "none"}, "language": "zh-hans"}
    return Delivery("key", "notices.email", ("dispatch", "N1"), 1, content | payload, "", 1, 1, 20.0)


def test_from_the_transaction_to_the_letter(own_database, settings):
    user = person()
    owed(Recipient(user=user), Recipient(email="handler@example.org"))
    User.objects.update(email="new@example.org")
    assert Relay().drain(seconds=10) == 2
    assert sorted(letter.to[0] for letter in mail.outbox) == ["handler@example.org", "new@example.org"]
    letter = mail.outbox[0]
    assert letter.subject == "备案 7K3M 已完成"
    assert letter.body.startswith("请领取。\n\n演示系统")
    references = set(OutboxDelivery.objects.values_list("response_reference", flat=True))
    assert references == {one.extra_headers["Message-ID"] for one in mail.outbox}


@pytest.mark.django_db
def test_a_repeated_attempt_is_the_same_letter():
    user = person()
    for _ in range(2):
        sender.send(delivery(to={"user": user.number}))
    first, second = mail.outbox
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"]
    assert first.message()["Message-ID"] == first.extra_headers["Message-ID"]


@pytest.mark.django_db
def test_the_authority_closes_the_letter_where_there_is_one(settings):
    settings.AUTHORITY_NAME = "某省公安厅"
    sender.send(delivery(to={"user": person().number}))
    assert mail.outbox[0].body.endswith("\n\n某省公安厅\n")


@pytest.mark.django_db
def test_nobody_to_write_to_counts_as_done():
    user = person()
    User.objects.update(email="")
    one = delivery(to={"user": user.number})
    sender.send(one)
    assert (one.reference, mail.outbox) == ("no_address", [])


@pytest.mark.django_db
@pytest.mark.parametrize("payload", [{"to": "chen@example.org"}, {"params": None}])
def test_a_payload_of_another_form_is_refused(payload):
    with pytest.raises(Refused):
        sender.send(delivery(**payload))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("trouble", "error", "code"),
    [
        (ConnectionRefusedError(), TryAgain, "mail_unreachable"),
        (TimeoutError(), TryAgain, "mail_unreachable"),
        (smtplib.SMTPServerDisconnected("chen@example.org"), TryAgain, "mail_unreachable"),
        (smtplib.SMTPDataError(451, b"later"), TryAgain, "smtp_451"),
        (smtplib.SMTPRecipientsRefused({"chen@example.org": (550, b"no such user")}), Refused, "smtp_550"),
        (smtplib.SMTPRecipientsRefused({"chen@example.org": (450, b"busy")}), TryAgain, "smtp_450"),
    ],
)
def test_what_the_mail_server_says_decides(monkeypatch, trouble, error, code):
    class Broken:
        def send_messages(self, messages):
            raise trouble

    monkeypatch.setattr(sender, "get_connection", lambda **_: Broken())
    with pytest.raises(error) as raised:
        sender.send(delivery(to={"user": person().number}))
    assert raised.value.code == code
    assert "chen" not in str(raised.value)


def test_both_senders_are_subscribed_with_one_policy():
    assert registry.subscribers_of("notices.email") == ["mail"]
    assert registry.subscribers_of("notices.sms") == ["sms"]
    assert registry.handler_of("notices.email", "mail") is sender.send
