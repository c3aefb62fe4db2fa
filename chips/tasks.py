"""Regular work on chips (芯片定时任务): filling released batches, the nightly look at the ledger."""

from celery import shared_task

from chips.logistics.alarms import watch
from chips.logistics.anomalies import watch_use
from chips.logistics.injection import batches_to_fill, fill_batch
from chips.logistics.injector import institute
from sealreg.clock import now
from sealreg.database.actor import SystemActor

FILLER, WATCHER = SystemActor("chip-injection"), SystemActor("chip-watch")


@shared_task(name="chips.fill_batches")
def fill_batches() -> int:
    """Fill what was released (灌装已放行批次); returns how many chips were settled. A lost wake-up loses nothing."""
    waiting = batches_to_fill()
    if not waiting:
        return 0
    reach = institute()
    return sum(
        fill_batch(batch, reach.injector(batch.suite, batch.key_version), by=FILLER, clock=now) for batch in waiting
    )


@shared_task(name="chips.watch")
def watch_ledger() -> int:
    """Compare ledger and register, look for late bags and odd use (每日巡查); returns alarms opened."""
    at = now()
    return watch(by=WATCHER, at=at) + watch_use(by=WATCHER, at=at)
