"""A chip from its maker to a bank's `genuine` (芯片全程), in Chromium and through the interface."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from chips.logistics.counting import finish_count, scan
from chips.logistics.injection import fill_batch
from chips.models import (
    CardAct,
    CardWriting,
    Chip,
    ChipAlarm,
    ChipBatch,
    ChipOrder,
    Consignment,
)
from filing.models import Seal
from sealreg.accounts.choices import AuthorityLevel, OrganisationKind
from sealreg.accounts.models import User
from sealreg.clock import now
from sealreg.units import synthetic
from tests.api.caller import Caller
from tests.chips.world import SUITE, World, codes_of
from tests.factories import filing as made
from tests.factories.accounts import authority, office, person
from tests.factories.chips import uids
from tests.integration.verification_api import made as checking
from tests.journeys.chips import Bench, behind_live_pages, walk
from tests.journeys.helpers import attach, look, press

pytestmark = pytest.mark.journey


@pytest.fixture
def world(live_site: str, tmp_path: Path, settings: Any) -> Iterator[World]:
    """The keys, cards and people of the tests of logistics, behind the live pages (测试环境)."""
    with behind_live_pages(tmp_path, settings) as found:
        yield found


def shoot(page: Page, code: str) -> None:
    """One pull of the trigger of a hand scanner (扫码枪): the code and Enter, into whatever has the focus.

    As a person does, only once the page stands there and its field waits.
    """
    page.wait_for_load_state()
    expect(page.locator("[autofocus]")).to_be_focused()
    page.keyboard.type(code)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def has_focus(page: Page, name: str) -> None:
    """The field of this name takes what is typed (焦点); a browser gives it shortly after the page has loaded."""
    expect(page.locator(f'[name="{name}"]').first).to_be_focused()


def make_a_batch(first: Bench, second: Bench, world: World) -> ChipBatch:
    """Imported, allocated, released by another, filled, packed, sent (制造到发运)."""
    page = first.open("/operator/chips/batches/import/")
    page.get_by_label("制造商").fill("测试芯片厂")
    page.get_by_label("制造批号").fill("L-1")
    page.get_by_label("算法套件").select_option(SUITE)
    listed = {"name": "lot.csv", "mimeType": "text/csv", "buffer": "\n".join(["UID", *uids(3)]).encode()}
    page.get_by_label("制造清单").set_input_files(listed)
    look(page)
    press(page, "导入")
    page.locator("select[name$=lot]").select_option(index=1)
    page.get_by_label("批次号").fill("p20261101")
    page.get_by_label("数量（枚）").fill("3")
    page.get_by_label("密钥版本").fill("1")
    page.get_by_label("依据的协议").select_option(index=1)
    look(page)
    press(page, "分配")
    expect(page.get_by_text("由另一人放行").first).to_be_visible()
    press(page, "放行灌装")
    expect(page.get_by_role("alert")).to_contain_text("须由另一人办理")
    look(page)
    other = second.open(page.url)
    press(other, "放行灌装")
    expect(other.get_by_role("progressbar")).to_be_visible()
    look(other)
    batch = ChipBatch.objects.get()
    fill_batch(batch, world.injector, by=world.filler, clock=now)  # what the worker does
    page = first.open(page.url)
    look(page)
    press(page, "装箱并签名")
    page.get_by_label("封签号").fill("S-1")
    look(page)
    press(page, "确认发运")
    expect(page.get_by_text("已发运").first).to_be_visible()
    look(page)
    return batch


def take_in(first: Bench, second: Bench) -> None:
    """Scanned one by one, with two wrong shots; samples; a second person (清点入库)."""
    bag = Consignment.objects.get(kind="DELIVERY")
    codes = codes_of(bag)
    page = first.open("/operator/chips/")
    look(page)
    page.get_by_role("link", name=bag.number).click()
    expect(page.get_by_label("扫码").first).to_be_focused()
    look(page)
    shoot(page, codes[0].lower())
    for wrong, told in (
        (codes[0], "重复扫码"),
        ("04FFFFFFFFFFFF", "不属于本单的芯片"),
        ("4006381333931", "不是芯片编号"),
    ):
        shoot(page, wrong)
        expect(page.get_by_text(told).first).to_be_visible()
        has_focus(page, "scan-code")
    look(page)
    for code in codes[1:]:
        shoot(page, code)
    assert bag.scans.filter(belongs=True).count() == len(codes)
    press(page, "完成清点")
    press(page, "读取抽样芯片")
    expect(page.get_by_text("抽样3枚，通过3枚。")).to_be_visible()
    look(page)
    press(page, "确认收货")
    expect(page.get_by_role("alert")).to_contain_text("须由另一人办理")
    page = second.open(page.url)
    look(page)
    press(page, "确认收货")
    expect(page.get_by_text("收货完成。")).to_be_visible()
    look(page)


def order_and_grant(shop: Bench, operator: Bench) -> None:
    """Ordered by the shop, granted as a range by the operator (订购与发放)."""
    page = shop.open("/shop/chips/orders/new/")
    page.get_by_label("订购数量").fill("0")
    press(page, "提交订单")
    expect(page.get_by_role("alert")).to_be_visible()
    look(page)
    page.get_by_label("订购数量").fill("2")
    press(page, "提交订单")
    look(page)
    order = ChipOrder.objects.get()
    page = operator.open(f"/operator/chips/orders/{order.number}/")
    expect(page.get_by_label("起始序号")).to_have_value("1")
    page.get_by_label("终止序号").fill("9")
    page.get_by_label("封签号").fill("S-2")
    press(page, "确认发放")
    expect(page.get_by_role("alert")).to_contain_text("超过尚可发放的2枚")
    expect(page.get_by_label("封签号")).to_have_value("S-2")
    look(page)
    page.get_by_label("终止序号").fill("2")
    press(page, "确认发放")
    expect(page.get_by_text("已发放，请将封好的芯片交付运输。")).to_be_visible()
    look(page)


def keep_and_package(shop: Bench) -> Chip:
    """Received by scan with a witness, one chip packaged (企业收货、封装)."""
    bag = Consignment.objects.get(kind="GRANT")
    page = shop.open("/shop/chips/")
    look(page)
    page.get_by_role("link", name=bag.number).first.click()
    for code in codes_of(bag):
        shoot(page, code)
    look(page)
    press(page, "完成清点")
    page.get_by_label("复核人姓名").fill("测试见证")
    look(page)
    press(page, "确认收货")
    page = shop.open("/shop/chips/package/")
    chip = Chip.objects.filter(shop__isnull=False).order_by("uid")[0]
    has_focus(page, "package-chip_uid")
    shoot(page, "0" * 14)
    expect(page.get_by_role("alert")).to_contain_text("不在贵企业库存中")
    look(page)
    has_focus(page, "package-chip_uid")
    shoot(page, chip.uid)  # over the refused one, without a hand on the mouse
    expect(page.get_by_text(f"芯片{chip.uid}可以封装")).to_be_visible()
    has_focus(page, "package-body_serial")
    attach(page, "封装照片")
    page.locator('[name="package-body_serial"]').focus()
    shoot(page, "BODY-0001")
    expect(page.get_by_text(f"芯片{chip.uid}已封装到坯体BODY-0001。")).to_be_visible()
    assert chip.packaging.photo.subject_id == chip.uid
    look(page)
    return chip


def bind_and_hand_over(shop: Bench, world: World, chip: Chip) -> Seal:
    """Bound in a filing, filed, collected (捆绑、备案、交付)."""
    filing = made.submitted(world.clerk, made.request_for(world.shop), at=now())
    seal = made.engraved(filing.seals.get(), world.clerk, at=now())
    page = shop.open(f"/shop/seals/{seal.code}/chip/")
    has_focus(page, "chip_uid")
    page.get_by_label("芯片金额（元）").fill("15.01")
    page.get_by_label("芯片编号").focus()
    shoot(page, "")  # Enter without a chip: nothing typed is lost
    expect(page.get_by_label("芯片金额（元）")).to_have_value("15.01")
    page.get_by_label("芯片编号").fill(chip.uid)
    press(page, "捆绑芯片")
    expect(page.get_by_role("alert")).to_contain_text("不得高于部定价15.00元")
    look(page)
    page.get_by_label("芯片金额（元）").fill("15")
    press(page, "捆绑芯片")
    expect(page.get_by_text("15.00元")).to_be_visible()
    look(page)
    press(page, "完成备案")
    page.get_by_role("link", name=f"交付印章 {seal.code}").click()
    page.get_by_label("领取人姓名").fill("测试领取")
    page.get_by_label("领取人证件号码").fill(synthetic.identity_number(9))
    attach(page, "印鉴留存卡")
    press(page, "确认交付")
    expect(page.get_by_text("印章已交付并启用。")).to_be_visible()
    look(page)
    return Seal.objects.get(code=seal.code)


def ask_as_bank(caller: Caller, world: World, seal: Seal) -> dict[str, Any]:
    """A2's two steps: a challenge, and the chip's answer to it (银行两步核验)."""
    chip = seal.chip
    assert chip is not None
    about = {"uid": chip.uid, "purpose": "settlement", "expected_uscc": seal.unit.credit_code}
    asked = caller.call("POST", "/api/v1/verifications", about)
    assert asked.status_code == 201, asked.content
    raw = world.cards.insert(chip.uid).transmit(bytes.fromhex(asked.json()["apdu"]))
    assert raw[-2:] == b"\x90\x00"
    answer = {
        "uid": chip.uid, "counter": int.from_bytes(raw[:4], "big"), "state": raw[4], "key_version": raw[5],
        "mac": raw[6:22].hex(),
    }  # fmt: skip
    response = caller.call("POST", f"/api/v1/verifications/{asked.json()['txn']}/response", answer)
    assert response.status_code == 200, response.content
    found: dict[str, Any] = json.loads(response.content)
    return found


def test_from_manufacture_to_a_bank_s_genuine(pages, world):
    filler, releaser = Bench(pages, world.filler), Bench(pages, world.releaser)
    operator, second, shop = Bench(pages, world.operator), Bench(pages, world.second), Bench(pages, world.clerk)
    make_a_batch(filler, releaser, world)
    take_in(operator, second)
    order_and_grant(shop, operator)
    chip = keep_and_package(shop)
    seal = bind_and_hand_over(shop, world, chip)
    assert CardWriting.objects.get(chip=chip, act=CardAct.BIND).done_at is not None
    answer = ask_as_bank(checking.bank(), world, seal)
    assert (answer["result"], answer["reasons"]) == ("genuine", [])
    assert answer["seal"]["code"] == seal.code
    assert ChipAlarm.objects.filter(kind="PRICE").count() == 1
    page = operator.open("/operator/chips/")
    expect(page.get_by_text("芯片价格超过部定价")).to_be_visible()
    look(page)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_bench_at_both_widths(pages, world, language):
    """Every page of chips as institute, operator, depot, shop, association and police see it (各工作台)."""
    serials = world.in_stock(4)
    order = world.order(3)
    bag = world.grant(order, serials[:2])
    batch = ChipBatch.objects.get()
    depot = person("operator_staff", place=office(OrganisationKind.OPERATOR, area=440600))
    scan(bag, [codes_of(bag)[0]], by=world.clerk, at=now())
    other = world.receive(world.grant(order, serials[2:3]))
    sent = Consignment.objects.get(kind="DELIVERY").number
    walks: list[tuple[User, list[str]]] = [
        (world.filler, ["", "batches/", f"batches/{batch.number}/", "batches/import/", "batches/allocate/",
                        "consignments/", f"consignments/{sent}/", "reports/"]),
        (world.operator, ["", "orders/", f"orders/{order.number}/", "consignments/", f"consignments/{bag.number}/",
                          f"consignments/{sent}/print/", "stock/", "alarms/", "reports/", "months/", "supply/",
                          "trainings/", "trainings/never/"]),
        (depot, ["", "stock/", "orders/", "alarms/", "trainings/"]),
        (world.clerk, ["", "orders/new/", f"orders/{order.number}/", f"consignments/{bag.number}/",
                       f"consignments/{other.number}/", "package/", "return/", "reports/", "trainings/"]),
        (person("association_staff"), ["totals/", "anomalies/"]),
        (person("city_officer", place=authority(440600, AuthorityLevel.CITY).organisation), ["totals/", "anomalies/"]),
    ]  # fmt: skip
    finish_count(bag, by=world.clerk, at=now())
    for user, paths in walks:
        root = {world.clerk: "/shop/chips/"}.get(user, "/chips/" if "totals/" in paths else "/operator/chips/")
        walk(pages, user, [root + path for path in paths], language)
