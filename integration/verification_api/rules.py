"""What may be said of a seal (核验规则): facts in, verdict out; no database, no clock."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from integration.verification_api.choices import ChipResult, Verdict
from sealreg.api.codes import Code

CHIP_DUTY_FROM = dt.date(2018, 10, 1)  # 广公办字〔2018〕146号 三(三)2


@dataclass(frozen=True, slots=True)
class SealFacts:
    """What the register holds of one seal (印章事实), nothing of any person.

    chip: status of its chip, None without one. under_return: a police return stands open.
    """

    code: str
    seal_type: str
    name: str
    making: str
    use: str
    engraved_on: dt.date | None
    filed_at: dt.datetime | None
    delivered_at: dt.datetime | None
    authority_no: int
    filing: str
    unit_name: str
    uscc: str | None
    registry_state: str
    chip: str | None
    under_return: bool


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with the codes that explain it (核验结论). notes: those of the reasons that do not speak against it."""

    verdict: Verdict
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


NO_MATCH = Judgement(Verdict.NOT_VALID, (Code.NO_MATCH.value,))
LOCKED = Judgement(Verdict.UNAVAILABLE, (Code.KEYSTORE_LOCKED.value,))
NOT_CONNECTED = Judgement(Verdict.UNAVAILABLE, (Code.NODE_NOT_CONNECTED.value,))

_BY_USE = {
    "SUSPENDED": Code.SUSPENDED.value,
    "LOST": Code.LOST.value,
    "SURRENDERED": Code.SURRENDERED.value,
    "INVALIDATED": Code.INVALIDATED.value,
}


def why_not_usable(seal: SealFacts) -> tuple[str, ...]:
    """Every reason against relying on the seal (不可用的原因); empty when there is none. Valid begins at DELIVERED."""
    reasons = []
    if seal.making == "WITHDRAWN":
        reasons.append(Code.WITHDRAWN.value)
    elif seal.use in _BY_USE:
        reasons.append(_BY_USE[seal.use])
    elif seal.making != "DELIVERED" or seal.use != "IN_USE":
        reasons.append(Code.NOT_COLLECTED.value)
    if seal.registry_state == "CANCELLED":
        reasons.append(Code.UNIT_CANCELLED.value)
    return tuple(reasons)


def notes_on(seal: SealFacts) -> tuple[str, ...]:
    """What to know of a seal that may be relied on (附注)."""
    notes = []
    if seal.under_return:
        notes.append(Code.UNDER_CORRECTION.value)
    if seal.chip is None:
        before = seal.engraved_on is not None and seal.engraved_on < CHIP_DUTY_FROM
        notes.append(Code.NO_CHIP_REQUIRED.value if before else Code.CHIP_NOT_ON_RECORD.value)
    elif seal.chip != "ACTIVE":
        notes.append(Code.CHIP_NOT_ACTIVE.value)
    if seal.registry_state == "REVOKED":
        notes.append(Code.UNIT_REVOKED.value)
    return tuple(notes)


def judge(seal: SealFacts) -> Judgement:
    """The verdict on a seal that belongs to the unit asked for (核验结论)."""
    against = why_not_usable(seal)
    if against:
        return Judgement(Verdict.NOT_VALID, against)
    notes = notes_on(seal)
    return Judgement(Verdict.VALID, notes, notes)


@dataclass(frozen=True, slots=True)
class ChipJudgement:
    """A chip check's result with the codes that explain it (芯片核验结论). notes: as for a seal."""

    result: ChipResult
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def judge_chip(alone: ChipJudgement, seal: SealFacts | None, expected_uscc: str) -> ChipJudgement:
    """What a chip's own result means together with its seal and its holder (芯片与印章、单位合并结论).

    alone: of the chip, its notes the signs a reviewer should know; seal: the one the chip sits in, if any.
    """
    if alone.result not in (ChipResult.GENUINE, ChipResult.GENUINE_NOT_USABLE):
        return ChipJudgement(alone.result, alone.reasons)
    if seal is None:
        return ChipJudgement(ChipResult.GENUINE_NOT_USABLE, (*alone.reasons, Code.CHIP_WITHOUT_SEAL.value))
    against = [*alone.reasons, *why_not_usable(seal)]
    if expected_uscc and expected_uscc != seal.uscc:
        against.append(Code.WRONG_HOLDER.value)
    if against:
        return ChipJudgement(ChipResult.GENUINE_NOT_USABLE, tuple(against))
    notes = (*alone.notes, *notes_on(seal))
    return ChipJudgement(ChipResult.GENUINE, notes, notes)
