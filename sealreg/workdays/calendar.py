"""Working days and office time on a loaded calendar (工作日历): pure, no database, no clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sealreg.clock import shanghai
from sealreg.workdays.hours import OfficeHours

_DAY = dt.timedelta(days=1)
_NOTHING = dt.timedelta()

# The notice of the coming year can still move the last days of this one: that of 2019 moved 29 and 31 December 2018.
_OPEN_END = (12, 26)


@dataclass(frozen=True, slots=True)
class Pause:
    """A half-open span in which the clock stands (中止计时), both ends aware. One that still runs ends at `now`."""

    start: dt.datetime
    end: dt.datetime


@dataclass(frozen=True, slots=True)
class DueMoment:
    """When something is due (办理时限): `provisional` if a day it counts is not announced yet."""

    at: dt.datetime
    provisional: bool
    calendar_version: int


@dataclass(frozen=True, slots=True)
class DueDay:
    """The day something is due (到期日), a Shanghai date; `provisional` as in DueMoment."""

    on: dt.date
    provisional: bool
    calendar_version: int


@dataclass(frozen=True, slots=True)
class Worked:
    """Office time gone by (已用工作时间); `provisional` as in DueMoment."""

    time: dt.timedelta
    provisional: bool
    calendar_version: int

    @property
    def minutes(self) -> int:
        """Whole minutes, rounded down."""
        return self.time // dt.timedelta(minutes=1)


@dataclass(frozen=True)
class Calendar:
    """The calendar as announced (工作日历).

    holidays: days off by notice; workdays: make-up working days by notice (they win over a holiday of an earlier
    notice); years: those whose notice is complete; version: rises with every change, so that a stored due moment knows
    when to be computed again. Any other day works from Monday to Friday.
    """

    holidays: frozenset[dt.date]
    workdays: frozenset[dt.date]
    years: frozenset[int]
    version: int

    def is_working_day(self, day: dt.date) -> bool:
        """Whether offices work on this Shanghai date (是否工作日)."""
        if day in self.workdays:
            return True
        return day.weekday() < 5 and day not in self.holidays

    def is_provisional(self, day: dt.date) -> bool:
        """Whether the answer for this date rests on the Monday-to-Friday rule, for want of a notice (是否暂定)."""
        if day.year not in self.years:
            return True
        return (day.month, day.day) >= _OPEN_END and day.year + 1 not in self.years

    def next_working_day(self, day: dt.date) -> DueDay:
        """The first working day after `day` (下一工作日)."""
        return self.add_working_days(day, 1)

    def previous_working_day(self, day: dt.date) -> DueDay:
        """The last working day before `day` (上一工作日), e.g. for reminders ahead of a date that is a day off."""
        provisional = False
        while True:
            day -= _DAY
            provisional = provisional or self.is_provisional(day)
            if self.is_working_day(day):
                return DueDay(day, provisional, self.version)

    def add_working_days(self, start: dt.date, days: int) -> DueDay:
        """The day on which `days` working days have gone by (工作日期限).

        start: Shanghai date of the act; the next working day counts as day 1. days: at least 1.
        Raises ValueError for fewer.
        """
        if days < 1:
            raise ValueError("a limit in working days is at least one day")
        day, provisional = start, False
        while days:
            day += _DAY
            provisional = provisional or self.is_provisional(day)
            days -= self.is_working_day(day)
        return DueDay(day, provisional, self.version)

    def due_after_working_days(self, start: dt.datetime, days: int, hours: OfficeHours) -> DueMoment:
        """Close of office on the day `add_working_days` gives (到期日下班时间)."""
        due = self.add_working_days(shanghai(start).date(), days)
        return DueMoment(hours.closes_at(due.on), due.provisional, self.version)

    def add_work_time(
        self, start: dt.datetime, minutes: int, hours: OfficeHours, pauses: Iterable[Pause] = ()
    ) -> DueMoment:
        """The first moment at which `minutes` of office time have gone by since `start` (工作时间期限).

        Zero minutes are due at once. Time in `pauses` and outside office hours does not count.
        Raises ValueError for negative minutes or a naive moment.
        """
        if minutes < 0:
            raise ValueError("a limit in office minutes is not negative")
        start = shanghai(start)
        left = dt.timedelta(minutes=minutes)
        if not left:
            return DueMoment(start, self.is_provisional(start.date()), self.version)
        stops = _merged(pauses)
        day, provisional = start.date(), False
        while True:
            provisional = provisional or self.is_provisional(day)
            for opens, closes in self._open_spans(day, hours, stops):
                begins = max(opens, start)
                if begins >= closes:
                    continue
                if closes - begins >= left:
                    return DueMoment(begins + left, provisional, self.version)
                left -= closes - begins
            day += _DAY

    def work_time_between(
        self, start: dt.datetime, end: dt.datetime, hours: OfficeHours, pauses: Iterable[Pause] = ()
    ) -> Worked:
        """Office time from `start` to `end` (工作时间间隔), zero when `end` is not after `start`.

        Raises ValueError for a naive moment.
        """
        start, end = shanghai(start), shanghai(end)
        stops = _merged(pauses)
        day, total, provisional = start.date(), _NOTHING, False
        while day <= end.date():
            provisional = provisional or self.is_provisional(day)
            for opens, closes in self._open_spans(day, hours, stops):
                total += max(_NOTHING, min(closes, end) - max(opens, start))
            day += _DAY
        return Worked(total, provisional, self.version)

    def is_current(self, due: DueMoment | DueDay) -> bool:
        """Whether a due moment was computed with this version of the calendar (是否无须重算)."""
        return due.calendar_version == self.version

    def _open_spans(
        self, day: dt.date, hours: OfficeHours, stops: list[Pause]
    ) -> Iterator[tuple[dt.datetime, dt.datetime]]:
        """Office spans of the day in order, with the pauses cut out."""
        if not self.is_working_day(day):
            return
        for opens, closes in hours.spans_on(day):
            begins = opens
            for stop in stops:
                if stop.end <= begins or stop.start >= closes:
                    continue
                if stop.start > begins:
                    yield begins, stop.start
                begins = stop.end
            if begins < closes:
                yield begins, closes


def _merged(pauses: Iterable[Pause]) -> list[Pause]:
    """Pauses in order, overlapping ones joined, empty ones left out."""
    merged: list[Pause] = []
    for pause in sorted(pauses, key=lambda pause: pause.start):
        start, end = shanghai(pause.start), shanghai(pause.end)
        if start >= end:
            continue
        if merged and start <= merged[-1].end:
            merged[-1] = Pause(merged[-1].start, max(merged[-1].end, end))
        else:
            merged.append(Pause(start, end))
    return merged
