"""Waking the worker of long batches (批量核验唤醒)."""

from __future__ import annotations

import time

from celery import shared_task

from integration.verification_api.batches import work_on_batches
from sealreg.clock import real_now

# Shorter than the time a stopping stack grants its workers.
SECONDS = 4.0


@shared_task(name="verification_api.work_on_batches", ignore_result=True)
def work() -> int:
    """Work on the queue for a while (处理批量核验). Losing this call loses nothing, the next one does the same work."""
    until = time.monotonic() + SECONDS
    return work_on_batches(now=real_now, go_on=lambda: time.monotonic() < until)
