"""The county's work in Chromium (县级公安机关): look afterwards, ask for a correction, close it; nobody approves."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from filing.models import SealFiling
from sealreg.accounts.choices import AuthorityLevel
from sealreg.clock import now
from tests.browser import DESK, PHONE
from tests.factories import filing as made
from tests.factories.accounts import authority, person
from tests.journeys.helpers import look, press, signed_in

pytestmark = pytest.mark.journey
MakePage = Callable[..., Page]


@pytest.fixture
def filing(live_site) -> SealFiling:
    place = made.shop()
    clerk = made.clerk_of(place)
    made.submitted(clerk, made.request_for(place), at=now())
    return made.filed(clerk, made.request_for(place), at=now())


def officer_page(pages: MakePage, no: int, level: AuthorityLevel = AuthorityLevel.COUNTY, **kind: object) -> Page:
    role = {"COUNTY": "county_officer", "CITY": "city_officer", "PROVINCE": "province_officer"}[level.value]
    return signed_in(pages, person(role, place=authority(no, level).organisation), **kind)


def test_return_answer_and_close(pages: MakePage, filing: SealFiling):
    page = officer_page(pages, 440606, width=DESK)
    page.goto("/police/")
    look(page)
    page.get_by_label("备案编号、印章编码、信用代码或单位名称").fill(filing.number)
    press(page, "查询")
    expect(page.locator("tbody tr")).to_have_count(1)
    look(page)
    page.get_by_role("link", name=filing.number).click()
    look(page)
    assert page.get_by_role("button", name="批准").count() + page.get_by_role("button", name="审批").count() == 0
    page.get_by_role("link", name="退回更正").click()
    look(page)
    press(page, "退回更正")
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("登记信息有误").check()
    page.get_by_label("需要更正的内容").fill("单位地址与营业执照不一致")
    press(page, "退回更正")
    expect(page.get_by_text("已退回，由刻章企业更正后答复。")).to_be_visible()
    look(page)
    clerk = signed_in(pages, made.clerk_of(filing.shop), width=PHONE)
    clerk.goto(f"/shop/filings/{filing.number}/")
    look(clerk)
    clerk.get_by_role("link", name="答复退回").click()
    look(clerk)
    clerk.get_by_label("更正情况").fill("已按营业执照更正")
    press(clerk, "提交答复")
    look(clerk)
    page.reload()
    expect(page.get_by_text("已按营业执照更正")).to_be_visible()
    press(page, "结束退回")
    expect(page.get_by_text("退回已结束。").first).to_be_visible()
    look(page)


def test_another_county_finds_nothing_city_and_province_look_on(pages: MakePage, filing: SealFiling):
    address = f"/police/filings/{filing.number}/"
    other = officer_page(pages, 440605, width=DESK)
    answer = other.goto(address)
    assert answer is not None
    assert answer.status == 404
    look(other)
    for no, level in ((440600, AuthorityLevel.CITY), (440000, AuthorityLevel.PROVINCE)):
        page = officer_page(pages, no, level, width=PHONE)
        page.goto("/police/")
        look(page)
        page.get_by_role("link", name=filing.number).click()
        expect(page.get_by_role("heading", name="办理环节")).to_be_visible()
        assert page.get_by_role("link", name="退回更正").count() == 0
        look(page)


def test_an_empty_county_says_so_in_english_too(pages: MakePage, live_site: str):
    page = officer_page(pages, 440605, width=PHONE, language="en")
    page.goto("/police/")
    look(page)
    assert page.locator("tbody tr").count() == 0
