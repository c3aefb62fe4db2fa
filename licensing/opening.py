"""Opening hours of a shop (营业时间): seven days in order from Monday, each "09:00-18:00" or empty when closed."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

DAYS = (_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日"))
CLOSED: tuple[str, ...] = ("",) * 7
_TYPED = re.compile(r"(\d{1,2})[:.点](\d{2})(?:-|–|—|~|至|到)(\d{1,2})[:.点](\d{2})", re.ASCII)
_SPAN = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")


def span(opens: dt.time | None, closes: dt.time | None) -> str:
    """One day as stored (一天的营业时间). Raises ValueError when one end is missing or comes first."""
    if opens is None and closes is None:
        return ""
    if opens is None or closes is None or opens >= closes:
        raise ValueError("a day opens before it closes")
    return f"{opens:%H:%M}-{closes:%H:%M}"


def read_span(typed: str) -> str:
    """One day as a person types it (识别营业时间), e.g. 9:00至18：00, as stored. Raises ValueError."""
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", typed))
    if not text:
        return ""
    found = _TYPED.fullmatch(text)
    if found is None:
        raise ValueError("not a span of hours")
    one, two, three, four = (int(part) for part in found.groups())
    return span(dt.time(one, two), dt.time(three, four))


def ends(stored: str) -> tuple[dt.time, dt.time] | None:
    """Opening and closing time of a stored day (取起止时间); None when closed. Raises ValueError for another form."""
    if not stored:
        return None
    found = _SPAN.fullmatch(stored)
    if found is None:
        raise ValueError("not a span of hours")
    one, two, three, four = (int(part) for part in found.groups())
    return dt.time(one, two), dt.time(three, four)


def check_week(week: Sequence[str]) -> None:
    """Seven days in the stored form (核对一周). Raises ValueError."""
    if len(week) != 7:
        raise ValueError("a week has seven days")
    for day in week:
        found = ends(day)
        if found is not None and found[0] >= found[1]:
            raise ValueError("a day opens before it closes")


def words(week: Sequence[str]) -> list[str]:
    """The week for people (营业时间说明), days of the same hours together, e.g. 周一至周五 09:00–18:00."""
    lines, first = [], 0
    for day in range(1, 8):
        if day < 7 and week[day] == week[first]:
            continue
        hours = week[first].replace("-", "–") if week[first] else str(_("休息"))
        if first == day - 1:
            lines.append(f"{DAYS[first]} {hours}")
        else:
            lines.append(_("%(from)s至%(to)s %(hours)s") % {"from": DAYS[first], "to": DAYS[day - 1], "hours": hours})
        first = day
    return lines
