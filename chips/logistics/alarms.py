"""Alarms (芯片告警): raised once while open, settled with a word or when their cause is gone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chips.logistics import ledger
from chips.models import AlarmKind, CardAct, Chip, ChipAlarm, ChipOrder, Consignment
from chips.permissions import check_can_handle
from licensing.models import EngravingShop
from sealreg.audit.services import record
from sealreg.clock import shanghai
from sealreg.database.actor import Actor, label
from sealreg.database.canonical import JSON
from sealreg.database.door import transaction
from sealreg.database.numbers import new_public_number
from sealreg.errors import Conflict, RuleBroken

UNDER_WAY_AT_MOST = dt.timedelta(days=7)
Stocked = Callable[[EngravingShop, dt.datetime], object]
_when_stocked: list[Stocked] = []
# Status in the register -> states of the card that fit it. Before activation the card still says "injected".
CARD_STATES: Mapping[str, tuple[int, ...]] = {
    **dict.fromkeys(
        ("INJECTED", "PACKED", "SHIPPED", "RECEIVED", "DISCREPANT", "ISSUED", "SHOP_RECEIVED", "PACKAGED", "RETURNING"),
        (0x03,),
    ),
    **dict.fromkeys(("BOUND", "ACTIVE"), (0x03, 0x07)),
    **dict.fromkeys(("SUSPENDED", "LOST"), (0x03, 0x07, 0x0F)),
    "STOLEN": (0x03, 0x0F),
}


def raise_alarm(
    kind: AlarmKind,
    subject: str,
    *,
    by: Actor,
    at: dt.datetime,
    shop: EngravingShop | None = None,
    facts: Mapping[str, JSON] | None = None,
) -> bool:
    """Open an alarm unless one of the kind stands open for the subject (告警). True when this call opened it."""
    number = new_public_number()
    with transaction(by):
        ChipAlarm.objects.bulk_create(
            [
                ChipAlarm(
                    number=number, kind=kind, subject=subject[:60], shop=shop, facts=dict(facts or {}), raised_at=at
                )
            ],
            ignore_conflicts=True,
        )
        is_new = ChipAlarm.objects.filter(number=number).exists()
        if is_new:
            record("chips.alarm_raised", by=by, at=at, subject=("chip_alarm", number), facts={"kind": str(kind)})
    return is_new


def settle_alarm(alarm: ChipAlarm, settlement: str, *, by: Actor, at: dt.datetime) -> ChipAlarm:
    """Say what was done about an alarm (处理告警).

    Raises Conflict when somebody has, RuleBroken without a word, for a stock-out, which ends with its
    cause, or for what an association reported, which the city's police answer.
    """
    check_can_handle(by)
    if alarm.kind == AlarmKind.STOCK_OUT:
        raise RuleBroken(_("缺货告警在企业收到芯片或撤销订单时自动结束，请先发放芯片。"), code="stock_out_ends_itself")
    if alarm.kind == AlarmKind.REPORTED:
        raise RuleBroken(_("协会反映的异常由所在地市公安机关核实答复。"), code="answered_by_the_city")
    if not settlement.strip():
        message = _("请写明处理情况。")
        raise RuleBroken(message, code="settlement_missing", fields={"settlement": message})
    with transaction(by):
        locked = ChipAlarm.objects.select_for_update().get(pk=alarm.pk)
        if locked.settled_at is not None:
            raise Conflict(_("该告警已处理。"))
        locked.settled_at, locked.settled_by, locked.settlement = at, label(by), settlement[:300]
        locked.save(update_fields=["settled_at", "settled_by", "settlement"])
        record("chips.alarm_settled", by=by, at=at, subject=("chip_alarm", locked.number), facts={"kind": locked.kind})
    return locked


def note_card_state(chip: Chip, card_state: int, *, by: Actor, at: dt.datetime) -> bool:
    """Compare what the card says of itself with the register (核对卡内状态); True when they fit.

    A mismatch raises an alarm and changes nothing: neither side is believed over the other. A card that was seen to
    end and answers all the same is a copy, whatever state it tells.
    """
    facts: dict[str, JSON] = {"register": chip.status, "card": f"{card_state:02X}"}
    fitting = CARD_STATES.get(chip.status)
    if chip.status == "DESTROYED" and chip.writings.filter(act=CardAct.END, done_at__isnull=False).exists():
        fitting, facts = (), facts | {"why": "answers_after_end"}
    if fitting is None or card_state in fitting:
        return True
    raise_alarm(AlarmKind.MISMATCH, chip.uid, by=by, at=at, shop=chip.shop, facts=facts)
    return False


def when_stocked(act: Stocked) -> None:
    """Have something done in the transaction that ends a stock-out (缺货结束时办理); the same act is kept once."""
    if act not in _when_stocked:
        _when_stocked.append(act)


def note_stock(shop: EngravingShop, *, by: Actor, at: dt.datetime) -> None:
    """Open or end the shop's stock-out (企业缺货): no chip left while an order of its own waits for the operator.

    A chip packaged in advance is one the shop has. The span excuses the shop's half-day clock; `stock_outs` tells it.
    """
    has_stock = Chip.objects.filter(shop=shop, status__in=("SHOP_RECEIVED", "PACKAGED")).exists()
    waits = ChipOrder.objects.filter(shop=shop, status__in=("PLACED", "PART_GRANTED")).exists()
    waits = waits or Chip.objects.filter(shop=shop, status="ISSUED").exists()
    if has_stock or not waits:
        out = ChipAlarm.objects.filter(kind=AlarmKind.STOCK_OUT, shop=shop, settled_at__isnull=True)
        if out.update(settled_at=at, settled_by=label(by), settlement="STOCKED" if has_stock else "NO_ORDER"):
            for act in _when_stocked:
                act(shop, at)
        return
    raise_alarm(AlarmKind.STOCK_OUT, str(shop.organisation.number), by=by, at=at, shop=shop)


def stock_outs(shop: EngravingShop, *, since: dt.datetime, until: dt.datetime) -> list[tuple[dt.datetime, dt.datetime]]:
    """Spans in which the shop lacked chips through no fault of its own (缺货时段), cut to [since, until]."""
    spans = ChipAlarm.objects.filter(
        Q(settled_at__isnull=True) | Q(settled_at__gt=since), kind=AlarmKind.STOCK_OUT, shop=shop, raised_at__lt=until
    ).order_by("raised_at")
    return [(max(one.raised_at, since), min(one.settled_at or until, until)) for one in spans]


def watch(*, by: Actor, at: dt.datetime) -> int:
    """The nightly look (每日巡查): ledger against register, bags too long under way. Returns how many alarms opened."""
    opened = 0
    for problem in ledger.problems():
        opened += raise_alarm(
            AlarmKind.LEDGER, f"{problem.problem}:{problem.subject}", by=by, at=at, facts={"chips": problem.chips}
        )
    late = Consignment.objects.filter(status__in=("SENT", "COUNTED"), sent_at__lt=at - UNDER_WAY_AT_MOST)
    for bag in late.select_related("order__shop"):
        opened += raise_alarm(
            AlarmKind.LATE, bag.number, by=by, at=at, shop=bag.order.shop if bag.order else None,
            facts={"sent_on": shanghai(bag.sent_at).date().isoformat(), "chips": bag.quantity},
        )  # fmt: skip
    return opened


def open_alarms_count() -> dict[str, int]:
    """How many alarms of each kind are open (未处理告警数)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind, count(*) FROM chips_chipalarm WHERE settled_at IS NULL GROUP BY 1")
        return dict(cursor.fetchall())
