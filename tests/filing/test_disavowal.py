"""非本人办理: the unit's statement reaches county and shop, and only the county, having asked the unit, lifts it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from filing.models import Disavowal
from filing.services.delivery import deliver_seal, disavow_filing, lift_disavowal
from sealreg.accounts.choices import AuthorityLevel
from sealreg.accounts.models import User
from sealreg.audit.models import AuditEvent
from sealreg.database.actor import SystemActor
from sealreg.errors import IllegalMove, NotFound, OutsideJurisdiction, RuleBroken
from sealreg.notices.models import Notice
from sealreg.outbox.models import OutboxMessage
from tests.factories import filing as made
from tests.factories.accounts import authority, person
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db
CONTACT = SystemActor("unit-contact")
LATER = made.TUESDAY_TEN + dt.timedelta(hours=2)


@pytest.fixture
def officer() -> User:
    return person("county_officer", place=authority(440606).organisation)


@pytest.fixture
def filing(officer):
    place = made.shop()
    return made.filed(made.clerk_of(place), made.request_for(place))


@pytest.fixture
def disavowed(filing):
    disavow_filing(filing, by=CONTACT, at=LATER, remark="我们没有派人办理")
    return filing


def told(user: User) -> list[str]:
    return list(Notice.objects.filter(user=user).order_by("pk").values_list("template", flat=True))


def clerk_of(filing) -> User:
    return User.objects.get(memberships__organisation=filing.shop.organisation, memberships__role="shop_clerk")


def test_county_and_shop_are_told_and_nobody_else(disavowed, officer):
    elsewhere = person("county_officer", place=authority(440605).organisation)
    assert told(officer) == ["filing.disavowed_county"]
    assert "filing.disavowed_shop" in told(clerk_of(disavowed))
    assert told(elsewhere) == []
    note = Notice.objects.get(user=officer)
    assert client_of(officer).get(note.link).status_code == 200


def test_a_halted_filing_is_not_called_ready(disavowed, client):
    keys = {"number": disavowed.number, "second_fact": disavowed.unit.credit_code[-6:]}
    page = client.post("/progress/", keys).content.decode()
    assert "可以领取。" not in page.replace("解除声明后，可以领取。", "")
    assert "暂停交付" in page
    assert "请经办人携带有效证件" not in page
    keys["uscc_last6"] = keys.pop("second_fact")
    answer = client.post("/api/v1/public/progress", keys, content_type="application/json").json()
    assert "暂停交付" in answer["status_text"]


def test_the_message_to_the_contact_leads_to_the_page(filing):
    message = OutboxMessage.objects.get(topic="notices.sms", payload__template="filing.submit_filing")
    assert message.payload["params"]["number"] == filing.number


def test_the_county_sees_what_the_unit_said_and_lifts_it_after_asking(disavowed, officer):
    client = client_of(officer)
    page = client.get(reverse("police_filing", args=[disavowed.number])).content.decode()
    assert "我们没有派人办理" in page
    address = reverse("police_lift_disavowal", args=[disavowed.number])
    refused = client.post(address, {"remark": " "})
    assert refused.status_code == 422
    assert "请写明核实情况" in refused.content.decode()
    assert client.post(address, {"remark": "6月10日电话向法定代表人核实"}).status_code == 302
    assert Disavowal.objects.get(filing=disavowed).lifted_at is not None
    clerk = clerk_of(disavowed)
    assert told(clerk)[-1] == "filing.disavowal_lifted_shop"
    assert OutboxMessage.objects.filter(payload__template="filing.disavowal_lifted").exists(), "the unit is told too"
    assert AuditEvent.objects.get(event="filing.disavowal_lifted").facts["remark"].startswith("6月10日")
    seal = disavowed.seals.get()
    card = made.paper("IMPRINT_CARD", by=clerk)
    assert deliver_seal(seal, made.handler(), card, by=clerk, at=LATER).status == "DELIVERED"
    assert client.post(address, {"remark": "再次"}).status_code == 409


@pytest.mark.parametrize(
    ("role", "no", "level", "refusal"),
    [
        ("county_officer", 440605, AuthorityLevel.COUNTY, NotFound),
        ("city_officer", 440600, AuthorityLevel.CITY, OutsideJurisdiction),
        ("province_officer", 440000, AuthorityLevel.PROVINCE, OutsideJurisdiction),
    ],
)
def test_no_other_authority_lifts_it(disavowed, role, no, level, refusal):
    other = person(role, place=authority(no, level).organisation)
    with pytest.raises(refusal):
        lift_disavowal(disavowed, remark="核实", by=other, at=LATER)
    answer = client_of(other).post(reverse("police_lift_disavowal", args=[disavowed.number]), {"remark": "核实"})
    assert answer.status_code in (403, 404)


def test_neither_the_shop_nor_who_knows_the_two_facts_lifts_it(disavowed):
    for actor in (clerk_of(disavowed), CONTACT):
        with pytest.raises((OutsideJurisdiction, NotFound)):
            lift_disavowal(disavowed, remark="核实", by=actor, at=LATER)
    assert Disavowal.objects.get(filing=disavowed).lifted_at is None


def test_nothing_to_lift_and_nothing_said(filing, officer):
    with pytest.raises(IllegalMove):
        lift_disavowal(filing, remark="核实", by=officer, at=LATER)
    with pytest.raises(RuleBroken):
        lift_disavowal(filing, remark="  ", by=officer, at=LATER)
