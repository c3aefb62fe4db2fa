"""Idle months (闲置月数), pure: calendar months, not 180 days; days of a recorded suspension do not count.

Source: notice 三(五), "more than 6 months". Exactly six months is not idle, six months and a day is.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

WARN, WARN_AGAIN, IDLE = 4, 5, 6
DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stop:
    """A recorded suspension (暂停期间), both days inclusive; `until` None while it lasts."""

    since: dt.date
    until: dt.date | None


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day of a later month, its last day where it has no such day (加月): 31 Aug + 6 → 28 or 29 Feb."""
    total = day.year * 12 + day.month - 1 + months
    year, month = divmod(total, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def boundary(last: dt.date, months: int, stops: Iterable[Stop] = (), *, on: dt.date) -> dt.date:
    """The day on which `months` are complete and not yet exceeded (满月之日).

    last: day of the last act of business. stops: days of suspension push it on, day for day; one that still lasts
    counts up to `on`, the day that is asked for.
    """
    spans = _joined(stops, after=last, on=on)
    end = add_months(last, months)
    while True:
        stopped = sum((min(until, end) - since).days + 1 for since, until in spans if since <= end)
        moved = add_months(last, months) + stopped * DAY
        if moved == end:
            return end
        end = moved


def _joined(stops: Iterable[Stop], *, after: dt.date, on: dt.date) -> list[tuple[dt.date, dt.date]]:
    """Suspended days after `after` as spans that do not overlap, in order."""
    found: list[tuple[dt.date, dt.date]] = []
    for stop in sorted(stops, key=lambda one: one.since):
        since, until = max(stop.since, after + DAY), stop.until if stop.until is not None else on
        if found and since <= found[-1][1] + DAY:
            since, until = found[-1][0], max(found[-1][1], until)
            found.pop()
        if since <= until:
            found.append((since, until))
    return found


def is_idle(last: dt.date, stops: Iterable[Stop] = (), *, on: dt.date) -> bool:
    """More than six months without business on that day (是否闲置)."""
    return on > boundary(last, IDLE, stops, on=on)


def months_complete(last: dt.date, stops: Iterable[Stop] = (), *, on: dt.date) -> int:
    """Which warning stands on that day (提醒档次): 0, 4, 5, or 6 once six months are exceeded."""
    kept = tuple(stops)
    if is_idle(last, kept, on=on):
        return IDLE
    for months in (WARN_AGAIN, WARN):
        if on >= boundary(last, months, kept, on=on):
            return months
    return 0
