"""The register of units on the police workbench (使用单位)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sealreg.accounts.jurisdiction import jurisdiction_of
from sealreg.accounts.models import User
from sealreg.audit.actors import actor_words
from sealreg.audit.services import record_read
from sealreg.clock import now
from sealreg.database.plans import custom_plans
from sealreg.errors import Conflict, DomainError
from sealreg.portal.unit_forms import CorrectUnitForm, PurposeForm, UnitFilter
from sealreg.regions.selectors import full_name_of
from sealreg.units.identifiers import credit_code_warnings, mask_number
from sealreg.units.models import RegistryState, Unit, UnitKind, UnitQuerySet, UnitSource, UnitVersion
from sealreg.units.permissions import allowed, check_can_correct_unit, check_can_reveal_personal
from sealreg.units.selectors import UnitSearch, get_unit, history_of, search
from sealreg.units.services import PersonalNumbers, correct_unit, reveal_personal
from sealreg.web.components import Event, Fact, Status
from sealreg.web.export import Format, export
from sealreg.web.paging import count_up_to, paginate
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column, Table

PAGE_SIZE = 50
EXPORT_LIMIT = 20_000
COUNT_LIMIT = 200

_TONES = {
    RegistryState.IN_BUSINESS: "done",
    RegistryState.CANCELLED: "quiet",
    RegistryState.REVOKED: "stopped",
    RegistryState.UNKNOWN: "waiting",
}


def _state(unit: Unit) -> Status:
    if not unit.is_confirmed:
        return Status(_("待登记机关核实"), "waiting")
    state = RegistryState(unit.registry_state)
    return Status(state.label, cast("Any", _TONES[state]))


def _columns() -> list[Column[Unit]]:
    # Words are looked up once a list: get_…_display translates every choice anew for each row.
    kinds = {kind.value: str(kind.label) for kind in UnitKind}
    place = cache(full_name_of)
    return [
        Column(_("单位名称"), lambda unit: unit.name, link=lambda unit: reverse("police_unit", args=[unit.number])),
        Column(_("统一社会信用代码"), lambda unit: unit.credit_code or unit.registration_no, kind="code"),
        Column(_("单位类型"), lambda unit: kinds[unit.kind]),
        Column(_("所在地"), lambda unit: place(unit.area)),
        Column(_("登记状态"), _state),
        Column(_("更新时间"), lambda unit: unit.updated_at, kind="moment"),
    ]


def _asked(form: UnitFilter, user: User) -> UnitSearch:
    """What the filter asks for; a field in error is left out, the rest still narrows."""
    form.is_valid()
    data = form.cleaned_data
    return search(
        user,
        data.get("q") or "",
        kind=data.get("kind") or "",
        area=data.get("area"),
        registry_state=data.get("state") or "",
        to_confirm=bool(data.get("to_confirm")),
    )


@require_GET
def police_units(request: HttpRequest) -> HttpResponseBase:
    """Units within reach, newest first (使用单位列表); `export=csv|xlsx` downloads what the filter asks for."""
    user = signed_in_user(request)
    form = UnitFilter(request.GET, reach=jurisdiction_of(user))
    found = _asked(form, user)
    if request.GET.get("export") in ("csv", "xlsx"):
        return _download(request, user, found.units)
    with custom_plans():
        count = count_up_to(found.units, COUNT_LIMIT)
        page = paginate(found.units, request.GET, size=PAGE_SIZE, count=count)
    query = request.GET.copy()
    query.pop("cursor", None)
    query.pop("export", None)
    context = {
        "filters": form,
        "message": found.message,
        "table": Table(columns=_columns(), rows=page.rows, caption=_("使用单位")),
        "page": page,
        "query": query.urlencode(),
    }
    return render(request, "portal/units.html", context)


def _download(request: HttpRequest, user: User, units: UnitQuerySet) -> HttpResponseBase:
    def rows() -> Iterator[Unit]:
        with custom_plans():
            yield from units[: EXPORT_LIMIT + 1].iterator(chunk_size=1_000)

    # A register taken away in one file is a look at many units, so it stands in the read log.
    record_read(
        by=user, at=now(), subject=("unit_list", user.number), fields=("export",), purpose=_("导出使用单位列表")
    )
    return export(_columns(), rows(), name=_("使用单位"), form=cast("Format", request.GET["export"]), most=EXPORT_LIMIT)


@never_cache
@require_GET
def police_unit(request: HttpRequest, number: str) -> HttpResponse:
    """One unit with its history, personal numbers masked (使用单位详情)."""
    user = signed_in_user(request)
    return _detail(request, user, get_unit(user, number), PurposeForm())


@never_cache
@require_POST
def police_unit_reveal(request: HttpRequest, number: str) -> HttpResponse:
    """The same with the numbers unmasked, once, after the reason is in the read log (查看完整号码)."""
    user = signed_in_user(request)
    unit = get_unit(user, number)
    form = PurposeForm(request.POST)
    shown = None
    if form.is_valid():
        try:
            shown = reveal_personal(unit, purpose=form.cleaned_data["purpose"], by=user, at=now())
        except DomainError as error:
            form.add_domain_error(error)
    return _detail(request, user, unit, form, shown)


def _detail(
    request: HttpRequest, user: User, unit: Unit, form: PurposeForm, shown: PersonalNumbers | None = None
) -> HttpResponse:
    def number(value: str | None, whole: str | None) -> str:
        if not value:
            return ""
        return (whole or "") if shown else mask_number(value)

    facts = [
        Fact(_("单位名称"), unit.name),
        Fact(_("英文名称"), unit.name_en),
        Fact(_("统一社会信用代码"), unit.credit_code, code=bool(unit.credit_code)),
        Fact(_("旧注册号"), unit.registration_no, code=bool(unit.registration_no)),
        Fact(_("单位类型"), unit.get_kind_display()),
        Fact(_("所在地"), full_name_of(unit.area)),
        Fact(_("地址"), unit.address),
        Fact(_("成立日期"), unit.established_on.isoformat() if unit.established_on else ""),
    ]
    person = [
        Fact(_("法定代表人（负责人）"), unit.legal_representative),
        Fact(_("证件种类"), unit.get_legal_document_kind_display()),
        Fact(_("证件号码"), number(unit.legal_document_no, shown.legal_document_no if shown else None), code=True),
        Fact(_("联系电话"), number(unit.legal_phone, shown.legal_phone if shown else None), code=True),
    ]
    context = {
        "unit": unit,
        "state": _state(unit),
        "facts": facts,
        "person": person,
        "shown": shown,
        "form": form,
        "warnings": credit_code_warnings(unit.credit_code) if unit.credit_code else [],
        "can_correct": allowed(check_can_correct_unit, user, unit),
        "can_reveal": allowed(check_can_reveal_personal, user, unit),
        "history": [_event(version) for version in history_of(unit)],
    }
    return render(request, "portal/unit.html", context, status=422 if form.errors else 200)


_FIELD_WORDS = {
    "name": gettext_lazy("单位名称"),
    "name_en": gettext_lazy("英文名称"),
    "kind": gettext_lazy("单位类型"),
    "area": gettext_lazy("所在地"),
    "credit_code": gettext_lazy("统一社会信用代码"),
    "registration_no": gettext_lazy("旧注册号"),
    "address": gettext_lazy("地址"),
    "legal_representative": gettext_lazy("法定代表人（负责人）"),
    "legal_document_kind": gettext_lazy("证件种类"),
    "legal_document_no": gettext_lazy("证件号码"),
    "legal_phone": gettext_lazy("联系电话"),
    "established_on": gettext_lazy("成立日期"),
    "registry_state": gettext_lazy("登记状态"),
}


def _event(version: UnitVersion) -> Event:
    fields = _("、").join(str(_FIELD_WORDS[field]) for field in version.changed)
    words = {"source": UnitSource(version.source).label, "fields": fields, "n": version.version}
    if version.version == 1:
        sentence = _("第1版：建档（%(source)s）。") % words
    else:
        sentence = _("第%(n)s版：%(source)s，变更%(fields)s。") % words
    if version.reason:
        sentence += _("原因：%(reason)s") % {"reason": version.reason}
    return Event(sentence, version.recorded_at, actor_words(version.recorded_by_name))


_CORRECTED = ("name", "name_en", "kind", "area", "address", "legal_representative", "established_on")


@never_cache
@require_http_methods(["GET", "POST"])
def police_unit_correct(request: HttpRequest, number: str) -> HttpResponse:
    """Correct a unit's file with a reason (更正使用单位资料)."""
    user = signed_in_user(request)
    unit = get_unit(user, number)
    check_can_correct_unit(user, unit)
    initial = {field: getattr(unit, field) for field in _CORRECTED} | {"version": unit.version}
    form = CorrectUnitForm(request.POST) if request.method == "POST" else CorrectUnitForm(initial=initial)
    status = 200
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        changes: dict[str, Any] = {field: data[field] for field in _CORRECTED}
        changes |= {field: data[field] for field in ("legal_document_no", "legal_phone") if data[field]}
        try:
            correct_unit(unit, changes, expected_version=data["version"], reason=data["reason"], by=user, at=now())
        except DomainError as error:
            form.add_domain_error(error)
            status = error.status
            if isinstance(error, Conflict):
                # The next attempt is made against what is on file now; what was typed stays in the form.
                data_again = request.POST.copy()
                data_again["version"] = str(get_unit(user, number).version)
                form.data = data_again
        else:
            messages.success(request, _("资料已更正，历史版本已保留。"))
            return redirect("police_unit", number=unit.number)
    return render(request, "portal/unit_correct.html", {"unit": unit, "form": form}, status=status)
