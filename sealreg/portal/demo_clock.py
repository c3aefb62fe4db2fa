"""The movable clock of the demonstration (演示时钟): it moves the domain's time, never that of protection.

Every process of the stack reads the same row through one door, `ahead`, which the portal installs in `sealreg.clock`
where settings.DEMO_CLOCK is on. Signing in, one-time passwords, signatures, throttles, sessions, leases and backups
read `clock.real_now` and know nothing of it.
"""

from __future__ import annotations

import datetime as dt
import time

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import Error
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from integration.business_registration.models import QuarantinedRecord
from sealreg import clock
from sealreg.audit.models import AuditEvent
from sealreg.audit.services import record
from sealreg.database.actor import Actor
from sealreg.database.door import transaction
from sealreg.errors import RuleBroken
from sealreg.notices.models import Notice
from sealreg.outbox.models import OutboxMessage
from sealreg.portal.models import THE_ONLY, DemoClock
from sealreg.workdays.amounts import HALF_WORKING_DAY
from sealreg.workdays.hours import OfficeHours
from sealreg.workdays.selectors import load_calendar

MOST = dt.timedelta(days=400)
_READ_AGAIN = 1.0  # seconds: as long as another process may go on with the time before
# Where the domain writes down when something happened. Time must not fall behind any of them.
_RECORDED = ((AuditEvent, "at"), (OutboxMessage, "at"), (Notice, "at"), (QuarantinedRecord, "last_seen_at"))


class _Reading:
    """The row as this process last saw it, so that not every look at the clock is a query."""

    def __init__(self) -> None:
        self.value = dt.timedelta()
        self.until = 0.0

    def __call__(self) -> dt.timedelta:
        if time.monotonic() >= self.until:
            self.until = time.monotonic() + _READ_AGAIN
            try:
                found = DemoClock.objects.filter(pk=THE_ONLY).values_list("ahead_seconds", flat=True).first()
            except Error:  # no table yet, no database just now: the clock goes on as it went
                return self.value
            self.value = dt.timedelta(seconds=found or 0)
        return self.value

    def forget(self) -> None:
        self.until = 0.0


ahead = _Reading()


def install() -> bool:
    """Let the domain's clock follow the row (启用演示时钟); only in a demonstration that says so."""
    allowed = bool(settings.DEMO and settings.DEMO_CLOCK)
    if allowed:
        clock.shift_by(ahead)
    return allowed


def latest_record() -> dt.datetime | None:
    """The latest moment the domain has written down (最晚业务记录时间)."""
    moments = [model._default_manager.aggregate(latest=Max(field))["latest"] for model, field in _RECORDED]
    return max((clock.shanghai(moment) for moment in moments if moment), default=None)


def after_half_a_working_day(moment: dt.datetime) -> dt.datetime:
    """Four office hours on (半个工作日后): when a limit of half a working day that starts now has run out."""
    return load_calendar().add_work_time(moment, HALF_WORKING_DAY.minutes, OfficeHours()).at


def after_working_days(moment: dt.datetime, days: int) -> dt.datetime:
    """The same time of day, so many working days on (若干工作日后)."""
    day = load_calendar().add_working_days(moment.date(), days).on
    return dt.datetime.combine(day, moment.timetz())


def move_clock(to: dt.datetime, *, by: Actor, at: dt.datetime) -> dt.timedelta:
    """Move the domain's time forward (拨快演示时钟). at: real time. Returns how far it is ahead now.

    Raises RuleBroken at `date` for a moment that is not later than the present one or too far away,
    ImproperlyConfigured outside a demonstration.
    """
    _only_in_a_demonstration()
    with transaction(by):
        held = _locked(at)
        if to <= at + dt.timedelta(seconds=held.ahead_seconds):
            raise _refused(_("演示时钟只能向前拨，请选择现在之后的时间。"), "clock_backwards")
        if to - at > MOST:
            raise _refused(_("最多拨快400天。"), "clock_too_far")
        return _set(held, to - at, by=by, at=at)


def return_clock(*, by: Actor, at: dt.datetime) -> None:
    """Go back to real time (恢复真实时间). at: real time.

    Refused with RuleBroken while something is on record that happened later than real time: whatever follows would
    seem to have happened before it. Raises ImproperlyConfigured outside a demonstration.
    """
    _only_in_a_demonstration()
    with transaction(by):
        held = _locked(at)
        latest = latest_record()
        if latest is not None and latest > at:
            text = _("拨快期间已有业务记录，最晚为%(latest)s。到那时才能恢复真实时间，否则先后会颠倒。")
            raise _refused(text % {"latest": f"{latest:%Y-%m-%d %H:%M}"}, "clock_has_records")
        _set(held, dt.timedelta(), by=by, at=at)


def _only_in_a_demonstration() -> None:
    if not (settings.DEMO and settings.DEMO_CLOCK):
        raise ImproperlyConfigured("the clock moves only where settings.DEMO_CLOCK is on")


def _locked(at: dt.datetime) -> DemoClock:
    DemoClock.objects.bulk_create([DemoClock(moved_at=at)], ignore_conflicts=True)
    return DemoClock.objects.select_for_update().get(pk=THE_ONLY)


def _set(held: DemoClock, span: dt.timedelta, *, by: Actor, at: dt.datetime) -> dt.timedelta:
    # Rounded up, so that the asked-for moment has come.
    seconds = -(-span // dt.timedelta(seconds=1))
    DemoClock.objects.filter(pk=held.pk).update(ahead_seconds=seconds, moved_at=at)
    # At real time: an entry of the moved time would by itself forbid the way back.
    record("portal.demo_clock_moved", by=by, at=at, subject=("demo_clock", "1"), facts={"seconds": seconds})
    ahead.forget()
    return dt.timedelta(seconds=seconds)


def _refused(message: object, code: str) -> RuleBroken:
    return RuleBroken(str(message), code=code, fields={"date": str(message)})
