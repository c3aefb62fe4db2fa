"""Looking a company up while the shop waits (登记信息查询证明): how long it takes, and that trouble never costs more.

Real HTTP to the mock registry with the client and limits of the shop's form, each answer kept in the database. First
the registry is well, then slow, then down: a look-up may find nothing, but it may not keep the shop waiting.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from integration.breaker import Breaker
from integration.business_registration.client import RegistryClient
from integration.business_registration.connection import QUICK
from integration.business_registration.lookup import Answer, look_up
from integration.business_registration.mock_registry import seed
from sealreg.clock import now
from sealreg.database.actor import SystemActor
from sealreg.regions.selectors import county_level_codes
from tests.contracts.mocks import HOSTS, REGISTRY, Mock, running
from tests.factories.accounts import authority
from tests.prove.outbox import Report

ACTOR = SystemActor("prove-look-up")
P95_SECONDS = 1.0  # demand 25
WORST_SECONDS = QUICK.total + 0.5
TROUBLE = ("slow", "timeout", "garbage", "error_before_store", "down")


@dataclass
class Plan:
    """How many look-ups while all is well, and how many under each kind of trouble."""

    well: int = 300
    troubled: int = 12


def prove(plan: Plan | None = None) -> Report:
    """Run the proof in the database of this process (运行证明)."""
    plan = plan or Plan()
    report = Report(tried=plan.well + plan.troubled * len(TROUBLE))
    for code in county_level_codes():
        authority(code)
    companies = [seed.invent(number % seed.COUNT).uscc for number in range(plan.well)]
    with tempfile.TemporaryDirectory(prefix="sealreg-prove-") as folder, running(REGISTRY, Path(folder)) as registry:
        well = [_asked(registry, code) for code in companies]
        taken = sorted(seconds for _answer, seconds in well)
        p95 = taken[int(0.95 * len(taken))]
        report.notes.append(f"all well: p50 {1e3 * taken[len(taken) // 2]:.0f} ms, p95 {1e3 * p95:.0f} ms")
        faults = {
            "not found while all is well": sum(1 for answer, _seconds in well if answer is not Answer.FOUND),
            "p95 over 1 s": int(p95 >= P95_SECONDS),
        }
        for mode in TROUBLE:
            registry.faults(mode, rate=1.0, slow_seconds=5.0, hold_seconds=5.0)
            found = [_asked(registry, code) for code in companies[: plan.troubled]]
            worst = max(seconds for _answer, seconds in found)
            faults[f"{mode}: kept waiting"] = sum(1 for _answer, seconds in found if seconds > WORST_SECONDS)
            faults[f"{mode}: believed"] = sum(1 for answer, _seconds in found if answer is not Answer.UNAVAILABLE)
            report.notes.append(f"{mode}: worst {worst:.2f} s")
    report.faults = {what: number for what, number in faults.items() if number}
    return report


def _asked(registry: Mock, code: str) -> tuple[Answer, float]:
    """One look-up with a breaker that has seen nothing yet: the worst case of each."""
    with RegistryClient(registry.url, allowed_hosts=HOSTS, limits=QUICK) as client:
        begun = time.perf_counter()
        answer = look_up(client, code, by=ACTOR, at=now(), breaker=Breaker()).answer
        return answer, time.perf_counter() - begun
