"""The shop corrects what the Ministry's platform refused (被退回的上报页面)."""

from __future__ import annotations

import pytest
from django.urls import reverse

from filing.models import SealFiling
from integration.agency_http import Declined
from integration.ministry import push as pushing
from integration.ministry.models import PushRecord
from sealreg.notices.models import Notice
from sealreg.outbox.models import OutboxMessage
from sealreg.outbox.registry import Delivery
from tests.factories import filing as made
from tests.factories.accounts import authority
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db
WRONG = {"handler_name": "测试经办", "handler_document": "RESIDENT_ID"}


class Platform:
    """A platform that finds the handler's name too long."""

    def post_seal(self, key, body):
        raise Declined(422, "901", "经办人姓名超过 30 字节。", "jbr_xm")


@pytest.fixture
def place():
    authority(440606)
    return made.shop()


@pytest.fixture
def clerk(place):
    return made.clerk_of(place)


@pytest.fixture
def refused(clerk, place, monkeypatch):
    # Somebody sent by the unit: who files as its representative keeps the registered name.
    sent = {"handler": made.handler(is_representative=False), "authorisation": made.paper("AUTHORISATION", by=clerk)}
    made.filed(clerk, made.request_for(place, **sent))
    message = OutboxMessage.objects.get(topic="filing.seal_filed")
    monkeypatch.setattr(pushing, "ministry_client", Platform)
    pushing.push_seal(
        Delivery(
            key=message.key, topic=message.topic, record=(message.record_kind, message.record_id),
            version=message.version, payload=message.payload, sha256=message.sha256, attempt=1, token=1, timeout=20,
        )
    )  # fmt: skip
    return PushRecord.objects.get()


def url_of(push):
    return reverse("shop_refused", args=[push.number])


def test_the_notice_leads_to_the_page_that_says_what_is_wrong(clerk, refused):
    link = Notice.objects.get(template="ministry.seal_rejected").link
    assert link == url_of(refused)
    text = client_of(clerk).get(link).content.decode()
    filing = SealFiling.objects.get()
    for shown in ("超过 30 字节", "901", "jbr_xm", refused.record_id, filing.handler_name, filing.unit.name):
        assert shown in text
    assert text.count(f'href="{reverse("shop_filing", args=[filing.number])}"') == 2
    for hidden in (filing.handler_id, filing.handler_phone):
        assert hidden not in text


def test_a_correction_is_sent_once_and_the_rest_stays(clerk, refused):
    browser = client_of(clerk)
    before = SealFiling.objects.get()
    key = "00000000-0000-4000-8000-000000000001"
    sent = WRONG | {"handler_name": "测试更正", "form_key": key}
    answer = browser.post(url_of(refused), sent)
    assert (answer.status_code, answer.url) == (302, reverse("shop_filing", args=[before.number]))
    after = SealFiling.objects.get()
    assert (after.handler_name, after.handler_id, after.handler_phone) == (
        "测试更正", before.handler_id, before.handler_phone,
    )  # fmt: skip
    assert OutboxMessage.objects.filter(topic="ministry.seal_corrected").count() == 1
    assert browser.post(url_of(refused), sent).status_code == 404
    assert PushRecord.objects.count() == 2


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({}, "__all__"),
        ({"handler_name": ""}, "handler_name"),
        ({"handler_name": "甲\0乙", "handler_id": "440606"}, "handler_id"),
        ({"handler_id": "１２３"}, "handler_id"),
        ({"handler_document": "PASSPORT"}, "handler_id"),
        ({"handler_document": "NO-SUCH"}, "handler_document"),
        ({"handler_phone": "电话"}, "handler_phone"),
        ({"handler_phone": "1" * 500}, "handler_phone"),
    ],
)
def test_bad_input_is_told_at_its_field_and_nothing_is_sent(clerk, refused, typed, field):
    answer = client_of(clerk).post(url_of(refused), WRONG | typed)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert OutboxMessage.objects.filter(topic="ministry.seal_corrected").count() == 0
    assert SealFiling.objects.get().handler_name == "测试经办"


def test_another_shop_finds_nothing(refused):
    other = client_of(made.clerk_of(made.shop()))
    assert other.get(url_of(refused)).status_code == 404
    assert other.post(url_of(refused), WRONG).status_code == 404


def test_the_workbench_counts_them_and_leads_to_the_list(clerk, place, refused):
    browser = client_of(clerk)
    address = reverse("shop_refused_list")
    home = browser.get(reverse("shop_home"))
    (counter,) = [one for one in home.context["counters"] if one.url == address]
    assert (counter.value, counter.tone) == (1, "late")
    page = browser.get(address).content.decode()
    assert url_of(refused) in page
    assert "经办人姓名超过" in page
    stranger = client_of(made.clerk_of(made.shop()))
    assert "没有被退回的上报" in stranger.get(address).content.decode()
    assert {one.value for one in stranger.get(reverse("shop_home")).context["counters"] if one.url == address} == {0}


def test_the_list_costs_the_same_for_any_number(clerk, place, refused, django_assert_max_num_queries):
    browser = client_of(clerk)
    PushRecord.objects.bulk_create(
        PushRecord(
            act=refused.act, record_kind="seal", record_id=refused.record_id, version=100 + number, key=f"k{number}",
            content="{}", sha256="0" * 64, city=refused.city, counted_on=refused.counted_on, state="REJECTED",
            agency_code="901", created_at=refused.created_at, sent_at=refused.sent_at, settled_at=refused.settled_at,
        )
        for number in range(30)
    )  # fmt: skip
    browser.get(reverse("shop_refused_list"))
    with django_assert_max_num_queries(16):
        assert browser.get(reverse("shop_refused_list")).content.decode().count(refused.record_id) >= 31
