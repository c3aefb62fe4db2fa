"""Keeping the working-day calendar (工作日历维护), for the system administrator.

The calendar lies below the audit log and keeps a history of its own; here, where both are known, every change is also
written to the audit log, in the same transaction.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sealreg.accounts.models import User
from sealreg.audit.services import record
from sealreg.clock import now, today
from sealreg.database.canonical import JSON
from sealreg.database.door import transaction
from sealreg.errors import DomainError
from sealreg.portal.calendar_forms import AddDayForm, ConfirmImportForm, ImportYearForm, OfficeHoursForm, RemoveDayForm
from sealreg.regions.selectors import full_name_of
from sealreg.web.components import Event, Status
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column, Table
from sealreg.workdays.alarms import next_year_missing
from sealreg.workdays.hours import parse_periods, show_periods
from sealreg.workdays.importing import DayRow, YearPlan, as_json, decode, plan_year
from sealreg.workdays.models import AuthorityHours, CalendarChange, CalendarDay, CalendarYear, DayKind
from sealreg.workdays.selectors import load_calendar
from sealreg.workdays.services import add_day, import_year, remove_day, set_office_hours

_WEEKDAYS = (
    gettext_lazy("周一"),
    gettext_lazy("周二"),
    gettext_lazy("周三"),
    gettext_lazy("周四"),
    gettext_lazy("周五"),
    gettext_lazy("周六"),
    gettext_lazy("周日"),
)
_CHANGES_SHOWN = 20


def _audited(event: str, user: User, at: dt.datetime, change: Callable[[], CalendarChange]) -> CalendarChange:
    """One change of the calendar and its line in the audit log, both or neither."""
    with transaction(user):
        made = change()
        facts: dict[str, JSON] = {"version": made.version, "reason": made.reason, **made.summary}
        record(event, by=user, at=at, subject=("calendar", str(made.version)), facts=facts)
    return made


def _year_asked(request: HttpRequest) -> int:
    typed = request.GET.get("year", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) == 4 else today().year


@require_GET
def calendar(request: HttpRequest) -> HttpResponse:
    """A year of the calendar with what is missing in it (工作日历)."""
    return _page(request, _year_asked(request))


def _page(request: HttpRequest, year: int, *, status: int = 200, **forms: Any) -> HttpResponse:
    loaded = load_calendar()
    years = sorted(CalendarYear.objects.values_list("year", flat=True))
    rows = list(CalendarDay.objects.filter(year_id=year))
    alarm = next_year_missing(today(), loaded.years)
    context = {
        "year": year,
        "years": sorted({*years, today().year, today().year + 1}),
        "notice": CalendarYear.objects.filter(year=year).first(),
        "complete": year in loaded.years,
        "alarm": alarm,
        "version": loaded.version,
        "table": Table(
            columns=[
                Column(_("日期"), lambda day: day.date, kind="date"),
                Column(_("星期"), lambda day: str(_WEEKDAYS[day.date.weekday()])),
                Column(_("类别"), lambda day: _kind(day.kind)),
                Column(_("节日"), lambda day: day.name),
                Column(_("依据"), lambda day: day.source),
                Column(
                    _("操作"),
                    lambda day: _("移除"),
                    link=lambda day: reverse("calendar_remove", args=[day.date.isoformat()]),
                ),
            ],
            rows=rows,
            caption=_("%(year)s年放假与调休") % {"year": year},
        ),
        "hours": Table(
            columns=[
                Column(_("公安机关所在地"), lambda row: full_name_of(row.authority_no)),
                Column(_("起始日期"), lambda row: row.valid_from, kind="date"),
                Column(_("办公时段"), lambda row: show_periods(_pairs(row.periods))),
                Column(_("原因"), lambda row: row.reason),
            ],
            rows=list(AuthorityHours.objects.order_by("authority_no", "-valid_from", "-id")[:200]),
            caption=_("单独设置的办公时间"),
        ),
        "changes": [_event(change) for change in CalendarChange.objects.all()[:_CHANGES_SHOWN]],
        "add_form": AddDayForm(),
        "import_form": ImportYearForm(initial={"year": year if year not in loaded.years else year + 1}),
        "hours_form": OfficeHoursForm(),
    } | forms
    return render(request, "portal/calendar.html", context, status=status)


def _pairs(flat: list[int]) -> list[tuple[int, int]]:
    return list(zip(flat[::2], flat[1::2], strict=True))


def _kind(kind: str) -> Status:
    return Status(DayKind(kind).label, "quiet" if kind == DayKind.HOLIDAY else "progress")


def _event(change: CalendarChange) -> Event:
    sentence = _("第%(version)s版：%(kind)s。原因：%(reason)s") % {
        "version": change.version,
        "kind": change.get_kind_display(),
        "reason": change.reason,
    }
    return Event(sentence, change.changed_at, change.changed_by_name)


@require_POST
def calendar_add(request: HttpRequest) -> HttpResponse:
    """Add a day off or a make-up working day (新增日期)."""
    user, at = signed_in_user(request), now()
    form = AddDayForm(request.POST)
    year = _year_asked(request)
    if form.is_valid():
        data = form.cleaned_data
        row = DayRow(data["date"], DayKind(data["kind"]), data["name"])
        try:
            _audited(
                "workdays.day_added",
                user,
                at,
                lambda: add_day(row, year=year, source=data["source"], reason=data["reason"], by=user, at=at),
            )
        except DomainError as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("已加入日历，未办结事项的时限将按新日历重算。"))
            return redirect(f"{reverse('calendar')}?year={year}")
    return _page(request, year, status=422, add_form=form)


@require_http_methods(["GET", "POST"])
def calendar_remove(request: HttpRequest, date: str) -> HttpResponse:
    """Take a day out of the calendar with a reason (移除日期)."""
    user, at = signed_in_user(request), now()
    try:
        day = CalendarDay.objects.filter(date=dt.date.fromisoformat(date)).first()
    except ValueError:
        day = None
    if day is None:
        raise Http404
    form = RemoveDayForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        found = day
        try:
            _audited(
                "workdays.day_removed",
                user,
                at,
                lambda: remove_day(found.date, reason=form.cleaned_data["reason"], by=user, at=at),
            )
        except DomainError as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("已从日历移除，历史记录保留。"))
            return redirect(f"{reverse('calendar')}?year={day.year_id}")
    return render(
        request, "portal/calendar_remove.html", {"day": day, "form": form}, status=422 if form.errors else 200
    )


@require_POST
def calendar_import(request: HttpRequest) -> HttpResponse:
    """Check a file and show what it would change; nothing is written (导入预览)."""
    form = ImportYearForm(request.POST, request.FILES)
    if form.is_valid():
        year = form.cleaned_data["year"]
        try:
            text = decode(form.cleaned_data["file"].read())
        except DomainError as error:
            form.add_domain_error(error)
        else:
            plan = plan_year(year, text)
            confirm = ConfirmImportForm(
                initial={
                    "year": year,
                    "rows": json.dumps(as_json(plan.rows), ensure_ascii=False),
                    "complete": True,
                    "source": _("国务院办公厅关于%(year)s年部分节假日安排的通知") % {"year": year},
                }
            )
            return _preview(request, plan, confirm)
    return _page(request, _year_asked(request), status=422, import_form=form)


def _preview(request: HttpRequest, plan: YearPlan, form: ConfirmImportForm, status: int = 200) -> HttpResponse:
    changes = ((_("新增"), plan.added), (_("更改"), plan.changed), (_("移除"), plan.removed))
    rows = [(act, row) for act, given in changes for row in given]
    context = {
        "plan": plan,
        "form": form,
        "table": Table(
            columns=[
                Column(_("变化"), lambda pair: pair[0]),
                Column(_("日期"), lambda pair: pair[1].date, kind="date"),
                Column(_("星期"), lambda pair: str(_WEEKDAYS[pair[1].date.weekday()])),
                Column(_("类别"), lambda pair: _kind(pair[1].kind)),
                Column(_("节日"), lambda pair: pair[1].name),
            ],
            rows=rows,
            caption=_("导入后的变化"),
        ),
        "unchanged": ngettext("另有%(n)s天不变。", "另有%(n)s天不变。", plan.unchanged) % {"n": plan.unchanged},
    }
    return render(request, "portal/calendar_import.html", context, status=422 if plan.problems else status)


@require_POST
def calendar_import_confirm(request: HttpRequest) -> HttpResponse:
    """Carry the checked import out (确认导入)."""
    user, at = signed_in_user(request), now()
    form = ConfirmImportForm(request.POST)
    form.is_valid()
    data = form.cleaned_data
    if "year" not in data or "rows" not in data:
        messages.error(request, _("导入内容不完整，请重新选择文件。"))
        return redirect("calendar")
    plan = plan_year(data["year"], data["rows"])
    if not form.errors:
        try:
            _audited(
                "workdays.year_imported",
                user,
                at,
                lambda: import_year(
                    plan,
                    complete=data["complete"],
                    announced_on=data["announced_on"],
                    source=data["source"],
                    reason=data["reason"],
                    by=user,
                    at=at,
                ),
            )
        except DomainError as error:
            form.add_domain_error(error)
        else:
            messages.success(
                request, _("%(year)s年放假安排已导入，未办结事项的时限将按新日历重算。") % {"year": plan.year}
            )
            return redirect(f"{reverse('calendar')}?year={plan.year}")
    return _preview(request, plan, form, status=422)


@never_cache
@require_POST
def calendar_hours(request: HttpRequest) -> HttpResponse:
    """Set an authority's office hours from a day on (设置办公时间)."""
    user, at = signed_in_user(request), now()
    form = OfficeHoursForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            periods = parse_periods(data["periods"])
            _audited(
                "workdays.hours_set",
                user,
                at,
                lambda: set_office_hours(
                    data["authority_no"],
                    periods=periods,
                    valid_from=data["valid_from"],
                    reason=data["reason"],
                    by=user,
                    at=at,
                ),
            )
        except DomainError as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("办公时间已设置。"))
            return redirect("calendar")
    return _page(request, _year_asked(request), status=422, hours_form=form)
