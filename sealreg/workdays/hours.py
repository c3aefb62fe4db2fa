"""Office hours of an authority (办公时间): pure values, with the day each set begins to apply."""

from __future__ import annotations

import datetime as dt
import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from django.utils.translation import gettext_lazy as _

from sealreg.clock import SHANGHAI
from sealreg.errors import RuleBroken, Text

# Minutes after midnight, half open.
Period = tuple[int, int]

_SPAN = re.compile(r"^(\d{1,2}):(\d{2})[-~至—–](\d{1,2}):(\d{2})$")
_DAY_MINUTES = 24 * 60


def check_periods(periods: Sequence[Period]) -> tuple[Period, ...]:
    """The periods in order (校验办公时段). Raises RuleBroken (field `periods`) when empty, reversed or overlapping."""
    ordered = tuple(sorted((int(start), int(end)) for start, end in periods))
    if not ordered:
        raise _wrong(_("请至少填写一个办公时段，例如9:00-12:00。"))
    for start, end in ordered:
        if not 0 <= start < end <= _DAY_MINUTES:
            raise _wrong(_("办公时段的结束时间应晚于开始时间，且在同一天内。"))
    for before, after in itertools.pairwise(ordered):
        if after[0] < before[1]:
            raise _wrong(_("办公时段之间有重叠，请核对。"))
    return ordered


def parse_periods(text: str) -> tuple[Period, ...]:
    """Periods from what a person types (识别办公时段), e.g. `9:00-12:00，14:00-18:00`. Raises RuleBroken."""
    periods: list[Period] = []
    for part in re.split(r"[,;、\s]+", unicodedata.normalize("NFKC", text).strip()):
        if not part:
            continue
        match = _SPAN.match(part)
        if match is None:
            raise _wrong(_("办公时段请写成9:00-12:00的形式，多个时段用逗号隔开。"))
        h1, m1, h2, m2 = (int(number) for number in match.groups())
        if m1 > 59 or m2 > 59:
            raise _wrong(_("办公时段中的分钟应在00至59之间。"))
        periods.append((h1 * 60 + m1, h2 * 60 + m2))
    return check_periods(periods)


def show_periods(periods: Sequence[Period]) -> str:
    """As people write them (显示办公时段): `9:00–12:00、14:00–18:00`."""
    return "、".join(f"{a // 60}:{a % 60:02}–{b // 60}:{b % 60:02}" for a, b in periods)


def _wrong(message: Text) -> RuleBroken:
    return RuleBroken(message, code="office_hours_wrong", fields={"periods": message})


DEFAULT_PERIODS: tuple[Period, ...] = ((9 * 60, 12 * 60), (14 * 60, 18 * 60))


@dataclass(frozen=True)
class OfficeHours:
    """Which minutes of a working day are office time (办公时间).

    changes: (first day, periods) in order of day; before the first change, `initial` applies.
    """

    initial: tuple[Period, ...] = DEFAULT_PERIODS
    changes: tuple[tuple[dt.date, tuple[Period, ...]], ...] = ()

    @classmethod
    def daily(cls, text: str) -> Self:
        """The same hours on every working day, from their written form (固定办公时间)."""
        return cls(initial=parse_periods(text))

    def periods_on(self, day: dt.date) -> tuple[Period, ...]:
        """Periods in force on that day (当日办公时段)."""
        periods = self.initial
        for first_day, changed in self.changes:
            if first_day > day:
                break
            periods = changed
        return periods

    def spans_on(self, day: dt.date) -> Iterator[tuple[dt.datetime, dt.datetime]]:
        """The same as aware moments in Asia/Shanghai."""
        midnight = dt.datetime.combine(day, dt.time(), SHANGHAI)
        for start, end in self.periods_on(day):
            yield midnight + dt.timedelta(minutes=start), midnight + dt.timedelta(minutes=end)

    def closes_at(self, day: dt.date) -> dt.datetime:
        """When the office closes on that day (下班时间)."""
        return dt.datetime.combine(day, dt.time(), SHANGHAI) + dt.timedelta(minutes=self.periods_on(day)[-1][1])


DEFAULT_HOURS = OfficeHours()
