"""Regular work of filing (备案定时任务)."""

from celery import shared_task

from filing.chip_use import compare_chips
from filing.day_figures import count_days
from filing.exchanges import watch_exchanges
from filing.self_audit import audit_filings
from sealreg.clock import now
from sealreg.database.actor import SystemActor

WATCHER, COUNTER = SystemActor("chip-watch"), SystemActor("day-figures")
AUDITOR = SystemActor("filing-self-audit")


@shared_task(name="filing.compare_chips")
def compare() -> int:
    """Compare chips used with seals made, count exchanges (核对用芯与制章、统计换刻); returns alarms opened."""
    return compare_chips(by=WATCHER, at=now()) + watch_exchanges(by=WATCHER, at=now())


@shared_task(name="filing.count_days")
def count() -> int:
    """Count today and yesterday for the public (统计每日数据). Twice does no harm, a lost call loses nothing."""
    return count_days(by=COUNTER, at=now())


@shared_task(name="filing.look_for_police_acts")
def look_for_police_acts() -> int:
    """Whether anybody of the police acted between submission and filed in the last seven days (变相审批自查)."""
    return audit_filings(by=AUDITOR, at=now())
