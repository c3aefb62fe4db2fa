"""The demonstration's desk and tour in Chromium (演示台与导览), and the workbenches of operator and institute."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from filing.models import SealFiling
from integration.business_registration.connection import registry_client
from integration.business_registration.exchange import take_orders
from licensing.demo import load_shops
from sealreg.accounts.demo import load_cast
from sealreg.accounts.models import User
from sealreg.clock import now
from sealreg.database.actor import SystemActor
from sealreg.outbox.relay import Relay
from tests.browser import DESK, PHONE, WIDTHS
from tests.contracts.mocks import MINISTRY, REGISTRY, running
from tests.factories import filing as made
from tests.factories.accounts import person
from tests.journeys.helpers import look, press, signed_in

pytestmark = pytest.mark.journey
MakePage = Callable[..., Page]


@pytest.fixture
def stage(live_site: str, settings, tmp_path: Path) -> Iterator[str]:
    """The cast, its shop with a chip, and both mocks as servers (演示环境). Returns the uid of the chip."""
    load_cast(seed=1, at=now())
    shop = load_shops(seed=1, at=now())["shop"]
    settings.SMS_FILE_DIR = tmp_path / "sms"
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    with running(REGISTRY, tmp_path / "one") as registry, running(MINISTRY, tmp_path / "two") as ministry:
        settings.REGISTRY_URL, settings.MINISTRY_URL = registry.url, ministry.url
        yield made.chip_of(shop).uid


def back_to_tour(page: Page, words: str) -> None:
    page.get_by_role("link", name="回到导览").click()
    expect(page.locator('[aria-current="step"]')).to_contain_text(words)
    look(page)


def upload(page: Page, picture: Path) -> None:
    page.wait_for_load_state()
    page.locator("input[type=file]").first.set_input_files(picture)
    expect(page.get_by_text(f"已收到：{picture.name}")).to_be_visible()


def test_the_tour_from_the_founding_to_the_check(pages: MakePage, stage: str, tmp_path: Path):
    page = pages(width=DESK, strict=False)
    page.goto("/demo/")
    look(page)
    page.get_by_role("link", name="跟着一枚章走").click()
    look(page)
    press(page, "设立一家企业，开始")
    expect(page.locator('[aria-current="step"]')).to_contain_text("推送到店")
    look(page)
    take_orders(registry_client(), by=SystemActor("registry-sync"), now=now)  # as the worker does every ten seconds
    # The page asks again by itself.
    press(page, "以店员身份打开草稿")
    press(page, "下一步：核对")
    page.get_by_label("已核对以上内容与单位提交的材料一致。").check()
    press(page, "提交备案")
    Relay().drain(seconds=60)
    back_to_tour(page, "上传印模")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载样章印模图").click()
    picture = tmp_path / "sample.png"
    download.value.save_as(picture)
    press(page, "以店员身份上传印模")
    upload(page, picture)
    press(page, "上传印模")
    back_to_tour(page, "捆绑")
    press(page, "以店员身份捆绑芯片")
    page.get_by_label("芯片编号").fill(stage)
    press(page, "捆绑芯片")
    press(page, "完成备案")
    Relay().drain(seconds=60)
    back_to_tour(page, "经办人领取")
    filing = SealFiling.objects.get(status="FILED")
    press(page, "以店员身份交付")
    page.get_by_label("领取人姓名").fill(filing.handler_name)
    page.get_by_label("领取人证件号码").fill(filing.handler_id)
    upload(page, picture)
    press(page, "确认交付")
    page.get_by_role("link", name="回到导览").click()
    expect(page.get_by_text("已完成 8 步，共 9 步")).to_be_visible()
    look(page)
    press(page, "以县级公安民警身份事后查看")
    expect(page.get_by_text("已备案").first).to_be_visible()
    page.get_by_role("link", name="回到导览").click()
    page.get_by_role("link", name="像市民一样查验").click()
    page.get_by_label("单位名称或统一社会信用代码").fill(filing.unit.name)
    press(page, "查验")
    expect(page.get_by_text("查到有效备案").first).to_be_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_desk_in_english(pages: MakePage, stage: str, width: int):
    page = pages(width=width, language="en", strict=False)
    page.goto("/demo/")
    look(page)
    page.locator("#id_ministry-mode").select_option("error_after_store")
    page.locator("#id_ministry-rate").fill("20")
    page.get_by_role("button", name="Set Simulated Ministry platform").click()
    expect(page.get_by_text("20%", exact=True)).to_be_visible()
    look(page)
    page.locator("#id_ministry-rate").fill("200")
    page.get_by_role("button", name="Set Simulated Ministry platform").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page)
    page.goto("/demo/tour/")
    look(page)


@pytest.mark.parametrize("role", ["operator_staff", "institute_staff", "association_staff"])
def test_workbenches_of_operator_institute_and_association(pages: MakePage, live_site: str, role: str):
    page = signed_in(pages, person(role), width=PHONE)
    page.goto("/")
    addresses = page.eval_on_selector_all(".sr-door", "found => found.map(one => one.getAttribute('href'))")
    for address in addresses:
        page.goto(address)
        look(page)


def test_the_shops_people(pages: MakePage, live_site: str):
    manager = person("shop_manager", place=made.shop().organisation)
    page = signed_in(pages, manager, width=PHONE)
    page.goto("/shop/people/")
    look(page)
    page.get_by_role("link", name="新增人员").click()
    look(page)
    press(page, "新增人员")
    expect(page.get_by_role("alert")).to_be_visible()
    look(page)
    page.get_by_label("用户名").fill("xindian")
    page.get_by_label("姓名").fill("新店员")
    press(page, "新增人员")
    expect(page.get_by_role("heading", name="请把临时密码交给本人")).to_be_visible()
    look(page)
    page.get_by_role("link", name="已交给本人，查看该用户").click()
    look(page)
    page.get_by_role("link", name="停止任职").click()
    page.get_by_label("理由").fill("离职")
    press(page, "停止任职")
    look(page)
    assert User.objects.get(username="xindian").role is None
