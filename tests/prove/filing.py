"""Filings through killed workers and faulty agencies (备案证明): nothing lost, nothing doubled.

Companies choose a shop at the mock registry; Celery's beat makes drafts of them; clerks submit, make, complete and hand
over, while the relay and the Celery worker are killed at random and at named steps, the broker is emptied and both
agencies answer one request in five wrongly. Then the stores of both agencies are compared with what was done.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from celery import Celery
from django.db import connections

from filing.choices import Origin, SealType
from filing.models import CodeCounter, Seal, SealFiling
from filing.requests import FilingRequest, Handler
from filing.services.delivery import deliver_seal
from filing.services.making import bind_chip, complete_filing, record_engraving
from filing.services.submission import submit_filing
from integration.business_registration.models import FeedPosition
from integration.ministry.models import PushRecord, PushState
from sealreg.accounts.models import User
from sealreg.attachments.models import Attachment
from sealreg.attachments.services import store_upload
from sealreg.clock import now
from sealreg.outbox import steps
from sealreg.outbox.models import OutboxDelivery
from sealreg.units import synthetic
from tests.contracts.mocks import MINISTRY, REGISTRY, Mock, running
from tests.factories import filing as made
from tests.factories.accounts import authority
from tests.filing.faces import as_png, draw_face
from tests.prove.outbox import STOP_SECONDS, Report, Worker, address_of, broker
from tests.prove.outbox_app.faults import Order

AREA = 440606
STEPS = (steps.BEFORE_CLAIM, steps.AFTER_CLAIM, steps.AFTER_CALL, steps.BEFORE_MARK)
MODES = ("error_before_store", "error_after_store", "garbage", "duplicate_ack", "reorder")
RATE = 0.2
QUIET_SECONDS = 120.0


@dataclass
class Plan:
    """How hard to try. `plant` puts a fault in on purpose: "swallow" or "idempotency"; the proof must then fail."""

    filings: int = 200
    kills: int = 24
    flushes: int = 4
    clerks: int = 3
    modes: tuple[str, ...] = MODES
    rate: float = RATE
    plant: str = ""
    seed: int = 20180801


class Proof:
    """One run of the plan in the database the process is connected to."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.report = plan, Report(tried=plan.filings)
        self.chance = random.Random(plan.seed)
        self.kills = self.flushes = 0
        self.fault_place = -1
        self.at_steps: Counter[str] = Counter()
        self.begun = time.monotonic()
        self.errors: list[str] = []
        self.over = threading.Event()

    def run(self) -> Report:
        with tempfile.TemporaryDirectory(prefix="sealreg-prove-") as name, contextlib.ExitStack() as stack:
            folder = Path(name)
            for part in ("registry", "ministry"):
                (folder / part).mkdir()
            self.broker = stack.enter_context(broker(folder))
            self.registry = stack.enter_context(running(REGISTRY, folder / "registry"))
            self.ministry = stack.enter_context(running(MINISTRY, folder / "ministry"))
            authority(AREA)
            self.place = made.shop(area=AREA)
            self.clerk = made.clerk_of(self.place)
            self.companies = self._found_companies()
            self._start_workers(folder)
            try:
                self._work()
                self._stop()
            finally:
                self.over.set()
                for worker in self.workers:
                    worker.kill()
                self.bell.close()
            self._judge()
        return self.report

    def _found_companies(self) -> set[str]:
        cursor = ""
        while (page := self.registry.get(f"/v1/changes?limit=500&cursor={cursor}"))["changes"]:
            cursor = page["next_cursor"]
        FeedPosition.objects.update_or_create(feed="changes", defaults={"cursor": cursor})
        order = {
            "area": str(AREA), "seals": [{"seal_type": "1"}],
            "shop": {"uscc": self.place.credit_code, "area": str(AREA)},
        }  # fmt: skip
        made_ = [self.registry.post("/_control/enterprises", order) for _ in range(self.plan.filings)]
        return {one["enterprise"]["business_id"] for one in made_}

    def _start_workers(self, folder: Path) -> None:
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.prove.filing_settings",
            "SEALREG_DATABASE_URL": address_of("default"),
            "SEALREG_BROKER_URL": self.broker,
            "PROVE_REGISTRY": self.registry.url,
            "PROVE_MINISTRY": self.ministry.url,
            "PROVE_PLANT": self.plan.plant,
            "PROVE_ORDER": str(folder / "order"),
        }
        self.order = Order(folder / "order")
        celery = [
            *(sys.executable, "-m", "celery", "-A", "sealreg.celery", "worker", "-B"),
            *("--schedule", str(folder / "beat")),
            *("--pool", "threads", "--concurrency", "2", "--loglevel", "WARNING", "--without-gossip"),
        ]
        relay = [sys.executable, "manage.py", "drain_outbox", "--loop"]
        self.workers = [
            Worker("celery", celery, environment, folder),
            Worker("relay", relay, environment, folder),
        ]
        self.bell = Celery("prove", broker=self.broker, set_as_current=False)

    # ---- clerks at work, trouble meanwhile

    def _work(self) -> None:
        with ThreadPoolExecutor(self.plan.clerks) as clerks:
            done = [clerks.submit(self._clerk, number) for number in range(self.plan.clerks)]
            try:
                self._trouble(lambda: all(one.done() for one in done))
            finally:
                self.over.set()
        for one in done:
            one.result()  # a clerk who fell ill says so
        self.report.faults |= {f"refused: {text}": count for text, count in Counter(self.errors).items()}
        for mock in (self.registry, self.ministry):
            mock.faults("none")
        self.last_trouble = time.monotonic()
        deadline = time.monotonic() + QUIET_SECONDS
        while self._pending() and time.monotonic() < deadline:
            time.sleep(0.2)

    def _clerk(self, number: int) -> None:
        """Takes his share of the drafts as they arrive, from the draft to the hand-over."""
        share = [place for place in range(self.plan.filings) if place % self.plan.clerks == number]
        try:
            deadline = time.monotonic() + QUIET_SECONDS
            handled = 0
            while handled < len(share) and time.monotonic() < deadline and not self.over.is_set():
                found = self._next_draft(number)
                if found is None:
                    time.sleep(0.2)
                    continue
                handled += 1
                deadline = time.monotonic() + QUIET_SECONDS
                try:
                    self._file(found)
                except Exception as error:
                    self.errors.append(type(error).__name__)
            if handled < len(share):
                self.errors.append("no draft came")
        finally:
            connections.close_all()

    def _next_draft(self, number: int) -> SealFiling | None:
        """One of this clerk's drafts: the primary key decides whose it is."""
        drafts = SealFiling.objects.select_related("shop", "unit").filter(status="DRAFT", origin=Origin.REGISTRY)
        waiting = list(drafts)  # read first: drafts go on arriving, and each of these must have its place below
        places = {pk: place for place, pk in enumerate(SealFiling.objects.order_by("pk").values_list("pk", flat=True))}
        return next((one for one in waiting if places[one.pk] % self.plan.clerks == number), None)

    def _file(self, filing: SealFiling) -> None:
        unit, at = filing.unit, now()
        assert unit is not None
        handler = Handler(
            unit.legal_representative, "RESIDENT_ID", synthetic.identity_number(filing.pk),
            synthetic.mobile(filing.pk), True,
        )  # fmt: skip
        request = FilingRequest(
            unit, filing.shop, "01", handler, None, (made.seal_request(SealType.STATUTORY, name=unit.name),),
            Origin.REGISTRY,
        )  # fmt: skip
        filing = submit_filing(filing, request, by=self.clerk, at=at)
        for seal in filing.seals.all():
            seal = record_engraving(seal, paper("IMPRINT", by=self.clerk), by=self.clerk, at=now())
            bind_chip(seal, made.chip_of(self.place), by=self.clerk, at=now())
        complete_filing(filing, by=self.clerk, at=now())
        for seal in Seal.objects.select_related("filing", "shop").filter(filing=filing):
            deliver_seal(seal, handler, paper("IMPRINT_CARD", by=self.clerk), by=self.clerk, at=now())

    def _trouble(self, finished: Callable[[], bool]) -> None:
        """Kills spread over the work: after every so many filings, by turns at random and at a named step."""
        ordered = ""
        while not finished() or self.kills < self.plan.kills:
            done = SealFiling.objects.filter(status="FILED").count()
            share = done / self.plan.filings
            self._turn_faults(share)
            self._check_alive()
            if self.flushes < self.plan.flushes * share:
                self._flush()
            if ordered:
                ordered = self._look_at_order(ordered)
            elif self.kills < self.plan.kills * max(share, 0.1) or finished():
                if finished() and not self._pending():
                    break
                if self.kills % 2:
                    ordered = min(STEPS, key=lambda step: self.at_steps[step])
                    self.order.place(ordered, signal.SIGKILL)
                elif self.kills < self.plan.kills:
                    self._kill(self.chance.choice(self.workers))
            time.sleep(0.1)
        self.order.withdraw()

    def _turn_faults(self, share: float) -> None:
        """The next kind of fault when the work has come that far."""
        modes = self.plan.modes
        place = min(int(share * len(modes)), len(modes) - 1)
        if place != self.fault_place:
            self.fault_place = place
            for mock in (self.registry, self.ministry):
                mock.faults(modes[place], rate=self.plan.rate, seed=self.plan.seed + place)

    def _check_alive(self) -> None:
        for worker in self.workers:
            # One that has just obeyed an order to die is looked at in the next round.
            if worker.process.poll() is not None and self.order.carried_out_by() != worker.process.pid:
                raise RuntimeError(f"{worker.name} ended by itself: {worker.log.read_text(errors='replace')[-2000:]}")

    def _kill(self, worker: Worker) -> None:
        worker.kill()
        worker.start()
        self.kills += 1

    def _look_at_order(self, step: str) -> str:
        group = self.order.carried_out_by()
        worker = next((one for one in self.workers if one.process.pid == group), None)
        if worker is None:
            return step
        self._kill(worker)
        self.at_steps[step] += 1
        return ""

    def _flush(self) -> None:
        with self.bell.connection_for_write() as link:
            link.default_channel.client.flushall()
        self.flushes += 1

    def _pending(self) -> int:
        return OutboxDelivery.objects.filter(
            state="PENDING", subscriber__in=("ministry", "business_registration")
        ).count()

    def _stop(self) -> None:
        drained = time.monotonic() - self.last_trouble
        for worker in self.workers:
            worker.process.terminate()
        deaf = sum(1 for worker in self.workers if not _ends(worker))
        if deaf:
            self.report.faults["deaf to SIGTERM"] = deaf
        named = ", ".join(f"{step} {count}" for step, count in sorted(self.at_steps.items()))
        self.report.notes.append(
            f"kills {self.kills} (at named steps: {named or 'none'}), flushes {self.flushes}, drained {drained:.1f} s "
            f"after the last trouble, {time.monotonic() - self.begun:.0f} s in all"
        )

    # ---- the end

    def _judge(self) -> None:
        codes = list(Seal.objects.order_by("code").values_list("code", flat=True))
        first = f"{AREA}{1:07d}"
        counted = sum(CodeCounter.objects.filter(prefix=str(AREA)).values_list("last", flat=True))
        drafts = Counter(SealFiling.objects.filter(origin=Origin.REGISTRY).values_list("source_key", flat=True))
        told = Counter[tuple[str, str]]()
        for row in _rows(self.ministry, "/_control/records?"):
            told[row["seal_code"], json.loads(row["payload"])["czzt"]] += 1
        wanted = {(code, operation) for code in codes for operation in ("12", "16")}
        back = Counter[tuple[str, str]]()
        for row in _rows(self.registry, "/_control/records?kind=messages&"):
            body = json.loads(row["body"])
            back[body["business_id"], body["status"]] += 1
        steps_ = {(one, status) for one in self.companies for status in ("SUBMITTED", "FILED", "DELIVERED")}
        receipts = {row["key"]: row["receipt"] for row in _rows(self.ministry, "/_control/records?")}
        pushes = list(PushRecord.objects.values_list("key", "state", "acknowledgements__receipt"))
        faults = {
            "companies without a draft": len(self.companies - set(drafts)),
            "companies with two drafts": sum(drafts.values()) - len(drafts),
            "not handed over": self.plan.filings - Seal.objects.filter(status="DELIVERED").count(),
            "gaps or repeats in the codes": sum(
                1 for place, code in enumerate(codes) if code != f"{int(first) + place}"
            ) + abs(counted - len(codes)),
            "lost at the Ministry": len(wanted - set(told)),
            "doubled at the Ministry": sum(count - 1 for count in told.values()),
            "unasked at the Ministry": len(set(told) - wanted),
            "lost at the registry": len(steps_ - set(back)),
            "doubled at the registry": sum(count - 1 for count in back.values()),
            "unasked at the registry": len(set(back) - steps_),
            "conflicts": self.ministry.stats()["conflicts"] + self.registry.stats()["conflicts"],
            "without its receipt": sum(
                1 for key, state, kept in pushes if state != PushState.ACKNOWLEDGED or receipts.get(key) != kept
            ),
            "not sent": OutboxDelivery.objects.filter(subscriber__in=("ministry", "business_registration"))
            .exclude(state="SENT").count(),
        }  # fmt: skip
        self.report.faults |= {what: number for what, number in faults.items() if number}
        attempts = {mock.module.split(".")[1]: mock.stats()["attempts"] for mock in (self.ministry, self.registry)}
        self.report.notes.append(f"records at the Ministry {sum(told.values())}, call-backs {sum(back.values())}, "
                                 f"requests {attempts}")  # fmt: skip


def _ends(worker: Worker) -> bool:
    deadline = time.monotonic() + STOP_SECONDS
    while worker.process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    return worker.process.poll() is not None


def _rows(mock: Mock, path: str) -> Iterator[dict[str, Any]]:
    after = 0
    while rows := mock.get(f"{path}limit=500&after={after}")["records"]:
        yield from rows
        after = rows[-1]["number"]


@cache
def _picture() -> bytes:
    return as_png(draw_face(40, 40))


def paper(kind: str, *, by: User) -> Attachment:
    """An uploaded picture of a face, drawn once (材料)."""
    return store_upload(io.BytesIO(_picture()), kind=kind, by=by, at=now(), original_name="scan.png")


def prove(plan: Plan | None = None) -> Report:
    """Run the proof in the database of this process (运行证明); it must be empty and may be thrown away afterwards."""
    return Proof(plan or Plan()).run()
