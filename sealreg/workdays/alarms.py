"""Alarm when the coming year's notice is not on file (日历缺年告警): pure; doctor and the system check ask it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext as _

WARN_FROM = (11, 1)
RAISE_FROM = (12, 15)


@dataclass(frozen=True, slots=True)
class Alarm:
    """What is missing (告警): level "warning" or "error", the year, and the sentence for the administrator."""

    level: str
    year: int
    message: str


def next_year_missing(today: dt.date, years: Collection[int]) -> Alarm | None:
    """Whether a year is missing that due moments already need (次年放假安排是否缺失).

    today: Shanghai date; years: those on file and complete. The next year is announced in about November:
    a warning from 1 November, an error from 15 December, and an error at any time when the present year is missing.
    """
    if today.year not in years:
        return Alarm("error", today.year, _missing(today.year))
    if today.year + 1 in years or (today.month, today.day) < WARN_FROM:
        return None
    level = "error" if (today.month, today.day) >= RAISE_FROM else "warning"
    return Alarm(level, today.year + 1, _missing(today.year + 1))


def _missing(year: int) -> str:
    return _(
        "工作日历尚未录入%(year)s年放假安排，跨入该年的时限暂按周一至周五计算并标注“暂定”。"
        "请系统管理员在国务院办公厅公布后，于“工作日历”页面导入。"
    ) % {"year": year}
