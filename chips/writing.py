"""Writing to cards (写卡): the filing's digest and the card's state, through the secure channel.

The act in the register and the order to write are one transaction; the card is touched after it, outside, by whoever
comes first: the process that committed, or the relay. Only one at a time has a chip. Each try reads the card before it
writes, so an order is carried out once however often it is tried; a card that gives no answer is in doubt until it is
read again. What the card says is never believed over the register: what does not fit is refused and an alarm rings.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable

from django.db import transaction as django_transaction

from chips import profile
from chips.card_proofs import AnotherCard, DoesNotFit, end_and_prove, prove_binding, read_own
from chips.counters import Step, take_counter
from chips.keys.keystore import Keystore, KeystoreLocked, current_keystore
from chips.locks import WRITING, alone
from chips.logistics.alarms import raise_alarm
from chips.logistics.anomalies import rule_on
from chips.models import AlarmKind, AnomalyKind, CardAct, CardWriting, Chip, ChipEnding, DiscardReason, EndProof
from chips.readers import acts, site
from chips.readers.acts import CardAnswer
from chips.readers.channel import CardRefused, NotOurCard, SecureChannel
from chips.readers.transport import CardTransport, ReaderTrouble
from chips.simulator.memory import CardBroken
from chips.watching import suspect_copy
from sealreg.audit.services import record
from sealreg.clock import now, shanghai
from sealreg.database.actor import Actor, SystemActor
from sealreg.database.canonical import JSON
from sealreg.database.door import transaction
from sealreg.outbox.services import owe
from sealreg.workflow.advance import advance

TOPIC = "chips.card_ordered"
TRIES_ENOUGH = 3  # after so many without an answer a chip may be given up, as in injection
SILENT = ("no_answer", "memory_failure")
ANOTHER_CARD = "another_card"
TAIL = 4  # digits of an identifier that are shown where a reader may hold a stranger's chip
WRITER = SystemActor("card-writing")
Clock = Callable[[], dt.datetime]
logger = logging.getLogger("sealreg.chips")

# Act -> the card's states it starts from, the state it ends in.
_STATES = {
    CardAct.BIND: ((profile.STATE_INJECTED,), profile.STATE_ACTIVE),
    CardAct.SUSPEND: ((profile.STATE_ACTIVE,), profile.STATE_SUSPENDED),
    CardAct.LOCK: ((profile.STATE_ACTIVE,), profile.STATE_SUSPENDED),
    CardAct.RESUME: ((profile.STATE_SUSPENDED,), profile.STATE_ACTIVE),
}


def order_writing(
    chip: Chip, act: CardAct, *, at: dt.datetime, digest: bytes = b"", ending: ChipEnding | None = None,
    by: Actor | None = None,
) -> CardWriting:  # fmt: skip
    """Order one act on a card (登记写卡), in the caller's transaction; tried at once when that commits.

    digest: the filing's, 32 bytes, for BIND. ending: the destruction, for END. by: who has the card in the reader.
    """
    writing = CardWriting.objects.create(chip=chip, act=act, digest=digest.hex(), ordered_at=at, ending=ending)
    owe(TOPIC, record=("chip", chip.uid), version=chip.version, at=at, payload={"uid": chip.uid, "act": str(act)})
    try_soon(chip.pk, at=at, by=by or WRITER)
    return writing


def try_soon(chip_id: int, *, at: dt.datetime, by: Actor = WRITER) -> None:
    """Try what is ordered for a card when the caller's transaction commits (提交后写卡). by: who put it there."""
    django_transaction.on_commit(lambda: _try_at_once(chip_id, at, by), robust=True)


def holds_digest(chip: Chip) -> bool:
    """Whether the chip's card was ever to be written to (是否写过卡): cards of older bindings are left alone."""
    return CardWriting.objects.filter(chip=chip, act=CardAct.BIND, refused_at__isnull=True).exists()


def open_writings(chip_id: int) -> list[CardWriting]:
    """What is still to be written to a card (待写卡事项), in the order it was ordered."""
    found = CardWriting.objects.filter(chip=chip_id, done_at__isnull=True, refused_at__isnull=True)
    return list(found.select_related("chip__shop", "ending").order_by("pk"))


def discard_reasons(writing: CardWriting | None) -> tuple[DiscardReason, ...]:
    """For what a chip may be taken out of its seal (可换下的原因), by how its binding is written.

    writing: None where no reader was connected.
    """
    if writing is not None and writing.refused_at is not None:
        return (DiscardReason.WRONG_CARD if writing.why == ANOTHER_CARD else DiscardReason.REFUSED,)
    silent = writing is not None and writing.done_at is None and writing.why in SILENT
    if silent and writing is not None and writing.tries >= TRIES_ENOUGH:
        return (DiscardReason.NO_ANSWER, DiscardReason.BROKEN)
    return (DiscardReason.BROKEN,)


def close_writings(chip: Chip, *, at: dt.datetime, why: str = "replaced") -> None:
    """End what is still to be written to a card (终止写卡), in the caller's transaction; nobody tries it any more."""
    found = CardWriting.objects.filter(chip=chip, done_at__isnull=True, refused_at__isnull=True)
    found.update(refused_at=at, doubted_at=None, why=why)


def write_card(chip_id: int, *, by: Actor = WRITER, clock: Clock = now) -> str:
    """Carry out what is ordered for one card (写卡). Returns "" when nothing is left, else why it waits.

    clock: the domain's time. Outside any transaction; called again, it goes on where the card stands.
    """
    with alone(WRITING, chip_id) as mine:
        if not mine:
            return "busy"
        for writing in open_writings(chip_id):
            if why := _carry_out(writing, by=by, clock=clock):
                return why
    return ""


def _try_at_once(chip_id: int, at: dt.datetime, by: Actor) -> None:
    try:
        write_card(chip_id, by=by, clock=lambda: at)
    except Exception:  # the relay comes after us, and the act itself has been committed
        logger.exception("a card could not be written at once")


def _carry_out(writing: CardWriting, *, by: Actor, clock: Clock) -> str:
    """One order: "" when it has ended, well or not; else why it is in doubt."""
    CardWriting.objects.filter(pk=writing.pk).update(tries=writing.tries + 1, tried_at=clock())
    try:
        answer = _write(writing, current_keystore(), at=clock())
    except KeystoreLocked:
        return _doubt(writing, "keystore_locked", clock())
    except (ReaderTrouble, CardBroken, OSError):
        return _doubt(writing, "no_answer", clock())
    except CardRefused as error:
        if error.status == profile.MEMORY_FAILURE:
            return _doubt(writing, "memory_failure", clock())
        return _refuse(writing, f"card_{error.status.hex()}", by=by, at=clock())
    except NotOurCard:
        return _refuse(writing, "not_our_card", by=by, at=clock())
    except DoesNotFit as error:
        return _refuse(writing, str(error), by=by, at=clock())
    except AnotherCard as error:
        return _another(writing, error.uid, by=by, at=clock())
    return _enter(writing, answer, by=by, at=clock())


def _write(writing: CardWriting, keys: Keystore, *, at: dt.datetime) -> CardAnswer | EndProof | None:
    """What the card proved of itself in the end, for BIND and END; None for an act on its state alone."""
    chip, card = writing.chip, site.card_of(writing.chip.uid)
    seen = read_own(card, writing)
    if writing.act == CardAct.END:
        return end_and_prove(card, writing, seen, keys, at=at)
    starts, ends = _STATES[CardAct(writing.act)]
    if seen.state not in (*starts, ends):
        raise DoesNotFit(f"state_{seen.state:02x}")
    if writing.act == CardAct.BIND and not seen.has_digest:
        if seen.state == ends:
            raise DoesNotFit("active_without_digest")
        acts.write_digest(_channel(card, chip, keys), bytes.fromhex(writing.digest))
    answer = prove_binding(card, writing, keys) if writing.act == CardAct.BIND else None
    if seen.state != ends:
        acts.move_state(_channel(card, chip, keys), ends)
    return answer


def _channel(card: CardTransport, chip: Chip, keys: Keystore) -> SecureChannel:
    return keys.open_management(card, suite=chip.suite, version=chip.key_version, uid=chip.uid)


def _doubt(writing: CardWriting, why: str, at: dt.datetime) -> str:
    CardWriting.objects.filter(pk=writing.pk).update(doubted_at=at, why=why)
    return why


def _another(writing: CardWriting, uid: str, *, by: Actor, at: dt.datetime) -> str:
    """Another chip lay in the reader (放错芯片): kept and explained, and the right one may be put there.

    A card that merely still lies there when the relay looks again counts once. So many times, by the limit in force,
    and the order is refused.
    """
    again = writing.why == ANOTHER_CARD and writing.other_uid == uid and isinstance(by, SystemActor)
    others = writing.others + (not again)
    with transaction(by):
        CardWriting.objects.filter(pk=writing.pk).update(others=others, other_uid=uid, why=ANOTHER_CARD)
        if not again:
            facts: dict[str, JSON] = {
                "act": writing.act, "expected": writing.chip.uid[-TAIL:], "read": uid[-TAIL:], "times": others,
            }  # fmt: skip
            record("chips.another_card", by=by, at=at, subject=("chip", writing.chip.uid), facts=facts)
        writing.others = others
        if tries_left(writing, at=at) == 0:
            return _refuse(writing, ANOTHER_CARD, by=by, at=at)
    return ANOTHER_CARD


def tries_left(writing: CardWriting, *, at: dt.datetime) -> int | None:
    """How often another chip may still lie in the reader (还可放错次数), by the limit in force; None for no limit."""
    rule = rule_on(AnomalyKind.ANOTHER_CARD, shanghai(at).date())
    return max(rule.at_least - writing.others, 0) if rule is not None else None


def _refuse(writing: CardWriting, why: str, *, by: Actor, at: dt.datetime) -> str:
    """The order ends without being carried out, and people are told; the register stays as it is."""
    chip = writing.chip
    with transaction(by):
        CardWriting.objects.filter(pk=writing.pk).update(refused_at=at, why=why)
        raise_alarm(
            AlarmKind.MISMATCH, chip.uid, by=by, at=at, shop=chip.shop,
            facts={"register": chip.status, "act": writing.act, "why": why},
        )  # fmt: skip
    return ""


def _enter(writing: CardWriting, answer: CardAnswer | EndProof | None, *, by: Actor, at: dt.datetime) -> str:
    proof = answer if isinstance(answer, EndProof) else ""
    with transaction(by):
        chip = Chip.objects.select_for_update(of=("self",)).select_related("shop").get(pk=writing.chip_id)
        if isinstance(answer, CardAnswer):
            taken = take_counter(chip, answer.counter, asked_at=at, at=at)
            if taken.step is Step.REGRESS:
                facts: dict[str, JSON] = {
                    "counter": answer.counter,
                    "last_counter": chip.last_counter,
                    "asked_by": "card-writing",
                }
                suspect_copy(chip, by=by, at=at, facts=facts)
                return _refuse(writing, "counter_regress", by=by, at=at)
        CardWriting.objects.filter(pk=writing.pk).update(done_at=at, doubted_at=None, why="", proof=proof)
        if proof:
            record("chips.card_ended", by=by, at=at, subject=("chip", chip.uid), facts={"proof": str(proof)})
        if chip.status == "BOUND":
            advance(chip, "activate_chip", by=by, at=at, facts={"card": "written"})
    return ""
