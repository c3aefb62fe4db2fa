"""When people file (演示办件时间分布): weekdays and office hours, seasons, a slow growth. Pure."""

from __future__ import annotations

import bisect
import datetime as dt
import itertools
import random

from sealreg.clock import SHANGHAI, shanghai
from sealreg.workdays.calendar import Calendar

DAYS = 730
# Weight of each half hour from 08:30; the noon break is not empty, since shops keep no office hours.
_OPENS = 8 * 60 + 30
_HALF_HOURS = (3, 10, 14, 15, 14, 11, 6, 1, 1, 1, 2, 8, 12, 14, 14, 12, 10, 6, 3, 1)
# February is the New Year; companies are founded after it and in the autumn.
_MONTHS = (0.95, 0.55, 1.25, 1.15, 1.0, 1.0, 0.95, 0.92, 1.1, 0.9, 1.1, 1.02)
_SATURDAY, _GROWTH = 0.1, 0.12
_OFFICE = ((9 * 60, 12 * 60), (14 * 60, 18 * 60))
_OFFICE_DAY = sum(end - start for start, end in _OFFICE)


class Rhythm:
    """Two years up to a day (办件节奏): the moment by which a given share of all filings was handed in.

    until: the first Shanghai date that is no longer part of it.
    """

    def __init__(self, calendar: Calendar, until: dt.date, *, seed: int) -> None:
        self.until = dt.datetime.combine(until, dt.time(), SHANGHAI)
        self._first = until - dt.timedelta(days=DAYS)
        draw = random.Random(seed)  # noqa: S311 - nothing secret is drawn
        weights = []
        for number in range(DAYS):
            day = self._first + dt.timedelta(days=number)
            works = 1.0 if calendar.is_working_day(day) else _SATURDAY if day.weekday() == 5 else 0.01
            grown = 1 + _GROWTH * number / DAYS
            weights.append(works * _MONTHS[day.month - 1] * grown * draw.uniform(0.8, 1.2))
        total = sum(weights)
        self._shares = [0.0, *itertools.accumulate(weight / total for weight in weights)]
        # Office time runs on past the end, so that what is not finished yet has a moment too.
        self._working = [
            day
            for day in (self._first + dt.timedelta(days=number) for number in range(-30, DAYS + 400))
            if calendar.is_working_day(day)
        ]

    def moment(self, share: float) -> dt.datetime:
        """When this share, 0 up to 1, had been handed in (按份额得时间); later for a greater share."""
        number = min(bisect.bisect_right(self._shares, share) - 1, DAYS - 1)
        inside = (share - self._shares[number]) / (self._shares[number + 1] - self._shares[number])
        return self._in_day(self._first + dt.timedelta(days=number), inside)

    def near(self, moment: dt.datetime, inside: float) -> dt.datetime:
        """A believable moment of the working day on or after this one (就近工作时刻). inside: 0 up to 1."""
        place = bisect.bisect_left(self._working, shanghai(moment).date())
        return self._in_day(self._working[place], inside)

    def after(self, moment: dt.datetime, minutes: float) -> dt.datetime:
        """So many minutes of office time later (若干工作分钟之后), in the default office hours."""
        local = shanghai(moment)
        place = bisect.bisect_left(self._working, local.date())
        done = 0.0
        if self._working[place] == local.date():
            now = local.hour * 60 + local.minute + local.second / 60
            done = sum(min(max(now - start, 0), end - start) for start, end in _OFFICE)
        days, left = divmod(done + minutes, _OFFICE_DAY)
        at = _OFFICE[0][0] + left if left < 180 else _OFFICE[1][0] + left - 180
        midnight = dt.datetime.combine(self._working[place + int(days)], dt.time(), SHANGHAI)
        return midnight + dt.timedelta(seconds=round(at * 60))

    @staticmethod
    def _in_day(day: dt.date, inside: float) -> dt.datetime:
        place = bisect.bisect_right(_CURVE, inside) - 1
        part = (inside - _CURVE[place]) / (_CURVE[place + 1] - _CURVE[place])
        seconds = round((_OPENS + 30 * (place + part)) * 60)
        return dt.datetime.combine(day, dt.time(), SHANGHAI) + dt.timedelta(seconds=seconds)


_CURVE = [0.0, *itertools.accumulate(weight / sum(_HALF_HOURS) for weight in _HALF_HOURS[:-1]), 1.0000001]
