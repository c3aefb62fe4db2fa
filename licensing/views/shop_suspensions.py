"""The shop asks to stop or to resume business (申请停业、复业): ask, follow, take back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from licensing.choices import SuspensionKind
from licensing.models import SpecialTradeLicence, SuspensionRequest
from licensing.models.licences import ALIVE
from licensing.models.suspensions import UNDECIDED
from licensing.permissions import check_can_apply
from licensing.selectors import licences_of, suspension_requests_of, visible_suspension_request
from licensing.services.suspension_closing import ASKABLE
from licensing.services.suspensions import request_suspension, take_back_request
from licensing.states import SUSPENSION_REQUEST
from licensing.suspension_forms import SuspensionRequestForm
from licensing.views import opening_parts as parts
from licensing.views.police_licences_acts import law_words
from licensing.views.shop_opening import may_act
from licensing.views.shop_requests import records_page, take_back_page
from licensing.views.suspension_parts import request_columns, request_facts, request_status, title_of
from sealreg.clock import now, shanghai
from sealreg.errors import Conflict, DomainError, NotFound
from sealreg.web.once import run_once
from sealreg.web.signed_in import signed_in_user


def _address(asked: SuspensionRequest) -> str:
    return reverse("shop_suspension", args=[asked.number])


@never_cache
@require_GET
def shop_suspensions(request: HttpRequest) -> HttpResponseBase:
    """Every request of the shop (停业复业申请记录)."""
    return records_page(
        request, suspension_requests_of(signed_in_user(request)),
        lambda linked: request_columns(_address if linked else None), title=_("停业复业申请记录"),
        nothing=_("还没有停业或复业申请"), advice=_("需要停业时，在“开办和许可”提出申请。"),
    )  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
def shop_suspension_new(request: HttpRequest, kind: str) -> HttpResponse:
    """Ask to stop or to resume business (提出停业、复业申请)."""
    user, at = signed_in_user(request), now()
    asked = kind.upper()
    if asked not in SuspensionKind.values:
        raise NotFound
    licence = licences_of(user).filter(status__in=ALIVE).first()
    if licence is None:
        raise NotFound(_("没有有效的许可证，不能申请停业或复业。"))
    check_can_apply(user, licence.shop_id)
    posted = request.method == "POST"
    if not posted:
        _check_open_to(licence, asked)
    form = SuspensionRequestForm(
        request.POST if posted else None, kind=asked, initial={"from_on": shanghai(at).date()}
    )  # fmt: skip
    status = 200
    if posted:
        status = 422
        if form.is_valid():
            data = form.cleaned_data

            def act() -> str:
                made = request_suspension(
                    licence, kind=asked, from_on=data["from_on"], until_on=data.get("until_on"),
                    reason=data["reason"], by=user, at=at,
                )  # fmt: skip
                return _address(made)

            try:
                onward = run_once(form.key, by=user, at=at, act=act)
            except DomainError as error:
                form.add_domain_error(error)
                status = error.status
            else:
                messages.success(request, _("申请已提交，由县级公安机关决定。"))
                return redirect(onward)
    context = {
        "form": form, "title": title_of(asked), "stops": asked == SuspensionKind.SUSPEND,
        "number": licence.number, "who": parts.authority_name(licence.authority_no),
        "back_url": reverse("shop_licence"),
    }  # fmt: skip
    return render(request, "licensing/shop/suspension_new.html", context, status=status)


def _check_open_to(licence: SpecialTradeLicence, asked: str) -> None:
    """Told before anything is typed; the service says the same of what is sent."""
    if ASKABLE.get(licence.status) != asked:
        raise Conflict(_("许可证现为“%(status)s”，不能提出这项申请。") % {"status": licence.status_label})
    if licence.suspension_requests.filter(status__in=UNDECIDED).exists():
        raise Conflict(_("已有一项停业或复业申请正在办理。"))


@never_cache
@require_GET
def shop_suspension(request: HttpRequest, number: str) -> HttpResponse:
    """Where a request stands (申请办理情况)."""
    user = signed_in_user(request)
    asked = visible_suspension_request(number, by=user)
    found = SUSPENSION_REQUEST.status(asked.status)
    may = asked.status in UNDECIDED and may_act(user, asked.licence.shop_id)
    context = {
        "title": title_of(asked.kind),
        "number": asked.number,
        "standing": parts.Standing(
            request_status(asked), str(found.citizen_text),
            parts.authority_name(asked.authority_no) if found.owner == "county" else "",
        ),
        "facts": request_facts(asked),
        "facts_title": _("申请内容"),
        "law": law_words("house"),
        "take_back": _("撤回这项申请"),
        "take_back_url": reverse("shop_suspension_take_back", args=[asked.number]) if may else "",
        "history": parts.events_of(("suspension_request", asked.number), SUSPENSION_REQUEST),
    }  # fmt: skip
    return render(request, "licensing/shop/request.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def shop_suspension_take_back(request: HttpRequest, number: str) -> HttpResponse:
    """Take a request back (撤回申请)."""
    user = signed_in_user(request)
    asked = visible_suspension_request(number, by=user)
    return take_back_page(
        request, asked, lambda version, at: take_back_request(asked, by=user, at=at, expected_version=version),
        by=user, onward=_address(asked), title=_("撤回这项申请"), lead=f"{title_of(asked.kind)} · {asked.number}",
        intro=_("撤回后许可证的状态不变，以后可以重新申请。"), done=_("申请已撤回。"),
    )  # fmt: skip
