"""Codes under many hands (编码证明): each submission gets the next number of its county, once, and none is left out.

Threads with a connection each submit at the same moment to two counties; every fifth submission is broken off after it
took its codes, and some filings are withdrawn, so that a number that came back must be given again and one that was
given must not.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from unittest import mock

from django.db import connection, connections

from filing.models import CodeCounter, Seal, SealFiling
from filing.services import submission
from filing.services.drafts import start_draft
from filing.services.submission import submit_filing
from filing.services.withdrawal import withdraw_filing
from licensing.models import EngravingShop
from sealreg.accounts.models import User
from sealreg.clock import now
from sealreg.database.door import transaction
from sealreg.units.models import Unit
from tests.factories import filing as made
from tests.factories.accounts import authority
from tests.factories.units import unit as some_unit
from tests.prove.outbox import Report

AREAS = (440606, 440605)
BROKEN_EVERY, WITHDRAWN_EVERY = 5, 7


@dataclass
class Plan:
    """How hard to try. `plant` replaces the counter by a wrong one: "read_then_write" or "own_connection"."""

    filings: int = 1000
    threads: int = 16
    plant: str = ""


class BrokenOff(Exception):
    """The transaction ends here, on purpose."""


def prove(plan: Plan | None = None) -> Report:
    """Run the proof in the database of this process (运行证明)."""
    return Proof(plan or Plan()).run()


class Proof:
    """One run of the plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.report = plan, Report(tried=plan.filings)
        self.taken: list[str] = []
        self.broken_off = 0
        self.errors: Counter[str] = Counter()
        self.lock = threading.Lock()

    def run(self) -> Report:
        for area in AREAS:
            authority(area)
        # A shop each: filings of one shop wait for one another before they come to the counter.
        clerks = [made.clerk_of(made.shop(area=AREAS[0])) for _ in range(self.plan.threads)]
        work = [some_unit(area=AREAS[number % 2]) for number in range(self.plan.filings)]
        begun = time.monotonic()
        with self._counter(), ThreadPoolExecutor(self.plan.threads) as threads:
            gate = threading.Barrier(self.plan.threads)
            shares = [work[number :: self.plan.threads] for number in range(self.plan.threads)]
            for one in [threads.submit(self._clerk, gate, *task) for task in zip(shares, clerks, strict=True)]:
                one.result()
        self._judge(time.monotonic() - begun)
        return self.report

    def _counter(self) -> mock._patch[object]:
        planted = {"read_then_write": _read_then_write, "own_connection": _own_connection}
        return mock.patch.object(submission, "take_codes", planted.get(self.plan.plant, submission.take_codes))

    def _clerk(self, gate: threading.Barrier, share: list[Unit], clerk: User) -> None:
        try:
            place = EngravingShop.objects.get(organisation__memberships__user=clerk)
            gate.wait(60)
            for number, unit in enumerate(share):
                self._file(number, unit, place, clerk)
        finally:
            connections.close_all()

    def _file(self, number: int, unit: Unit, place: EngravingShop, clerk: User) -> None:
        request = made.request_for(place, unit=unit)
        try:
            draft = start_draft(place, by=clerk, at=now(), form={})
            if number % BROKEN_EVERY == BROKEN_EVERY - 1:
                self._break_off(draft, request, clerk)
            filing = submit_filing(draft, request, by=clerk, at=now())
            code = filing.seals.get().code
            if number % WITHDRAWN_EVERY == WITHDRAWN_EVERY - 1:
                withdraw_filing(filing, reason="证明", by=clerk, at=now())
        except Exception as error:
            with self.lock:
                self.errors[type(error).__name__] += 1
            return
        with self.lock:
            self.taken.append(code)

    def _break_off(self, draft: SealFiling, request: object, clerk: User) -> None:
        try:
            with transaction(clerk):
                submit_filing(draft, request, by=clerk, at=now())  # type: ignore[arg-type]
                raise BrokenOff
        except BrokenOff:
            draft.refresh_from_db()
            with self.lock:
                self.broken_off += 1

    def _judge(self, seconds: float) -> None:
        kept = Counter(Seal.objects.values_list("code", flat=True))
        numbers = {area: sorted(int(code[6:]) for code in kept if code.startswith(str(area))) for area in AREAS}
        counters = {int(row.prefix): row.last for row in CodeCounter.objects.all()}
        faults = {
            "given twice": len(self.taken) - len(set(self.taken)),
            "not on file": len(set(self.taken) - set(kept)),
            "gaps": sum(len(set(range(1, max(found, default=0) + 1)) - set(found)) for found in numbers.values()),
            "counter ahead or behind": sum(
                abs(counters.get(area, 0) - max(found, default=0)) for area, found in numbers.items()
            ),
            "submissions missing": self.plan.filings - len(self.taken),
            **{f"refused: {what}": count for what, count in self.errors.items()},
        }
        self.report.faults = {what: number for what, number in faults.items() if number}
        withdrawn = SealFiling.objects.filter(status="WITHDRAWN").count()
        self.report.notes.append(
            f"{len(kept)} codes from {self.plan.threads} threads in {seconds:.1f} s, {self.broken_off} broken off and "
            f"given again, {withdrawn} withdrawn and not"
        )


def _read_then_write(prefix: int, count: int) -> list[str]:
    """The counter as another system had it: two read the same number."""
    row, _new = CodeCounter.objects.get_or_create(prefix=str(prefix))
    time.sleep(0.002)
    CodeCounter.objects.filter(pk=row.pk).update(last=row.last + count)
    return [f"{prefix}{serial:07d}" for serial in range(row.last + 1, row.last + count + 1)]


def _own_connection(prefix: int, count: int) -> list[str]:
    """A counter that keeps what a broken-off transaction took, as a database sequence does."""
    found: list[str] = []

    def take() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO filing_codecounter (prefix, last) VALUES (%s, %s) ON CONFLICT (prefix) DO UPDATE "
                "SET last = filing_codecounter.last + EXCLUDED.last RETURNING last",
                [str(prefix), count],
            )
            last = cursor.fetchone()[0]
        connection.close()
        found.extend(f"{prefix}{serial:07d}" for serial in range(last - count + 1, last + 1))

    beside = threading.Thread(target=take)
    beside.start()
    beside.join()
    return found
