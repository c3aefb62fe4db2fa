"""The register of units and the calendar in Chromium (登记簿页面): accessible and within the screen."""

from django.urls import reverse
from playwright.sync_api import expect

from sealreg.units.models import Unit
from tests.browser import PHONE, assert_accessible, assert_fits, cookies_of
from tests.factories.accounts import person
from tests.factories.units import unit
from tests.portal.signing_in import client_of


def look_at(page, path):
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == 200, path
    assert_accessible(page)
    assert_fits(page)


def test_units_are_accessible_and_fit(live_site, pages):
    for _ in range(3):
        unit()
    number = Unit.objects.latest("id").number
    cookies = cookies_of(client_of(person("county_officer")))
    paths = [
        reverse("police_units"),
        reverse("police_unit", args=[number]),
        reverse("police_unit_correct", args=[number]),
    ]
    for width, language in ((PHONE, "zh-hans"), (1280, "en")):
        page = pages(cookies=cookies, width=width, language=language)
        for path in paths:
            look_at(page, path)


def test_the_numbers_of_persons_appear_after_a_reason(live_site, pages):
    made = unit()
    page = pages(cookies=cookies_of(client_of(person("county_officer"))), width=1280, language="zh-hans")
    page.goto(reverse("police_unit", args=[made.number]))
    assert made.legal_phone not in page.content()
    page.get_by_label("查看原因").fill("核对备案材料")
    page.get_by_role("button", name="查看完整号码").click()
    expect(page.locator("body")).to_contain_text(made.legal_phone)
    assert_accessible(page)


def test_the_calendar_is_accessible_and_fits(live_site, pages):
    cookies = cookies_of(client_of(person("system_administrator")))
    for width, language in ((PHONE, "zh-hans"), (1280, "en")):
        page = pages(cookies=cookies, width=width, language=language)
        for path in (
            reverse("calendar"),
            reverse("calendar") + "?year=2027",
            reverse("calendar_remove", args=["2026-10-10"]),
        ):
            look_at(page, path)
