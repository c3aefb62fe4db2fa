"""The demonstration's chips under way (演示芯片物流): batches, orders and bags in every state, by the real verbs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from chips.demo import (
    DEMO_PRICE_FEN,
    FIRST,
    KEY_VERSION,
    SECOND,
    SUITE,
    deliver_blanks,
    receive_whole,
    simulated_injector,
    simulated_signer,
    uid_of,
)
from chips.logistics import parties
from chips.logistics.alarms import watch
from chips.logistics.anomalies import report_anomaly
from chips.logistics.endings import report_ending
from chips.logistics.injection import fill_batch
from chips.logistics.making import allocate_batch, import_manifest, release_batch
from chips.logistics.ordering import grant_chips, place_order, supply_depot
from chips.logistics.packing import pack_batch, ship_batch
from chips.logistics.receiving import return_chips
from chips.logistics.training import note_attendance, plan_training
from chips.models import Chip, ChipAgreement, ChipBatch, Consignment, EndingKind, MakerLot, PartyKind
from licensing.models import EngravingShop
from sealreg.accounts.models import Organisation, User
from sealreg.database.door import transaction

_DAY = dt.timedelta(days=1)
# Number of the batch's last digits -> chips, how far it has come.
_BATCHES = (("1", 24, "SHIPPED"), ("2", 12, "SHIPPED"), ("3", 10, "PACKED"), ("4", 10, "FILLED"), ("5", 8, "ALLOCATED"))
_SPARE = 16


def load_logistics(shops: Mapping[str, EngravingShop], depot: Organisation, *, seed: int, at: dt.datetime) -> int:
    """Put chips on every stretch of their way (载入演示物流). Returns how many; repeatable.

    shops: with the keys `shop` and `rival`. depot: of their city.
    """
    lot_no = f"DEMO-{seed}-W"[:20]
    total = sum(quantity for _no, quantity, _state in _BATCHES) + _SPARE
    if MakerLot.objects.filter(lot_no=lot_no).exists():
        return total
    with transaction(FIRST):
        uids = [uid_of(seed, "way", index) for index in range(total)]
        deliver_blanks(uids)
        lot = import_manifest(uids, maker="演示芯片厂", lot_no=lot_no, suite=SUITE, by=FIRST, at=at - 30 * _DAY)
        bags = {no: _batch(lot, no, quantity, state, seed=seed, at=at) for no, quantity, state in _BATCHES}
        whole = bags["1"]
        if whole is not None:
            _spread(whole, shops, depot, at=at)
        held = plan_training(
            "公章专用芯片封装与捆绑", city=4406, place="顺德培训点（演示）", on=(at - 20 * _DAY).date(),
            invited=[one for one in shops.values() if one.city == 4406], by=FIRST, at=at - 21 * _DAY,
        )  # fmt: skip
        note_attendance(held, {shops["shop"].pk: 2}, by=FIRST, at=at - 19 * _DAY)
        watch(by=FIRST, at=at)
        reporter = User.objects.filter(username="xiehui").first()
        if reporter is not None:
            report_anomaly(4406, "有会员单位反映，某店把芯片单列收费，每枚加收五元。", by=reporter, at=at - _DAY / 3)
    return total


def _batch(lot: MakerLot, no: str, quantity: int, state: str, *, seed: int, at: dt.datetime) -> Consignment | None:
    """One batch as far as `state`; the consignment of a batch that has left."""
    agreement = ChipAgreement.objects.order_by("pk").first()
    if agreement is None:
        raise RuntimeError("the demonstration's agreements are entered before its batches")
    began = at - 16 * _DAY
    batch: ChipBatch = allocate_batch(
        lot, quantity, number=f"YS{seed}-{no}"[:20], key_version=KEY_VERSION, agreement=agreement, by=FIRST, at=began
    )
    if state == "ALLOCATED":
        return None
    release_batch(batch, by=SECOND, at=began + _DAY / 8)
    fill_batch(batch, simulated_injector(SUITE, KEY_VERSION), by=FIRST, clock=lambda: began + _DAY / 4)
    batch.refresh_from_db()
    if state == "FILLED":
        return None
    pack_batch(batch, simulated_signer(), by=FIRST, at=began + _DAY / 2)
    if state == "PACKED":
        return None
    return ship_batch(batch, bag_seal=f"YS-{no}001", way="专人押运", by=FIRST, at=began + 6 * _DAY)


def _spread(bag: Consignment, shops: Mapping[str, EngravingShop], depot: Organisation, *, at: dt.datetime) -> None:
    """From the operator's stock to depot and shops, with what goes wrong on the way."""
    shop, rival = shops["shop"], shops["rival"]
    listed = list(bag.lines.order_by("chip__serial").values_list("chip__uid", flat=True))
    received = at - 8 * _DAY
    receive_whole(bag, listed[:-1], at=received, accept_short=True)
    first = bag.first_serial or 0
    supplied = supply_depot(
        depot, first_serial=first, last_serial=first + 3, bag_seal="YS-2001", by=FIRST, at=received + _DAY
    )
    receive_whole(supplied, listed[:4], at=received + 2 * _DAY)
    order = place_order(rival, 8, unit_price_fen=DEMO_PRICE_FEN, by=FIRST, at=received + 2 * _DAY)
    part = grant_chips(
        order, first_serial=first + 4, last_serial=first + 7, bag_seal="YS-3001", way="快递", by=FIRST,
        at=received + 3 * _DAY,
    )  # fmt: skip
    receive_whole(part, listed[4:8], at=received + 4 * _DAY)
    grant_chips(
        order, first_serial=first + 8, last_serial=first + 9, bag_seal="YS-3002", way="快递", by=FIRST, at=at - _DAY
    )
    return_chips(rival, listed[4:6], bag_seal="YS-4001", reason="近期用量少，退回调剂。", by=FIRST, at=at - _DAY / 2)
    wanted = place_order(
        shop, 30, unit_price_fen=DEMO_PRICE_FEN, by=FIRST, at=at - _DAY / 4, wanted_on=(at + 7 * _DAY).date()
    )
    grant_chips(
        wanted, first_serial=first + 10, last_serial=first + 15, bag_seal="YS-3003", way="专人送达", by=FIRST,
        at=at - _DAY / 6,
    )  # fmt: skip
    operator = parties.the(PartyKind.OPERATOR)
    left = list(Chip.objects.filter(holder=operator, uid__in=listed).order_by("-serial").values_list("uid", flat=True))
    report_ending(EndingKind.SCRAP, operator, left[:1], reason="天线断裂，无法读取。", by=FIRST, at=at - _DAY / 5)
    report_ending(
        EndingKind.THEFT, operator, left[1:2], reason="运输途中遗失一枚，按被盗处理。", by=FIRST, at=at - _DAY / 7
    )
