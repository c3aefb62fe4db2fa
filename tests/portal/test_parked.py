"""The operator decides on parked messages, and is told of them (停放消息页面)."""

import datetime as dt

import pytest
from django.urls import reverse

from sealreg.audit.models import AuditEvent
from sealreg.clock import SHANGHAI
from sealreg.notices.models import Notice
from sealreg.notices.templates import word
from sealreg.outbox import alarms, registry
from sealreg.outbox.alarms import raise_alarm
from sealreg.outbox.models import OutboxDelivery
from sealreg.portal.alarms import operators, tell_operators
from tests.factories.accounts import person
from tests.outbox.conftest import TOPIC, owe_one
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db
LIST = "operator_parked"


@pytest.fixture
def parked_one():
    registry.subscribe(TOPIC, "alpha", lambda delivery: None)
    owe_one("K1", 1)
    owe_one("K1", 2)
    registry.unsubscribe(TOPIC, "alpha")
    OutboxDelivery.objects.filter(version=1).update(
        state="PARKED", attempts=24, last_error_code="E17", last_error="对方不认识<此类型>"
    )
    return OutboxDelivery.objects.get(version=1)


@pytest.fixture
def page():
    return client_of(person("operator_staff"))


def test_the_list_shows_what_is_parked_and_nothing_else(page, parked_one):
    text = page.get(reverse(LIST)).content.decode()
    assert reverse("operator_parked_message", args=[parked_one.number]) in text
    assert OutboxDelivery.objects.get(version=2).number not in text
    assert "E17" in text


def test_what_is_tried_again_by_itself_says_when(page, parked_one):
    waiting = OutboxDelivery.objects.get(version=2)
    at = dt.datetime(2026, 6, 9, 11, 30, tzinfo=SHANGHAI)
    OutboxDelivery.objects.filter(pk=waiting.pk).update(attempts=3, last_error_code="timeout", next_at=at)
    detail = reverse("operator_parked_message", args=[waiting.number])
    text = page.get(reverse(LIST)).content.decode()
    assert "系统按所列时间自动再试" in text
    assert f'href="{detail}"' in text
    assert "2026-06-09 11:30" in text
    told = page.get(detail).content.decode()
    assert "下次发送时间" in told
    assert "2026-06-09 11:30" in told
    assert "下次发送时间" not in page.get(
        reverse("operator_parked_message", args=[parked_one.number])
    ).content.decode()  # fmt: skip


def test_an_empty_list_and_an_odd_filter_say_so_kindly(page):
    for query in ({}, {"subscriber": "mail"}, {"subscriber": "no-such"}, {"subscriber": "\0"}, {"after": "x"}):
        answer = page.get(reverse(LIST), query)
        assert answer.status_code == 200
        assert "没有停放的消息" in answer.content.decode()


def test_the_detail_shows_the_trouble_escaped_and_what_waits_behind_it(page, parked_one):
    text = page.get(reverse("operator_parked_message", args=[parked_one.number])).content.decode()
    assert "对方不认识&lt;此类型&gt;" in text
    assert "受阻的后续消息" in text
    assert "重新发送" in text


@pytest.mark.parametrize(("decision", "state"), [("redrive", "PENDING"), ("close", "CLOSED")])
def test_a_decision_is_carried_out_and_audited(page, parked_one, decision, state):
    url = reverse("operator_parked_message", args=[parked_one.number])
    answer = page.post(url, {"decision": decision, "reason": "对方已修复"})
    assert (answer.status_code, answer.url) == (302, reverse(LIST))
    assert OutboxDelivery.objects.get(pk=parked_one.pk).state == state
    assert AuditEvent.objects.latest("id").facts["reason"] == "对方已修复"
    assert "已经处理" in page.get(url).content.decode()
    again = page.post(url, {"decision": decision, "reason": "再来一次"})
    assert again.status_code == 422
    assert "已由他人处理" in again.content.decode()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"decision": "close", "reason": ""}, "请写明处理理由"),
        ({"reason": "对方已修复"}, "请选择处理方式"),
        ({"decision": "close", "reason": "长" * 201}, "长长长"),
        ({"decision": "approve", "reason": "对方已修复"}, "对方已修复"),
        ({"decision": "close", "reason": "a\0b"}, "a"),
    ],
)
def test_mistakes_are_told_at_the_field_and_nothing_typed_is_lost(page, parked_one, typed, said):
    answer = page.post(reverse("operator_parked_message", args=[parked_one.number]), typed)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert OutboxDelivery.objects.get(pk=parked_one.pk).state == "PARKED"


def test_others_do_not_reach_it(parked_one):
    for role in ("county_officer", "shop_clerk", "institute_staff", "system_administrator"):
        client = client_of(person(role))
        for name, arguments in ((LIST, []), ("operator_parked_message", [parked_one.number])):
            assert client.get(reverse(name, args=arguments)).status_code in (403, 404)
    unknown = client_of(person("operator_staff")).get(reverse("operator_parked_message", args=["0" * 12]))
    assert unknown.status_code == 404


def test_operators_find_the_alarm_in_their_inbox():
    operator = person("operator_staff")
    person("county_officer")
    person("operator_staff", is_active=False)
    assert operators() == [operator]
    assert tell_operators in alarms._listeners
    raise_alarm("outbox.parked:ministry", {"subscriber": "ministry", "topic": "x", "code": "E17"})
    raise_alarm("outbox.waiting", {"oldest_seconds": 1830, "limit_seconds": 900})
    raise_alarm("other.alarm", {})
    parked, waiting = Notice.objects.filter(user=operator).order_by("id")
    assert Notice.objects.count() == 2
    assert "ministry" in word(parked.template, parked.params).body
    assert "30分钟" in word(waiting.template, waiting.params).body
    assert parked.link == reverse(LIST)
