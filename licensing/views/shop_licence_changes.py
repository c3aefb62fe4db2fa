"""Changes of what stands on the shop's licence (许可证变更): ask, follow, take back; old and new side by side."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from licensing.choices import ChangeItem
from licensing.models import LicenceChange, SpecialTradeLicence
from licensing.models.licences import ALIVE
from licensing.opening_forms import ChangeForm
from licensing.permissions import check_can_apply
from licensing.selectors import licences_of, visible_change
from licensing.services.changes import request_change, take_back_change, value_now
from licensing.states import CHANGE
from licensing.views import opening_parts as parts
from licensing.views.police_licences_acts import law_words
from licensing.views.shop_opening import change_columns, may_act
from licensing.views.shop_requests import records_page, take_back_page
from sealreg.attachments.forms import store_submitted
from sealreg.clock import now
from sealreg.errors import DomainError, NotFound
from sealreg.web.components import Fact
from sealreg.web.once import run_once
from sealreg.web.signed_in import signed_in_user
from sealreg.web.templatetags.ui import moment


def _address(change: LicenceChange) -> str:
    return reverse("shop_licence_change", args=[change.number])


@never_cache
@require_GET
def shop_licence_changes(request: HttpRequest) -> HttpResponseBase:
    """Every change of the shop's licences (许可证变更记录)."""
    return records_page(
        request, LicenceChange.objects.visible_to(signed_in_user(request)),
        lambda linked: change_columns(linked=linked), title=_("许可证变更记录"), nothing=_("还没有变更"),
        advice=_("许可证上的名称、地址、法定代表人或经营场所变化时，请申请变更。"),
    )  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
def shop_licence_change_new(request: HttpRequest) -> HttpResponse:
    """Ask for a change (申请变更)."""
    user, at = signed_in_user(request), now()
    licence = licences_of(user).filter(status__in=ALIVE).first()
    if licence is None:
        raise NotFound(_("没有有效的许可证，不能办理变更。"))
    check_can_apply(user, licence.shop_id)
    posted = request.method == "POST"
    form = ChangeForm(
        request.POST if posted else None, request.FILES if posted else None, items=_items(licence),
        initial={"item": request.GET.get("item", "")[:24]},
    )  # fmt: skip
    status = 200
    if posted:
        status = 422
        if store_submitted(form, by=user, at=at):
            data = form.cleaned_data

            def act() -> str:
                change = request_change(
                    licence, item=data["item"], new_value=data["new_value"], reason=data["reason"], by=user, at=at,
                    paper=data.get("paper"),
                )  # fmt: skip
                return _address(change)

            try:
                onward = run_once(form.key, by=user, at=at, act=act)
            except DomainError as error:
                form.add_domain_error(error)
                status = error.status
            else:
                messages.success(request, _("变更申请已提交，由县级公安机关登记。"))
                return redirect(onward)
    context = {"form": form, "licence": licence, "back_url": reverse("shop_licence")}
    return render(request, "licensing/shop/change_new.html", context, status=status)


def _items(licence: SpecialTradeLicence) -> list[tuple[str, str]]:
    return [
        (item.value, _("%(item)s（现载：%(now)s）") % {"item": item.label, "now": value_now(licence, item) or "—"})
        for item in ChangeItem
    ]


@never_cache
@require_GET
def shop_licence_change(request: HttpRequest, number: str) -> HttpResponse:
    """Where a change stands (变更办理情况)."""
    user = signed_in_user(request)
    change = visible_change(number, by=user)
    open_ = change.status == "REQUESTED"
    context = {
        "title": _("许可证变更"),
        "number": change.number,
        "standing": parts.Standing(
            parts.change_status(change), str(CHANGE.status(change.status).citizen_text),
            parts.authority_name(change.authority_no) if open_ else "",
        ),
        "facts": change_facts(change),
        "facts_title": _("变更内容"),
        "law": law_words("licensing-law", "第四十九条"),
        "take_back": _("撤回变更"),
        "take_back_url": (
            reverse("shop_licence_change_take_back", args=[change.number])
            if open_ and may_act(user, change.licence.shop_id) else ""
        ),
        "history": parts.events_of(("licence_change", change.number), CHANGE),
    }  # fmt: skip
    return render(request, "licensing/shop/request.html", context)


def change_facts(change: LicenceChange) -> list[Fact]:
    """Old and new, why, and the answer (变更内容)."""
    facts = [
        Fact(_("许可证编号"), change.licence.number, code=True),
        Fact(_("变更事项"), change.get_item_display()),
        Fact(_("变更前"), change.old_value),
        Fact(_("变更后"), change.new_value),
        Fact(_("变更原因"), change.reason),
        Fact(_("证明材料"), change.paper.original_name if change.paper is not None else _("未提交")),
        Fact(_("申请时间"), moment(change.requested_at)),
    ]
    if change.closed_at is not None:
        facts.append(Fact(_("办结时间"), moment(change.closed_at)))
    if change.answer:
        facts.append(Fact(_("办理意见"), change.answer))
    return facts


@never_cache
@require_http_methods(["GET", "POST"])
def shop_licence_change_take_back(request: HttpRequest, number: str) -> HttpResponse:
    """Take a change back (撤回变更)."""
    user = signed_in_user(request)
    change = visible_change(number, by=user)
    return take_back_page(
        request, change, lambda version, at: take_back_change(change, by=user, at=at, expected_version=version),
        by=user, onward=_address(change), title=_("撤回变更"),
        lead=f"{change.get_item_display()} · {change.number}",
        intro=_("撤回后许可证仍按现载内容，以后可以重新申请变更。"), done=_("变更申请已撤回。"),
    )  # fmt: skip
