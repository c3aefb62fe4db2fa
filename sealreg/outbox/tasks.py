"""The doorbell's other end (唤醒任务)."""

from __future__ import annotations

from celery import shared_task

from sealreg.outbox import health
from sealreg.outbox.relay import Relay

# Shorter than the time a stopping stack grants its workers.
SECONDS = 8.0


@shared_task(name="outbox.drain", ignore_result=True)
def drain() -> None:
    """Deliver what is due (发送待发消息). Without arguments: losing this call loses nothing."""
    health.beat("celery")
    Relay().drain(seconds=SECONDS)
