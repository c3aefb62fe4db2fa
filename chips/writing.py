"""Writing to cards (写卡): the filing's digest and the card's state, through the secure channel.

The act in the register and the order to write are one transaction; the card is touched after it, outside, by whoever
comes first: the process that committed, or the relay. Only one at a time has a chip. Each try reads the card before it
writes, so an order is carried out once however often it is tried; a card that gives no answer is in doubt until it is
read again. What the card says is never believed over the register: what does not fit is refused and an alarm rings.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
from collections.abc import Callable

from django.db import transaction as django_transaction

from chips import profile
from chips.counters import Step, take_counter
from chips.keys.keystore import Keystore, KeystoreLocked, current_keystore
from chips.locks import WRITING, alone
from chips.logistics.alarms import raise_alarm
from chips.models import AlarmKind, CardAct, CardWriting, Chip, DiscardReason
from chips.readers import acts, site
from chips.readers.acts import CardAnswer
from chips.readers.channel import CardRefused, NotOurCard, SecureChannel
from chips.readers.transport import CardTransport, ReaderTrouble
from chips.simulator.memory import CardBroken
from chips.watching import suspect_copy
from sealreg.clock import now
from sealreg.database.actor import Actor, SystemActor
from sealreg.database.canonical import JSON
from sealreg.database.door import transaction
from sealreg.outbox.services import owe
from sealreg.workflow.advance import advance

TOPIC = "chips.card_ordered"
TRIES_ENOUGH = 3  # after so many without an answer a chip may be given up, as in injection
SILENT = ("no_answer", "memory_failure")
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


class _DoesNotFit(Exception):
    """The card is not as the register has it (卡片与登记不符)."""


def order_writing(chip: Chip, act: CardAct, *, at: dt.datetime, digest: bytes = b"") -> CardWriting:
    """Order one act on a card (登记写卡), in the caller's transaction; tried at once when that commits.

    digest: the filing's, 32 bytes, for BIND.
    """
    writing = CardWriting.objects.create(chip=chip, act=act, digest=digest.hex(), ordered_at=at)
    owe(TOPIC, record=("chip", chip.uid), version=chip.version, at=at, payload={"uid": chip.uid, "act": str(act)})
    django_transaction.on_commit(lambda: _try_at_once(chip.pk, at), robust=True)
    return writing


def holds_digest(chip: Chip) -> bool:
    """Whether the chip's card was ever to be written to (是否写过卡): cards of older bindings are left alone."""
    return CardWriting.objects.filter(chip=chip, act=CardAct.BIND, refused_at__isnull=True).exists()


def open_writings(chip_id: int) -> list[CardWriting]:
    """What is still to be written to a card (待写卡事项), in the order it was ordered."""
    found = CardWriting.objects.filter(chip=chip_id, done_at__isnull=True, refused_at__isnull=True)
    return list(found.select_related("chip__shop").order_by("pk"))


def discard_reasons(writing: CardWriting | None) -> tuple[DiscardReason, ...]:
    """For what a chip may be taken out of its seal (可换下的原因), by how its binding is written.

    writing: None where no reader was connected.
    """
    if writing is not None and writing.refused_at is not None:
        return (DiscardReason.REFUSED,)
    silent = writing is not None and writing.done_at is None and writing.why in SILENT
    if silent and writing is not None and writing.tries >= TRIES_ENOUGH:
        return (DiscardReason.NO_ANSWER, DiscardReason.BROKEN)
    return (DiscardReason.BROKEN,)


def close_writings(chip: Chip, *, at: dt.datetime) -> None:
    """End what is still to be written to a card (终止写卡), in the caller's transaction; nobody tries it any more."""
    found = CardWriting.objects.filter(chip=chip, done_at__isnull=True, refused_at__isnull=True)
    found.update(refused_at=at, doubted_at=None, why="replaced")


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


def _try_at_once(chip_id: int, at: dt.datetime) -> None:
    try:
        write_card(chip_id, clock=lambda: at)
    except Exception:  # the relay comes after us, and the act itself has been committed
        logger.exception("a card could not be written at once")


def _carry_out(writing: CardWriting, *, by: Actor, clock: Clock) -> str:
    """One order: "" when it has ended, well or not; else why it is in doubt."""
    CardWriting.objects.filter(pk=writing.pk).update(tries=writing.tries + 1, tried_at=clock())
    try:
        answer = _write(writing, current_keystore())
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
    except _DoesNotFit as error:
        return _refuse(writing, str(error), by=by, at=clock())
    return _enter(writing, answer, by=by, at=clock())


def _write(writing: CardWriting, keys: Keystore) -> CardAnswer | None:
    """What the card proved of itself in the end, for BIND; None for an act on its state alone."""
    chip, (starts, ends) = writing.chip, _STATES[CardAct(writing.act)]
    card = site.card_of(chip.uid)
    seen = acts.read_facts(card)
    if seen.uid != chip.uid:
        raise _DoesNotFit("another_card")
    if seen.state not in (*starts, ends):
        raise _DoesNotFit(f"state_{seen.state:02x}")
    if writing.act == CardAct.BIND and not seen.has_digest:
        if seen.state == ends:
            raise _DoesNotFit("active_without_digest")
        acts.write_digest(_channel(card, chip, keys), bytes.fromhex(writing.digest))
    answer = _prove(card, writing, keys) if writing.act == CardAct.BIND else None
    if seen.state != ends:
        acts.move_state(_channel(card, chip, keys), ends)
    return answer


def _channel(card: CardTransport, chip: Chip, keys: Keystore) -> SecureChannel:
    return keys.open_management(card, suite=chip.suite, version=chip.key_version, uid=chip.uid)


def _prove(card: CardTransport, writing: CardWriting, keys: Keystore) -> CardAnswer:
    """The live check of a binding: the chip answers for its key and for the digest it holds."""
    chip, challenge = writing.chip, os.urandom(profile.CHALLENGE_BYTES)
    answer = acts.authenticate(card, challenge)
    covered = profile.mac_input(
        uid=bytes.fromhex(chip.uid), counter=answer.counter, state=answer.state, key_version=answer.key_version,
        digest=bytes.fromhex(writing.digest), challenge=challenge,
    )  # fmt: skip
    right = keys.checks_mac(
        suite=chip.suite, version=chip.key_version, batch_no=chip.batch_no, uid=chip.uid, message=covered,
        mac=answer.mac,
    )  # fmt: skip
    if not right or answer.key_version != chip.key_version:
        raise _DoesNotFit("wrong_answer")
    return answer


def _doubt(writing: CardWriting, why: str, at: dt.datetime) -> str:
    CardWriting.objects.filter(pk=writing.pk).update(doubted_at=at, why=why)
    return why


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


def _enter(writing: CardWriting, answer: CardAnswer | None, *, by: Actor, at: dt.datetime) -> str:
    with transaction(by):
        chip = Chip.objects.select_for_update(of=("self",)).select_related("shop").get(pk=writing.chip_id)
        if answer is not None:
            taken = take_counter(chip, answer.counter, asked_at=at, at=at)
            if taken.step is Step.REGRESS:
                facts: dict[str, JSON] = {
                    "counter": answer.counter,
                    "last_counter": chip.last_counter,
                    "asked_by": "card-writing",
                }
                suspect_copy(chip, by=by, at=at, facts=facts)
                return _refuse(writing, "counter_regress", by=by, at=at)
        CardWriting.objects.filter(pk=writing.pk).update(done_at=at, doubted_at=None, why="")
        if chip.status == "BOUND":
            advance(chip, "activate_chip", by=by, at=at, facts={"card": "written"})
    return ""
