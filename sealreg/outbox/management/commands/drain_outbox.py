"""`manage.py drain_outbox`: deliver what is owed, without any broker (发送待发消息)."""

from __future__ import annotations

import logging
import signal
import threading
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import InterfaceError, OperationalError, connection

from sealreg.outbox import health
from sealreg.outbox.relay import Relay

logger = logging.getLogger("sealreg.outbox")

IDLE_FIRST, IDLE_LONGEST, IDLE_GROWTH = 0.2, 1.0, 1.5
DATABASE_PAUSE = 2.0
BEAT_SECONDS = 5.0


class Command(BaseCommand):
    help = "Deliver what other systems are owed. --once: until nothing is due; --loop: until told to stop."

    def add_arguments(self, parser: CommandParser) -> None:
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--once", action="store_true", help="end when nothing is due (default)")
        how.add_argument("--loop", action="store_true", help="stay until SIGTERM or SIGINT")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        relay = Relay(should_stop=stop.is_set)
        if options["loop"]:
            self._stay(relay, stop)
            return
        health.beat("loop")
        tried = relay.drain(seconds=float("inf"))
        self.stdout.write(f"{tried} attempts, {health.queue_health().pending} still pending")

    def _stay(self, relay: Relay, stop: threading.Event) -> None:
        idle, next_beat = IDLE_FIRST, 0.0
        while not stop.is_set():
            try:
                if time.monotonic() >= next_beat:
                    health.beat("loop")
                    next_beat = time.monotonic() + BEAT_SECONDS
                tried = relay.drain(seconds=BEAT_SECONDS)
            except (OperationalError, InterfaceError) as error:
                logger.warning("database not reachable (%s); next look in %.0f s", type(error).__name__, DATABASE_PAUSE)
                connection.close()
                stop.wait(DATABASE_PAUSE)
                continue
            idle = IDLE_FIRST if tried else min(IDLE_LONGEST, idle * IDLE_GROWTH)
            if not tried:
                stop.wait(idle)
        self.stdout.write("stopped")
