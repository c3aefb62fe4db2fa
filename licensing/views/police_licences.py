"""Applications on the police workbench (许可申请列表): by remaining working time, late first; figures, printing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from functools import cache
from typing import cast

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from licensing.access import may_see_papers
from licensing.choices import Mode, Regime
from licensing.clock import Ledger
from licensing.models import LicenceApplication
from licensing.police_filters import WorkFilter
from licensing.regimes import filing_from
from licensing.views.opening_clock import clock_of, days_words
from licensing.views.opening_parts import case_facts, decision_facts, shop_facts, standing_of, status_of
from licensing.views.police_licences_case import open_facts
from licensing.work_selectors import Asked, figures_of, ledgers_of, worklist_of
from sealreg.accounts.jurisdiction import jurisdiction_of
from sealreg.accounts.models import User
from sealreg.audit.services import record_read
from sealreg.clock import now
from sealreg.database.numbers import read_public_number
from sealreg.database.plans import custom_plans
from sealreg.regions.selectors import full_name_of
from sealreg.web.components import Counter, Deadline, NavItem, Status
from sealreg.web.export import Format, export
from sealreg.web.paging import count_up_to, paginate
from sealreg.web.place import place_facts
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column, Table

PAGE_SIZE = 50
COUNT_LIMIT = 1_000
EXPORT_LIMIT = 20_000
PRINT_LIMIT = 50


def tabs_of(request: HttpRequest) -> list[NavItem]:
    """The lists of this workbench (列表页签)."""
    named = (
        ("police_licences", pgettext("list", "许可申请")),
        ("police_licence_register", pgettext("list", "许可证")),
        ("police_licence_changes", pgettext("list", "许可证变更")),
        ("police_suspensions", pgettext("list", "停业复业")),
        ("police_revocations", pgettext("list", "拟撤销")),
        ("police_shop_filings", pgettext("list", "开业备案")),
        ("police_licence_breaches", _("超时")),
        ("police_licence_figures", _("各地数字")),
        ("police_materials", _("材料清单")),
    )
    return [NavItem(label, reverse(name), request.path == reverse(name)) for name, label in named]


def left_words(application: LicenceApplication, ledger: Ledger | None) -> Deadline | Status | None:
    """The remaining working time of one row (剩余时间)."""
    if application.clock_ended_at is not None or ledger is None:
        return None
    if ledger.paused:
        return Status(_("中止计时，剩%(days)s个工作日") % {"days": days_words(ledger.left)}, "waiting")
    if ledger.at > ledger.due_at:
        words = _("第%(day)s个工作日，已超时") % {"day": ledger.day}
        return Deadline(ledger.due_at, words, "late" if ledger.binding else "calm")
    if ledger.day == 0:
        return Deadline(ledger.due_at, _("当日不计，剩%(days)s个工作日") % {"days": days_words(ledger.left)})
    words = _("第%(day)s个工作日，剩%(days)s个") % {"day": ledger.day, "days": days_words(ledger.left)}
    return Deadline(ledger.due_at, words, "soon" if ledger.day >= 4 and ledger.binding else "calm")


def _names(user: User) -> Mapping[str, str]:
    """Names of colleagues by number (同事姓名), for the column of who handles; of one's own authority alone."""
    if user.organisation is None:
        return {}
    found = User.objects.filter(memberships__organisation=user.organisation.pk, memberships__ended_at__isnull=True)
    return dict(found.values_list("number", "name"))


def spans_places(user: User) -> bool:
    """Whether the reader oversees more than one place (是否跨地区): else a column of places says nothing."""
    reach = jurisdiction_of(user)
    return reach is None or reach.high - reach.low > 1


def _columns(
    ledgers: Mapping[int, Ledger], names: Mapping[str, str], *, choose: bool, places: bool = True
) -> list[Column[LicenceApplication]]:
    place, modes = cache(full_name_of), {value: str(label) for value, label in Mode.choices}

    def box(one: LicenceApplication) -> str:
        label = _("选择 %(shop)s") % {"shop": one.shop_name}
        return format_html(
            '<div class="govuk-checkboxes govuk-checkboxes--small"><div class="govuk-checkboxes__item">'
            '<input class="govuk-checkboxes__input" id="choose-{0}" type="checkbox" name="number" value="{0}">'
            '<label class="govuk-label govuk-checkboxes__label" for="choose-{0}">'
            '<span class="govuk-visually-hidden">{1}</span></label></div></div>',
            one.number, label,
        )  # fmt: skip

    def link(one: LicenceApplication) -> str:
        return reverse("police_application", args=[one.number])

    def due(one: LicenceApplication) -> Deadline | Status | None:
        return left_words(one, ledgers.get(one.pk))

    columns: list[Column[LicenceApplication]] = [
        Column(_("企业名称"), lambda one: one.shop_name, link=link),
        Column(_("申请编号"), lambda one: one.number, kind="code"),
        Column(_("状态"), status_of),
        Column(_("剩余工作时间"), due) if choose else Column(_("应办结日期"), lambda one: one.due_on, kind="date"),
        *([Column(_("所在地"), lambda one: place(one.area) if one.area else "")] if places else []),
        Column(_("申请方式"), lambda one: modes[one.mode]),
        Column(_("经办人"), lambda one: names.get(one.assigned_to, "")),
        Column(_("提交时间"), lambda one: one.submitted_at, kind="moment"),
    ]
    return [*columns, Column(_("打印"), box)] if choose else columns


def _asked(form: WorkFilter) -> Asked:
    given = form.cleaned_data
    return Asked(
        view=given.get("view") or "work",
        term=given.get("q") or "",
        mode=given.get("mode") or "",
        mine=bool(given.get("mine")),
        place=given.get("county"),
    )


@never_cache
@require_GET
def police_licences(request: HttpRequest) -> HttpResponseBase:
    """Applications within reach, late first (许可申请); `export=csv|xlsx` downloads what the filter asks for."""
    user, at = signed_in_user(request), now()
    form = WorkFilter(request.GET, reach=jurisdiction_of(user))
    form.is_valid()
    if form.cleaned_data.get("regime") == Regime.FILING_2025:
        kept = request.GET.copy()
        for name in ("regime", "view", "mode", "mine", "cursor", "export"):
            kept.pop(name, None)
        return redirect(f"{reverse('police_shop_filings')}?{kept.urlencode()}")
    names = _names(user)
    with custom_plans():
        found = worklist_of(user, _asked(form), at=at)
        if request.GET.get("export") in ("csv", "xlsx"):
            return _export(request, user, form, names, at)
        page = paginate(found, request.GET, size=PAGE_SIZE, count=count_up_to(found, COUNT_LIMIT))
        figures = figures_of(user, at=at)
    ledgers = ledgers_of(page.rows, at=at)
    query = request.GET.copy()
    for name in ("cursor", "export"):
        query.pop(name, None)
    late = {pk for pk, ledger in ledgers.items() if ledger.breached and ledger.running}
    context = {
        "tabs": tabs_of(request),
        "filters": form,
        "facts": place_facts(user),
        "counters": _counters(figures),
        "page": page,
        "query": query.urlencode(),
        "table": Table(
            columns=_columns(ledgers, names, choose=True, places=spans_places(user)), rows=page.rows,
            caption=pgettext("list", "许可申请"),
            late=lambda one: one.pk in late,
        ),
        "filing_from": filing_from(user.police_unit.authority_no) if user.police_unit else None,
        "narrowed": any(request.GET.get(name) for name in ("q", "view", "mode", "mine", "county")),
    }  # fmt: skip
    return render(request, "licensing/police/licences.html", context)


def _export(
    request: HttpRequest, user: User, form: WorkFilter, names: Mapping[str, str], at: dt.datetime
) -> HttpResponseBase:
    def rows() -> Iterator[LicenceApplication]:
        with custom_plans():
            yield from worklist_of(user, _asked(form), at=at)[: EXPORT_LIMIT + 1].iterator(chunk_size=1_000)

    record_read(
        by=user, at=at, subject=("application_list", user.number), fields=("export",), purpose=_("导出许可申请列表")
    )
    columns = _columns({}, names, choose=False)
    return export(columns, rows(), name=_("许可申请"), form=cast("Format", request.GET["export"]), most=EXPORT_LIMIT)


def _counters(figures: Mapping[str, int]) -> list[Counter]:
    here = reverse("police_licences")

    def counter(label: str, view: str, tone: str = "") -> Counter:
        number = figures[view]
        return Counter(label, f"{number:,}", f"{here}?view={view}", tone if number else "")  # type: ignore[arg-type]

    return [
        counter(_("待公安机关办理"), "waiting"),
        counter(_("中止计时"), "paused"),
        counter(_("已到第4个工作日"), "day_four", "soon"),
        counter(_("已到第6个工作日"), "day_six", "soon"),
        counter(_("已超时"), "breached", "late"),
        counter(_("本月已决定"), "decided"),
    ]


@never_cache
@require_GET
def police_licences_print(request: HttpRequest) -> HttpResponse:
    """Chosen cases on one page for the printer (成批打印); the look is in the read log."""
    user, at = signed_in_user(request), now()
    asked = [known for typed in request.GET.getlist("number")[:PRINT_LIMIT] if (known := read_public_number(typed))]
    found = {
        one.number: one
        for one in LicenceApplication.objects.visible_to(user)
        .filter(number__in=asked)
        .select_related("organisation", "licence")
    }
    rows = [found[number] for number in dict.fromkeys(asked) if number in found]
    readable = may_see_papers(user)
    for one in rows:
        record_read(
            by=user,
            at=at,
            subject=("licence_application", one.number),
            fields=("print",),
            purpose=_("打印许可申请案卷"),
        )
    context = {
        "at": at,
        "cases": [
            {
                "application": one,
                "standing": standing_of(one),
                "facts": case_facts(one),
                "shop_facts": shop_facts(one) if readable else open_facts(one),
                "clock": clock_of(one, at=at),
                "decision": decision_facts(one),
            }
            for one in rows
        ],
        "left_out": len(set(asked)) - len(rows),
    }
    return render(request, "licensing/police/licences_print.html", context)
