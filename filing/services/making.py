"""Making a seal (制作): engraving with its imprint, binding the chip, completing the filing."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from chips import services as chips
from chips.logistics.alarms import raise_alarm
from chips.models import AlarmKind, Chip
from chips.rules import check_chip_line
from filing.imprint import measure_imprint
from filing.models import Seal, SealFiling
from filing.permissions import check_can_make
from filing.record import record_digest
from sealreg.attachments.models import Attachment
from sealreg.attachments.selectors import read_content
from sealreg.attachments.services import attach
from sealreg.clock import shanghai
from sealreg.database.actor import Actor
from sealreg.database.canonical import JSON
from sealreg.database.door import transaction
from sealreg.errors import IllegalMove, RuleBroken
from sealreg.outbox.services import owe
from sealreg.workflow.advance import advance

CHIP_DUTY = dt.date(2018, 10, 1)  # notice 三(三)2


def record_engraving(
    seal: Seal, imprint: Attachment, *, by: Actor, at: dt.datetime, engraved_on: dt.date | None = None
) -> Seal:
    """The seal is engraved and its imprint uploaded (刻制完成、上传印模).

    engraved_on: Shanghai date, by default that of `at`; never later. The date decides the chip duty.
    Raises RuleBroken at `imprint` where the technical check refuses the image, at `engraved_on` for an impossible day.
    """
    check_can_make(by, seal)
    today = shanghai(at).date()
    day = engraved_on or today
    submitted = seal.filing.submitted_at
    if day > today or (submitted is not None and day < shanghai(submitted).date()):
        message = _("刻制日期应在提交备案当日至今日之间。")
        raise RuleBroken(message, code="engraved_on_impossible", fields={"engraved_on": message})
    measure = measure_imprint(read_content(imprint, by=by, at=at), width_mm=seal.width_mm, height_mm=seal.height_mm)
    with transaction(by):
        attach(imprint, subject=("seal", seal.code), by=by, at=at)
        return advance(
            seal,
            "record_engraving",
            by=by,
            at=at,
            facts={"face_px": [measure.face_width_px, measure.face_height_px], "contrast": measure.contrast},
            imprint=imprint,
            engraved_on=day,
            engraved_at=at,
        )


def check_receipt_line(seal: Seal, chip_fen: int, *, by: Actor, at: dt.datetime) -> None:
    """Refuse a chip's price above the Ministry's, and say so to who supervises prices (芯片超价告警).

    Called before the act, so that the alarm stays when the act is refused. Raises RuleBroken at `chip_fen`.
    """
    try:
        check_chip_line(chip_fen, on=shanghai(at).date())
    except RuleBroken as above:
        if above.reason == "chip_price_above":
            facts: dict[str, JSON] = {"asked_fen": chip_fen}
            raise_alarm(AlarmKind.PRICE, seal.code, by=by, at=at, shop=seal.shop, facts=facts)
        raise


def bind_chip(seal: Seal, chip: Chip, *, by: Actor, at: dt.datetime, chip_fen: int | None = None) -> Seal:
    """Bind one chip of the shop's stock to one seal, in one transaction (芯片捆绑).

    The digest of the seal's record goes to the card after it, which then proves itself; the chip is active from then
    on. chip_fen: what the unit pays for the chip, where it is told already.
    Raises RuleBroken at `chip_uid` for a chip of another shop or not in stock, at `chip_fen` for an amount above the
    Ministry's price, IllegalMove for a seal that has its chip. Source: notice 三(三)2.
    """
    check_can_make(by, seal)
    if Seal.objects.filter(pk=seal.pk, status__in=("CHIPPED", "FILED", "DELIVERED")).exists():
        # Said before the chip is looked at: of a chip bound a moment ago it would be said that it is used up.
        raise IllegalMove(_("该印章已捆绑芯片，无需再次办理。"))
    with transaction(by):
        chips.bind_chip(
            chip, shop=seal.shop, seal_code=seal.code, by=by, at=at, engraved_on=seal.engraved_on,
            digest=record_digest(seal, chip_uid=chip.uid),
        )  # fmt: skip
        if chip_fen is not None:
            chips.note_receipt_line(chip, chip_fen, by=by, at=at)
        return advance(seal, "bind_chip", by=by, at=at, facts={"chip": chip.uid}, chip=chip, chip_bound_at=at)


def complete_filing(filing: SealFiling, *, by: Actor, at: dt.datetime) -> SealFiling:
    """File every seal of the filing and stop its clock (完成备案).

    Raises RuleBroken with code engraving_missing, chip_missing or chip_not_verified, naming the seals that are not
    ready, IllegalMove when it is complete already. The database holds the chip duty and the verified chip by itself.
    """
    check_can_make(by, filing)
    with transaction(by):
        locked = SealFiling.objects.select_for_update().get(pk=filing.pk)
        if locked.status == "FILED":
            raise IllegalMove(_("该备案已经完成，无需再次办理。"))
        if locked.status != "SUBMITTED":
            raise IllegalMove
        seals = [
            seal
            for seal in locked.seals.select_related("chip").order_by("code")
            if seal.status not in ("WITHDRAWN", "FILED")
        ]
        _check_ready(seals)
        for seal in seals:
            filed = advance(seal, "file_seal", by=by, at=at, filed_at=at)
            owe(
                "filing.seal_filed",
                record=("seal", filed.code),
                version=filed.version,
                at=at,
                payload={"code": filed.code, "filing": locked.number},
            )
        return advance(locked, "complete_filing", by=by, at=at, filed_at=at)


def _check_ready(seals: list[Seal]) -> None:
    unmade = [seal.code for seal in seals if seal.status == "ACCEPTED"]
    if unmade or not seals:
        raise RuleBroken(
            _("还有印章未刻制或未上传印模，请完成后再提交备案。"), code="engraving_missing", facts={"codes": unmade}
        )
    chipless = [
        seal.code
        for seal in seals
        if seal.chip_id is None and seal.engraved_on is not None and seal.engraved_on >= CHIP_DUTY
    ]
    if chipless:
        raise RuleBroken(
            _("2018年10月1日起刻制的公章应装入专用芯片，请先为印章捆绑芯片。"),
            code="chip_missing",
            facts={"codes": chipless},
        )
    unverified = [seal.code for seal in seals if seal.chip is not None and seal.chip.status == "BOUND"]
    if unverified:
        raise RuleBroken(
            _("芯片尚未写入备案摘要并通过核验，请把印章放在读卡器上，稍后再提交备案。"),
            code="chip_not_verified",
            facts={"codes": unverified},
        )
