"""Filling in an application or a filing (填写开办申请或备案): start, one page for each step, the last look."""

from __future__ import annotations

import datetime as dt

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from licensing.choices import Regime
from licensing.models import ShopFiling
from licensing.opening_drafting import (
    MOST_ROWS,
    ROWS,
    TITLES,
    Draft,
    Statement,
    Typed,
    merged,
    place_of,
    steps_for,
    typed_values,
    usual,
    with_row,
    without_row,
)
from licensing.opening_forms import StartForm, SubmitForm
from licensing.opening_subjects import regime_of
from licensing.permissions import check_can_apply
from licensing.regimes import regime_on
from licensing.selectors import open_application, visible_application, visible_shop_filing
from licensing.services.applications import save_application, start_application, submit_application
from licensing.services.openings import is_open
from licensing.services.shop_filings import file_shop, save_shop_filing, start_shop_filing
from licensing.views.acting import carry_out
from licensing.views.opening_parts import law_of
from licensing.views.shop_opening_parts import address, filled, step_facts, step_tasks
from sealreg.accounts.models import User
from sealreg.clock import now, shanghai
from sealreg.errors import Conflict, DomainError, NotFound, RuleBroken
from sealreg.units.lookup import look_up_unit
from sealreg.web.components import Fact
from sealreg.web.once import run_once
from sealreg.web.signed_in import signed_in_user

_TEMPLATES = {"mode": "licensing/shop/step_mode.html", "papers": "licensing/shop/step_papers.html"}


def loaded(kind: str, number: str, *, by: User) -> Statement:
    """The application or the filing of a page (取事项). Raises NotFound."""
    return visible_application(number, by=by) if kind == "application" else visible_shop_filing(number, by=by)


@never_cache
@require_http_methods(["GET", "POST"])
def shop_opening_start(request: HttpRequest) -> HttpResponse:
    """Begin (开始开办): code and place say who opens and under which law."""
    user, at = signed_in_user(request), now()
    organisation = user.organisation
    if organisation is None:
        raise NotFound
    check_can_apply(user, organisation.pk)
    under_way = open_application(organisation)
    draft = ShopFiling.objects.filter(organisation=organisation, status="DRAFT").first()
    if is_open(organisation):
        messages.info(request, _("贵企业已有有效的许可证或备案，长期有效，无需再次办理。"))
        return redirect("shop_licence")
    if request.method == "GET" and (under_way or draft):
        return redirect(address(under_way or draft))
    form = StartForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return redirect(_start(form, user, at))
            except DomainError as error:
                form.add_domain_error(error)
                status = error.status
    return render(request, "licensing/shop/start.html", {"form": form}, status=status)


def _start(form: StartForm, user: User, at: dt.datetime) -> str:
    assert user.organisation is not None  # noqa: S101 - narrows the type; the caller looked
    organisation = user.organisation
    typed: Typed = {"credit_code": form.cleaned_data["credit_code"], "place": form.cleaned_data["place"]}
    typed = usual(typed, look_up_unit(typed["credit_code"], at=at))
    area, premises = place_of(typed)

    def start() -> str:
        made: Statement
        form_given = typed | {"area": str(area), "premises_code": premises}
        if regime_on(shanghai(at).date(), area) is Regime.FILING_2025:
            made = start_shop_filing(organisation, by=user, at=at, form=form_given)
        else:
            made = start_application(organisation, by=user, at=at, form=form_given)
        return address(made, "step", steps_for(made)[0])

    return run_once(form.key, by=user, at=at, act=start)


@never_cache
@require_http_methods(["GET", "POST"])
def shop_opening_step(request: HttpRequest, kind: str, number: str, step: str) -> HttpResponse:
    """One step of a draft (填写一步): whatever is sent is kept first, right or wrong."""
    user, at = signed_in_user(request), now()
    statement = loaded(kind, number, by=user)
    check_can_apply(user, statement.organisation_id)
    if step not in steps_for(statement):
        raise Http404
    typed = typed_values(statement)
    if request.method == "POST":
        if statement.status != "DRAFT":
            raise Conflict(_("该事项已提交或撤回，草稿不能再修改。您刚才填写的内容没有保存。"))
        sent = {name: str(value) for name, value in request.POST.items()}
        return _take(request, Draft(statement, merged(typed, step, sent, statement), at, user, request.FILES), step)
    if statement.status != "DRAFT":
        return redirect(address(statement))
    draft = Draft(statement, typed, at, user)
    if "check" in request.GET:
        draft.faults([step])
        return _step_page(request, draft, step, draft.checked(step))
    return _step_page(request, draft, step, draft.forms_of(step, bound=False))


def _take(request: HttpRequest, draft: Draft, step: str) -> HttpResponse:
    act, _colon, argument = request.POST.get("action", "next").partition(":")
    draft.checked(step)
    kept = merged(draft.typed, step, draft.values(step), draft.statement)
    here = address(draft.statement, "step", step)
    if step in ROWS and act == "add":
        kept = with_row(kept, step)
        here += f"#{step}-{int(kept[f'{step}_count']) - 1}"
    elif step in ROWS and act == "remove" and argument.isascii() and argument.isdigit() and len(argument) < 3:
        kept = without_row(kept, step, int(argument))
        here += "#rows"
    try:
        _save(draft, kept)
    except RuleBroken as error:
        messages.error(request, str(error.message))
        return _step_page(request, draft, step, draft.checked(step), status=422)
    if act == "save":
        messages.success(request, _("草稿已保存，可随时回来继续填写。"))
        return redirect(address(draft.statement))
    if act in ("add", "remove"):
        return redirect(here)
    draft.faults([step])
    shown = draft.checked(step)
    if any(form.errors for form in shown):
        return _step_page(request, draft, step, shown, status=422)
    steps = draft.steps
    following = steps.index(step) + 1
    if following == len(steps):
        return redirect(address(draft.statement, "check"))
    return redirect(address(draft.statement, "step", steps[following]))


def _save(draft: Draft, kept: Typed) -> None:
    area, premises = place_of(kept)
    kept = kept | {"area": str(area or ""), "premises_code": premises}
    if isinstance(draft.statement, ShopFiling):
        save_shop_filing(draft.statement, form=kept, by=draft.by, at=draft.at)
    else:
        save_application(draft.statement, form=kept, by=draft.by, at=draft.at)


def _step_page(
    request: HttpRequest, draft: Draft, step: str, shown: list[forms.Form], *, status: int = 200
) -> HttpResponse:
    steps = draft.steps
    place = steps.index(step)
    previous = address(draft.statement, "step", steps[place - 1]) if place else address(draft.statement)
    context = {
        "statement": draft.statement,
        "draft": draft,
        "step": step,
        "title": TITLES[step],
        "forms": shown,
        "form": shown[0],
        "rows": list(enumerate(shown)) if step in ROWS else [],
        "place": place + 1,
        "total": len(steps),
        "back_url": previous,
        "here": address(draft.statement, "step", step),
        "overview": address(draft.statement),
        "full": len(shown) >= MOST_ROWS,
        "wrong": any(form.errors for form in shown),
        "convert_url": address(draft.statement, "convert") if draft.wrong_regime else "",
    }
    name = "licensing/shop/step_rows.html" if step in ROWS else _TEMPLATES.get(step, "licensing/shop/step_plain.html")
    return render(request, name, context, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
def shop_opening_check(request: HttpRequest, kind: str, number: str) -> HttpResponse:
    """The last look (核对并提交): everything wrong is told at once, each with the way to its field."""
    user, at = signed_in_user(request), now()
    statement = loaded(kind, number, by=user)
    check_can_apply(user, statement.organisation_id)
    if statement.status != "DRAFT":
        return redirect(address(statement))
    draft = Draft(statement, typed_values(statement), at, user)
    general = draft.faults()
    faults = _faults(draft)
    form = SubmitForm(request.POST or None, initial={"version": statement.version})
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and not faults and not general and form.is_valid():
        refused = carry_out(
            form, lambda when: _submit(draft, form, when), by=user, address=address(statement, "receipt")
        )
        if refused is None:
            return redirect(address(statement, "receipt"))
        status = refused.status
    context = {
        "statement": statement,
        "filing": isinstance(statement, ShopFiling),
        "form": form,
        "general": general,
        "faults": faults,
        "law": law_of(regime_of(statement)),
        "sections": [(TITLES[step], step_facts(draft, step), address(statement, "step", step)) for step in draft.steps],
        "back_url": address(statement, "step", draft.steps[-1]),
        "convert_url": address(statement, "convert") if draft.wrong_regime else "",
    }
    return render(request, "licensing/shop/check.html", context, status=status)


def _faults(draft: Draft) -> list[Fact]:
    """Every field that is wrong: its label, what is wrong, and where it is."""
    found = []
    for step in draft.steps:
        here = f"{address(draft.statement, 'step', step)}?check=1"
        for index, form in enumerate(draft.checked(step)):
            for name, errors in form.errors.items():
                label = str(form.fields[name].label) if name in form.fields else str(TITLES[step])
                if step in ROWS:
                    label = _("%(step)s第%(n)s项：%(label)s") % {"step": TITLES[step], "n": index + 1, "label": label}
                anchor = f"#id_{form.add_prefix(name)}" if name in form.fields else ""
                found.append(Fact(label, " ".join(str(one) for one in errors), f"{here}{anchor}"))
    return found


def _submit(draft: Draft, form: SubmitForm, at: dt.datetime) -> None:
    version = form.cleaned_data["version"]
    if isinstance(draft.statement, ShopFiling):
        file_shop(draft.statement, draft.filing(), by=draft.by, at=at, expected_version=version)
    else:
        submit_application(draft.statement, draft.application(), by=draft.by, at=at, expected_version=version)


def draft_page(request: HttpRequest, statement: Statement, *, user: User, may: bool) -> HttpResponse:
    """The overview of a draft (草稿概览): its steps and what is still to be filled in."""
    draft = Draft(statement, typed_values(statement), now(), user)
    general = draft.faults() if filled(draft) else []
    first = next((step for step in draft.steps if any(form.errors for form in draft.checked(step))), "")
    context = {
        "statement": statement,
        "filing": isinstance(statement, ShopFiling),
        "may": may,
        "tasks": step_tasks(draft, linked=may),
        "general": general,
        "law": law_of(regime_of(statement)),
        "go_on": address(statement, "step", first) if first else address(statement, "check"),
        "complete": not first,
        "give_up": address(statement, "discard" if isinstance(statement, ShopFiling) else "withdraw"),
        "convert_url": address(statement, "convert") if draft.wrong_regime else "",
        "guide": reverse("guide_business", args=["licence"]),
    }
    return render(request, "licensing/shop/draft.html", context)
