"""Regular work on chips (芯片定时任务): filling batches, the nightly look at the ledger, sweeping."""

import logging

from celery import shared_task

from chips.logistics.alarms import watch
from chips.logistics.anomalies import watch_use
from chips.logistics.injection import batches_to_fill, try_batch
from chips.verification import forget_challenges
from sealreg.clock import now, real_now
from sealreg.database.actor import SystemActor
from sealreg.errors import ServiceUnavailable

logger = logging.getLogger("sealreg.chips")
FILLER, WATCHER = SystemActor("chip-injection"), SystemActor("chip-watch")


@shared_task(name="chips.fill_batches")
def fill_batches() -> int:
    """Fill what was released (灌装已放行批次); returns how many chips were settled. A lost wake-up loses nothing.

    A batch the institute does not answer for holds up no other: what stops it stands on the batch until it is gone.
    """
    settled = 0
    for batch in batches_to_fill():
        try:
            settled += try_batch(batch, by=FILLER, clock=now)
        except ServiceUnavailable as silent:
            logger.warning("batch %s is not filled: %s", batch.number, silent.reason)
    return settled


@shared_task(name="chips.sweep")
def sweep() -> int:
    """Remove old questions to chips (清理质询). Running twice does no harm."""
    return forget_challenges(at=real_now())


@shared_task(name="chips.watch")
def watch_ledger() -> int:
    """Compare ledger and register, look for late bags and odd use (每日巡查); returns alarms opened."""
    at = now()
    return watch(by=WATCHER, at=at) + watch_use(by=WATCHER, at=at)
