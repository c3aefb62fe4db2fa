"""Is this chip the one we know? (芯片核验): a fresh challenge, the chip's answer, four possible results."""

from __future__ import annotations

import datetime as dt
import enum
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from chips.counters import Step, take_counter
from chips.keys.choices import KeyPurpose
from chips.keys.keystore import KeystoreLocked, current_keystore
from chips.keys.selectors import status_of
from chips.logistics.alarms import note_card_state
from chips.models import Chip, ChipChallenge
from chips.models.chip import IN_SEALS
from chips.profile import STATE_ACTIVE, STATE_INJECTED, mac_input
from chips.record import digests_of
from chips.watching import ALARMING, note_jump, note_other_record, note_unusable, suspect_copy
from sealreg.database.actor import SystemActor
from sealreg.database.canonical import JSON
from sealreg.errors import Conflict, NotFound

ANSWER_WITHIN = dt.timedelta(seconds=60)
# So long a question asked is told apart from one never asked; what was answered is kept by who gave the answer.
CHALLENGE_KEPT = dt.timedelta(days=1)
UNKNOWN_SUITE = "SM4-CMAC"
# Whoever has such a key may have made the answer himself, or nobody has it any more.
KEYS_THAT_PROVE_NOTHING = ("COMPROMISED", "DESTROYED")
VERIFIER = SystemActor("chip-verification")
LOCKED = -1
RECEIVING = "receiving"  # who takes a bag in lets chips prove themselves that no seal has yet


class Result(enum.StrEnum):
    """核验结果: never a bare yes or no."""

    GENUINE = "genuine"
    GENUINE_NOT_USABLE = "genuine_not_usable"
    NOT_GENUINE = "not_genuine"
    INDETERMINATE = "indeterminate"


@dataclass(frozen=True, slots=True)
class ChipAnswer:
    """What the reader brought back (芯片应答). mac: 16 bytes."""

    uid: str
    counter: int
    state: int
    key_version: int
    mac: bytes


@dataclass(frozen=True, slots=True)
class ChipVerdict:
    """The result, its reason codes and the chip when it is known and genuine (核验结论).

    signs: what a reviewer should know although the result stands: on_watch, counter_jump, out_of_order.
    """

    result: Result
    reasons: tuple[str, ...]
    chip: Chip | None
    signs: tuple[str, ...] = ()


def challenge_bytes(challenge: ChipChallenge) -> bytes:
    """The 24 bytes the chip signs (质询值): nonce(16) ‖ transaction(8)."""
    return bytes(challenge.nonce) + bytes.fromhex(challenge.txn)


def ask_chip(
    uid: str, *, asked_by: str, purpose: str, at: dt.datetime, expected_credit_code: str = ""
) -> ChipChallenge:
    """Make one challenge (发出质询), for a known or unknown chip alike.

    uid: 14 hex digits. at: the machine's real time; the answer is due within 60 s.
    """
    return ChipChallenge.objects.create(
        txn=secrets.token_hex(8),
        uid=uid.upper(),
        asked_by=asked_by,
        purpose=purpose,
        expected_credit_code=expected_credit_code,
        nonce=secrets.token_bytes(16),
        issued_at=at,
        answerable_until=at + ANSWER_WITHIN,
    )


def take_challenge(txn: str, *, asked_by: str, uid: str, at: dt.datetime) -> ChipChallenge:
    """Use a challenge up (取用质询), exactly once and only for the asker and the chip it was made for.

    Raises NotFound for an unknown transaction or another asker's, Conflict with code challenge_used or
    challenge_too_late.
    """
    taken = ChipChallenge.objects.filter(
        txn=txn, asked_by=asked_by, uid=uid.upper(), used_at__isnull=True, answerable_until__gte=at
    ).update(used_at=at)
    challenge = ChipChallenge.objects.filter(txn=txn, asked_by=asked_by).first()
    if challenge is None:
        raise NotFound
    if not taken:
        raise Conflict(code="challenge_used" if challenge.used_at is not None else "challenge_too_late")
    return challenge


def forget_challenges(*, at: dt.datetime) -> int:
    """Remove questions nobody can answer any more (清理质询). at: the real time. Returns how many rows went."""
    gone, _by_model = ChipChallenge.objects.filter(answerable_until__lt=at - CHALLENGE_KEPT).delete()
    return gone


def check_answer(challenge: ChipChallenge, answer: ChipAnswer, *, at: dt.datetime | None = None) -> ChipVerdict:
    """Judge one answer (核对应答). The same work is done for an unknown chip, so that time tells nothing.

    at: when the answer came; by default when its challenge was taken. Suite and key version are the register's, never
    the request's. A counter passes at most once, so neither an answer nor the copy of a card passes twice.
    """
    at = at or challenge.used_at or challenge.issued_at
    # A chip that was never filled has no key to prove itself with.
    chip = Chip.objects.select_related("shop").filter(uid=answer.uid, key_version__gt=0).first()
    digests = digests_of(chip)
    try:
        place = _fitting_digest(challenge, answer, chip, digests.all)
    except KeystoreLocked:
        place = LOCKED
    key_status = status_of(KeyPurpose.VERIFY, chip.key_version if chip else 0)
    if chip is not None and key_status in KEYS_THAT_PROVE_NOTHING:
        return ChipVerdict(Result.INDETERMINATE, ("key_compromised",), None)
    if place == LOCKED:
        return ChipVerdict(Result.INDETERMINATE, ("keystore_locked",), None)
    if chip is None or place is None or answer.key_version != chip.key_version:
        return ChipVerdict(Result.NOT_GENUINE, ("chip_unknown_or_wrong",), None)
    facts: dict[str, JSON] = {"counter": answer.counter, "txn": challenge.txn, "asked_by": challenge.asked_by}
    if digests.all[place] not in digests.accepted:
        note_other_record(chip, by=VERIFIER, at=at, facts=facts)
        return ChipVerdict(Result.NOT_GENUINE, ("record_mismatch",), None)
    taken = take_counter(chip, answer.counter, asked_at=challenge.issued_at, at=at)
    if taken.step is Step.REGRESS:
        suspect_copy(chip, by=VERIFIER, at=at, facts=facts | {"last_counter": chip.last_counter})
        return ChipVerdict(Result.NOT_GENUINE, ("counter_regress",), None)
    if taken.step is Step.JUMP:
        note_jump(chip, by=VERIFIER, at=at, facts=facts | {"last_counter": taken.before})
    chip.refresh_from_db()
    reasons = _why_not_usable(chip, answer)
    note_card_state(chip, answer.state, by=VERIFIER, at=at)
    if chip.status in ALARMING or (chip.status not in IN_SEALS and challenge.purpose != RECEIVING):
        note_unusable(chip, by=VERIFIER, at=at, facts=facts | {"status": chip.status})
    result = Result.GENUINE_NOT_USABLE if reasons else Result.GENUINE
    return ChipVerdict(result, reasons, chip, _signs(chip, taken.step))


def _fitting_digest(
    challenge: ChipChallenge, answer: ChipAnswer, chip: Chip | None, digests: Sequence[bytes]
) -> int | None:
    """Place of the digest under which the MAC is the chip's, None for none. Unknown chips cost the same work."""
    messages = [
        mac_input(
            uid=bytes.fromhex(answer.uid),
            counter=answer.counter,
            state=answer.state,
            key_version=answer.key_version,
            digest=digest,
            challenge=challenge_bytes(challenge),
        )
        for digest in digests
    ]
    keys = current_keystore()
    if chip is None:
        keys.refuses_unknown(suite=UNKNOWN_SUITE, uid=answer.uid, messages=messages, mac=answer.mac)
        return None
    return keys.fitting_mac(
        suite=chip.suite,
        version=chip.key_version,
        batch_no=chip.batch_no,
        uid=answer.uid,
        messages=messages,
        mac=answer.mac,
    )


def _signs(chip: Chip, step: Step) -> tuple[str, ...]:
    found = []
    if chip.watched_at is not None:
        found.append("on_watch")
    if step is Step.JUMP:
        found.append("counter_jump")
    if step is Step.OUT_OF_ORDER:
        found.append("out_of_order")
    return tuple(found)


def _why_not_usable(chip: Chip, answer: ChipAnswer) -> tuple[str, ...]:
    reasons = []
    if chip.status != "ACTIVE":
        reasons.append(f"chip_{chip.status.lower()}")
    if answer.state not in (STATE_INJECTED, STATE_ACTIVE):
        reasons.append("card_state")
    return tuple(reasons)
