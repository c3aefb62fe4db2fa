"""System check: the coming year is on file (系统检查). A warning only, so that it never stops a migration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.db import DatabaseError

from sealreg import clock
from sealreg.workdays.alarms import next_year_missing
from sealreg.workdays.models import CalendarYear


def calendar_is_loaded(*, databases: Sequence[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """sealreg.W101: a year is missing (缺少年度放假安排). Runs with `check --database default` and with migrate."""
    found: list[checks.CheckMessage] = []
    for alias in databases or ():
        try:
            years = set(CalendarYear.objects.using(alias).filter(complete=True).values_list("year", flat=True))
        except DatabaseError:
            continue  # before the first migration there is no table; the migration itself brings the years
        alarm = next_year_missing(clock.today(), years)
        if alarm is not None:
            found.append(checks.Warning(alarm.message, id="sealreg.W101"))
    return found
