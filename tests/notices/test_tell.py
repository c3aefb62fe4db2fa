"""Telling people: the inbox at once, mail and messages through the outbox, never an address in the queue (通知)."""

import datetime as dt
import json

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from sealreg.accounts.models import User
from sealreg.clock import SHANGHAI
from sealreg.errors import NotFound
from sealreg.notices import selectors, templates
from sealreg.notices.models import AddressKind, Notice, OutsideAddress
from sealreg.notices.recipients import Recipient
from sealreg.notices.services import mark_all_read, mark_read, tell
from sealreg.notices.templates import NoticeTemplate, register, word
from sealreg.outbox.models import OutboxMessage

AT = dt.datetime(2026, 11, 23, 9, 30, tzinfo=SHANGHAI)
PHONE, MAIL = "19900000001", "handler@example.org"


@pytest.fixture(autouse=True)
def _templates(monkeypatch):
    monkeypatch.setattr(templates, "_templates", {})
    register(
        NoticeTemplate("test.done", _("备案 %(number)s 已完成"), _("请到%(shop)s领取。"), ("inbox", "email", "sms"))
    )
    register(NoticeTemplate("test.quiet", "安静", "只在站内。"))


def person(username, **columns):
    return User.objects.create(
        username=username, name="陈小满", created_at=AT, **{"email": MAIL, "phone": PHONE} | columns
    )


def tell_done(*to, link="/progress/", template="test.done"):
    params = {"number": "7K3M", "shop": "顺德某印章店"} if template == "test.done" else {}
    with transaction.atomic():
        tell(template, to=to, at=AT, params=params, link=link)


@pytest.mark.django_db
def test_a_user_finds_it_in_the_inbox_and_it_leaves_by_mail_and_message():
    user = person("chen")
    tell_done(Recipient(user=user), Recipient(user=user))
    (notice,) = selectors.inbox(user)
    assert (notice.template, notice.link, notice.at, notice.read_at) == ("test.done", "/progress/", AT, None)
    assert [message.topic for message in OutboxMessage.objects.order_by("topic")] == ["notices.email", "notices.sms"]
    for message in OutboxMessage.objects.all():
        assert message.payload["to"] == {"user": user.number}
        assert message.payload["params"] == {"number": "7K3M", "shop": "顺德某印章店"}


@pytest.mark.django_db
def test_no_address_stands_in_the_queue_or_readable_in_the_database():
    tell_done(Recipient(user=person("chen")), Recipient(phone=PHONE), Recipient(email=MAIL, language="en"))
    for message in OutboxMessage.objects.all():
        text = json.dumps(message.payload) + message.key
        assert PHONE not in text
        assert MAIL not in text
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM notices_outsideaddress")
        assert all(PHONE.encode() not in bytes(row[0]) for row in cursor.fetchall())
    kinds = {address.kind: address for address in OutsideAddress.objects.all()}
    for kind, value in ((AddressKind.PHONE, PHONE), (AddressKind.EMAIL, MAIL)):
        assert selectors.address_of(kind, address_number=kinds[kind].number) == value
    assert selectors.address_of(AddressKind.EMAIL, address_number=kinds[AddressKind.PHONE].number) == ""


@pytest.mark.django_db
def test_channels_follow_the_template_and_what_the_person_has():
    tell_done(Recipient(user=person("a", email="", phone=None)), Recipient(user=person("b", phone=None)))
    assert [message.topic for message in OutboxMessage.objects.all()] == ["notices.email"]
    tell_done(Recipient(phone=PHONE), Recipient(email=MAIL), template="test.quiet")
    assert OutboxMessage.objects.count() == 1


@pytest.mark.django_db
def test_the_address_is_the_one_of_the_moment_of_sending():
    user = person("chen")
    User.objects.filter(pk=user.pk).update(email="new@example.org")
    assert selectors.address_of(AddressKind.EMAIL, user_number=user.number) == "new@example.org"
    assert selectors.address_of(AddressKind.PHONE, user_number=user.number) == PHONE
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert selectors.address_of(AddressKind.EMAIL, user_number=user.number) == ""
    assert selectors.address_of(AddressKind.EMAIL, user_number="nobody") == ""


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("call", "error"),
    [
        ({"template": "test.unknown"}, LookupError),
        ({"params": {"number": "1"}}, ValueError),
        ({"params": {"number": "1", "shop": "2", "more": "3"}}, ValueError),
        ({"params": {"number": 1, "shop": "2"}}, ValueError),
        ({"link": "https://example.org/"}, ValueError),
        ({"link": "//example.org/"}, ValueError),
    ],
)
def test_a_fault_in_the_call_is_loud(call, error):
    given = {"template": "test.done", "params": {"number": "1", "shop": "2"}, "link": ""} | call
    with pytest.raises(error):
        tell(given.pop("template"), to=[Recipient(user=person("chen"))], at=AT, **given)
    assert Notice.objects.count() == 0


def test_it_is_told_with_what_happened_or_not_at_all(own_database):
    user = person("chen")
    with pytest.raises(RuntimeError):
        tell("test.quiet", to=[Recipient(user=user)], at=AT, params={})
    with transaction.atomic():
        tell("test.quiet", to=[Recipient(user=user)], at=AT, params={})
        transaction.set_rollback(True)
    assert Notice.objects.count() == 0


@pytest.mark.parametrize("given", [{}, {"email": MAIL, "phone": PHONE}, {"user": User(), "email": MAIL}])
def test_a_recipient_is_exactly_one_of_three(given):
    with pytest.raises(ValueError):
        Recipient(**given)


@pytest.mark.django_db
def test_reading_counts_once_and_only_in_ones_own_inbox():
    mine, other = person("mine"), person("other", email="")
    tell_done(Recipient(user=mine), template="test.quiet")
    tell_done(Recipient(user=mine), template="test.quiet")
    tell_done(Recipient(user=other), template="test.quiet")
    first, second = selectors.inbox(mine)
    assert (selectors.unread_count(mine), selectors.unread_count(other)) == (2, 1)
    later = AT + dt.timedelta(hours=1)
    assert mark_read(first, by=mine, at=later).read_at == later
    assert mark_read(first, by=mine, at=later + dt.timedelta(hours=1)).read_at == later
    assert mark_read(second, by=mine, at=AT - dt.timedelta(hours=1)).read_at is None
    assert mark_all_read(mine, by=mine, at=later) == 1
    assert (selectors.unread_count(mine), selectors.unread_count(other)) == (0, 1)
    with pytest.raises(NotFound):
        selectors.notice_for(mine, selectors.inbox(other).get().number)
    assert selectors.notice_for(mine, first.number) == first


@pytest.mark.django_db
def test_the_database_keeps_links_on_this_site():
    user = person("chen")
    for link in ("https://example.org", "//example.org", "progress"):
        with pytest.raises(DatabaseError), transaction.atomic():
            Notice.objects.create(user=user, template="test.quiet", link=link, at=AT)


def test_words_come_in_the_readers_language_and_old_notices_still_read():
    wording = word("test.done", {"number": "7K3M", "shop": "甲 100%"})
    assert (wording.title, wording.body) == ("备案 7K3M 已完成", "请到甲 100%领取。")
    assert word("test.done", {"number": "7K3M"}).body == "请到—领取。"
    assert word("test.gone", {"x": "y"}).body == ""
    register(NoticeTemplate("test.language", translation.gettext_lazy("中文"), "x"))
    with translation.override("zh-hans"):
        assert word("test.language", {}, language="en").title == str(translation_of("中文", "en"))
        assert word("test.language", {}).title == "中文"


def translation_of(text, language):
    with translation.override(language):
        return translation.gettext(text)


@pytest.mark.parametrize("template_id", ["test.done", "bad", "Bad.Id", ""])
def test_a_bad_or_taken_template_id_is_refused(template_id):
    with pytest.raises(ValueError):
        register(NoticeTemplate(template_id, "x", "y"))
