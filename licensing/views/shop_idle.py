"""What the radar has for a shop (经营提醒): how long without business, what to do, and the answer to a hearing."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from licensing.idle_forms import AnswerForm
from licensing.idle_permissions import check_can_answer
from licensing.idle_selectors import latest_case, visible_case
from licensing.idle_states import IDLE_CASE
from licensing.models import EngravingShop, IdleCase
from licensing.regimes import recall_applies
from licensing.services.recall import answer_hearing
from licensing.views.acting import carry_out
from licensing.views.idle_parts import BASIS, CLAUSE, idle_facts, ledger, status_of
from licensing.views.police_licences_acts import law_words
from sealreg.accounts.models import User
from sealreg.clock import now, shanghai
from sealreg.errors import NotFound, OutsideJurisdiction
from sealreg.web.components import deadline
from sealreg.web.signed_in import signed_in_user


@never_cache
@require_GET
def shop_idle(request: HttpRequest) -> HttpResponse:
    """How the shop stands with the radar (经营提醒)."""
    user = signed_in_user(request)
    shop = EngravingShop.objects.visible_to(user).select_related("organisation").first()
    if shop is None:
        return render(request, "licensing/shop/unlisted.html")
    return _page(request, user, shop, latest_case(shop))


def _may_answer(user: User, case: IdleCase | None) -> bool:
    if case is None or case.status != "HEARING_OFFERED":
        return False
    try:
        check_can_answer(user, case.shop)
    except (NotFound, OutsideJurisdiction):
        return False
    return True


def _page(
    request: HttpRequest,
    user: User,
    shop: EngravingShop,
    case: IdleCase | None,
    form: AnswerForm | None = None,
    status: int = 200,
) -> HttpResponse:
    at = now()
    shown = IDLE_CASE.status(case.status) if case is not None else None
    open_ = case is not None and case.status not in ("CLOSED", "DECIDED_RECALL")
    answers = _may_answer(user, case)
    if form is None and answers and case is not None:
        form = AnswerForm(initial={"version": case.version})
    context = {
        "shop": shop,
        "case": case,
        "open": open_,
        "status": status_of(case) if case is not None else None,
        "text": shown.citizen_text if shown is not None else "",
        "months": idle_facts(shop, at) if shop.licences.filter(status="VALID").exists() or open_ else [],
        "applies": recall_applies(shanghai(at).date(), shop.area),
        "law": law_words(BASIS, CLAUSE),
        "history": ledger(case) if case is not None else [],
        "answers": answers,
        "due": deadline(case.answer_due_at, at=at) if answers and case is not None and case.answer_due_at else None,
        "form": form,
    }
    return render(request, "licensing/shop/idle.html", context, status=status)


@never_cache
@require_POST
def shop_idle_answer(request: HttpRequest, number: str) -> HttpResponse:
    """Ask for the hearing or waive it (答复听证告知)."""
    user = signed_in_user(request)
    case = visible_case(number, by=user)
    check_can_answer(user, case.shop)
    form = AnswerForm(request.POST)
    status = 422
    if form.is_valid():
        data = form.cleaned_data
        refused = carry_out(
            form,
            lambda at: answer_hearing(
                case, wants=data["wants"] == "yes", statement=data["statement"], by=user, at=at,
                expected_version=data["version"],
            ),
            by=user,
            address=reverse("shop_idle"),
        )  # fmt: skip
        if refused is None:
            messages.success(request, _("已提交答复，由县级公安机关继续办理。"))
            return redirect("shop_idle")
        status = refused.status
    return _page(request, user, case.shop, visible_case(number, by=user), form, status)
