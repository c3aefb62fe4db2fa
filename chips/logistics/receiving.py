"""What becomes of a bag (收货、拒收、退回): taken in by a second person, missed in part, refused, or sent back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import connection
from django.utils.translation import gettext_lazy as _

from chips.logistics import ledger, parties
from chips.logistics.alarms import note_stock, raise_alarm
from chips.logistics.counting import NAMED, shop_of, tally
from chips.logistics.packing import check_manifest
from chips.logistics.sampling import check_samples
from chips.logistics.sending import Bag, send
from chips.models import (
    AlarmKind,
    Chip,
    ChipOrder,
    Consignment,
    ConsignmentKind,
    CustodyParty,
    MoveKind,
    PartyKind,
)
from chips.permissions import check_acts_for, check_another_person, check_can_keep
from chips.rules import check_shop_may_order
from licensing.models import EngravingShop
from sealreg.audit.services import record
from sealreg.database.actor import Actor, label
from sealreg.database.canonical import JSON
from sealreg.database.door import transaction
from sealreg.errors import IllegalMove, RuleBroken
from sealreg.workflow.advance import advance, advance_many
from sealreg.workflow.registry import Telling


def _wrong(field: str, message: str, code: str) -> RuleBroken:
    return RuleBroken(message, code=code, fields={field: message})


def confirm_count(
    consignment: Consignment,
    *,
    by: Actor,
    at: dt.datetime,
    accept_short: bool = False,
    witness: str = "",
) -> Consignment:
    """The second person confirms; the chips are the receiver's (复核收货). Foreign chips never are.

    accept_short: take what is there although some are missing; those are looked for. witness: in a shop with one
    account, the name of the person who counted along.
    Raises IllegalMove before the count is finished; RuleBroken: second_person_needed, samples_missing, sample_failed,
    chips_missing at `accept_short`, manifest_signature_wrong, manifest_mismatch.
    """
    check_acts_for(by, consignment.receiver)
    if consignment.status == "SENT":
        raise IllegalMove(_("清点还没有完成，请先扫码清点。"))
    to_shop = consignment.receiver.kind == PartyKind.SHOP
    if witness.strip() and witness.strip() == by.actor_name:
        raise _wrong("witness", str(_("复核人应是另一位，请填写其姓名。")), "second_person_needed")
    second = f"witness:{witness.strip()}" if to_shop and witness.strip() else label(by)
    check_another_person(consignment.counted_by, second)
    _check_licensed(consignment)
    with transaction(by):
        locked = Consignment.objects.select_for_update(of=("self",)).get(pk=consignment.pk)
        stand = tally(locked)
        if stand.short and not accept_short:
            message = _("缺少%(n)d枚：%(uids)s。请再找找；确实没有的，勾选按短少收货。")
            said = message % {"n": stand.short, "uids": "、".join(stand.missing[:NAMED])}
            raise _wrong("accept_short", said, "chips_missing")
        check_samples(locked)
        verb = "confirm_short" if stand.short else "confirm_consignment"
        facts: dict[str, JSON] = {"expected": stand.expected, "found": stand.found, "foreign": len(stand.foreign)}
        done = advance(consignment, verb, by=by, at=at, facts=facts, confirmed_by=second, confirmed_at=at)
        if done.batch is not None:
            chips = Chip.objects.filter(consignment_lines__consignment=done)
            check_manifest(done.batch, chips, status="SHIPPED")
        _take_in(done, by=by, at=at)
        if stand.short:
            _miss(done, by=by, at=at)
        done.lines.update(is_open=False)
        if (shop := shop_of(done)) is not None:
            note_stock(shop, by=by, at=at)
    return done


def _chips_of(consignment: Consignment, *, found: bool) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.id FROM chips_consignmentline l JOIN chips_chip c ON c.id = l.chip_id
              LEFT JOIN chips_consignmentscan s ON s.consignment_id = l.consignment_id AND s.uid = c.uid
             WHERE l.consignment_id = %s AND (s.id IS NOT NULL) = %s ORDER BY c.id
            """,
            [consignment.pk, found],
        )
        return [pk for (pk,) in cursor.fetchall()]


def _take_in(consignment: Consignment, *, by: Actor, at: dt.datetime) -> None:
    pks, subject = _chips_of(consignment, found=True), ("consignment", consignment.number)
    quiet = Telling(to=())
    if consignment.receiver.kind == PartyKind.SHOP:
        advance_many(Chip, pks, "receive_at_shop", by=by, at=at, subject=subject, tellings={"shop": quiet})
    else:
        advance_many(Chip, pks, "receive_chips", by=by, at=at, subject=subject, tellings={"operator": quiet}, shop=None)
    ledger.enter(
        MoveKind.RECEIVE, pks, frm=parties.the(PartyKind.TRANSIT), to=consignment.receiver, by=by, at=at,
        subject=subject, second=consignment.counted_by,
    )  # fmt: skip


def _miss(consignment: Consignment, *, by: Actor, at: dt.datetime) -> None:
    pks, subject = _chips_of(consignment, found=False), ("consignment", consignment.number)
    advance_many(Chip, pks, "miss_chips", by=by, at=at, subject=subject, tellings={"operator": Telling(to=())})
    ledger.enter(
        MoveKind.MISS, pks, frm=parties.the(PartyKind.TRANSIT), to=parties.the(PartyKind.MISSING), by=by, at=at,
        subject=subject, second=consignment.counted_by,
    )  # fmt: skip
    raise_alarm(AlarmKind.SHORT, consignment.number, by=by, at=at, shop=shop_of(consignment), facts={"chips": len(pks)})


def depot_for(shop: EngravingShop) -> CustodyParty:
    """Where a shop's returns go (退回接收方): the depot of its city, or the province's operator."""
    found = CustodyParty.objects.filter(
        kind=PartyKind.DEPOT, organisation__area__gte=shop.city * 100, organisation__area__lt=shop.city * 100 + 100,
        organisation__is_active=True,
    ).first()  # fmt: skip
    return found or parties.the(PartyKind.OPERATOR)


def refuse_consignment(consignment: Consignment, *, reason: str, by: Actor, at: dt.datetime) -> Consignment:
    """A shop refuses a bag whole (拒收): it goes back, and the order is open again for as many.

    Returns the consignment that goes back. Raises IllegalMove for a bag that is no grant, RuleBroken at `reason`.
    """
    check_acts_for(by, consignment.receiver)
    if consignment.kind != ConsignmentKind.GRANT or consignment.order is None:
        raise IllegalMove(_("只有发放给企业的芯片可以拒收；其他情况请清点后按实际数量收货。"))
    if not reason.strip():
        raise _wrong("reason", str(_("请写明拒收原因。")), "reason_missing")
    with transaction(by):
        order = ChipOrder.objects.select_for_update().get(pk=consignment.order.pk)
        refused = advance(consignment, "refuse_consignment", by=by, at=at, note=reason)
        chips = Chip.objects.filter(pk__in=refused.lines.values("chip"))
        refused.lines.update(is_open=False)
        back = send(
            chips, "return_chips", sender=refused.receiver, receiver=refused.sender, by=by, at=at,
            in_transit_already=True,
            bag=Bag(ConsignmentKind.RETURN, refused.bag_seal, remark=reason[:300], order=order),
        )  # fmt: skip
        rest = order.granted - refused.quantity
        facts: dict[str, JSON] = {"consignment": refused.number, "chips": refused.quantity}
        if order.status == "GRANTED":
            advance(order, "reopen_order", by=by, at=at, facts=facts, granted=rest)
        else:
            ChipOrder.objects.filter(pk=order.pk).update(granted=rest)
            record("chips.grant_refused", by=by, at=at, subject=("chip_order", order.number), facts=facts)
    return back


def return_chips(
    shop: EngravingShop, uids: Sequence[str], *, bag_seal: str, reason: str, by: Actor, at: dt.datetime
) -> Consignment:
    """A shop sends chips of its stock back (退回芯片): the only way to another shop leads through the operator.

    Raises RuleBroken at `codes`: chip_of_another_shop, chip_not_in_stock, naming them; reason_missing at `reason`.
    """
    check_can_keep(by, shop)
    if not reason.strip():
        raise _wrong("reason", str(_("请写明退回原因。")), "reason_missing")
    with transaction(by):
        rows = dict(
            Chip.objects.select_for_update(of=("self",)).filter(shop=shop, uid__in=uids).values_list("uid", "status")
        )
        strange = [uid for uid in uids if uid not in rows]
        if strange or not uids:
            message = _("不在本企业库存的芯片：%(uids)s。") % {"uids": "、".join(strange[:NAMED])}
            raise _wrong("codes", message if uids else str(_("请先扫码。")), "chip_of_another_shop")
        used = [uid for uid, status in rows.items() if status != "SHOP_RECEIVED"]
        if used:
            message = _("已使用或在途的芯片不能退回：%(uids)s。") % {"uids": "、".join(used[:NAMED])}
            raise _wrong("codes", message, "chip_not_in_stock")
        sent = send(
            Chip.objects.filter(uid__in=uids), "return_chips", sender=parties.of_shop(shop), receiver=depot_for(shop),
            bag=Bag(ConsignmentKind.RETURN, bag_seal, remark=reason[:300]), by=by, at=at,
        )  # fmt: skip
        note_stock(shop, by=by, at=at)
    return sent


def _check_licensed(consignment: Consignment) -> None:
    """A shop whose licence was suspended meanwhile takes nothing in. Raises RuleBroken."""
    shop = shop_of(consignment)
    if shop is not None and consignment.receiver.kind == PartyKind.SHOP:
        check_shop_may_order(shop)
