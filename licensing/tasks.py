"""Regular work of licensing (许可定时任务)."""

from celery import shared_task

from licensing.services.clocks import watch_clocks
from sealreg.clock import now
from sealreg.database.actor import SystemActor


@shared_task(name="licensing.watch_clocks")
def watch() -> dict[str, int]:
    """Warn of, raise and move the due days of applications (巡查许可时限). Running twice does no harm."""
    return watch_clocks(by=SystemActor("licence-clock"), at=now())
