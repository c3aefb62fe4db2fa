"""Filling a released batch (密钥灌装): the intent is stored before the act, and every interruption can be told.

Chunk by chunk: chips become INJECTING with their intents and that is committed; the institute fills them; what it
reports is checked against our own keys and committed. A worker that dies in between leaves chips INJECTING; the next
one, which alone has the batch's lock, calls them UNCERTAIN and asks the cards themselves. The institute derives keys,
so filling again gives the same key: no chip ever has two.
"""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Count, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from chips.keys.keystore import KeyName, Keystore, KeystoreLocked, current_keystore
from chips.keys.names import VERIFY
from chips.locks import FILLING, alone
from chips.logistics import ledger, parties
from chips.logistics.alarms import raise_alarm
from chips.logistics.injector import Injector, institute
from chips.models import AlarmKind, Chip, ChipBatch, InjectionIntent, MoveKind, PartyKind
from chips.rules import check_key_version
from chips.simulator.institute import FilledChip
from sealreg.database.actor import Actor
from sealreg.database.door import transaction
from sealreg.errors import RuleBroken, ServiceUnavailable
from sealreg.workflow.advance import advance, advance_many
from sealreg.workflow.registry import Telling

CHUNK = 200
TRIES = 3
TRY_EVERY = 10  # seconds between two looks of the worker at released batches
_QUIET = {"institute": Telling(to=())}
Clock = Callable[[], dt.datetime]


@dataclass(frozen=True, slots=True)
class Filling:
    """How far a batch is (灌装进度): chips by what became of them, and chips per second while it ran."""

    total: int
    filled: int
    scrapped: int
    uncertain: int
    per_second: float | None

    @property
    def done(self) -> int:
        """Chips that need nothing more (已处理)."""
        return self.filled + self.scrapped


def progress_of(batch: ChipBatch, *, at: dt.datetime) -> Filling:
    """How far a batch is (灌装进度)."""
    rows = Chip.objects.filter(batch_no=batch.number).values_list("status").annotate(n=Count("pk")).order_by()
    counts: dict[str, int] = dict(rows)
    waiting = sum(counts.get(status, 0) for status in ("MANUFACTURED", "INJECTING", "UNCERTAIN"))
    scrapped = counts.get("SCRAPPED", 0)
    filled = sum(counts.values()) - waiting - scrapped
    spent = ((batch.filled_at or at) - batch.filling_from).total_seconds() if batch.filling_from else 0
    return Filling(
        total=batch.quantity, filled=filled, scrapped=scrapped, uncertain=counts.get("UNCERTAIN", 0),
        per_second=filled / spent if spent > 0 else None,
    )  # fmt: skip


def try_batch(batch: ChipBatch, *, by: Actor, clock: Clock, most: int | None = None) -> int:
    """Fill as far as the institute answers, and note on the batch what stops it (尝试灌装). Returns chips settled.

    Outside any transaction. Raises ServiceUnavailable when the institute is silent, not connected, or our keys locked.
    """
    at = clock()
    rows = ChipBatch.objects.filter(pk=batch.pk)
    try:
        injector = institute().injector(batch.suite, batch.key_version)
        settled = fill_batch(batch, injector, by=by, clock=clock, most=most)
    except ServiceUnavailable as error:
        since = Coalesce("trouble_since", Value(at))
        rows.filter(status="RELEASED").update(tried_at=at, trouble=error.reason[:40], trouble_since=since)
        raise
    if settled:  # nothing while another run has the batch
        rows.update(tried_at=at, trouble="", trouble_since=None)
    return settled


def fill_batch(
    batch: ChipBatch, injector: Injector, *, by: Actor, clock: Clock, chunk: int = CHUNK, most: int | None = None
) -> int:
    """Fill what is left of a released batch (灌装批次); returns how many chips this run settled.

    Nothing happens while another run has the batch. clock: the domain's time, asked again for every chunk. most: leave
    the rest to the next run once so many are settled. Raises ServiceUnavailable when our own keys are locked or lack
    the version, also in the middle, and when the version was declared leaked; what the institute raises leaves the
    chunk to the next run.
    """
    try:
        keys = current_keystore()
        keys.check_value(KeyName(VERIFY, batch.suite, batch.key_version))  # before any card is touched
        return _fill(batch, injector, keys, by=by, clock=clock, chunk=chunk, most=most)
    except KeystoreLocked as error:
        raise ServiceUnavailable(_("密钥库未解锁，暂不能核对灌装结果。"), code="keystore_locked") from error


def _fill(
    batch: ChipBatch, injector: Injector, keys: Keystore, *, by: Actor, clock: Clock, chunk: int, most: int | None
) -> int:
    settled = 0
    with alone(FILLING, batch.pk) as mine:
        batch.refresh_from_db()
        if not mine or batch.status != "RELEASED":
            return 0
        if batch.filling_from is None:
            batch.filling_from = clock()
            with transaction(by):
                batch.save(update_fields=["filling_from"])
        settled += _settle_interrupted(batch, injector, keys, by=by, clock=clock)
        while chips := list(Chip.objects.filter(batch_no=batch.number, status="MANUFACTURED").order_by("pk")[:chunk]):
            _check_key_still_good(batch)
            intend(batch, chips, "start_injection", by=by, at=clock())
            filled = [injector.fill(chip.uid, batch_no=batch.number) for chip in chips]
            confirm(batch, chips, filled, keys, by=by, at=clock())
            settled += len(chips)
            settled += _settle_interrupted(batch, injector, keys, by=by, clock=clock)
            if most is not None and settled >= most:
                return settled
        with transaction(by):
            advance(batch, "fill_batch", by=by, at=clock(), filled_at=clock(), trouble="", trouble_since=None)
    return settled


def _check_key_still_good(batch: ChipBatch) -> None:
    """A planned change of versions lets a batch under way end; a leak stops it before its next chips."""
    try:
        check_key_version(batch.suite, batch.key_version, statuses=("ACTIVE", "VERIFY_ONLY"))
    except RuleBroken as error:
        raise ServiceUnavailable(error.message, code=error.reason) from error


def intend(batch: ChipBatch, chips: Sequence[Chip], verb: str, *, by: Actor, at: dt.datetime) -> None:
    """Commit that these chips are about to be filled (登记灌装意图), before any is."""
    pks = [chip.pk for chip in chips]
    with transaction(by):
        advance_many(Chip, pks, verb, by=by, at=at, subject=("chip_batch", batch.number), tellings=_QUIET)
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO chips_injectionintent (batch_id, chip_id, key_version, tries, intended_at)
                SELECT %s, unnest(%s::bigint[]), %s, 1, %s
                ON CONFLICT (batch_id, chip_id, key_version)
                DO UPDATE SET tries = chips_injectionintent.tries + 1, intended_at = excluded.intended_at
                """,
                [batch.pk, pks, batch.key_version, at],
            )


def confirm(
    batch: ChipBatch, chips: Sequence[Chip], filled: Sequence[FilledChip], keys: Keystore, *, by: Actor, at: dt.datetime
) -> None:
    """Enter what the institute reports (登记灌装结果); a wrong check value makes the chip UNCERTAIN, never INJECTED."""
    reported = {one.uid: one.key_check for one in filled}
    good: list[Chip] = []
    doubtful: list[Chip] = []
    for chip in chips:
        expected = keys.chip_check_value(
            suite=batch.suite, version=batch.key_version, batch_no=batch.number, uid=chip.uid
        )
        right = hmac.compare_digest(expected, reported.get(chip.uid, ""))
        (good if right else doubtful).append(chip)
    subject = ("chip_batch", batch.number)
    with transaction(by):
        if good:
            pks = [chip.pk for chip in good]
            with connection.cursor() as cursor:
                cursor.execute(
                    """
                    UPDATE chips_chip c SET key_check = v.key_check, key_version = %s
                      FROM unnest(%s::bigint[], %s::text[]) AS v(id, key_check) WHERE c.id = v.id
                    """,
                    [batch.key_version, pks, [reported[chip.uid] for chip in good]],
                )
            advance_many(Chip, pks, "confirm_injection", by=by, at=at, subject=subject, tellings=_QUIET, injected_at=at)
            InjectionIntent.objects.filter(batch=batch, chip__in=pks, key_version=batch.key_version).update(done_at=at)
        if doubtful:
            advance_many(
                Chip, [chip.pk for chip in doubtful], "doubt_injection", by=by, at=at, subject=subject, tellings=_QUIET
            )


def _settle_interrupted(batch: ChipBatch, injector: Injector, keys: Keystore, *, by: Actor, clock: Clock) -> int:
    """Ask every card that was under way what it holds (核对中断芯片). Only the run with the lock gets here."""
    orphans = list(Chip.objects.filter(batch_no=batch.number, status="INJECTING").values_list("pk", flat=True))
    if orphans:
        with transaction(by):
            advance_many(
                Chip, orphans, "doubt_injection", by=by, at=clock(), subject=("chip_batch", batch.number),
                tellings=_QUIET,
            )  # fmt: skip
    settled = 0
    for chip in Chip.objects.filter(batch_no=batch.number, status="UNCERTAIN").order_by("pk"):
        settled += _settle_one(batch, chip, injector, keys, by=by, clock=clock)
    return settled


def _settle_one(batch: ChipBatch, chip: Chip, injector: Injector, keys: Keystore, *, by: Actor, clock: Clock) -> int:
    expected = keys.chip_check_value(suite=batch.suite, version=batch.key_version, batch_no=batch.number, uid=chip.uid)
    intent = InjectionIntent.objects.get(batch=batch, chip=chip, key_version=batch.key_version)
    while intent.tries <= TRIES:
        seen = injector.look(chip.uid)
        if seen is not None and seen.key_version == batch.key_version and seen.key_check == expected:
            confirm(batch, [chip], [FilledChip(chip.uid, seen.key_check)], keys, by=by, at=clock())
            return 1
        if seen is not None and seen.key_version != 0:
            break  # a key that is not ours: nothing of this card can be believed
        if intent.tries == TRIES:
            break
        intend(batch, [chip], "retry_injection", by=by, at=clock())
        if seen is not None:
            injector.fill(chip.uid, batch_no=batch.number)
        with transaction(by):
            chip = advance(Chip.objects.get(pk=chip.pk), "doubt_injection", by=by, at=clock())
        intent.refresh_from_db()
    _give_up(batch, chip, by=by, at=clock())
    return 1


def _give_up(batch: ChipBatch, chip: Chip, *, by: Actor, at: dt.datetime) -> None:
    with transaction(by):
        scrapped = advance(chip, "scrap_chips", by=by, at=at, facts={"batch": batch.number})
        ledger.enter(
            MoveKind.SCRAP, [scrapped.pk], to=parties.the(PartyKind.SCRAP), by=by, at=at,
            subject=("chip_batch", batch.number),
        )  # fmt: skip
        raise_alarm(AlarmKind.INJECTION, chip.uid, by=by, at=at, facts={"batch": batch.number})


def batches_to_fill() -> list[ChipBatch]:
    """Released batches that are not filled yet (待灌装批次), oldest first."""
    return list(ChipBatch.objects.filter(status="RELEASED").order_by("released_at", "pk"))
