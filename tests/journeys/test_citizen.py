"""The citizen and the unit's contact in Chromium (公众与单位联系人): two facts, one answer for every miss."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from filing.models import Disavowal, Rating, SealFiling
from filing.services.delivery import deliver_seal
from sealreg.clock import now
from sealreg.notices.models import Notice
from sealreg.outbox.models import OutboxMessage
from tests.browser import DESK, PHONE, WIDTHS
from tests.factories import filing as made
from tests.factories.accounts import authority, person
from tests.journeys.helpers import look, press, signed_in

pytestmark = pytest.mark.journey
MakePage = Callable[..., Page]


@pytest.fixture
def filing(live_site) -> SealFiling:
    place = made.shop()
    return made.filed(made.clerk_of(place), made.request_for(place), at=now())


def ask(page: Page, number: str, fact: str) -> None:
    page.get_by_label("备案编号").fill(number)
    page.get_by_label("统一社会信用代码后6位").fill(fact)
    press(page, "查询")


@pytest.mark.parametrize("width", WIDTHS)
def test_progress_then_check_then_rating(pages: MakePage, filing: SealFiling, width: int):
    clerk, seal, code = made.clerk_of(filing.shop), filing.seals.get(), filing.unit.credit_code
    deliver_seal(seal, made.handler(), made.paper("IMPRINT_CARD", by=clerk), by=clerk, at=now())
    page = pages(width=width, strict=False)
    page.goto("/")
    look(page)
    page.get_by_role("link", name="办理进度").click()
    look(page)
    ask(page, "", "")
    expect(page.get_by_role("alert")).to_be_visible()
    look(page)
    ask(page, filing.number, "000000")
    expect(page.get_by_text("未查到", exact=True)).to_be_visible()
    look(page)
    ask(page, filing.number.lower(), code[-6:].lower())
    expect(page.get_by_text("印章已刻制完成并备案").first).to_be_visible()
    look(page)
    page.get_by_label("非常满意").check()
    press(page, "提交评价")
    expect(page.get_by_text("感谢您的评价")).to_be_visible()
    assert Rating.objects.get().grade == 5
    page.goto("/check/")
    page.get_by_label("印章编码").fill(seal.code)
    page.get_by_label("单位名称或统一社会信用代码").fill("另一家公司")
    press(page, "查验")
    expect(page.get_by_text("未查到").first).to_be_visible()
    look(page)
    page.get_by_label("单位名称或统一社会信用代码").fill(filing.unit.name)
    press(page, "再查一枚")
    expect(page.get_by_text("查到有效备案").first).to_be_visible()
    look(page)


def test_who_asks_too_often_is_told_to_wait(pages: MakePage, live_site: str):
    guess = {"number": "0123456789AB", "second_fact": "000000"}
    assert {Client().post("/progress/", guess).status_code for _attempt in range(20)} == {200}
    page = pages(width=PHONE, strict=False)
    page.goto("/progress/?number=0123456789AB")
    page.get_by_label("统一社会信用代码后6位").fill("000000")
    press(page, "查询")
    expect(page.get_by_text("查询过于频繁").first).to_be_visible()
    look(page)


def test_from_the_message_to_the_counties_inbox(pages: MakePage, live_site: str):
    """The contact follows the message, says 非本人办理; county and shop find it, and the county lifts it."""
    officer = person("county_officer", place=authority(440606).organisation)
    place = made.shop()
    filing = made.filed(made.clerk_of(place), made.request_for(place), at=now())
    message = OutboxMessage.objects.get(topic="notices.sms", payload__template="filing.submit_filing")
    page = pages(width=PHONE, strict=False)
    page.goto(f"/progress/?number={message.payload['params']['number']}")
    expect(page.get_by_label("备案编号")).to_have_value(filing.number)
    page.get_by_label("统一社会信用代码后6位").fill(filing.unit.credit_code[-6:])
    press(page, "查询")
    page.get_by_text("非本单位办理？").click()
    look(page)
    press(page, "声明非本单位办理")
    expect(page.get_by_role("alert")).to_contain_text("请先确认此项")
    page.get_by_label("情况说明").fill("我们没有派人办理")
    page.get_by_label("我代表该单位声明").check()
    press(page, "声明非本单位办理")
    expect(page.get_by_text("印章暂停交付").first).to_be_visible()
    look(page)
    assert Disavowal.objects.get().remark == "我们没有派人办理"
    desk = signed_in(pages, officer, width=DESK)
    desk.goto("/inbox/")
    look(desk)
    desk.get_by_role("button", name="前往查看 单位声明非本人办理").click()
    expect(desk.get_by_text("我们没有派人办理")).to_be_visible()
    look(desk)
    desk.get_by_text("经核实，确系单位本意").click()
    desk.get_by_label("核实情况").fill("电话向法定代表人核实")
    look(desk)
    press(desk, "解除声明，恢复交付")
    expect(desk.get_by_text("声明已解除")).to_be_visible()
    assert Notice.objects.filter(template="filing.disavowal_lifted_shop").exists()


def test_in_english_without_javascript(pages: MakePage, filing: SealFiling):
    page = pages(width=PHONE, language="en", javascript=False, strict=False)
    page.goto("/progress/")
    page.get_by_label("Filing number").fill(filing.number)
    page.get_by_label("Last 6 characters of the credit code").fill(filing.unit.credit_code[-6:])
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("heading", name="Seals")).to_be_visible()
