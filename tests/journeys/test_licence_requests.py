"""What a licensed or filed shop asks and states, in Chromium (企业申请与陈述): its case, its changes, a pause.

Shop, officer and chief each at their own page, at both widths; every page kind also in both languages.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from licensing.requests import FilingChangeRequest
from licensing.services.filing_changes import file_change
from licensing.services.licences import propose_revocation
from licensing.services.statements import state_case
from licensing.services.suspensions import request_suspension
from sealreg.accounts.models import User
from sealreg.clock import now, shanghai
from sealreg.units import synthetic
from tests.browser import LANGUAGES, WIDTHS
from tests.factories import licensing as made
from tests.journeys.helpers import attach, look, press, signed_in

pytestmark = pytest.mark.journey
HOME = "/shop/licence/"


@pytest.fixture
def who(live_site) -> made.Cast:
    return made.cast()


@pytest.fixture
def page_of(pages) -> Callable[..., Page]:
    """Makes pages of a person (某人的页面)."""
    return lambda user, **kind: signed_in(pages, user, **kind)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_shop_states_its_case_before_anybody_decides(who, page_of, width):
    proposal = propose_revocation(
        made.licence(who, at=now()), ground="DECEIT", reason="平面图与现场不符", by=who.officer, at=now()
    )
    shop = page_of(who.manager, width=width)
    shop.goto("/inbox/")
    expect(shop.get_by_text("拟撤销许可").first).to_be_visible()
    shop.goto(HOME)
    shop.get_by_role("link", name="查看事实与理由，陈述申辩").click()
    expect(shop.get_by_text("平面图与现场不符").first).to_be_visible()
    look(shop)
    shop.get_by_role("link", name="陈述申辩", exact=True).click()
    attach(shop, "证明材料")
    press(shop, "提交陈述申辩")
    expect(shop.get_by_role("alert")).to_contain_text("请填写")
    expect(shop.get_by_text("已收到：scan.png")).to_be_visible()  # chosen once is enough
    look(shop)
    shop.get_by_label("陈述申辩内容").fill("平面图系装修前所绘。\n愿补交现状图。")
    press(shop, "提交陈述申辩")
    expect(shop.get_by_text("陈述申辩已提交")).to_be_visible()
    expect(shop.get_by_text("愿补交现状图。")).to_be_visible()
    expect(shop.get_by_role("link", name="scan.png")).to_be_visible()
    look(shop)
    chief = page_of(who.chief, width=width)
    chief.goto("/inbox/")
    chief.get_by_role("button", name="前往查看 企业提交了陈述申辩").click()
    expect(chief.get_by_text("愿补交现状图。")).to_be_visible()
    chief.get_by_role("link", name="决定不撤销").click()
    expect(chief.get_by_text("愿补交现状图。")).to_be_visible()
    look(chief)
    chief.get_by_label("决定意见").fill("陈述属实")
    press(chief, "决定不撤销")
    expect(chief.get_by_text("不予撤销").first).to_be_visible()
    shop.goto(f"{HOME}revocations/{proposal.number}/")
    expect(shop.get_by_text("陈述属实")).to_be_visible()
    expect(shop.get_by_role("link", name="补充陈述申辩")).to_have_count(0)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_filed_shop_changes_what_it_filed_and_the_county_reads_it_afterwards(who, page_of, settings, width):
    settings.SHOP_FILING_FROM = {"44": dt.date(2025, 1, 1)}
    filing = made.filed(who, at=now())
    shop = page_of(who.manager, width=width)
    shop.goto(HOME)
    shop.get_by_role("link", name="办理备案变更").click()
    expect(shop.get_by_text("提交即生效，不需要等待任何决定")).to_be_visible()
    look(shop)
    shop.locator(f'a[href$="/filings/{filing.number}/changes/address/"]').click()
    look(shop)
    shop.get_by_label("变更后的经营地址").fill(filing.address)
    press(shop, "提交变更")
    expect(shop.get_by_role("alert")).to_contain_text("与现备案内容相同")
    look(shop)
    shop.get_by_label("变更后的经营地址").fill("大良街道旅程路8号二层")
    attach(shop, "证明材料")
    press(shop, "提交变更")
    expect(shop.get_by_text("变更已备案，即时生效。")).to_be_visible()
    shop.locator('a[href$="/changes/legal-representative/"]').click()
    shop.get_by_label("变更后的法定代表人（负责人）").fill("旅程新店主")
    shop.get_by_label("证件号码").fill("44060619800101")
    press(shop, "提交变更")
    expect(shop.get_by_role("alert")).to_be_visible()
    look(shop)
    shop.get_by_label("证件号码").fill(synthetic.identity_number(620_031))
    press(shop, "提交变更")
    expect(shop.get_by_text("变更已备案，即时生效。")).to_be_visible()
    expect(shop.get_by_role("cell", name="旅程新店主")).to_be_visible()
    look(shop)
    officer = page_of(who.officer, width=width)
    officer.goto("/inbox/")
    officer.get_by_role("button", name="企业变更了备案内容").first.click()
    expect(officer.get_by_text("大良街道旅程路8号二层").first).to_be_visible()
    look(officer)
    filing.refresh_from_db()
    assert (filing.status, filing.legal_representative) == ("FILED", "旅程新店主")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_shop_pauses_and_resumes_business_by_request(who, page_of, width):
    licence = made.licence(who, at=now())
    shop, chief = page_of(who.manager, width=width), page_of(who.chief, width=width)
    today = shanghai(now()).date()
    shop.goto(HOME)
    shop.get_by_role("link", name="申请停业").click()
    look(shop)
    shop.get_by_label("停业起始日期").fill((today - dt.timedelta(days=1)).isoformat())
    shop.get_by_label("预计复业日期").fill((today + dt.timedelta(days=30)).isoformat())
    shop.get_by_label("申请理由").fill("店面装修")
    press(shop, "提交申请")
    expect(shop.get_by_role("alert")).to_contain_text("不能早于今天")
    expect(shop.get_by_label("申请理由")).to_have_value("店面装修")
    look(shop)
    shop.get_by_label("停业起始日期").fill(today.isoformat())
    press(shop, "提交申请")
    expect(shop.get_by_text("申请已提交，由县级公安机关决定。")).to_be_visible()
    look(shop)
    decide(chief, "停业", "准予", "情况属实，同意停业。")
    shop.goto(HOME)
    expect(shop.get_by_text("许可证已暂停").first).to_be_visible()
    shop.get_by_role("link", name="申请复业").click()
    shop.get_by_label("申请理由").fill("装修完毕")
    press(shop, "提交申请")
    shop.get_by_role("link", name="撤回这项申请").click()
    look(shop)
    press(shop, "确认撤回")
    expect(shop.get_by_text("申请已撤回。")).to_be_visible()
    shop.goto(HOME)
    shop.get_by_role("link", name="申请复业").click()
    shop.get_by_label("申请理由").fill("装修完毕，恢复营业")
    press(shop, "提交申请")
    decide(chief, "复业", "准予", "同意复业。")
    shop.goto(HOME)
    expect(shop.get_by_text("许可证长期有效，可以承接刻章业务。")).to_be_visible()
    shop.get_by_role("link", name="停业复业申请记录").click()
    expect(shop.get_by_text("已生效")).to_have_count(2)
    look(shop)
    licence.refresh_from_db()
    assert licence.status == "VALID"


def decide(page: Page, kind: str, act: str, words: str) -> None:
    """The chief finds the request in the work list and decides (决定停业复业申请)."""
    page.goto("/police/licences/")
    page.get_by_role("navigation", name="开办许可").get_by_role("link", name="停业复业").click()
    expect(page.get_by_role("cell", name=kind, exact=True)).to_be_visible()
    look(page)
    page.locator("tbody a").first.click()
    look(page)
    page.get_by_role("link", name=act, exact=True).click()
    look(page)
    page.get_by_label("办理意见").fill(words)
    press(page, act)
    expect(page.get_by_text("已生效").first).to_be_visible()
    look(page)


def newest_pages(settings) -> list[tuple[User, str]]:
    """The pages of a stated case, of filed changes and of a pause, with who may open them (新近页面)."""
    who, paused, files = made.cast(), made.cast(), made.cast()
    proposal = propose_revocation(
        made.licence(who, at=now()), ground="UNFIT", reason="场所不符", by=who.officer, at=now()
    )
    state_case(proposal, text="与现场一致。", by=who.manager, at=now())
    asked = request_suspension(
        made.licence(paused, at=now()), kind="SUSPEND", from_on=shanghai(now()).date() + dt.timedelta(days=3),
        reason="装修", by=paused.manager, at=now(),
    )  # fmt: skip
    settings.SHOP_FILING_FROM = {"44": dt.date(2025, 1, 1)}
    filed = made.filed(files, at=now())
    changed = FilingChangeRequest("address", "大良街道新路1号")
    file_change(filed, changed, by=files.manager, at=now())
    settings.SHOP_FILING_FROM = {}
    ours, theirs = f"{HOME}suspensions/", "/police/licences/suspensions/"
    shops = f"{HOME}revocations/{proposal.number}/"
    return [
        *((who.manager, f"{shops}{page}") for page in ("", "state/")),
        *((paused.manager, page) for page in (HOME, ours)),
        *((paused.manager, f"{ours}{asked.number}/{page}") for page in ("", "take-back/")),
        *((who.manager, f"{ours}{page}") for page in ("", "new/suspend/")),
        *((paused.officer, f"{theirs}{page}") for page in ("", "?all=1", f"{asked.number}/")),
        *((paused.chief, f"{theirs}{asked.number}/{page}") for page in ("", "grant-request/", "decline-request/")),
        *(
            (files.manager, f"{HOME}filings/{filed.number}/changes/{page}")
            for page in ("", "name/", "address/", "legal-representative/")
        ),
    ]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_newest_pages_are_accessible_and_fit(live_site, page_of, settings, width, language):
    opened: dict[object, Page] = {}
    for user, address in newest_pages(settings):
        if user.pk not in opened:
            opened[user.pk] = page_of(user, width=width, language=language)
        page = opened[user.pk]
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        look(page)
