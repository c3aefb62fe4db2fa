"""The shipped calendar without a database (测试用日历), and a slow, obvious reference of its arithmetic."""

from __future__ import annotations

import csv
import datetime as dt
from functools import cache
from pathlib import Path

from sealreg.clock import SHANGHAI
from sealreg.workdays.calendar import Calendar, Pause
from sealreg.workdays.hours import OfficeHours

DATA = Path(__file__).parents[2] / "sealreg" / "workdays" / "data"
YEARS = range(2018, 2027)
MINUTE = dt.timedelta(minutes=1)


@cache
def shipped() -> Calendar:
    rows = []
    for year in YEARS:
        with (DATA / f"{year}.csv").open(encoding="utf-8", newline="") as file:
            rows += list(csv.DictReader(file))
    return Calendar(
        holidays=frozenset(dt.date.fromisoformat(row["date"]) for row in rows if row["kind"] == "HOLIDAY"),
        workdays=frozenset(dt.date.fromisoformat(row["date"]) for row in rows if row["kind"] == "WORKDAY"),
        years=frozenset(YEARS),
        version=1,
    )


def at(text: str) -> dt.datetime:
    """A Shanghai moment from its written form."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def office_minute(calendar: Calendar, hours: OfficeHours, pauses: list[Pause], minute: dt.datetime) -> bool:
    """Whether the minute beginning here is office time: asked minute by minute, with no cleverness."""
    of_day = minute.hour * 60 + minute.minute
    return (
        calendar.is_working_day(minute.date())
        and any(start <= of_day < end for start, end in hours.periods_on(minute.date()))
        and not any(pause.start <= minute < pause.end for pause in pauses)
    )


def naive_due(
    calendar: Calendar, start: dt.datetime, minutes: int, hours: OfficeHours, pauses: list[Pause]
) -> dt.datetime:
    moment = start
    while minutes:
        minutes -= office_minute(calendar, hours, pauses, moment)
        moment += MINUTE
    return moment


def naive_between(
    calendar: Calendar, start: dt.datetime, end: dt.datetime, hours: OfficeHours, pauses: list[Pause]
) -> int:
    total, moment = 0, start
    while moment < end:
        total += office_minute(calendar, hours, pauses, moment)
        moment += MINUTE
    return total
