"""The police's lists of what is asked for and proposed: found, narrowed, taken away, printed (公安列表)."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from licensing.models import (
    ApplicationClock,
    EngravingShop,
    LicenceApplication,
    LicenceChange,
    RevocationProposal,
    SpecialTradeLicence,
    SuspensionRequest,
)
from licensing.services.changes import request_change, turn_down_change
from licensing.services.licences import drop_revocation, propose_revocation
from licensing.services.suspensions import decline_request, request_suspension
from sealreg.accounts.choices import AuthorityLevel
from sealreg.clock import now, shanghai
from tests.factories import licensing as made
from tests.factories.accounts import authority, person
from tests.licensing.idle_making import Cast
from tests.licensing.test_police_licence_pages import many, text
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db
CHANGES, SUSPENSIONS, REVOCATIONS = (f"/police/licences/{name}/" for name in ("changes", "suspensions", "revocations"))
PRINTED = (
    "/police/licences/", "/police/licences/register/", CHANGES, SUSPENSIONS, REVOCATIONS, "/police/licences/filings/",
    "/police/licences/breaches/", "/police/licences/figures/", "/police/licences/materials/", "/police/idle/",
    "/police/shops/",
)  # fmt: skip


def just_now():
    return now() - dt.timedelta(minutes=5)


def asked_in(area):
    """A shop of the place with one of each, and its people."""
    who, at = made.cast(area), just_now()
    licence = made.licence(who, at=at)
    change = request_change(licence, item="NAME", new_value=f"{area}新名", reason="更名", by=who.manager, at=at)
    pause = request_suspension(
        licence, kind="SUSPEND", from_on=shanghai(at).date(), reason="装修", by=who.manager, at=at
    )
    proposal = propose_revocation(licence, ground="DECEIT", reason="材料虚假", by=who.officer, at=at)
    return who, licence, {CHANGES: change, SUSPENSIONS: pause, REVOCATIONS: proposal}


def shown(browser, path, **query):
    return [one.number for one in browser.get(path, query).context["page"].rows]


@pytest.mark.parametrize("path", [CHANGES, SUSPENSIONS, REVOCATIONS])
def test_what_waits_is_found_by_number_licence_and_name_and_narrowed_to_a_place(path):
    who, licence, here = asked_in(440606)
    _, other, there = asked_in(440605)
    mine, theirs = here[path].number, there[path].number
    county = client_of(who.chief)
    assert shown(county, path) == [mine]
    assert theirs not in text(county.get(path))
    city = client_of(person("city_officer", place=authority(440600, AuthorityLevel.CITY).organisation))
    assert shown(city, path) == [mine, theirs]
    for term in (mine, mine.lower(), licence.number, licence.holder_name):
        assert shown(city, path, q=term) == [mine], term
    assert shown(city, path, q="没有这家") == []
    assert shown(city, path, county=440605) == [theirs]
    taken = b"".join(city.get(path, {"q": other.number, "export": "csv"})).decode()
    assert other.shop.organisation.name in taken
    assert licence.shop.organisation.name not in taken
    province = client_of(person("province_officer"))
    assert shown(province, path, county=440600) == [mine, theirs]
    assert shown(province, path, county=440300) == []


def test_what_is_over_is_left_out_until_asked_for():
    who, _licence, one = asked_in(440606)
    at = now()
    turn_down_change(one[CHANGES], reason="不予变更", by=who.officer, at=at)
    decline_request(one[SUSPENSIONS], answer="不予准予", by=who.chief, at=at)
    drop_revocation(one[REVOCATIONS], decision="查无实据", by=who.chief, at=at)
    chief = client_of(who.chief)
    for path, record in one.items():
        assert shown(chief, path) == []
        assert shown(chief, path, all="1") == [record.number]


def test_the_province_narrows_idle_shops_and_shops_to_a_city():
    shunde, luohu = Cast(), Cast(area=440402)
    for cast in (shunde, luohu):
        cast.bring("IDLE", at=now())
    province = client_of(person("province_officer"))
    assert shown(province, "/police/idle/", county=440600) == [shunde.case.number]
    found = province.get("/police/shops/", {"county": 440400}).context["page"].rows
    assert [shop.pk for shop in found] == [luohu.shop.pk]


@pytest.mark.parametrize("path", PRINTED)
def test_every_list_is_exported_and_printed(path):
    page = text(client_of(person("county_officer", place=authority(440606).organisation)).get(path))
    assert "export=csv" in page
    assert "export=xlsx" in page
    assert "data-print" in page


@pytest.mark.parametrize("path", [CHANGES, SUSPENSIONS, REVOCATIONS])
@pytest.mark.parametrize("query", [{"q": "\0"}, {"q": "x" * 5000}, {"county": "abc"}, {"all": "zz"}, {"cursor": "\0"}])
def test_odd_filters_break_nothing(path, query):
    browser = client_of(person("province_officer"))
    assert browser.get(path, query).status_code == 200


def records(first, count):
    """Licences with one of each that can wait, and breaches, as a load leaves them (批量事项)."""
    many(None, first, count)
    at, day = now(), now().date()
    shops = EngravingShop.objects.filter(licences__isnull=True)
    SpecialTradeLicence.objects.bulk_create(
        (SpecialTradeLicence(shop=one, number=f"批量{one.code}", issued_by_no=440606, issued_on=day) for one in shops),
        batch_size=2_000,
    )
    fresh = list(SpecialTradeLicence.objects.filter(changes__isnull=True))
    common = {"authority_no": 440606, "reason": "批量"}
    LicenceChange.objects.bulk_create(
        (
            LicenceChange(
                licence=one, item="NAME", old_value="旧", new_value="新", requested_by="X", requested_at=at, **common
            )
            for one in fresh
        ),
        batch_size=2_000,
    )
    SuspensionRequest.objects.bulk_create(
        (
            SuspensionRequest(
                licence=one, kind="SUSPEND", from_on=day, requested_by="X", requested_by_name="某", requested_at=at,
                **common,
            )
            for one in fresh
        ),
        batch_size=2_000,
    )  # fmt: skip
    RevocationProposal.objects.bulk_create(
        (
            RevocationProposal(
                licence=one, ground="DECEIT", proposed_by="X", proposed_by_name="某", proposed_at=at, **common
            )
            for one in fresh
        ),
        batch_size=2_000,
    )
    late = LicenceApplication.objects.exclude(clock__kind="BREACHED").values_list("pk", flat=True)
    ApplicationClock.objects.bulk_create(
        (ApplicationClock(application_id=pk, kind="BREACHED", at=at, facts={"due": str(day)}) for pk in list(late)),
        batch_size=2_000,
    )


def test_full_lists_cost_the_same_queries_for_50_and_10000_rows():
    browsers = [client_of(person("county_officer", place=authority(440606).organisation)),
                client_of(person("province_officer"))]  # fmt: skip
    paths = (
        "/police/licences/register/", "/police/licences/breaches/", CHANGES, f"{CHANGES}?all=1", SUSPENSIONS,
        f"{SUSPENSIONS}?all=1&q=%E6%89%B9", REVOCATIONS, f"{REVOCATIONS}?all=1",
    )  # fmt: skip

    def cost():
        counted = {}
        for index, browser in enumerate(browsers):
            for path in paths:
                with CaptureQueriesContext(connection) as asked:
                    page = browser.get(path).context["page"]
                assert len(page.rows) == 50, path
                counted[index, path] = sum(query["sql"].startswith("SELECT") for query in asked.captured_queries)
        return counted

    records(0, 50)
    few = cost()
    records(50, 9_950)
    assert cost() == few
    assert max(few.values()) <= 25
