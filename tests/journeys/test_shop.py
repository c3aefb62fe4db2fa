"""The shop's whole errand in Chromium (刻章企业全程): from a credit code to a seal handed over, at both widths."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from filing.models import Seal, SealFiling
from filing.services.drafts import start_draft
from sealreg.clock import now, shanghai
from sealreg.units import synthetic
from sealreg.units.models import Unit
from tests.browser import DESK, WIDTHS
from tests.factories import filing as made
from tests.factories.units import unit as some_unit
from tests.journeys.helpers import attach, look, press, signed_in

pytestmark = pytest.mark.journey


@pytest.fixture
def shop_page(live_site, pages) -> Callable[..., Page]:
    """Makes pages of a signed-in clerk (店员页面); `place` is the shop."""
    place = made.shop()
    clerk = made.clerk_of(place)

    def make(**kind) -> Page:
        return signed_in(pages, clerk, **kind)

    make.place = place
    return make


def fill_in(page: Page, unit: Unit) -> None:
    """The form, wrong at first (填写备案)."""
    page.get_by_label("经办人姓名").fill("测试受托")
    page.get_by_label("经办人证件号码").fill("110101199001011234")
    page.get_by_label("经办人联系电话").fill(synthetic.mobile(7))
    press(page, "发票专用章")
    expect(page.get_by_label("印章名称").nth(1)).to_have_value(f"{unit.name}发票专用章")
    look(page)
    press(page, "下一步：核对")
    expect(page.get_by_role("alert")).to_contain_text("校验")
    look(page)
    page.get_by_label("经办人证件号码").fill(synthetic.identity_number(7))
    press(page, "下一步：核对")
    expect(page.get_by_role("alert")).to_contain_text("请上传授权委托书")
    expect(page.get_by_label("经办人姓名")).to_have_value("测试受托")
    attach(page, "授权委托书")
    press(page, "下一步：核对")


def make_seal(page: Page, seal: Seal, chip: str) -> None:
    """Imprint and chip of one seal (制作一枚)."""
    page.get_by_role("link", name=f"登记刻制 {seal.code}").click()
    attach(page, "印模图像", (float(seal.width_mm), float(seal.height_mm)))
    look(page)
    press(page, "上传印模")
    page.get_by_role("link", name=f"捆绑芯片 {seal.code}").click()
    page.get_by_label("芯片编号").fill("0" * 14)
    press(page, "捆绑芯片")
    expect(page.get_by_role("alert")).to_contain_text("不在贵企业库存中")
    look(page)
    page.get_by_label("芯片编号").fill(chip.lower())
    press(page, "捆绑芯片")


def hand_over(page: Page, seal: Seal) -> None:
    page.get_by_role("link", name=f"交付印章 {seal.code}").click()
    page.get_by_label("领取人姓名").fill("测试领取")
    page.get_by_label("领取人证件号码").fill(synthetic.identity_number(9))
    attach(page, "印鉴留存卡")
    look(page)
    press(page, "确认交付")


@pytest.mark.parametrize("width", WIDTHS)
def test_two_seals_from_credit_code_to_collection(shop_page, width):
    unit = some_unit(at=now(), established_on=shanghai(now()).date() - dt.timedelta(days=3))
    chips = [made.chip_of(shop_page.place).uid for _ in range(2)]
    page = shop_page(width=width)
    page.goto("/shop/")
    look(page)
    page.get_by_role("link", name="新建备案").click()
    page.get_by_label("单位的统一社会信用代码").fill("123")
    press(page, "下一步")
    expect(page.get_by_role("alert")).to_contain_text("应为18位")
    look(page)
    page.get_by_label("单位的统一社会信用代码").fill(unit.credit_code)
    press(page, "下一步")
    fill_in(page, unit)
    look(page)
    page.get_by_label("已核对以上内容与单位提交的材料一致。").check()
    press(page, "提交备案")
    expect(page.get_by_role("heading", name="已提交备案")).to_be_visible()
    look(page)
    filing = SealFiling.objects.get()
    page.get_by_role("link", name="继续办理").click()
    expect(page.locator("[data-deadline]")).to_be_visible()
    look(page)
    seals = list(filing.seals.order_by("code"))
    assert [seal.seal_type for seal in seals] == ["01", "03"]
    for seal, chip in zip(seals, chips, strict=True):
        make_seal(page, seal, chip)
    look(page)
    press(page, "完成备案")
    for seal in seals:
        hand_over(page, seal)
    look(page)
    assert set(filing.seals.values_list("status", "use_status")) == {("DELIVERED", "IN_USE")}
    page.goto("/shop/")
    expect(page.get_by_role("link", name=filing.number)).to_be_visible()
    look(page)


def test_a_unit_is_entered_by_hand_without_javascript_in_english(shop_page):
    some_unit()  # makes the county's authority
    page = shop_page(width=DESK, language="en", javascript=False)
    page.goto("/shop/filings/new/")
    page.get_by_label("Unified social credit code of the unit").fill(synthetic.credit_code(900_001))
    page.get_by_role("button", name="Continue", exact=True).or_(page.get_by_role("button", name="Next")).first.click()
    page.get_by_label("Name of the unit").fill("佛山市顺德区新苗木艺有限公司")
    page.locator("#id_unit-area").select_option("440606")
    page.get_by_label("Address of the unit").fill("测试路9号")
    page.locator("#id_unit-legal_representative").fill("测试代表")
    page.locator("#id_unit-established_on").fill("2026-05-30")
    page.get_by_label("Name of the handler").fill("测试代表")
    page.get_by_label("The handler is the unit’s legal representative (or head)").check()
    page.get_by_label("Handler’s document number").fill(synthetic.identity_number(7))
    page.get_by_label("Handler’s telephone").fill(synthetic.mobile(7))
    page.get_by_role("button", name="Next: check answers").click()
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Submit filing").click()
    expect(page.get_by_role("heading", name="Filing submitted")).to_be_visible()
    filing = SealFiling.objects.get()
    assert filing.to_be_confirmed
    assert filing.seals.get().name == "佛山市顺德区新苗木艺有限公司"


@pytest.mark.parametrize("width", WIDTHS)
def test_the_pages_are_accessible_in_english(shop_page, width):
    clerk = made.clerk_of(shop_page.place)
    making = made.submitted(clerk, made.request_for(shop_page.place), at=now())
    filed = made.filed(clerk, made.request_for(shop_page.place), at=now())
    draft = start_draft(shop_page.place, by=clerk, at=now(), form={"credit_code": synthetic.credit_code(900_002)})
    page = shop_page(width=width, language="en")
    seal = f"/shop/seals/{making.seals.get().code}/imprint/"
    for path in (
        "/shop/", "/shop/filings/new/", f"/shop/filings/{draft.number}/edit/", f"/shop/filings/{draft.number}/discard/",
        f"/shop/filings/{making.number}/", f"/shop/filings/{making.number}/withdraw/", seal,
        f"/shop/filings/{filed.number}/receipt/", f"/shop/seals/{filed.seals.get().code}/delivery/",
    ):  # fmt: skip
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        look(page)
