"""A new filing at the shop (新建备案): unit, form, check, receipt."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import cast

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from filing.choices import Material, Reason, SealType, Shape
from filing.drafting import (
    COUNT,
    DraftForms,
    Typed,
    blank_forms,
    draft_forms,
    seal_count,
    typed_values,
    with_seal,
    with_usual,
    without_seal,
)
from filing.models import SealFiling
from filing.selectors import visible_filing
from filing.services.drafts import discard_draft, save_draft, start_draft
from filing.services.submission import check_request, submit_filing
from filing.shop_forms import MOST_SEALS, NewFilingForm, SubmitForm
from filing.specs import size_words
from filing.views.limits import limit_of
from filing.views.shop import shop_of
from sealreg.attachments.forms import store_submitted
from sealreg.clock import now
from sealreg.database.actor import Actor
from sealreg.database.numbers import show_public_number
from sealreg.errors import DomainError, NotFound, RuleBroken
from sealreg.regions.selectors import full_name_of
from sealreg.units.identifiers import mask_number
from sealreg.units.lookup import look_up_unit
from sealreg.units.models import RegistryState, Unit, UnitSource
from sealreg.units.selectors import find_by_credit_code
from sealreg.units.services import record_unit
from sealreg.web.components import Fact
from sealreg.web.once import run_once
from sealreg.web.signed_in import signed_in_user
from sealreg.web.templatetags.ui import moment


@never_cache
@require_http_methods(["GET", "POST"])
def shop_new(request: HttpRequest) -> HttpResponse:
    """Begin a filing with the unit's credit code (新建备案)."""
    user = signed_in_user(request)
    shop = shop_of(user)
    if shop is None:
        raise NotFound
    form = NewFilingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        code, at = form.cleaned_data["credit_code"], now()
        unit = look_up_unit(code, at=at)
        typed = with_usual({"credit_code": code, COUNT: "1"}, unit)

        def start() -> str:
            draft = start_draft(shop, by=user, at=at, form=typed, unit=unit)
            return reverse("shop_draft", args=[draft.number])

        return redirect(run_once(form.key, by=user, at=at, act=start))
    return render(request, "filing/shop/new.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def shop_draft(request: HttpRequest, number: str) -> HttpResponse:
    """The one form of a filing (填写备案): whatever is sent is kept first, right or wrong."""
    user, at = signed_in_user(request), now()
    filing = visible_filing(number, by=user)
    if filing.status != "DRAFT":
        return redirect("shop_filing", number=filing.number)
    typed = typed_values(filing)
    unit = _unit_for(filing, typed)
    if request.method == "GET":
        if "check" in request.GET:
            found = draft_forms(filing, typed, unit)
            status = 200 if _is_ready(found, by=user, at=at) else 422
            return _form_page(request, found, status=status)
        return _form_page(request, blank_forms(filing, with_usual(typed, unit), unit, by=user))
    sent = {name: str(value) for name, value in request.POST.items()} | {"credit_code": typed.get("credit_code", "")}
    return _take(request, filing, sent, unit, by=user, at=at)


def _take(
    request: HttpRequest, filing: SealFiling, sent: Typed, unit: Unit | None, *, by: Actor, at: dt.datetime
) -> HttpResponse:
    act, _colon, argument = sent.get("action", "next").partition(":")
    found = draft_forms(filing, with_usual(sent, unit), unit, files=request.FILES)
    store_submitted(found.main, by=by, at=at)
    kept = found.values()
    here = reverse("shop_draft", args=[filing.number])
    if act == "add":
        kept = with_usual(with_seal(kept, argument), unit)
        here += f"#seal-{seal_count(kept)}"
    elif act == "remove" and argument.isascii() and argument.isdigit() and len(argument) < 3:
        kept = without_seal(kept, int(argument))
        here += "#seals"
    try:
        save_draft(filing, by=by, at=at, form=kept, unit=unit)
    except RuleBroken as error:
        found.add_domain_error(error)
        return _form_page(request, found, status=422)
    if act == "save":
        messages.success(request, _("草稿已保存，可随时回来继续填写。"))
        return redirect("shop_home")
    if act in ("add", "remove"):
        return redirect(here)
    if not _is_ready(found, by=by, at=at):
        return _form_page(request, found, status=422)
    return redirect("shop_check", number=filing.number)


def _unit_for(filing: SealFiling, typed: Typed) -> Unit | None:
    """The unit of a draft, looked for again each time: the registry may have brought it meanwhile."""
    if filing.unit is not None:
        return filing.unit
    try:
        return find_by_credit_code(typed.get("credit_code", ""))
    except RuleBroken:
        return None


def _is_ready(found: DraftForms, *, by: Actor, at: dt.datetime) -> bool:
    if not found.is_valid(by=by, at=at):
        return False
    try:
        check_request(found.request(), at=at)
    except RuleBroken as error:
        found.add_domain_error(error)
        return False
    return True


def _form_page(request: HttpRequest, found: DraftForms, *, status: int = 200) -> HttpResponse:
    context = {
        "filing": found.filing,
        "unit": found.unit,
        "unit_facts": _unit_facts(found),
        "by_hand": found.by_hand,
        "main": found.main,
        "seals": found.seals,
        "all_forms": found.all,
        "types": SealType.choices if len(found.seals) < MOST_SEALS else (),
        "most": MOST_SEALS,
        "wrong": status == 422,
    }
    return render(request, "filing/shop/form.html", context, status=status)


def _unit_facts(found: DraftForms) -> list[Fact]:
    unit = found.unit
    facts = [Fact(_("统一社会信用代码"), found.credit_code, code=True)]
    if unit is None:
        return facts
    state = RegistryState(unit.registry_state).label if unit.is_confirmed else _("待登记机关核实")
    return [
        Fact(_("单位名称"), unit.name),
        *facts,
        Fact(_("所在地"), full_name_of(unit.area)),
        Fact(_("法定代表人（负责人）"), unit.legal_representative),
        Fact(_("登记状态"), state),
    ]


@never_cache
@require_http_methods(["GET", "POST"])
def shop_check(request: HttpRequest, number: str) -> HttpResponse:
    """Check the answers and submit (核对并提交备案)."""
    user, at = signed_in_user(request), now()
    filing = visible_filing(number, by=user)
    if filing.status != "DRAFT":
        return redirect("shop_filing", number=filing.number)
    typed = typed_values(filing)
    found = draft_forms(filing, typed, _unit_for(filing, typed))
    if not _is_ready(found, by=user, at=at):
        return redirect(f"{reverse('shop_draft', args=[filing.number])}?check=1")
    form = SubmitForm(request.POST or None)
    if request.method == "POST" and form.is_valid():

        def submit() -> str:
            unit = found.unit
            if unit is None and found.unit_data is not None:
                unit = record_unit(found.unit_data, source=UnitSource.FORM, by=user, at=at)
            submit_filing(filing, found.request(unit), by=user, at=at)
            return reverse("shop_receipt", args=[filing.number])

        try:
            return redirect(run_once(form.key, by=user, at=at, act=submit))
        except DomainError as error:
            form.add_domain_error(error)
    edit = reverse("shop_draft", args=[filing.number])
    context = {
        "filing": filing,
        "form": form,
        "unit_facts": _checked_unit(found, edit),
        "handler_facts": _checked_handler(found, edit),
        "seals": [_checked_seal(data.cleaned_data, f"{edit}#seal-{n}") for n, data in enumerate(found.seals, 1)],
    }
    return render(request, "filing/shop/check.html", context, status=422 if form.errors else 200)


def _checked_unit(found: DraftForms, edit: str) -> list[Fact]:
    if found.unit is not None or found.unit_data is None:
        return _unit_facts(found)
    data = found.unit_data
    return [
        Fact(_("单位名称"), data.name, f"{edit}#id_unit-name"),
        Fact(_("统一社会信用代码"), data.credit_code, code=True),
        Fact(_("所在地"), full_name_of(data.area), f"{edit}#id_unit-area"),
        Fact(_("单位地址"), data.address, f"{edit}#id_unit-address"),
        Fact(_("法定代表人（负责人）"), data.legal_representative, f"{edit}#id_unit-legal_representative"),
        Fact(_("登记状态"), _("待登记机关核实")),
    ]


def _checked_handler(found: DraftForms, edit: str) -> list[Fact]:
    data = found.main.cleaned_data
    paper = data.get("authorisation")
    return [
        Fact(_("刻制原因"), Reason(data["reason"]).label, f"{edit}#id_reason_0"),
        Fact(_("经办人"), data["handler_name"], f"{edit}#id_handler_name"),
        Fact(_("证件号码"), mask_number(data["handler_id"]), f"{edit}#id_handler_id", code=True),
        Fact(_("联系电话"), data["handler_phone"], f"{edit}#id_handler_phone"),
        Fact(
            _("经办身份"),
            _("法定代表人本人") if data["handler_is_representative"] else _("受委托人"),
            f"{edit}#id_handler_is_representative",
        ),
        Fact(_("授权委托书"), paper.original_name if paper else _("无"), f"{edit}#id_authorisation"),
    ]


def _checked_seal(data: dict[str, object], change: str) -> list[Fact]:
    size = size_words(cast("Decimal", data["width_mm"]), cast("Decimal", data["height_mm"]))
    shape = Shape(cast("str", data["shape"])).label
    return [
        Fact(_("印章类型"), SealType(cast("str", data["seal_type"])).label, change),
        Fact(_("印章名称"), data["name"], change),
        Fact(_("形状和尺寸（毫米）"), f"{shape} {size}", change),
        Fact(_("章面材料"), Material(cast("str", data["material"])).label, change),
    ]


@never_cache
@require_http_methods(["GET", "POST"])
def shop_discard(request: HttpRequest, number: str) -> HttpResponse:
    """Give up a draft (放弃草稿), after one question."""
    user = signed_in_user(request)
    filing = visible_filing(number, by=user)
    if filing.status != "DRAFT":
        return redirect("shop_filing", number=filing.number)
    if request.method == "POST":
        discard_draft(filing, by=user, at=now())
        messages.success(request, _("草稿已放弃。"))
        return redirect("shop_home")
    return render(request, "filing/shop/discard.html", {"filing": filing})


@never_cache
@require_GET
def shop_receipt(request: HttpRequest, number: str) -> HttpResponse:
    """The receipt (备案回执): number, codes, a picture that leads to the progress, and what happens next."""
    user = signed_in_user(request)
    filing = visible_filing(number, by=user)
    if filing.submitted_at is None or filing.unit is None:
        raise NotFound
    address = request.build_absolute_uri(f"{reverse('progress')}?number={filing.number}")
    context = {
        "filing": filing,
        "shown_number": show_public_number(filing.number),
        "facts": [
            Fact(_("单位名称"), filing.unit.name),
            Fact(_("刻章企业"), str(filing.shop.organisation)),
            Fact(_("联系电话"), filing.shop.phone),
            Fact(_("提交时间"), moment(filing.submitted_at)),
        ],
        "seals": list(filing.seals.select_related("chip__receipt_line").order_by("code")),
        "picture": segno.make(address, error="m").svg_data_uri(scale=4, border=2),
        **limit_of(filing, at=now()),
    }
    return render(request, "filing/shop/receipt.html", context)
