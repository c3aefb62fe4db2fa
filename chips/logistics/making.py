"""From the maker's manifest to a released batch (制造入账、分配、放行)."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from chips.logistics import ledger, parties
from chips.models import Chip, ChipAgreement, ChipBatch, MakerLot, MoveKind, PartyKind, Suite
from chips.permissions import check_another_person, check_can_inject
from chips.rules import check_agreement, check_key_version
from sealreg.audit.services import record
from sealreg.clock import shanghai
from sealreg.database.actor import Actor, label
from sealreg.database.door import transaction
from sealreg.errors import Conflict, RuleBroken
from sealreg.workflow.advance import advance

LARGEST_LOT = 20_000
NAMED = 5  # how many faulty lines a message quotes
_UID = re.compile(r"[0-9A-F]{14}")
_BATCH = re.compile(r"[0-9A-Z][0-9A-Z-]{3,19}")


def _wrong(field: str, message: str, code: str) -> RuleBroken:
    return RuleBroken(message, code=code, fields={field: message})


def read_manifest(lines: Iterable[str]) -> list[str]:
    """The identifiers of a maker's manifest (读取制造清单), one a line; blank lines and the heading UID are skipped.

    Raises RuleBroken at `manifest`: manifest_malformed for a line that is no identifier, duplicate_uid for one that
    stands twice, each naming the lines, manifest_empty, manifest_too_large.
    """
    seen: dict[str, int] = {}
    malformed, twice = [], []
    for place, line in enumerate(lines, start=1):
        uid = line.split(",")[0].strip().upper().replace(" ", "")
        if not uid or (place == 1 and uid in ("UID", "芯片编号")):
            continue
        if not _UID.fullmatch(uid):
            malformed.append(str(place))
        elif uid in seen:
            twice.append(f"{uid}（{seen[uid]}、{place}）")
        else:
            seen[uid] = place
        if len(seen) > LARGEST_LOT:
            raise _wrong("manifest", _("一份清单最多%(n)d枚，请分批导入。") % {"n": LARGEST_LOT}, "manifest_too_large")
    if malformed:
        message = _("第%(lines)s行不是14位芯片编号，共%(n)d行，请更正后重新导入。")
        said = message % {"lines": "、".join(malformed[:NAMED]), "n": len(malformed)}
        raise _wrong("manifest", said, "manifest_malformed")
    if twice:
        message = _("芯片编号重复：%(uids)s，共%(n)d处。")
        raise _wrong("manifest", message % {"uids": "；".join(twice[:NAMED]), "n": len(twice)}, "duplicate_uid")
    if not seen:
        raise _wrong("manifest", str(_("清单中没有芯片编号。")), "manifest_empty")
    return sorted(seen)


def import_manifest(
    lines: Iterable[str], *, maker: str, lot_no: str, suite: str, by: Actor, at: dt.datetime
) -> MakerLot:
    """Enter the chips a maker delivered (导入制造清单): all or none, once.

    lines: the manifest's text. suite: a value of Suite. Raises RuleBroken at `manifest` (read_manifest; duplicate_uid
    for a chip known already), lot_known at `lot_no`, OutsideJurisdiction.
    """
    check_can_inject(by)
    uids = read_manifest(lines)
    digest = hashlib.sha256("\n".join(uids).encode()).hexdigest()
    with transaction(by):
        if MakerLot.objects.filter(maker=maker, lot_no=lot_no).exists():
            raise _wrong("lot_no", _("制造批号%(no)s已导入。") % {"no": lot_no}, "lot_known")
        known = list(Chip.objects.filter(uid__in=uids).order_by("uid").values_list("uid", flat=True)[: NAMED + 1])
        if known:
            message = _("以下芯片已登记过：%(uids)s。") % {"uids": "、".join(known[:NAMED])}
            raise _wrong("manifest", message, "duplicate_uid")
        lot = MakerLot.objects.create(
            maker=maker, lot_no=lot_no, suite=Suite(suite), quantity=len(uids), manifest_sha256=digest,
            imported_by=label(by), imported_at=at,
        )  # fmt: skip
        chips = Chip.objects.bulk_create([Chip(uid=uid, lot=lot, suite=lot.suite) for uid in uids], batch_size=2_000)
        ledger.enter(
            MoveKind.MANUFACTURE, [chip.pk for chip in chips], to=parties.the(PartyKind.INSTITUTE), by=by, at=at,
            subject=("maker_lot", lot.number),
        )  # fmt: skip
        record("chips.manifest_imported", by=by, at=at, subject=("maker_lot", lot.number), facts={"chips": len(uids)})
    return lot


def allocate_batch(
    lot: MakerLot, quantity: int, *, number: str, key_version: int, agreement: ChipAgreement, by: Actor, at: dt.datetime
) -> ChipBatch:
    """Set chips of a lot apart to be filled together (分配批次); another person releases them.

    number: 4 to 20 capitals, digits, hyphens; it goes into the keys. Raises RuleBroken at `number`, `quantity`
    (batch_above_stock), `agreement` (agreement_missing), `key_version` (key_not_active).
    """
    check_can_inject(by)
    if not _BATCH.fullmatch(number):
        raise _wrong("number", str(_("批次号为4至20位大写字母、数字或短横。")), "batch_number_malformed")
    check_agreement(agreement, on=shanghai(at).date())
    check_key_version(lot.suite, key_version)
    with transaction(by):
        if ChipBatch.objects.filter(number=number).exists():
            raise _wrong("number", _("批次号%(no)s已使用。") % {"no": number}, "batch_known")
        free = list(
            Chip.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(lot=lot, status="MANUFACTURED", batch_no="")
            .order_by("uid")
            .values_list("pk", flat=True)[: max(quantity, 0)]
        )
        if quantity < 1 or len(free) < quantity:
            message = _("该制造批可分配%(n)d枚，不足%(wanted)d枚。") % {"n": len(free), "wanted": quantity}
            raise _wrong("quantity", message, "batch_above_stock")
        batch = ChipBatch.objects.create(
            number=number, lot=lot, agreement=agreement, suite=lot.suite, key_version=key_version, quantity=quantity,
            allocated_by=label(by), allocated_at=at,
        )  # fmt: skip
        Chip.objects.filter(pk__in=free).update(batch_no=number)
        record("chips.batch_allocated", by=by, at=at, subject=("chip_batch", number), facts={"chips": quantity})
    return batch


def release_batch(batch: ChipBatch, *, by: Actor, at: dt.datetime) -> ChipBatch:
    """Let a batch be filled (放行批次), by another person than the one who allocated it.

    Raises RuleBroken second_person_needed, which the database refuses too, and key_not_active when the version went
    out of use meanwhile: such a batch is cancelled and allocated anew.
    """
    check_can_inject(by)
    check_another_person(batch.allocated_by, label(by))
    check_key_version(batch.suite, batch.key_version)
    with transaction(by):
        return advance(batch, "release_batch", by=by, at=at, released_by=label(by), released_at=at)


def cancel_batch(batch: ChipBatch, *, by: Actor, at: dt.datetime) -> ChipBatch:
    """Give an allocated batch up before anything is filled (取消批次); its chips are free again."""
    check_can_inject(by)
    with transaction(by):
        done = advance(batch, "cancel_batch", by=by, at=at)
        freed = Chip.objects.filter(batch_no=batch.number, status="MANUFACTURED").update(batch_no="")
        if freed != batch.quantity:
            raise Conflict
        return done
