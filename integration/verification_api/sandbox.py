"""The sandbox's seals and chips (沙箱印章与芯片): fixtures in code, one for each answer there is, under prefix 449999.

No division has that code, so no real seal can; sandbox keys reach nothing else, real keys never reach these.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from chips.crypto.mac import is_cmac
from chips.profile import NO_DIGEST, STATE_ACTIVE, STATE_INJECTED, mac_input
from integration.verification_api.asking import ChipReply
from integration.verification_api.choices import ChipResult
from integration.verification_api.rules import (
    LOCKED,
    NOT_CONNECTED,
    ChipJudgement,
    Judgement,
    SealFacts,
    judge,
    judge_chip,
)
from sealreg.api.codes import Code
from sealreg.clock import SHANGHAI
from sealreg.units import synthetic

PREFIX = "449999"
SUITE = "SM4-CMAC"
# Published on purpose: with it any program can play the sandbox's chips. It opens nothing else.
CHIP_KEY = bytes.fromhex("53414e44424f582d434849502d4b4559")
KEY_VERSION = 1
_OLD, _NEW = dt.date(2018, 9, 30), dt.date(2024, 3, 4)
_FILED = dt.datetime(2024, 3, 5, 10, 0, tzinfo=SHANGHAI)
_DELIVERED = dt.datetime(2024, 3, 6, 15, 30, tzinfo=SHANGHAI)
_UNITS = 900_000  # first running number of the sandbox's units


@dataclass(frozen=True, slots=True)
class SandboxSeal:
    """One seal of the sandbox (沙箱印章). always: the answer given whatever the facts say."""

    facts: SealFacts
    always: Judgement | None = None

    @property
    def judgement(self) -> Judgement:
        """What it answers (预设结论)."""
        return self.always or judge(self.facts)


@dataclass(frozen=True, slots=True)
class SandboxChip:
    """One chip of the sandbox (沙箱芯片). result, reasons: of the chip alone once its answer is right."""

    uid: str
    result: ChipResult
    reasons: tuple[str, ...] = ()
    seal: str = ""


def _seal(number: int, *, always: Judgement | None = None, **changed: object) -> SandboxSeal:
    given: dict[str, object] = {
        "code": f"{PREFIX}{number:07d}",
        "seal_type": "01",
        "name": f"沙箱示例{number}号有限公司",
        "making": "DELIVERED",
        "use": "IN_USE",
        "engraved_on": _NEW,
        "filed_at": _FILED,
        "delivered_at": _DELIVERED,
        "authority_no": int(PREFIX),
        "filing": f"SANDB0X{number:05d}",
        "unit_name": f"沙箱示例{number}号有限公司",
        "uscc": synthetic.credit_code(_UNITS + number),
        "registry_state": "IN_BUSINESS",
        "chip": "ACTIVE",
        "under_return": False,
    }
    return SandboxSeal(SealFacts(**(given | changed)), always)  # type: ignore[arg-type]


SEALS: Mapping[str, SandboxSeal] = {
    one.facts.code: one
    for one in (
        _seal(1),
        _seal(2, under_return=True),
        _seal(3, engraved_on=_OLD, chip=None),
        _seal(4, chip=None),
        _seal(5, chip="SUSPENDED"),
        _seal(6, registry_state="REVOKED"),
        _seal(11, making="FILED", use="PENDING", delivered_at=None),
        _seal(12, use="SUSPENDED"),
        _seal(13, use="LOST"),
        _seal(14, use="SURRENDERED"),
        _seal(15, use="INVALIDATED"),
        _seal(16, making="WITHDRAWN", use="PENDING", filed_at=None, delivered_at=None),
        _seal(17, registry_state="CANCELLED"),
        _seal(21, always=LOCKED),
        _seal(22, always=NOT_CONNECTED),
    )
}

CHIPS: Mapping[str, SandboxChip] = {
    one.uid: one
    for one in (
        SandboxChip("04999900000001", ChipResult.GENUINE, seal=f"{PREFIX}0000001"),
        SandboxChip("04999900000002", ChipResult.GENUINE, seal=f"{PREFIX}0000013"),
        SandboxChip(
            "04999900000003",
            ChipResult.GENUINE_NOT_USABLE,
            (Code.CHIP_NOT_ACTIVE.value,),
            f"{PREFIX}0000005",
        ),
        SandboxChip("04999900000004", ChipResult.GENUINE),
        SandboxChip("04999900000005", ChipResult.NOT_GENUINE, (Code.COUNTER_REGRESS.value,)),
        SandboxChip("04999900000006", ChipResult.NOT_GENUINE, (Code.CHIP_UNKNOWN_OR_WRONG.value,)),
        SandboxChip("04999900000007", ChipResult.INDETERMINATE, (Code.KEYSTORE_LOCKED.value,)),
    )
}


def sandbox_seal(code: str) -> SandboxSeal | None:
    """The sandbox's seal with this code (沙箱印章)."""
    return SEALS.get(code)


def judge_sandbox_chip(reply: ChipReply, challenge: bytes) -> tuple[ChipJudgement, SealFacts | None]:
    """A sandbox chip alone, and its seal (沙箱芯片核对). challenge: the 24 bytes it answered."""
    covered = mac_input(
        uid=bytes.fromhex(reply.uid),
        counter=reply.counter,
        state=reply.state,
        key_version=reply.key_version,
        digest=NO_DIGEST,
        challenge=challenge,
    )
    right = is_cmac(SUITE, CHIP_KEY, covered, reply.mac)
    chip = CHIPS.get(reply.uid)
    if chip is None or not right or reply.key_version != KEY_VERSION:
        return ChipJudgement(ChipResult.NOT_GENUINE, (Code.CHIP_UNKNOWN_OR_WRONG.value,)), None
    if chip.result is ChipResult.GENUINE and reply.state not in (STATE_INJECTED, STATE_ACTIVE):
        return ChipJudgement(ChipResult.GENUINE_NOT_USABLE, (Code.CARD_STATE.value,)), _facts_of(chip)
    return ChipJudgement(chip.result, chip.reasons), _facts_of(chip)


def _facts_of(chip: SandboxChip) -> SealFacts | None:
    return SEALS[chip.seal].facts if chip.seal else None


def described() -> dict[str, list[dict[str, object]]]:
    """What the sandbox holds and what each answers (沙箱清单)."""
    seals: list[dict[str, object]] = []
    for code, one in SEALS.items():
        judged = one.judgement
        seals.append(
            {
                "seal_code": code,
                "uscc": one.facts.uscc,
                "unit_name": one.facts.unit_name,
                "verdict": judged.verdict.value,
                "reasons": judged.reasons,
                "notes": judged.notes,
            }
        )
    chips: list[dict[str, object]] = []
    for uid, chip in CHIPS.items():
        holder = _facts_of(chip)
        answered = judge_chip(ChipJudgement(chip.result, chip.reasons), holder, "")
        chips.append(
            {
                "uid": uid,
                "uscc": holder.uscc if holder else None,
                "suite": SUITE,
                "key": CHIP_KEY.hex(),
                "key_version": KEY_VERSION,
                "result": answered.result.value,
                "reasons": answered.reasons,
            }
        )
    return {"seals": seals, "chips": chips}
