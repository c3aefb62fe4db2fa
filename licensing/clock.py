"""The clock of seven working days (七个工作日计时): read from events, the calendar and office hours; pure.

The day of the application does not count; the limit ends at the close of office of the seventh day. A pause takes away
the share of each working day that it covers. Source: notice 三(一)2.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sealreg.clock import SHANGHAI, shanghai
from sealreg.workdays.amounts import LICENCE_SEVEN_DAYS
from sealreg.workdays.calendar import Calendar, Pause
from sealreg.workdays.hours import OfficeHours

BINDING_FROM = dt.date(2018, 8, 1)
LIMIT = LICENCE_SEVEN_DAYS.days
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ClockEvent:
    """One event (计时事件): STARTED, PAUSED, RESUMED or ENDED; other kinds are kept for the page and change nothing."""

    kind: str
    at: dt.datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PausedSpan:
    """One pause (中止期间): `end` is None while it lasts; `days` is the share of working days it took so far."""

    start: dt.datetime
    end: dt.datetime | None
    days: Fraction
    reason: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the clock says at a moment (计时账): "day 3 of 7, paused 1.5 days because …".

    at: the moment it is read for, or of its end. day: the working day under way, 0 on the day of the application, at
    most `limit` up to the due day, above it from the next working day on. used: working days gone by. due_on, due_at:
    as things stand; while paused, as if the pause ended now. provisional: a day counted is not announced yet. binding:
    False before 2018-08-01, when the limit was information only.
    """

    at: dt.datetime
    started_at: dt.datetime
    limit: int
    day: int
    used: Fraction
    pauses: tuple[PausedSpan, ...]
    due_on: dt.date
    due_at: dt.datetime
    provisional: bool
    calendar_version: int
    ended_at: dt.datetime | None
    binding: bool

    @property
    def paused(self) -> bool:
        """Whether the clock stands now (是否中止)."""
        return self.ended_at is None and bool(self.pauses) and self.pauses[-1].end is None

    @property
    def running(self) -> bool:
        """Whether the clock goes on now (是否计时中)."""
        return self.ended_at is None and not self.paused

    @property
    def paused_days(self) -> Fraction:
        """Working days all pauses took (中止工作日数)."""
        return sum((pause.days for pause in self.pauses), Fraction(0))

    @property
    def left(self) -> Fraction:
        """Working days left, not below zero (剩余工作日)."""
        return max(self.limit - self.used, Fraction(0))

    @property
    def breached(self) -> bool:
        """Whether the limit binds and was exceeded (是否超时)."""
        return self.binding and self.at > self.due_at


def read_ledger(events: Iterable[ClockEvent], *, at: dt.datetime, calendar: Calendar, hours: OfficeHours) -> Ledger:
    """The ledger at a moment (读取计时账). Raises ValueError when the clock was never started."""
    known = sorted((event for event in events if event.at <= at), key=lambda event: event.at)
    start = next((event.at for event in known if event.kind == "STARTED"), None)
    if start is None:
        raise ValueError("a clock that was never started shows nothing")
    ended = next((event.at for event in known if event.kind == "ENDED"), None)
    until = ended if ended is not None else at
    spans = _spans(known, until)
    count = _Count(calendar, hours, shanghai(start).date(), tuple(Pause(a, b or until) for a, b, _ in spans))
    used = count.used(until)
    due_on, total, provisional = count.due()
    day = count.day(until, stands=bool(spans) and spans[-1][1] is None)
    return Ledger(
        at=shanghai(until),
        started_at=shanghai(start),
        limit=LIMIT,
        # A pause of part of a day leaves part of the due day unused: to its close of office it is the last day still.
        day=min(day, LIMIT) if shanghai(until).date() <= due_on else LIMIT + max(0, day - math.ceil(total)),
        used=used,
        pauses=tuple(PausedSpan(a, b, count.taken(Pause(a, b or until)), reason) for a, b, reason in spans),
        due_on=due_on,
        due_at=hours.closes_at(due_on),
        provisional=provisional,
        calendar_version=calendar.version,
        ended_at=shanghai(ended) if ended is not None else None,
        binding=shanghai(start).date() >= BINDING_FROM,
    )


def _spans(events: Sequence[ClockEvent], until: dt.datetime) -> list[tuple[dt.datetime, dt.datetime | None, str]]:
    spans: list[tuple[dt.datetime, dt.datetime | None, str]] = []
    for event in events:
        if event.at > until:
            break
        running = not spans or spans[-1][1] is not None
        if event.kind == "PAUSED" and running:
            spans.append((event.at, None, event.reason))
        elif event.kind == "RESUMED" and not running:
            spans[-1] = (spans[-1][0], event.at, spans[-1][2])
    return spans


@dataclass(frozen=True, slots=True)
class _Count:
    """Counts shares of working days from the day after `start`."""

    calendar: Calendar
    hours: OfficeHours
    start: dt.date
    pauses: tuple[Pause, ...]

    def share(
        self, day: dt.date, *, until: dt.datetime | None = None, pauses: Sequence[Pause] | None = None
    ) -> Fraction:
        """How much of a working day counts, from 0 to 1; up to a moment of it."""
        if not self.calendar.is_working_day(day):
            return Fraction(0)
        opens = dt.datetime.combine(day, dt.time(), SHANGHAI)
        whole = self.calendar.work_time_between(opens, opens + _DAY, self.hours).time
        end = min(opens + _DAY, until) if until is not None else opens + _DAY
        stops = self.pauses if pauses is None else pauses
        counted = self.calendar.work_time_between(opens, end, self.hours, stops).time
        return Fraction(counted // dt.timedelta(microseconds=1), whole // dt.timedelta(microseconds=1))

    def used(self, until: dt.datetime) -> Fraction:
        day, total, last = self.start + _DAY, Fraction(0), shanghai(until).date()
        while day <= last:
            total += self.share(day, until=until)
            day += _DAY
        return total

    def day(self, until: dt.datetime, *, stands: bool) -> int:
        """The working day under way: what is used once today is over, were the clock to go on as it does now."""
        today = shanghai(until).date()
        if today <= self.start:
            return 0
        rest = Fraction(0) if stands else self.share(today) - self.share(today, until=until)
        return math.ceil(self.used(until) + rest)

    def taken(self, pause: Pause) -> Fraction:
        """Share of working days a pause took, those of the day of the application left out."""
        day, total = max(self.start + _DAY, shanghai(pause.start).date()), Fraction(0)
        while day <= shanghai(pause.end).date():
            total += self.share(day, pauses=()) - self.share(day, pauses=(pause,))
            day += _DAY
        return total

    def due(self) -> tuple[dt.date, Fraction, bool]:
        """The due day, the share of working days gone by at its end, and whether a day counted is not announced yet."""
        day, total, provisional = self.start, Fraction(0), False
        while total < LIMIT:
            day += _DAY
            provisional = provisional or self.calendar.is_provisional(day)
            total += self.share(day)
        return day, total, provisional
