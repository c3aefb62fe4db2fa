"""What stands above the county (督办与清单): breaches, figures by place, the province's list, the day of each law."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from licensing.choices import Mode
from licensing.models import ApplicationClock, MaterialRequirement
from licensing.opening_subjects import in_words
from licensing.permissions import check_can_keep_list
from licensing.police_filters import BreachFilter, premises_of_the_province
from licensing.police_licence_forms import EndMaterialForm, MaterialForm
from licensing.services.materials import add_material, check_keeps_list, end_material
from licensing.views.acting import act_page
from licensing.views.opening_parts import status_of
from licensing.views.police_licences import EXPORT_LIMIT, PAGE_SIZE, tabs_of
from licensing.views.police_licences_acts import law_words
from licensing.work_selectors import breaches_of, figures_by_place
from sealreg.accounts.choices import AuthorityLevel
from sealreg.accounts.jurisdiction import jurisdiction_of
from sealreg.accounts.models import User
from sealreg.clock import now, shanghai
from sealreg.errors import NotFound, OutsideJurisdiction
from sealreg.regions.selectors import PROVINCE, exists, full_name_of, name_of
from sealreg.web.components import Fact, Status
from sealreg.web.export import Format, export
from sealreg.web.once import OnceForm
from sealreg.web.paging import count_up_to, paginate
from sealreg.web.place import place_facts
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column, Table

COUNT_LIMIT = 1_000
Figures = tuple[int, Mapping[str, int]]


def _breach_columns() -> list[Column[ApplicationClock]]:
    return [
        Column(
            _("企业名称"), lambda one: one.application.shop_name,
            link=lambda one: reverse("police_application", args=[one.application.number]),
        ),
        Column(_("申请编号"), lambda one: one.application.number, kind="code"),
        Column(_("所在地"), lambda one: full_name_of(one.application.area) if one.application.area else ""),
        Column(_("现在的状态"), lambda one: status_of(one.application)),
        Column(_("应办结日期"), lambda one: str(one.facts.get("due", ""))),
        Column(_("上报时间"), lambda one: one.at, kind="moment"),
        Column(_("办结时间"), lambda one: one.application.clock_ended_at, kind="moment"),
    ]  # fmt: skip


@never_cache
@require_GET
def police_licence_breaches(request: HttpRequest) -> HttpResponseBase:
    """Breaches raised on day 8 (超时), newest first: to the city for its counties, to the province for all."""
    user = signed_in_user(request)
    form = BreachFilter(request.GET, reach=jurisdiction_of(user))
    form.is_valid()
    asked = form.cleaned_data
    found = breaches_of(user, place=asked.get("county"), only_open=bool(asked.get("only_open")))
    if request.GET.get("export") in ("csv", "xlsx"):

        def rows() -> Iterator[ApplicationClock]:
            yield from found[: EXPORT_LIMIT + 1].iterator(chunk_size=1_000)

        return export(
            _breach_columns(),
            rows(),
            name=_("许可办理超时"),
            form=cast("Format", request.GET["export"]),
            most=EXPORT_LIMIT,
        )
    page = paginate(found, request.GET, size=PAGE_SIZE, count=count_up_to(found, COUNT_LIMIT))
    query = request.GET.copy()
    for name in ("cursor", "export"):
        query.pop(name, None)
    context = {
        "tabs": tabs_of(request),
        "title": _("许可办理超时"),
        "intro": _("超过7个工作日没有办结的，系统在第8个工作日记录并报上级公安机关督办；本表不因办结而删去。"),
        "here": reverse("police_licence_breaches"),
        "filters": form,
        "facts": place_facts(user),
        "page": page,
        "query": query.urlencode(),
        "table": Table(columns=_breach_columns(), rows=page.rows, caption=_("许可办理超时")),
        "nothing": _("没有超时"),
        "advice": _("辖区内的许可申请都在7个工作日内办结。"),
    }
    return render(request, "licensing/police/list.html", context)


def _figure_columns() -> list[Column[Figures]]:
    here = reverse("police_licences")

    def drilled(label: str, view: str) -> Column[Figures]:
        return Column(
            label, lambda row: row[1][view], kind="number", link=lambda row: f"{here}?view={view}&county={row[0]}"
        )  # fmt: skip

    def place(row: Figures) -> str:
        if row[0] == PROVINCE:
            return premises_of_the_province()
        return full_name_of(row[0]) if exists(row[0]) else _("专属管辖场所 %(code)s") % {"code": row[0]}

    return [
        Column(_("地区"), place),
        drilled(_("在办"), "work"),
        drilled(_("待公安机关办理"), "waiting"),
        drilled(_("中止计时"), "paused"),
        drilled(_("已到第4个工作日"), "day_four"),
        drilled(_("已到第6个工作日"), "day_six"),
        drilled(_("已超时"), "breached"),
        drilled(_("本月已决定"), "decided"),
    ]


@never_cache
@require_GET
def police_licence_figures(request: HttpRequest) -> HttpResponseBase:
    """Figures by county for a city, by city for the province (各地数字); each leads to the cases behind it."""
    user, at = signed_in_user(request), now()
    by_city = user.police_unit is None or user.police_unit.level == AuthorityLevel.PROVINCE
    rows = list(figures_by_place(user, at=at, cities=by_city).items())
    if request.GET.get("export") in ("csv", "xlsx"):
        return export(_figure_columns(), rows, name=_("许可办理数字"), form=cast("Format", request.GET["export"]))
    context = {
        "tabs": tabs_of(request),
        "title": _("各地许可办理数字"),
        "intro": _("点选数字可以查看背后的案件。"),
        "facts": place_facts(user),
        "table": Table(
            columns=_figure_columns(), rows=rows, caption=_("各地许可办理数字"), late=lambda row: row[1]["breached"] > 0
        ),
        "nothing": _("还没有许可申请"),
        "advice": _("辖区内企业提交许可申请后，这里按地区列出数字。"),
    }
    return render(request, "licensing/police/list.html", context)


def regime_facts() -> list[Fact]:
    """From which day the later law applies, and where (施行日期): as the setting holds it."""
    dates = sorted(settings.SHOP_FILING_FROM.items())
    if not dates:
        return [Fact(_("开业备案"), _("没有设定施行日期，全省实行特种行业许可。"))]
    return [Fact(_place_of(prefix), _("%(day)s起实行开业备案") % {"day": day.isoformat()}) for prefix, day in dates] + [
        Fact(_("其他地区"), _("实行特种行业许可"))
    ]


def _place_of(prefix: str) -> str:
    code = int(prefix.ljust(6, "0")) if prefix.isdigit() else 0
    return name_of(code) if exists(code) else prefix


def _keeps(user: User) -> bool:
    try:
        check_can_keep_list(user)
    except OutsideJurisdiction:
        return False
    return True


def _material_columns(*, keeps: bool) -> list[Column[MaterialRequirement]]:
    today = shanghai(now()).date()
    modes = {value: str(label) for value, label in Mode.choices}

    def state(one: MaterialRequirement) -> Status:
        if one.applies_from > today:
            return Status(_("尚未施行"), "waiting")
        if one.applies_until is not None and one.applies_until <= today:
            return Status(_("已停用"), "quiet")
        return Status(_("施行中"), "done")

    def required(one: MaterialRequirement) -> str:
        if not one.required:
            return _("可选")
        return _("登记信息已核实时免交") if one.shared else _("必交")

    def link(one: MaterialRequirement) -> str:
        return reverse("police_material_end", args=[one.pk]) if keeps and one.applies_until is None else ""

    return [
        Column(_("材料"), in_words, link=link),
        Column(_("办理依据"), lambda one: str(one.get_regime_display())),
        Column(_("申请方式"), lambda one: _("、").join(modes[mode] for mode in one.modes if mode in modes)),
        Column(_("要求"), required),
        Column(_("依据"), lambda one: law_words(one.basis, one.clause)),
        Column(_("起始日期"), lambda one: one.applies_from, kind="date"),
        Column(_("停用日期"), lambda one: one.applies_until, kind="date"),
        Column(_("状态"), state),
    ]


@never_cache
@require_GET
def police_materials(request: HttpRequest) -> HttpResponseBase:
    """The province's list of papers, with what was and what will be (材料清单)."""
    user = signed_in_user(request)
    rows = list(MaterialRequirement.objects.order_by("-regime", "applies_until", "applies_from", "id"))
    if request.GET.get("export") in ("csv", "xlsx"):
        columns = _material_columns(keeps=False)
        return export(columns, rows, name=_("申请材料清单"), form=cast("Format", request.GET["export"]))
    keeps = _keeps(user)
    context = {
        "tabs": tabs_of(request),
        "title": _("申请材料清单"),
        "intro": _("清单由省厅统一制定，市、县不得增加材料。每项自起始日期起适用于当日及以后提交的申请。")
        + (_("点选材料可以停用。") if keeps else ""),
        "law": regime_facts(),
        "facts": place_facts(user),
        "links": [
            *([(reverse("police_material_new"), _("增加材料项目"))] if keeps else []),
            (reverse("guide_law"), _("全部法律依据")),
        ],
        "table": Table(columns=_material_columns(keeps=keeps), rows=rows, caption=_("申请材料清单")),
        "nothing": _("清单为空"),
        "advice": _("由省厅增加材料项目。"),
    }
    return render(request, "licensing/police/list.html", context)


def _for_others(request: HttpRequest, user: User, code: str) -> HttpResponse | None:
    """Who may only read is led to the list, which says who keeps it; sending the form is refused and goes on record."""
    if request.method == "POST":
        check_keeps_list(code, by=user, at=now())
    return None if _keeps(user) else redirect("police_materials")


@never_cache
@require_http_methods(["GET", "POST"])
def police_material_new(request: HttpRequest) -> HttpResponse:
    """The province adds an item from a day on (增加材料项目)."""
    user = signed_in_user(request)
    if (elsewhere := _for_others(request, user, request.POST.get("code", ""))) is not None:
        return elsewhere
    form = MaterialForm(request.POST if request.method == "POST" else None)
    return _keep(
        request, user, form,
        lambda at: add_material(form.item(), applies_from=form.cleaned_data["applies_from"], by=user, at=at),
        title=_("增加材料项目"), button=_("增加"), done=_("已增加，自起始日期起适用。"),
        intro=_("增加后全省适用，企业在该日及以后提交申请时会看到。"),
    )  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
def police_material_end(request: HttpRequest, item: int) -> HttpResponse:
    """The province ends an item from a day on (停用材料项目)."""
    user = signed_in_user(request)
    found = MaterialRequirement.objects.filter(pk=item).first()
    if (elsewhere := _for_others(request, user, found.code if found is not None else "")) is not None:
        return elsewhere
    if found is None:
        raise NotFound
    form = EndMaterialForm(request.POST if request.method == "POST" else None)
    return _keep(
        request, user, form, lambda at: end_material(found, applies_until=form.day, by=user, at=at),
        title=_("停用材料项目"), button=_("确认停用"), done=_("已停用，历史保留。"), lead=in_words(found),
        intro=_("自停用日期起提交的申请不再要求这项材料；此前的申请不受影响。"), serious=True,
    )  # fmt: skip


def _keep(
    request: HttpRequest, user: User, form: OnceForm, act: Callable[[dt.datetime], object], **shown: Any
) -> HttpResponse:
    return act_page(request, form, act, by=user, onward=reverse("police_materials"), **shown)
