"""Bad input of logistics over HTTP (物流错误输入): a clear word at the field, nothing typed lost, nothing half done."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import F
from django.urls import reverse

from chips.logistics.counting import finish_count, scan
from chips.logistics.injector import FileSigner, connect
from chips.logistics.sampling import authenticate_samples
from chips.models import (
    BatchManifest,
    Chip,
    ChipBatch,
    ChipEnding,
    ChipOrder,
    ChipPackaging,
    ChipReceiptLine,
    Consignment,
    CustodyEntry,
    MakerLot,
)
from chips.services import bind_chip
from filing.models import Seal
from sealreg.audit.models import AuditEvent
from sealreg.clock import fixed_at
from sealreg.database.door import transaction
from tests.chips.test_pages import send, text_of
from tests.chips.world import FEN, NOW, SUITE, codes_of
from tests.factories import filing as made
from tests.factories.chips import chips, uids
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db
WATCHED = (
    Chip, ChipBatch, BatchManifest, ChipOrder, Consignment, CustodyEntry, ChipEnding, ChipPackaging, ChipReceiptLine,
    MakerLot, Seal, AuditEvent,
)  # fmt: skip


@pytest.fixture(autouse=True)
def _midday():
    with fixed_at(NOW):
        yield


@dataclasses.dataclass
class Case:
    """One thing sent wrongly (错误输入). client, page and act; `data` as typed."""

    who: str
    page: str
    act: str
    args: list[Any]
    data: dict[str, Any]
    told: str
    field: str = ""  # name of the field the word stands at; empty: at the top
    kept: str = ""  # something typed that must come back


def manifest(*codes: str) -> io.BytesIO:
    file = io.BytesIO("\n".join(["UID", *codes]).encode())
    file.name = "lot.csv"
    return file


def lot_of(*codes: str) -> dict[str, Any]:
    return {"maker": "测试厂", "lot_no": "L9", "suite": SUITE, "manifest": manifest(*codes)}


def duplicate_in_the_list(world):
    one = uids(1)[0]
    return Case("filler", "chip_lot_import", "import", [], lot_of(one, one), "芯片编号重复", "manifest", "L9")


def known_already(world):
    one = chips("confirm_injection")[0].uid
    return Case("filler", "chip_lot_import", "import", [], lot_of(*uids(2), one), f"已登记过：{one}", "manifest", "L9")


def no_identifiers(world):
    return Case(
        "filler", "chip_lot_import", "import", [], lot_of(uids(1)[0], "12-34"), "第3行不是14位", "manifest", "L9"
    )


def batch_above_stock(world):
    lot = world.released(2).lot
    data = {"lot": lot.pk, "number": "P20269999", "quantity": 3, "key_version": 1, "agreement": world.agreement.pk}
    return Case("filler", "chip_batch_allocate", "allocate", [], data, "可分配0枚，不足3枚", "quantity", "P20269999")


def signed_by_a_stranger(world):
    batch = world.filled(2)
    stranger = FileSigner(world.cards._folder / "other.json")
    connect(lambda suite, version: world.injector, lambda: stranger)
    return Case("filler", "chip_batch", "pack", [batch.number], {}, "清单签名不正确")


def box_without_a_seal(world):
    batch = world.filled(2)
    connect(lambda suite, version: world.injector, lambda: world.signer)
    assert send(client_of(world.filler), "chip_batch", "pack", batch.number).status_code == 302
    return Case(
        "filler", "chip_batch", "ship", [batch.number], {"bag_seal": "", "way": "押运"}, "封签号", "bag_seal", "押运"
    )


def chips_missing(world):
    bag = world.shipped(3)
    _counted(world, bag, codes_of(bag)[1:])
    return Case(
        "second", "chip_consignment", "confirm", [bag.number], {}, f"缺少1枚：{codes_of(bag)[0]}", "accept_short"
    )


def nothing_of_this_bag(world):
    bag = world.shipped(2)
    scan(bag, uids(1), by=world.operator, at=NOW)
    return Case("operator", "chip_consignment", "finish", [bag.number], {}, "还没有扫到本单的芯片")


def grant_above_the_order(world):
    serials, order = world.in_stock(5), world.order(2)
    data = {"first_serial": serials[0], "last_serial": serials[-1], "bag_seal": "S-77", "way": "专送"}
    return Case("operator", "chip_order", "grant", [order.number], data, "超过尚可发放的2枚", "last_serial", "S-77")


def grant_above_the_stock(world):
    serials, order = world.in_stock(2), world.order(4)
    data = {"first_serial": serials[0], "last_serial": serials[0] + 3, "bag_seal": "S-77"}
    told = f"序号{serials[-1] + 1}不在本库存中"
    return Case("operator", "chip_order", "grant", [order.number], data, told, "first_serial", "S-77")


def price_not_in_force(world):
    data = {"quantity": 7, "unit_price_fen": FEN - 100, "remark": "加急"}
    return Case("clerk", "shop_chip_new_order", "order", [], data, "部定价为每枚15.00元", "", "加急")


def order_of_a_suspended_shop(world):
    _suspend(world)
    data = {"quantity": 7, "unit_price_fen": FEN, "remark": "加急"}
    return Case("clerk", "shop_chip_new_order", "order", [], data, "没有有效的许可", "", "加急")


def grant_to_a_suspended_shop(world):
    serials, order = world.in_stock(2), world.order(2)
    _suspend(world)
    data = {"first_serial": serials[0], "last_serial": serials[1], "bag_seal": "S-77"}
    return Case("operator", "chip_order", "grant", [order.number], data, "没有有效的许可", "", "S-77")


def receipt_by_a_suspended_shop(world):
    serials = world.in_stock(2)
    bag = world.grant(world.order(2), serials)
    scan(bag, codes_of(bag), by=world.clerk, at=NOW)
    finish_count(bag, by=world.clerk, at=NOW)
    _suspend(world)
    data = {"witness": "测试见证"}
    return Case("clerk", "shop_chip_consignment", "confirm", [bag.number], data, "没有有效的许可", "", "测试见证")


def return_of_anothers_chip(world):
    other = chips(shop=made.shop())[0].uid
    data = {"codes": other, "bag_seal": "S-8", "reason": "多余"}
    return Case("clerk", "shop_chip_return", "return", [], data, other, "codes", "S-8")


def packaging_of_anothers_chip(world):
    other = chips(shop=made.shop())[0].uid
    data = {"chip_uid": other, "body_serial": "B-1"}
    return Case("clerk", "shop_chip_package", "package", [], data, "不在贵企业库存中", "chip_uid", "B-1")


def body_taken(world):
    first, second = chips(shop=world.shop, quantity=2)
    client = client_of(world.clerk)
    assert send(client, "shop_chip_package", "package", chip_uid=first.uid, body_serial="B-1").status_code == 302
    data = {"chip_uid": second.uid, "body_serial": "B-1"}
    return Case("clerk", "shop_chip_package", "package", [], data, "已装过芯片", "body_serial", second.uid)


def scrap_of_anothers_chip(world):
    other = chips(shop=made.shop())[0].uid
    data = {"kind": "SCRAP", "codes": other, "reason": "断裂"}
    return Case("clerk", "shop_chip_endings", "report", [], data, other, "codes", "断裂")


CASES = (
    duplicate_in_the_list, known_already, no_identifiers, batch_above_stock, signed_by_a_stranger, box_without_a_seal,
    chips_missing, nothing_of_this_bag, grant_above_the_order, grant_above_the_stock, price_not_in_force,
    order_of_a_suspended_shop, grant_to_a_suspended_shop, receipt_by_a_suspended_shop, return_of_anothers_chip,
    packaging_of_anothers_chip, body_taken, scrap_of_anothers_chip,
)  # fmt: skip


def _counted(world, bag, codes) -> None:
    scan(bag, codes, by=world.operator, at=NOW)
    counted = finish_count(bag, by=world.operator, at=NOW)
    authenticate_samples(counted, world.cards.insert, by=world.operator, at=NOW)


def _suspend(world) -> None:
    world.shop.licences.update(
        status="SUSPENDED", version=F("version") + 1, suspended_at=NOW, suspend_ground="RECTIFICATION"
    )


def stand() -> dict[str, Any]:
    """Everything an act could have changed (现状)."""
    counts: dict[str, Any] = {model.__name__: model.objects.count() for model in WATCHED}
    counts["statuses"] = sorted(Chip.objects.values_list("uid", "status", "holder", "shop"))
    counts["orders"] = sorted(ChipOrder.objects.values_list("number", "status", "granted"))
    counts["bags"] = sorted(Consignment.objects.values_list("number", "status"))
    return counts


@pytest.mark.parametrize("arrange", CASES, ids=lambda one: one.__name__)
def test_it_is_told_at_the_field_and_changes_nothing(world, arrange: Callable[[Any], Case]):
    case = arrange(world)
    client = client_of(getattr(world, case.who))
    before = stand()
    answer = send(client, case.page, case.act, *case.args, **case.data)
    page = text_of(answer)
    assert answer.status_code == 422
    assert case.told in page
    assert "govuk-error-summary" in page
    if case.field:
        assert f'id="id_{case.act}-{case.field}_error"' in page
    assert case.kept in page
    assert stand() == before


class TestScanning:
    def test_a_foreign_chip_is_told_at_once_and_never_taken_in(self, world):
        bag, stranger = world.shipped(2), chips(shop=made.shop())[0].uid
        client = client_of(world.operator)
        told = text_of(send(client, "chip_consignment", "scan", bag.number, follow=True, code=stranger))
        assert f"不属于本单的芯片：{stranger}" in told
        _counted(world, bag, codes_of(bag))
        assert send(client_of(world.second), "chip_consignment", "confirm", bag.number).status_code == 302
        assert Chip.objects.get(uid=stranger).status == "SHOP_RECEIVED"
        assert set(Chip.objects.filter(uid__in=codes_of(bag)).values_list("status", flat=True)) == {"RECEIVED"}

    def test_every_scan_is_listed_with_what_it_was(self, world):
        bag, stranger = world.shipped(2), uids(1)[0]
        client = client_of(world.operator)
        for code in (codes_of(bag)[0], stranger):
            page = text_of(send(client, "chip_consignment", "scan", bag.number, follow=True, code=code))
            assert "autofocus" in page
        assert page.index(stranger) < page.index(codes_of(bag)[0])
        assert "不属本单" in page


class TestBinding:
    @pytest.fixture
    def seal(self, world):
        filing = made.submitted(world.clerk, made.request_for(world.shop))
        return made.engraved(filing.seals.get(), world.clerk)

    def refused(self, world, seal, told, field, **data):
        client = client_of(world.clerk)
        before = stand()
        answer = client.post(reverse("shop_chip", args=[seal.code]), data)
        page = text_of(answer)
        assert (answer.status_code, told in page, f'id="id_{field}_error"' in page) == (422, True, True)
        assert all(str(value) in page for value in data.values())
        after = stand()
        seal.refresh_from_db()
        assert seal.chip is None
        return before, after

    def test_a_chip_of_another_shop(self, world, seal):
        other = chips(shop=made.shop())[0].uid
        before, after = self.refused(world, seal, "不在贵企业库存中", "chip_uid", chip_uid=other, chip_fen="12.00")
        assert before == after

    def test_a_second_binding(self, world, seal):
        bound = chips(shop=world.shop)[0]
        with transaction(world.clerk):
            bind_chip(bound, shop=world.shop, seal_code="4406069999999", by=world.clerk, at=NOW)
        before, after = self.refused(
            world, seal, "该芯片已使用或已停用", "chip_uid", chip_uid=bound.uid, chip_fen="12.00"
        )
        assert before == after

    def test_a_price_above_the_ministry_s_is_refused_and_told(self, world, seal):
        uid = chips(shop=world.shop)[0].uid
        before, after = self.refused(world, seal, "不得高于部定价15.00元", "chip_fen", chip_uid=uid, chip_fen="15.01")
        assert before["statuses"] == after["statuses"]
        alarm = world.shop.chip_alarms.get(kind="PRICE")
        assert (alarm.subject, alarm.facts) == (seal.code, {"asked_fen": 1_501})

    @pytest.mark.parametrize(("typed", "fen"), [("15.00", 1_500), ("0", 0), ("", None)])
    def test_demand_46_what_is_charged_stands_on_the_receipt(self, world, seal, typed, fen):
        chip = chips(shop=world.shop)[0]
        client = client_of(world.clerk)
        answer = client.post(reverse("shop_chip", args=[seal.code]), {"chip_uid": chip.uid, "chip_fen": typed})
        assert answer.status_code == 302
        assert [one.fen for one in ChipReceiptLine.objects.filter(chip=chip)] == ([] if fen is None else [fen])
        receipt = text_of(client.get(reverse("shop_receipt", args=[seal.filing.number])))
        assert ("芯片金额" in receipt) is (fen is not None)
        assert world.shop.chip_alarms.filter(kind="PRICE").count() == 0
