"""Licences in Chromium (许可证办理): changed, suspended, reinstated; the later law beside; every page looked at."""

from __future__ import annotations

import datetime as dt

import pytest
from playwright.sync_api import expect

from licensing.models import LicenceChange, SpecialTradeLicence
from licensing.services.changes import request_change
from licensing.services.clocks import watch_clocks
from licensing.services.licences import propose_revocation
from sealreg.clock import now
from sealreg.database.actor import SystemActor
from tests.browser import LANGUAGES, PHONE, WIDTHS
from tests.factories import licensing as made
from tests.factories.accounts import person
from tests.journeys.helpers import look, press, signed_in

pytestmark = pytest.mark.journey


def this_morning() -> dt.datetime:
    """A little before now (刚才)."""
    return now() - dt.timedelta(minutes=5)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_licence_is_changed_suspended_and_reinstated(live_site, pages, width):
    who = made.cast()
    licence = made.licence(who, at=this_morning())
    request_change(licence, item="PREMISES", new_value="新桂路8号", reason="搬迁", by=who.manager, at=now())
    officer = signed_in(pages, who.officer, width=width)
    officer.goto("/inbox/")
    expect(officer.get_by_text(licence.number).first).to_be_visible()
    officer.goto("/police/licences/changes/")
    look(officer)
    officer.get_by_role("link", name="经营场所").click()
    expect(officer.get_by_text("大良街道测试路9号").first).to_be_visible()
    officer.get_by_role("link", name="登记变更").click()
    look(officer)
    officer.get_by_label("办理意见").fill("核对无误")
    press(officer, "登记变更")
    expect(officer.get_by_text("已变更").first).to_be_visible()
    look(officer)
    chief = signed_in(pages, who.chief, width=width)
    chief.goto(f"/police/licences/register/{licence.number}/")
    expect(chief.get_by_text("新桂路8号").first).to_be_visible()
    chief.get_by_role("link", name="暂停许可证").click()
    press(chief, "暂停许可证")
    expect(chief.get_by_role("alert")).to_contain_text("请选择")
    look(chief)
    chief.get_by_label("企业申请停业").check()
    chief.get_by_label("理由").fill("装修停业一个月")
    press(chief, "暂停许可证")
    expect(chief.get_by_text("许可证已暂停").first).to_be_visible()
    look(chief)
    visitor = pages(width=width)
    visitor.goto(f"/licences/{licence.number}/")
    expect(visitor.get_by_text("暂停").first).to_be_visible()
    chief.get_by_role("link", name="恢复许可证").click()
    chief.get_by_label("理由").fill("装修完毕，恢复营业")
    press(chief, "恢复许可证")
    expect(chief.get_by_text("许可证长期有效").first).to_be_visible()
    assert SpecialTradeLicence.objects.get(pk=licence.pk).status == "VALID"
    assert LicenceChange.objects.get().status == "RECORDED"


def test_the_later_law_switched_on_by_date_works_beside_the_former(live_site, pages, settings):
    before = made.application_in("SUBMITTED", made.cast(), at=this_morning())
    settings.SHOP_FILING_FROM = {"4406": now().date()}
    who = made.cast()
    filing = made.filed(who, at=now())
    officer = signed_in(pages, who.officer)
    officer.goto("/police/licences/")
    expect(officer.get_by_text("新开办企业改为开业备案")).to_be_visible()
    expect(officer.get_by_role("link", name=before.shop_name)).to_be_visible()
    officer.get_by_role("navigation", name="开办许可").get_by_role("link", name="开业备案").click()
    officer.get_by_role("link", name=filing.shop_name).click()
    expect(officer.get_by_text("印铸刻字业暂行管理规则").first).to_be_visible()
    officer.get_by_role("link", name="要求更正").click()
    expect(officer.get_by_label("经营地址")).to_be_visible()
    look(officer)
    officer.get_by_label("经营地址").fill("请写明门牌号。")
    press(officer, "发出更正要求")
    expect(officer.get_by_text("请写明门牌号。").first).to_be_visible()
    filing.refresh_from_db()
    assert filing.status == "FILED"
    officer.goto(f"/police/licences/applications/{before.number}/")
    expect(officer.get_by_text("特种行业许可（2018年实施方案）").first).to_be_visible()
    officer.get_by_role("link", name="受理", exact=True).click()
    officer.get_by_label("审查意见").fill("材料齐全")
    press(officer, "受理，报负责人决定")
    expect(officer.get_by_text("由本机关负责人作出决定").first).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_is_accessible_and_fits(live_site, pages, settings, width, language):
    who = made.cast()
    licence = made.licence(who, at=this_morning())
    change = request_change(licence, item="NAME", new_value="顺德新名刻章店", reason="更名", by=who.manager, at=now())
    proposal = propose_revocation(licence, ground="DECEIT", reason="材料虚假", by=who.officer, at=now())
    late = made.application_in("SUBMITTED", made.cast(), at=now() - dt.timedelta(days=25))
    asked = made.application_in("CORRECTION_ASKED", made.cast(), at=this_morning())
    decided = made.application_in("ACCEPTED", made.cast(), at=this_morning())
    watch_clocks(by=SystemActor("test"), at=now())
    settings.SHOP_FILING_FROM = {"4406": now().date()}
    filing = made.filed(made.cast(), at=now())
    case = "/police/licences/applications/"
    paths = {
        who.officer: (
            "/police/licences/", "/police/licences/?q=无", f"/police/licences/print/?number={late.number}",
            f"{case}{late.number}/", f"{case}{asked.number}/", f"{case}{late.number}/ask-correction/",
            f"{case}{late.number}/decline-application/", "/police/licences/register/", "/police/licences/changes/",
            f"/police/licences/changes/{change.number}/", "/police/licences/filings/",
            f"/police/licences/filings/{filing.number}/",
        ),
        who.chief: (
            f"{case}{decided.number}/refuse-application/", f"/police/licences/register/{licence.number}/",
            f"/police/licences/revocations/{proposal.number}/",
            f"/police/licences/revocations/{proposal.number}/confirm-revocation/",
        ),
        person("province_officer"): (
            "/police/licences/breaches/", "/police/licences/figures/", "/police/licences/materials/",
            "/police/licences/materials/new/",
        ),
    }  # fmt: skip
    for user, pages_of in paths.items():
        page = signed_in(pages, user, width=width, language=language)
        for path in pages_of:
            assert page.goto(path).status == 200, path
            look(page)


def test_the_keyboard_walks_the_list_and_boxes_choose_what_is_printed(live_site, pages):
    who = made.cast()
    one = made.application_in("SUBMITTED", who, at=now() - dt.timedelta(days=25))
    two = made.application_in("SUBMITTED", made.cast(), at=this_morning())
    page = signed_in(pages, who.officer)
    page.goto("/police/licences/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(two.shop_name)
    page.goto("/police/licences/")
    page.get_by_label(f"选择 {one.shop_name}").check()
    press(page, "打印所选案件")
    expect(page.get_by_role("heading", name=one.shop_name)).to_be_visible()
    expect(page.get_by_text(two.shop_name)).to_have_count(0)
    phone = signed_in(pages, who.officer, width=PHONE)
    phone.goto("/police/licences/")
    look(phone)
