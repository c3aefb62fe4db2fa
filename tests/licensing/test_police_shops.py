"""The police see their shops and what those changed (辖区刻制企业): the county its own, city and province by range."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from licensing.services.register import set_prices
from licensing.services.staff import StaffData, add_staff
from sealreg.accounts.choices import AuthorityLevel
from sealreg.audit.models import ReadLog
from sealreg.clock import now
from sealreg.units import synthetic
from tests.factories import filing as made
from tests.factories.accounts import authority, person
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db
LIST = "/police/shops/"
NUMBER = synthetic.identity_number(5)


@pytest.fixture
def place():
    shop = made.shop()
    manager = person("shop_manager", place=shop.organisation)
    set_prices(shop, {"CHIP": 4500}, by=manager, at=now())
    joined = dt.date(2020, 1, 1)
    data = StaffData("测试治安员", "MANAGER", "RESIDENT_ID", NUMBER, synthetic.mobile(5), True, joined)
    add_staff(shop, data, by=manager, at=now())
    return shop


def officer_of(number, level=AuthorityLevel.COUNTY):
    role = "county_officer" if level == AuthorityLevel.COUNTY else "city_officer"
    return client_of(person(role, place=authority(number, level).organisation))


def text(answer, status=200):
    assert answer.status_code == status, answer.content.decode()[:1500]
    return answer.content.decode()


def listed(browser, **query):
    return [shop.code for shop in browser.get(LIST, query).context["page"].rows]


@pytest.mark.parametrize(
    ("number", "level", "status"),
    [
        (440606, AuthorityLevel.COUNTY, 200),
        (440605, AuthorityLevel.COUNTY, 404),
        (440600, AuthorityLevel.CITY, 200),
        (440400, AuthorityLevel.CITY, 404),
    ],
)
def test_only_those_whose_ground_it_is(place, number, level, status):
    browser = officer_of(number, level)
    for name in ("police_shop", "police_shop_changes"):
        assert browser.get(reverse(name, args=[place.code])).status_code == status
    assert listed(browser) == ([place.code] if status == 200 else [])


def test_the_county_sees_the_log_and_reveals_with_a_reason(place):
    browser = officer_of(440606)
    log = text(browser.get(reverse("police_shop_changes", args=[place.code])))
    assert "45.00元" in log
    assert "测试治安员" in log
    page = text(browser.get(reverse("police_shop", args=[place.code])))
    assert NUMBER not in page + log
    reveal = reverse("police_shop_reveal", args=[place.code])
    assert "请说明查看原因" in text(browser.post(reveal, {"purpose": ""}), 422)
    assert not ReadLog.objects.exists()
    assert NUMBER in text(browser.post(reveal, {"purpose": "日常检查核对人员"}))
    assert ReadLog.objects.get().fields == ["staff.document_no", "staff.phone"]


def test_readers_of_the_province_see_no_people(place):
    browser = client_of(person("legal_reader"))
    page = text(browser.get(reverse("police_shop", args=[place.code])))
    assert "测试治安员" not in page
    assert browser.get(reverse("police_shop_changes", args=[place.code])).status_code == 403
    assert browser.post(reverse("police_shop_reveal", args=[place.code]), {"purpose": "看看而已"}).status_code == 403
    assert not ReadLog.objects.exists()


def test_search_and_standing(place):
    bare = made.shop(licensed=False, area=440606)
    city = officer_of(440600, AuthorityLevel.CITY)
    assert listed(city, standing="may") == [place.code]
    assert listed(city, standing="none") == [bare.code]
    assert listed(city, standing="stopped") == []
    assert listed(city, q=place.code) == listed(city, q=place.credit_code.lower()) == [place.code]
    assert listed(city, q=str(bare)) == [bare.code]
    assert listed(city, county="440605") == []
    for odd in ({"q": "\0"}, {"q": "长" * 999}, {"county": "１"}, {"standing": "x"}, {"cursor": "x"}):
        assert city.get(LIST, odd).status_code == 200


def test_unknown_codes_are_not_found(place):
    browser = officer_of(440606)
    for code in ("000000000000", "x", "４４０６０６０００００１"):
        assert browser.get(f"/police/shops/{code}/").status_code == 404


def test_costs_the_same_queries_for_2_and_30_shops(place):
    browser = officer_of(440606)

    def cost():
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(LIST).status_code == 200
        return len(asked)

    made.shop()
    cost()
    few = cost()
    for _ in range(28):
        made.shop()
    assert len(listed(browser)) == 30
    assert cost() == few
    assert b"".join(browser.get(LIST, {"export": "xlsx"})).startswith(b"PK")


def test_the_platforms_contact_is_for_the_polices_people_only(place, settings, client):
    settings.PLATFORM_CONTACT = {"name": "测试联系人", "phone": "15400000086", "mail": "pingtai@example.invalid"}
    page = text(officer_of(440606).get(LIST))
    for shown in ("测试联系人", "15400000086", "pingtai@example.invalid"):
        assert shown in page
    others = [client, client_of(person("shop_manager", place=place.organisation)), client_of(person("bank_teller"))]
    for browser in others:
        for path in ("/", "/shops/", "/guide/", "/guide/licence/", "/shop/register/", "/progress/"):
            assert "测试联系人" not in browser.get(path).content.decode()
    settings.PLATFORM_CONTACT = {"name": "", "phone": "", "mail": ""}
    assert "平台联系人" not in text(officer_of(440606).get(LIST))
