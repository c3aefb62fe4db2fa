"""Licence decisions under many hands (许可决定证明): chiefs decide and officers issue at once; one of each stands.

Sixteen chiefs have the same page open and decide each case at the same moment, half granting, half refusing; then as
many officers issue what was granted. Every loser must be told who was first; numbers must run on without a gap.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection
from django.db.models import F

from licensing.models import LicenceApplication, SpecialTradeLicence
from licensing.services.decisions import grant_application, issue_licence, refuse_application
from sealreg.accounts.models import User
from sealreg.audit.models import AuditEvent
from sealreg.errors import Conflict
from tests.factories import licensing as made
from tests.factories.accounts import person
from tests.prove.outbox import Report

AT = made.TUESDAY_TEN
DECISIONS = ("licensing.grant_application", "licensing.refuse_application")


@dataclass
class Plan:
    """How hard to try. `plant`: "careless" decides without comparing."""

    cases: int = 25
    hands: int = 16
    plant: str = ""


def prove(plan: Plan | None = None) -> Report:
    """Run the proof in the database of this process (运行证明)."""
    return Proof(plan or Plan()).run()


class Proof:
    """One run of the plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.report = Report(tried=plan.cases * plan.hands)
        self.errors: Counter[str] = Counter()
        self.won: Counter[int] = Counter()
        self.untold = 0
        self.lock = threading.Lock()

    def run(self) -> Report:
        who = made.cast()
        place = who.chief.organisation
        chiefs = [person("county_chief", place=place) for _ in range(self.plan.hands)]
        officers = [person("county_officer", place=place) for _ in range(self.plan.hands)]
        cases = [made.application_in("ACCEPTED", made.cast()) for _ in range(self.plan.cases)]
        began = time.monotonic()
        self._at_once(chiefs, cases, self._decide_carelessly if self.plan.plant else self._decide)
        seconds = time.monotonic() - began
        decided = AuditEvent.objects.filter(event__in=DECISIONS)
        self.report.faults |= {
            "double decisions": sum(1 for one in cases if self.won[one.pk] > 1),
            "decisions in the trail besides": abs(decided.count() - self.plan.cases),
            "cases without a decision": sum(1 for one in cases if self.won[one.pk] == 0),
        }
        self.won.clear()
        granted = list(LicenceApplication.objects.filter(status="GRANTED").order_by("pk"))
        self._at_once(officers, granted, self._issue)
        numbers = sorted(SpecialTradeLicence.objects.values_list("number", flat=True))
        self.report.faults |= {
            "licences besides the one": abs(len(numbers) - len(granted)),
            "numbers left out or given twice": int(numbers != [f"440606-2026-{n + 1:05}" for n in range(len(granted))]),
            "losers not told who was first": self.untold,
            **{f"crashes: {name}": count for name, count in self.errors.items()},
        }
        self.report.faults = {name: count for name, count in self.report.faults.items() if count}
        self.report.notes.append(f"{self.report.tried} decisions in {seconds:.1f} s, {len(granted)} granted and issued")
        return self.report

    def _decide(self, case: LicenceApplication, by: User, index: int) -> None:
        if index % 2:
            grant_application(case, reason="同意", by=by, at=AT)
        else:
            refuse_application(case, reason="不符", remedy="可申请行政复议", by=by, at=AT)

    def _decide_carelessly(self, case: LicenceApplication, by: User, index: int) -> None:
        """As one would without comparing: the page says nobody has decided, so decide."""
        LicenceApplication.objects.filter(pk=case.pk).update(
            status="GRANTED", version=F("version") + 1, decided_at=AT, decided_by=by.number, decision_reason="同意"
        )

    def _issue(self, case: LicenceApplication, by: User, index: int) -> None:
        issue_licence(case, by=by, at=AT)

    def _at_once(
        self,
        people: list[User],
        cases: list[LicenceApplication],
        act: Callable[[LicenceApplication, User, int], None],
    ) -> None:
        ready = threading.Barrier(len(people), timeout=120)
        pages = [(one.pk, one.status, one.version) for one in cases]

        def one_person(index: int) -> None:
            try:
                for pk, status, version in pages:
                    case = LicenceApplication.objects.select_related("organisation").get(pk=pk)
                    case.status, case.version = status, version  # as everybody's page shows it
                    ready.wait()
                    try:
                        act(case, people[index], index)
                        with self.lock:
                            self.won[pk] += 1
                    except Conflict as conflict:
                        with self.lock:
                            self.untold += not conflict.facts.get("by")
            except Exception as error:
                with self.lock:
                    self.errors[type(error).__name__] += 1
                ready.abort()
            finally:
                connection.close()

        threads = [threading.Thread(target=one_person, args=(index,)) for index in range(len(people))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(600)
