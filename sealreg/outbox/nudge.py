"""Waking a worker after a commit (唤醒): on a thread of its own, so that a dead broker costs nothing."""

from __future__ import annotations

import logging
import os
import threading
import time

from django.conf import settings
from django.utils.module_loading import import_string

logger = logging.getLogger("sealreg.outbox")

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0


class Doorbell:
    """One daemon thread that sends at most one wake-up at a time; many rings between two are one (门铃).

    After a failure it pauses, each time twice as long up to a minute; the beat and the relay loop work meanwhile.
    """

    def __init__(self) -> None:
        self._rung = threading.Event()
        self._lock = threading.Lock()
        self._started = False
        self.pause = 0.0

    def ring(self) -> None:
        """Ask for a wake-up; returns at once (按铃)."""
        self._rung.set()
        if not self._started:
            self._start()

    def _start(self) -> None:
        with self._lock:
            if self._started:
                return
            self._started = True
            threading.Thread(target=self._serve, name="outbox-nudge", daemon=True).start()

    def _serve(self) -> None:
        send = import_string(settings.OUTBOX_NUDGE)
        while True:
            self._rung.wait()
            self._rung.clear()
            try:
                send()
                self.pause = 0.0
            except Exception as error:  # whatever the broker's client raises, the work is safe in the database
                self.pause = min(LONGEST_PAUSE, max(FIRST_PAUSE, self.pause * 2))
                logger.warning("wake-up not sent (%s); next one in %.0f s", type(error).__name__, self.pause)
                time.sleep(self.pause)


_doorbell = Doorbell()


def _renew() -> None:
    """A forked process has no copy of the thread, and perhaps a copy of a held lock (派生后更新)."""
    global _doorbell
    _doorbell = Doorbell()


os.register_at_fork(after_in_child=_renew)


def ring() -> None:
    """Wake a worker soon (唤醒), where OUTBOX_NUDGE names a function that does it; never blocks, never raises."""
    if settings.OUTBOX_NUDGE:
        _doorbell.ring()
