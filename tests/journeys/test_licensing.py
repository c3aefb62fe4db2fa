"""Opening a shop in Chromium (开办许可旅程): asked to correct and granted; by commitment; refused with a remedy.

Shop, officer and chief each at their own page; what the shop's pages look like at both widths and in both languages
is looked at in one walk at the end.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from licensing.models import LicenceApplication, SpecialTradeLicence
from licensing.requests import ItemAsked
from licensing.services.changes import request_change
from licensing.services.corrections import ask_correction, ask_filing_correction
from licensing.services.licences import suspend_licence
from sealreg.clock import now
from sealreg.units import synthetic
from tests.browser import DESK, LANGUAGES, PHONE
from tests.factories import licensing as made
from tests.filing.faces import as_png, draw_face
from tests.journeys.helpers import attach, look, press, signed_in

pytestmark = pytest.mark.journey
HOME = "/shop/licence/"
NEXT = "保存并继续"


@pytest.fixture
def who(live_site) -> made.Cast:
    return made.cast()


@pytest.fixture
def page_of(pages) -> Callable[..., Page]:
    """Makes pages of a person (某人的页面)."""
    return lambda user, **kind: signed_in(pages, user, **kind)


def begin(page: Page, code: str) -> None:
    """From the empty page to the first step (开始)."""
    page.goto(HOME)
    page.get_by_role("link", name="开始办理").click()
    page.get_by_label("统一社会信用代码").fill(code)
    page.get_by_label("经营场所所在地").select_option(label="佛山市顺德区")
    press(page, "下一步")


def fill_company(page: Page) -> None:
    """Company and premises, wrong at first: what was typed stays (企业和场所)."""
    page.get_by_label("企业名称").fill("顺德旅程印章店")
    page.get_by_label("经营地址").fill("大良街道旅程路1号首层")
    press(page, NEXT)
    expect(page.get_by_role("alert")).to_contain_text("对外联系电话")
    expect(page.get_by_label("企业名称")).to_have_value("顺德旅程印章店")
    page.get_by_label("对外联系电话").fill("0757-22330000")
    press(page, NEXT)


def fill_people(page: Page, number: int) -> None:
    """Representative, one member of staff, one machine (人员和设备)."""
    page.get_by_label("法定代表人（负责人）").fill("旅程店主")
    page.get_by_label("证件号码").fill(synthetic.identity_number(number))
    page.get_by_label("联系手机").fill(synthetic.mobile(number))
    page.get_by_label("治安负责人").fill("旅程治安")
    press(page, NEXT)
    page.get_by_label("姓名").fill("旅程治安")
    page.get_by_label("证件号码").fill(synthetic.identity_number(number + 1))
    press(page, NEXT)
    page.get_by_label("名称和型号").fill("激光雕刻机")
    press(page, NEXT)


def send_papers(page: Page, count: int) -> None:
    """A scan for every item of the list (申请材料)."""
    scan = {"name": "scan.png", "mimeType": "image/png", "buffer": as_png(draw_face(40, 40))}
    boxes = page.locator("input[type=file]")
    expect(boxes).to_have_count(count)
    for index in range(count):
        boxes.nth(index).set_input_files(scan)
        expect(page.get_by_text("已收到：scan.png")).to_have_count(index + 1)
    press(page, NEXT)


def hand_in(page: Page, handover: str) -> None:
    """How to collect, the last look, handing in (提交)."""
    page.get_by_label(handover).check()
    press(page, NEXT)
    page.get_by_label("已核对以上内容").check()
    press(page, "提交申请")
    expect(page.get_by_role("heading", name="许可申请已提交")).to_be_visible()


def handle(page: Page, act: str, button: str, **typed: str) -> None:
    """One act of the police on the application standing there (公安办理)."""
    page.get_by_role("link", name=act, exact=True).click()
    for label, text in typed.items():
        page.get_by_label(label).fill(text)
    press(page, button)
    expect(page.get_by_role("link", name=act, exact=True)).to_have_count(0)


def open_case(page: Page) -> None:
    """The officer finds the application in the work list (打开案卷)."""
    page.goto("/police/licences/")
    page.get_by_role("link", name=LicenceApplication.objects.get().shop_name).first.click()


def test_asked_to_correct_granted_and_collected(who, page_of):
    shop, officer, chief = page_of(who.manager), page_of(who.officer), page_of(who.chief)
    begin(shop, synthetic.credit_code(620_001))
    shop.get_by_label("普通程序").check()
    press(shop, NEXT)
    fill_company(shop)
    fill_people(shop, 620_001)
    send_papers(shop, 5)
    hand_in(shop, "电子许可证")
    open_case(officer)
    look(officer)
    handle(officer, "要求补正", "发出补正要求", 经营场所平面图="请标明印章保管区。")
    shop.goto("/inbox/")
    expect(shop.get_by_text("许可申请需要补正").first).to_be_visible()
    shop.goto(HOME)
    shop.get_by_role("link", name="查看办理情况").click()
    expect(shop.get_by_text("请标明印章保管区。").first).to_be_visible()
    shop.get_by_role("link", name="逐项补正").click()
    press(shop, "提交补正")
    expect(shop.get_by_role("alert")).to_contain_text("请补正这一项")
    attach(shop, "重新上传：经营场所平面图")
    press(shop, "提交补正")
    expect(shop.get_by_text("已提交补正，计时继续。")).to_be_visible()
    open_case(officer)
    handle(officer, "受理", "受理，报负责人决定", 审查意见="材料齐全。")
    open_case(chief)
    look(chief)
    handle(chief, "准予许可", "准予许可", 决定意见="同意。")
    open_case(officer)
    handle(officer, "制发许可证", "制发许可证")
    shop.goto(HOME)
    shop.get_by_role("link", name="查看办理情况").click()
    shop.get_by_role("link", name="登记领取").click()
    press(shop, "确认已领取")
    expect(shop.get_by_text("许可证已领取，长期有效。")).to_be_visible()
    shop.goto(HOME)
    licence = SpecialTradeLicence.objects.get()
    expect(shop.get_by_text(licence.number, exact=True).first).to_be_visible()
    paper = shop.request.get(f"/licences/{licence.number}/paper/")
    assert paper.body().startswith(b"%PDF")


def test_by_commitment_with_fewer_papers(who, page_of):
    shop, officer, chief = page_of(who.manager, width=PHONE), page_of(who.officer), page_of(who.chief)
    begin(shop, synthetic.credit_code(620_011))
    shop.get_by_label("告知承诺", exact=True).check()
    press(shop, NEXT)
    expect(shop.get_by_role("alert")).to_contain_text("勾选承诺")
    look(shop)
    shop.get_by_label("并作出承诺").check()
    press(shop, NEXT)
    fill_company(shop)
    fill_people(shop, 620_011)
    send_papers(shop, 3)
    hand_in(shop, "窗口领取")
    open_case(officer)
    handle(officer, "受理", "受理，报负责人决定", 审查意见="已承诺符合条件。")
    open_case(chief)
    handle(chief, "准予许可", "准予许可", 决定意见="同意。")
    open_case(officer)
    handle(officer, "制发许可证", "制发许可证")
    handle(officer, "登记领取", "登记已领取")
    shop.goto(HOME)
    expect(shop.get_by_text("许可证长期有效，可以承接刻章业务。")).to_be_visible()
    look(shop)
    assert LicenceApplication.objects.get().status == "COLLECTED"


def test_refused_with_reason_and_remedy(who, page_of):
    made.application_in("ACCEPTED", who, at=now())
    chief, shop = page_of(who.chief, width=PHONE), page_of(who.manager, width=PHONE)
    open_case(chief)
    handle(chief, "不予许可", "不予许可", 理由="经营场所与平面图不符。", 救济途径="可在60日内申请行政复议。")
    shop.goto("/inbox/")
    expect(shop.get_by_text("不予许可").first).to_be_visible()
    shop.goto(f"{HOME}applications/{LicenceApplication.objects.get().number}/")
    expect(shop.get_by_text("经营场所与平面图不符。").first).to_be_visible()
    expect(shop.get_by_text("可在60日内申请行政复议。").first).to_be_visible()
    look(shop)
    shop.goto(HOME)
    shop.get_by_role("link", name="开始办理").click()
    expect(shop.get_by_role("heading", name="开办刻章企业")).to_be_visible()


def every_page(settings) -> list[tuple[made.Cast, str]]:
    """A shop's page of each kind, with who may open it (各种页面)."""
    at = now()
    new, asked, issued, licensed, files = (made.cast() for _ in range(5))
    draft = made.draft(new)
    corrected = made.submitted(asked, at=at)
    ask_correction(corrected, items=[made.ITEM, ItemAsked("phone", "电话打不通")], by=asked.officer, at=at)
    ready = made.application_in("ISSUED", issued, at=at)
    licence = made.licence(licensed, at=at)
    change = request_change(licence, item="PREMISES", new_value="新路1号", reason="搬迁", by=licensed.manager, at=at)
    suspend_licence(licence, ground="SHOP_ASKED", reason="店面装修", by=licensed.chief, at=at)
    settings.SHOP_FILING_FROM = {"44": dt.date(2025, 1, 1)}
    filed = made.filed(files, at=at)
    settings.SHOP_FILING_FROM = {}
    ask_filing_correction(filed, items=[made.ITEM], by=files.officer, at=at)
    application = f"{HOME}applications/"
    steps = ("mode", "company", "people", "staff", "equipment", "papers", "handover")
    return [
        (made.cast(), HOME),
        (made.cast(), f"{HOME}start/"),
        *((new, f"{application}{draft.number}/form/{step}/?check=1") for step in steps),
        *((new, f"{application}{draft.number}/{page}") for page in ("", "check/", "withdraw/")),
        *((asked, f"{application}{corrected.number}/{page}") for page in ("", "answer/", "receipt/")),
        (issued, f"{application}{ready.number}/"),
        (issued, f"{application}{ready.number}/collect/"),
        (licensed, HOME),
        (licensed, f"{HOME}matters/"),
        (licensed, f"{HOME}changes/"),
        (licensed, f"{HOME}changes/new/"),
        (licensed, f"{HOME}changes/{change.number}/"),
        *((files, f"{HOME}filings/{filed.number}/{page}") for page in ("", "receipt/", "answer/", "end/")),
        (files, HOME),
    ]


@pytest.mark.parametrize("turn", [0, 1])
def test_every_page_of_the_shop_is_accessible_and_fits(live_site, page_of, settings, turn):
    """Each page at one width in one language and at the other width in the other; neighbours the other way about."""
    opened: dict[tuple[object, int, str], Page] = {}
    for index, (who, address) in enumerate(every_page(settings)):
        width, language = (PHONE, DESK)[turn], LANGUAGES[(index + turn) % 2]
        key = (who.manager.pk, width, language)
        if key not in opened:
            opened[key] = page_of(who.manager, width=width, language=language)
        answer = opened[key].goto(address)
        assert answer is not None
        assert answer.status == 200, address
        look(opened[key])
