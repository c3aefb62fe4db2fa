"""Changing the calendar and office hours (工作日历维护). Every change is a row of history with a new version.

The floor below has no audit log to call, so the history here is append-only itself; the page that calls these services
records the act in the audit log within the same transaction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Max
from django.utils.translation import gettext as _

from sealreg.database.actor import Actor, label
from sealreg.database.door import transaction
from sealreg.errors import Conflict, NotFound, RuleBroken
from sealreg.workdays.hours import Period, check_periods
from sealreg.workdays.importing import DayRow, YearPlan, as_json, check_day
from sealreg.workdays.models import AuthorityHours, CalendarChange, CalendarDay, CalendarYear, ChangeKind
from sealreg.workdays.selectors import calendar_digest, load_calendar, read_calendar

__all__ = ["add_day", "import_year", "load_calendar", "remove_day", "set_office_hours"]

# One change at a time, so that versions commit in order and a cached calendar is never older than its version.
_LOCK = 0x5EA1_0001


def add_day(row: DayRow, *, year: int, source: str, reason: str, by: Actor, at: dt.datetime) -> CalendarChange:
    """Add one day to the calendar (新增放假或调休日期).

    year: the notice it belongs to, made incomplete if it is not on file yet.
    Raises RuleBroken, Conflict (already there).
    """
    check_day(year, row)
    _require(reason=reason, source=source)
    with transaction(by):
        _one_at_a_time()
        if CalendarDay.objects.filter(date=row.date).exists():
            raise Conflict(_("%(date)s已在日历中；如需更改，请先移除再新增。") % {"date": row.date})
        CalendarYear.objects.get_or_create(year=year, defaults={"source": source})
        CalendarDay.objects.create(
            date=row.date,
            kind=row.kind,
            name=row.name,
            year_id=year,
            source=source,
            entered_by=label(by),
            entered_at=at,
        )
        return _changed(ChangeKind.DAY_ADDED, {"year": year, "added": as_json([row])}, reason=reason, by=by, at=at)


def remove_day(date: dt.date, *, reason: str, by: Actor, at: dt.datetime) -> CalendarChange:
    """Take one day out of the calendar (移除日期); the history keeps it. Raises RuleBroken, NotFound."""
    _require(reason=reason)
    with transaction(by):
        _one_at_a_time()
        day = CalendarDay.objects.select_for_update().filter(date=date).first()
        if day is None:
            raise NotFound(_("日历中没有%(date)s的登记。") % {"date": date})
        summary = {"year": day.year_id, "removed": [[day.date.isoformat(), day.kind, day.name]]}
        day.delete()
        return _changed(ChangeKind.DAY_REMOVED, summary, reason=reason, by=by, at=at)


def import_year(
    plan: YearPlan,
    *,
    complete: bool,
    announced_on: dt.date | None,
    source: str,
    reason: str,
    by: Actor,
    at: dt.datetime,
) -> CalendarChange:
    """Replace a year's arrangement by the checked plan (导入年度安排).

    plan: of `importing.plan_year`, without problems. complete: True when the whole notice is in it; due moments in the
    year are then no longer provisional. Raises RuleBroken.
    """
    _require(reason=reason, source=source)
    if plan.problems:
        message = _("文件中还有未更正的问题，未导入。")
        raise RuleBroken(message, code="calendar_file_wrong", fields={"file": message})
    with transaction(by):
        _one_at_a_time()
        CalendarYear.objects.update_or_create(
            year=plan.year, defaults={"complete": complete, "announced_on": announced_on, "source": source}
        )
        CalendarDay.objects.filter(year_id=plan.year).delete()
        CalendarDay.objects.bulk_create(
            CalendarDay(
                date=row.date,
                kind=row.kind,
                name=row.name,
                year_id=plan.year,
                source=source,
                entered_by=label(by),
                entered_at=at,
            )
            for row in plan.rows
        )
        summary = {
            "year": plan.year,
            "complete": complete,
            "added": as_json(plan.added),
            "removed": as_json(plan.removed),
            "changed": as_json(plan.changed),
        }
        return _changed(ChangeKind.YEAR_IMPORTED, summary, reason=reason, by=by, at=at)


def set_office_hours(
    authority_no: int, *, periods: Sequence[Period], valid_from: dt.date, reason: str, by: Actor, at: dt.datetime
) -> CalendarChange:
    """Set an authority's office hours from a day on (设置办公时间). Raises RuleBroken (field `periods`)."""
    ordered = check_periods(periods)
    _require(reason=reason)
    with transaction(by):
        _one_at_a_time()
        AuthorityHours.objects.create(
            authority_no=authority_no,
            valid_from=valid_from,
            periods=[minute for period in ordered for minute in period],
            reason=reason,
            entered_by=label(by),
            entered_at=at,
        )
        summary = {"authority_no": authority_no, "valid_from": valid_from.isoformat(), "periods": [*map(list, ordered)]}
        return _changed(ChangeKind.HOURS_SET, summary, reason=reason, by=by, at=at)


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _changed(kind: ChangeKind, summary: dict[str, Any], *, reason: str, by: Actor, at: dt.datetime) -> CalendarChange:
    version = (CalendarChange.objects.aggregate(newest=Max("version"))["newest"] or 0) + 1
    return CalendarChange.objects.create(
        version=version,
        kind=kind,
        summary=summary,
        reason=reason,
        digest=calendar_digest(read_calendar(version)),
        changed_by=label(by),
        changed_by_name=by.actor_name,
        changed_at=at,
    )


def _require(**texts: str) -> None:
    wrong = {}
    for name, text in texts.items():
        if not text.strip():
            wrong[name] = _("请填写原因。") if name == "reason" else _("请填写依据。")
        elif len(text) > 200 or "\0" in text:
            wrong[name] = _("内容过长或含有无法保存的字符，请控制在200字以内。")
    if wrong:
        raise RuleBroken(next(iter(wrong.values())), code="calendar_reason_missing", fields=wrong)
