"""Regular work of filing (备案定时任务)."""

from celery import shared_task

from filing.chip_use import compare_chips
from sealreg.clock import now
from sealreg.database.actor import SystemActor

WATCHER = SystemActor("chip-watch")


@shared_task(name="filing.compare_chips")
def compare() -> int:
    """Compare chips used with seals made (核对用芯与制章); returns alarms opened."""
    return compare_chips(by=WATCHER, at=now())
