"""Regular work of licensing (许可定时任务)."""

from celery import shared_task

from licensing.services.activity import RADAR
from licensing.services.clocks import CLOCK, watch_clocks
from licensing.services.idle import sweep_idle
from licensing.services.idle_dues import follow_calendar
from licensing.services.registry_notices import watch_notices
from licensing.services.suspensions import begin_due
from sealreg.clock import now


@shared_task(name="licensing.watch_clocks")
def watch() -> dict[str, int]:
    """Clocks of applications, and requests granted for a day that has come (巡查许可时限、到日生效).

    Running twice does no harm.
    """
    return {**watch_clocks(by=CLOCK, at=now()), "begun": begin_due(at=now())}


@shared_task(name="licensing.look_for_idle_shops", ignore_result=True)
def look_for_idle_shops() -> None:
    """Follow the calendar, warn and list idle shops, look for missing receipts (重算时限、闲置扫描、回执检查).

    More often than the days it counts change, for losing one call must lose nothing; the same again changes nothing.
    """
    follow_calendar(by=RADAR, at=now())
    sweep_idle(at=now())
    watch_notices(at=now())
