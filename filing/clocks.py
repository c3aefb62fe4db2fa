"""Which time limit a filing runs under (办理时限)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from sealreg.units.models import Unit
from sealreg.workdays.amounts import HALF_WORKING_DAY
from sealreg.workdays.calendar import DueMoment, Pause
from sealreg.workdays.selectors import load_calendar, office_hours

NEW_ENTERPRISE_DAYS = 30  # our reading of 新增企业: established within 30 days before it applies (demand 17)


def is_new_enterprise(unit: Unit, day: dt.date) -> bool:
    """Whether the half-day limit for newly formed enterprises applies (新办企业).

    day: the Shanghai date of the application. Source: notice 三(一)2; the span of 30 days is an assumption of ours.
    """
    founded = unit.established_on
    return founded is not None and dt.timedelta(0) <= day - founded <= dt.timedelta(days=NEW_ENTERPRISE_DAYS)


def half_day_due(at: dt.datetime, authority_no: int, *, pauses: Iterable[Pause] = ()) -> DueMoment:
    """When a new enterprise's seal must be engraved and filed (0.5个工作日时限), in that authority's office hours.

    at: the application's moment. pauses: spans that do not count. Before 2018-08-01 the same moment is
    information only. Source: notice 三(一)2.
    """
    return load_calendar().add_work_time(at, HALF_WORKING_DAY.minutes, office_hours(authority_no), pauses)
