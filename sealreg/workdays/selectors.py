"""Reading the calendar (工作日历查询)."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Iterable

from sealreg.workdays.calendar import Calendar
from sealreg.workdays.hours import DEFAULT_HOURS, OfficeHours, Period
from sealreg.workdays.models import AuthorityHours, CalendarChange, CalendarDay, CalendarYear, DayKind

_loaded: tuple[tuple[int, str], Calendar] | None = None


def load_calendar() -> Calendar:
    """The calendar as it stands (载入工作日历): one small query when nothing changed since the last read."""
    global _loaded
    newest = CalendarChange.objects.values_list("version", "digest").first()
    if newest is None:
        return Calendar(frozenset(), frozenset(), frozenset(), 0)
    if _loaded is None or _loaded[0] != newest:
        _loaded = (newest, read_calendar(newest[0]))
    return _loaded[1]


def read_calendar(version: int) -> Calendar:
    """The rows of this moment as a calendar (读取日历), to carry `version`."""
    days: dict[str, set[dt.date]] = defaultdict(set)
    for date, kind in CalendarDay.objects.values_list("date", "kind"):
        days[kind].add(date)
    return Calendar(
        holidays=frozenset(days[DayKind.HOLIDAY]),
        workdays=frozenset(days[DayKind.WORKDAY]),
        years=frozenset(CalendarYear.objects.filter(complete=True).values_list("year", flat=True)),
        version=version,
    )


def calendar_digest(calendar: Calendar) -> str:
    """SHA-256 over the content in a fixed form (日历摘要), so that equal calendars are seen to be equal."""
    parts: list[Iterable[object]] = [sorted(calendar.holidays), sorted(calendar.workdays), sorted(calendar.years)]
    return hashlib.sha256("\n".join(" ".join(map(str, part)) for part in parts).encode()).hexdigest()


def office_hours(authority_no: int) -> OfficeHours:
    """Office hours of one authority through time (办公时间); the default where none were set."""
    return office_hours_of([authority_no])[authority_no]


def office_hours_of(authority_nos: Iterable[int]) -> dict[int, OfficeHours]:
    """The same for many authorities in one query (多个机关的办公时间), for lists with deadlines."""
    numbers = set(authority_nos)
    changes: dict[int, dict[dt.date, tuple[Period, ...]]] = {number: {} for number in numbers}
    rows = AuthorityHours.objects.filter(authority_no__in=numbers).order_by("valid_from", "id")
    for number, first_day, flat in rows.values_list("authority_no", "valid_from", "periods"):
        changes[number][first_day] = tuple((start, end) for start, end in zip(flat[::2], flat[1::2], strict=True))
    return {
        number: OfficeHours(DEFAULT_HOURS.initial, tuple(sorted(found.items()))) if found else DEFAULT_HOURS
        for number, found in changes.items()
    }
