"""`manage.py sync_registry`: follow the business registry's feed, without any broker (同步登记数据)."""

from __future__ import annotations

import logging
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import InterfaceError, OperationalError, connection

from integration.business_registration.connection import registry_client
from integration.business_registration.exchange import take_orders
from integration.business_registration.lookup import confirm_waiting
from integration.business_registration.sync import Run, pull
from integration.business_registration.taking import Outcome, retry_quarantined
from integration.business_registration.tasks import ACTOR
from sealreg import clock

logger = logging.getLogger("sealreg.registry")


class Command(BaseCommand):
    help = "Follow the business registry's feed and take orders. --once: to its end; --loop: until told to stop."

    def add_arguments(self, parser: CommandParser) -> None:
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--once", action="store_true", help="end at the end of the feed (default)")
        how.add_argument("--loop", action="store_true", help="stay until SIGTERM or SIGINT")
        how.add_argument("--retry", action="store_true", help="read the quarantined records once more, then end")
        parser.add_argument("--every", type=float, default=5.0, help="seconds between two looks with --loop")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["retry"]:
            counts = retry_quarantined(by=ACTOR, at=clock.now())
            self.stdout.write(_told(Run(counts=counts)))
            return
        if options["loop"]:
            self._stay(max(0.2, options["every"]))
            return
        run = self._look()
        if run.failure:
            self.stderr.write(f"stopped: {run.failure}")
            raise SystemExit(1)

    def _look(self) -> Run:
        run = pull(registry_client(), by=ACTOR, now=clock.now)
        if any(run.counts.values()):
            self.stdout.write(_told(run))
        if not run.failure:
            taken = take_orders(registry_client(), by=ACTOR, now=clock.now)
            run.failure = taken.failure
            if taken.any:
                self.stdout.write(
                    f"orders: {taken.done} rows done, {taken.failed} failed, {taken.changed} changed meanwhile, "
                    f"{taken.unreadable} unreadable"
                )
        if not run.failure:
            confirmed = confirm_waiting(registry_client(), by=ACTOR, now=clock.now).confirmed
            if confirmed:
                self.stdout.write(f"{confirmed} units confirmed")
        return run

    def _stay(self, every: float) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        before = ""
        while not stop.is_set():
            try:
                failure = self._look().failure
            except (OperationalError, InterfaceError) as error:
                failure = f"database not reachable ({type(error).__name__})"
                connection.close()
            if failure != before:
                logger.warning("registry feed: %s", failure or "well again")
            before = failure
            stop.wait(every)
        self.stdout.write("stopped")


def _told(run: Run) -> str:
    counts = run.counts
    return (
        f"{run.pages} pages: {counts[Outcome.TAKEN]} taken, {counts[Outcome.KNOWN]} known, "
        f"{counts[Outcome.QUARANTINED]} quarantined"
    )
