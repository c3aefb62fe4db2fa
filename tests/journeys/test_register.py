"""A shop's register and the radar in Chromium (企业登记与闲置收回): prices go public, an idle licence goes back."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from licensing.models import IdleCase, RegistryNotice
from licensing.services.idle import sweep_idle
from sealreg.clock import now
from sealreg.outbox.relay import Relay
from sealreg.units import synthetic
from tests.browser import LANGUAGES, WIDTHS, assert_accessible, assert_fits, cookies_of
from tests.contracts.conftest import _registry_process, registry  # noqa: F401 - fixtures
from tests.licensing.idle_making import Cast
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.journey


@pytest.fixture
def cast(live_site) -> Cast:
    return Cast(last=now().date() - dt.timedelta(days=200))


@pytest.fixture
def page_of(pages) -> Callable[..., Page]:
    """Makes pages of a person (某人的页面), or of nobody."""

    def make(user=None, **kind) -> Page:
        # A refused form is answered 422, which the browser's console calls an error.
        cookies = cookies_of(client_of(user)) if user is not None else {}
        return pages(cookies=cookies, strict=False, **kind)

    return make


def look(page: Page) -> None:
    """The page as it stands is accessible and fits its screen (检查当前页)."""
    assert_accessible(page)
    assert_fits(page)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize("width", WIDTHS)
def test_prices_and_people_from_the_manager_to_the_public(cast, page_of, width):
    cast.busy(now().date())
    page = page_of(cast.manager, width=width)
    page.goto("/shop/register/")
    look(page)
    page.get_by_role("link", name="修改价目").click()
    page.get_by_label("专用芯片").fill("四十五")
    press(page, "保存")
    expect(page.get_by_role("alert")).to_contain_text("请填写数字")
    expect(page.get_by_label("专用芯片")).to_have_value("四十五")
    look(page)
    page.get_by_label("专用芯片").fill("45")
    page.get_by_label("刻制").fill("１２０.５")
    press(page, "保存")
    expect(page.get_by_text("120.50元").first).to_be_visible()
    page.get_by_role("link", name="修改经营信息").click()
    for day in ("周一", "周二", "周三", "周四", "周五"):
        page.get_by_label(day).fill("9:00至18:00")
    page.get_by_label("有机玻璃").check()
    page.get_by_label("对外联系电话").fill("0757-22330011")
    look(page)
    press(page, "保存")
    page.get_by_role("link", name="登记从业人员").click()
    page.get_by_label("姓名").fill("测试治安")
    page.get_by_label("经营负责人").check()
    page.get_by_label("证件号码").fill(synthetic.identity_number(21))
    page.get_by_label("联系电话").fill(synthetic.mobile(21))
    page.get_by_label("入职日期").fill("2020-03-01")
    page.get_by_label("担任本企业治安负责人").check()
    look(page)
    press(page, "登记")
    page.get_by_role("link", name="登记设备").click()
    page.get_by_label("刻章设备").check()
    page.get_by_label("名称和型号").fill("激光雕刻机")
    press(page, "登记")
    look(page)
    page.get_by_role("link", name="测试治安").click()
    look(page)
    page.goto("/shop/register/changes/")
    look(page)
    visitor = page_of(width=width, javascript=False)
    visitor.goto("/shops/?q=" + str(cast.shop))
    expect(visitor.get_by_text("周一至周五 09:00–18:00")).to_be_visible()
    expect(visitor.get_by_text("075722330011")).to_be_visible()
    visitor.get_by_text("价目", exact=False).first.click()
    expect(visitor.get_by_text("45.00元")).to_be_visible()
    expect(visitor.get_by_text("测试治安")).to_have_count(0)


@pytest.mark.parametrize("width", WIDTHS)
def test_warned_heard_recalled_and_the_registry_told(cast, page_of, registry, settings, width):  # noqa: F811
    settings.REGISTRY_URL = registry.url
    for days in (75, 45, 10):
        sweep_idle(at=now() - dt.timedelta(days=days))
    case = IdleCase.objects.get()
    assert case.status == "IDLE"
    officer, chief = page_of(cast.officer, width=width), page_of(cast.chief, width=width)
    manager = page_of(cast.manager, width=width)
    officer.goto("/police/idle/")
    look(officer)
    officer.get_by_role("link", name=case.number).click()
    officer.get_by_role("link", name="告知听证权利").click()
    look(officer)
    press(officer, "发出告知")
    manager.goto("/inbox/")
    expect(manager.get_by_text("拟收回许可证，请选择是否听证").first).to_be_visible()
    manager.goto("/shop/idle/")
    look(manager)
    press(manager, "提交答复")
    expect(manager.get_by_role("alert")).to_be_visible()
    manager.get_by_label("要求听证").check()
    manager.get_by_label("陈述和申辩").fill("门店搬迁")
    press(manager, "提交答复")
    expect(manager.get_by_text("已提交答复")).to_be_visible()
    IdleCase.objects.update(answered_at=now() - dt.timedelta(hours=2))
    officer.reload()
    officer.get_by_role("link", name="登记听证").click()
    heard = now() - dt.timedelta(minutes=2)
    officer.get_by_label("听证日期").fill(heard.strftime("%Y-%m-%d"))
    officer.get_by_label("听证时间").fill(heard.strftime("%H:%M"))
    officer.get_by_label("听证笔录摘要").fill("负责人到场，说明搬迁")
    look(officer)
    press(officer, "登记听证")
    officer.get_by_role("link", name="提出收回意见").click()
    officer.get_by_label("理由").fill("六个月内无备案，门店已空置")
    press(officer, "提出意见")
    expect(officer.get_by_text("待负责人决定").first).to_be_visible()
    expect(officer.get_by_role("link", name="决定收回许可证")).to_have_count(0)
    chief.goto(f"/police/idle/{case.number}/")
    look(chief)
    chief.get_by_role("link", name="决定收回许可证").click()
    chief.get_by_label("理由").fill("事实清楚")
    press(chief, "决定收回")
    expect(chief.get_by_text("等待回执").first).to_be_visible()
    look(chief)
    visitor = page_of(width=width)
    visitor.goto("/shops/?q=" + str(cast.shop))
    expect(visitor.get_by_text("没有符合条件的企业")).to_be_visible()
    Relay().drain(seconds=60)
    notice = RegistryNotice.objects.get()
    kept = [json.loads(row["body"]) for row in registry.get("/_control/records")["records"] if row["kind"] == "notice"]
    assert [(one["shop_uscc"], one["event"]) for one in kept] == [(cast.shop.credit_code, "RECOVERED")]
    officer.reload()
    expect(officer.get_by_text(notice.receipt_no).first).to_be_visible()
    officer.get_by_role("link", name="登记证件收回情况").click()
    officer.get_by_label("企业交回").check()
    press(officer, "登记")
    expect(officer.get_by_text("企业交回").first).to_be_visible()
    look(officer)
    manager.reload()
    expect(manager.get_by_text("已决定收回").first).to_be_visible()
    look(manager)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_public_pages_are_accessible(cast, page_of, width, language):
    cast.busy(now().date())
    page = page_of(width=width, language=language)
    for path in ("/shops/", "/shops/?q=无此企业", "/shops/poster/?area=440606"):
        assert page.goto(path).status == 200
        look(page)


def test_police_pages_of_shops_are_accessible_in_english(cast, page_of):
    cast.bring("HEARING_OFFERED", at=now() - dt.timedelta(days=1))
    for width in WIDTHS:
        page = page_of(cast.officer, width=width, language="en")
        for path in (
            "/police/shops/", f"/police/shops/{cast.shop.code}/",
            f"/police/shops/{cast.shop.code}/changes/", "/police/idle/",
            f"/police/idle/{cast.case.number}/",
        ):  # fmt: skip
            assert page.goto(path).status == 200
            look(page)
        page = page_of(cast.manager, width=width, language="en")
        for path in ("/shop/idle/", "/shop/register/", "/shop/register/prices/"):
            assert page.goto(path).status == 200
            look(page)
