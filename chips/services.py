"""Verbs of one chip (芯片业务): packaging, binding, and what follows the seal's fate. Bulk stands in logistics/."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from chips.locks import WRITING, hold
from chips.logistics import ledger, parties
from chips.logistics.alarms import note_stock, raise_alarm
from chips.models import (
    AlarmKind,
    CardAct,
    CardWriting,
    Chip,
    ChipEnding,
    ChipPackaging,
    ChipReceiptLine,
    DiscardReason,
    EndingKind,
    MoveKind,
    PartyKind,
)
from chips.readers import site
from chips.rules import check_chip_line, check_may_bind
from chips.writing import close_writings, discard_reasons, holds_digest, order_writing
from licensing.models import EngravingShop
from sealreg.attachments.models import Attachment
from sealreg.attachments.services import attach
from sealreg.audit.services import record
from sealreg.clock import shanghai
from sealreg.database.actor import Actor, label
from sealreg.database.canonical import JSON
from sealreg.errors import Conflict, NotFound, RuleBroken
from sealreg.workflow.advance import advance


def package_chip(
    chip: Chip,
    *,
    shop: EngravingShop,
    body_serial: str,
    by: Actor,
    at: dt.datetime,
    photo: Attachment | None = None,
) -> Chip:
    """Put a chip of the shop's stock into a seal's body (封装), in the caller's transaction: one chip, one body.

    body_serial: number on the body; the seal's code where the body bears none. photo: of the body with its chip, a
    paper `by` handed in; it stays with the chip, also when that is replaced. Raises RuleBroken at `chip_uid`
    (chip_of_another_shop, also for a chip the shop may not know of; chip_not_in_stock), body_taken at `body_serial`.
    """
    locked = _of_shop(chip, shop, ("SHOP_RECEIVED",))
    if ChipPackaging.objects.filter(body_serial=body_serial, taken_out_at__isnull=True).exists():
        message = _("该印章坯体已装过芯片，请核对坯体序号。")
        raise RuleBroken(message, code="body_taken", fields={"body_serial": message})
    ChipPackaging.objects.create(
        chip=locked, body_serial=body_serial, photo=photo, packaged_by=label(by), packaged_at=at
    )
    facts: dict[str, JSON] = {"body": body_serial}
    if photo is not None:
        attach(photo, subject=("chip", locked.uid), by=by, at=at)
        facts["photo"] = photo.number
    return advance(locked, "package_chip", by=by, at=at, facts=facts)


def bind_chip(
    chip: Chip,
    *,
    shop: EngravingShop,
    seal_code: str,
    by: Actor,
    at: dt.datetime,
    engraved_on: dt.date | None = None,
    digest: bytes = b"",
) -> Chip:
    """Give a chip of the shop's stock to one seal (芯片捆绑), in the caller's transaction.

    One act for the shop, three moves on the record: packaged (unless it was before), bound, active. Nobody approves
    the activation: where cards can be written to, the card itself earns it, once it holds the digest and has proved
    itself; elsewhere it follows at once. engraved_on: of the seal, by default the day of `at`; before the roll-out only
    pilot cities bind. digest: of the filing's record, 32 bytes.
    Raises RuleBroken at `chip_uid`: chip_of_another_shop (also for a chip the shop may not know of),
    chip_not_in_stock, chip_before_rollout.
    """
    locked = _of_shop(chip, shop, ("SHOP_RECEIVED", "PACKAGED"))
    check_may_bind(shop.city, engraved_on=engraved_on or shanghai(at).date())
    if locked.status == "SHOP_RECEIVED":
        locked = package_chip(locked, shop=shop, body_serial=seal_code, by=by, at=at)
    facts = {"seal": seal_code}
    bound = advance(locked, "bind_chip", by=by, at=at, facts=facts, bound_at=at)
    ledger.enter(MoveKind.BIND, [bound.pk], to=parties.the(PartyKind.SEAL), by=by, at=at, subject=("seal", seal_code))
    if digest and site.is_connected():
        order_writing(bound, CardAct.BIND, at=at, digest=digest)
    else:
        bound = advance(bound, "activate_chip", by=by, at=at, facts=facts)
    note_stock(shop, by=by, at=at)
    return bound


def discard_chip(chip: Chip, *, seal_code: str, reason: DiscardReason, by: Actor, at: dt.datetime) -> ChipEnding:
    """Take a chip out of a seal that is not filed yet (换下芯片), in the caller's transaction: it is scrapped at once.

    One person's word is enough, since nobody may hold a filing up; a report and an alarm go to the operator, a second
    person of the shop looks it over afterwards. What was to be written to the card is ended.
    Raises Conflict card_busy while a card is being written to; RuleBroken at `reason`, discard_reason_unfit.
    """
    if not hold(WRITING, chip.pk):
        raise Conflict(_("读卡器正在写这枚芯片，请等一分钟再办理。"), code="card_busy")
    locked = Chip.objects.select_for_update(of=("self",)).select_related("shop__organisation").get(pk=chip.pk)
    shop = locked.shop
    if shop is None:
        raise NotFound
    writing = CardWriting.objects.filter(chip=locked, act=CardAct.BIND).first()
    if reason not in discard_reasons(writing):
        message = _("所选原因与写卡情况不符，请重新选择。")
        raise RuleBroken(message, code="discard_reason_unfit", fields={"reason": message})
    facts: dict[str, JSON] = {"seal": seal_code, "reason": str(reason)}
    close_writings(locked, at=at)
    ChipPackaging.objects.filter(chip=locked).update(taken_out_at=at)
    advance(locked, "discard_chip", by=by, at=at, facts=facts)
    ending = ChipEnding.objects.create(
        kind=EndingKind.REPLACED, party=parties.of_shop(shop), uids=[locked.uid], reason=str(reason),
        reported_by=label(by), reported_at=at,
    )  # fmt: skip
    ledger.enter(
        MoveKind.SCRAP, [locked.pk], frm=parties.the(PartyKind.SEAL), to=parties.the(PartyKind.SCRAP), by=by, at=at,
        subject=("chip_ending", ending.number), note=str(reason),
    )  # fmt: skip
    told: dict[str, JSON] = {"kind": ending.kind, "chips": 1}
    record("chips.ending_reported", by=by, at=at, subject=("chip_ending", ending.number), facts=told)
    raise_alarm(AlarmKind.REPLACED, locked.uid, by=by, at=at, shop=shop, facts=facts)
    return ending


def note_receipt_line(chip: Chip, fen: int, *, by: Actor, at: dt.datetime) -> ChipReceiptLine:
    """Note what the unit pays for its chip (登记芯片金额), in the caller's transaction; the database checks it too.

    fen: integer fen for one chip. Raises RuleBroken at `chip_fen`, chip_price_above. Source: notice 三(三)1, 3.
    """
    price = check_chip_line(fen, on=shanghai(at).date())
    return ChipReceiptLine.objects.create(chip=chip, fen=fen, price=price, entered_by=label(by), entered_at=at)


def check_packable(chip: Chip, *, shop: EngravingShop) -> None:
    """Whether the chip may go into a seal's body now (可否封装). Raises RuleBroken at `chip_uid`."""
    _check_of_shop(chip, shop, ("SHOP_RECEIVED",))


def _of_shop(chip: Chip, shop: EngravingShop, statuses: tuple[str, ...]) -> Chip:
    locked = Chip.objects.select_for_update(of=("self",)).get(pk=chip.pk)
    _check_of_shop(locked, shop, statuses)
    return locked


def _check_of_shop(chip: Chip, shop: EngravingShop, statuses: tuple[str, ...]) -> None:
    if chip.shop_id != shop.pk:
        message = _("该芯片不在贵企业库存中，请核对芯片编号。")
        raise RuleBroken(message, code="chip_of_another_shop", fields={"chip_uid": message})
    if chip.status not in statuses:
        message = _("该芯片已使用或已停用，请换一枚库存芯片。")
        raise RuleBroken(message, code="chip_not_in_stock", fields={"chip_uid": message})


def resume_chip(chip: Chip, *, by: Actor, at: dt.datetime) -> Chip:
    """Let a stopped chip work again (恢复芯片), in the caller's transaction; one that works stays so."""
    return _move(chip, "resume_chip", ("SUSPENDED",), CardAct.RESUME, by=by, at=at)


def lose_chip(chip: Chip, *, by: Actor, at: dt.datetime) -> Chip:
    """Lock a chip whose seal is lost (芯片随印章挂失), in the caller's transaction; one already out of use stays so.

    The register counts from this moment on; the card is locked when it is next in a reader of ours.
    """
    return _move(chip, "lose_chip", ("ACTIVE", "SUSPENDED"), CardAct.LOCK, by=by, at=at)


def suspend_chip(chip: Chip, *, by: Actor, at: dt.datetime) -> Chip:
    """Stop a chip whose seal is out of use (停用芯片), in the caller's transaction; one already stopped stays so."""
    return _move(chip, "suspend_chip", ("ACTIVE",), CardAct.SUSPEND, by=by, at=at)


def _move(chip: Chip, verb: str, frm: tuple[str, ...], act: CardAct, *, by: Actor, at: dt.datetime) -> Chip:
    locked = Chip.objects.select_for_update().get(pk=chip.pk)
    if locked.status not in frm:
        return locked
    moved = advance(locked, verb, by=by, at=at)
    if site.is_connected() and holds_digest(moved):
        order_writing(moved, act, at=at)
    return moved
