"""Changes of what the shop filed (备案变更): what is on file, one form for each item, in effect when sent."""

from __future__ import annotations

import datetime as dt
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from licensing.choices import FilingItem
from licensing.models import ShopFiling
from licensing.opening_forms import FilingChangeForm
from licensing.permissions import check_can_apply
from licensing.requests import FilingChangeRequest
from licensing.selectors import visible_shop_filing
from licensing.services.filing_changes import file_change
from licensing.views import opening_parts as parts
from licensing.views.acting import carry_out
from licensing.views.filing_change_parts import change_address, filing_change_columns, filing_changes_table
from licensing.views.shop_opening import may_act
from sealreg.accounts.models import User
from sealreg.attachments.forms import store_submitted
from sealreg.clock import now
from sealreg.errors import IllegalMove, NotFound
from sealreg.legal.documents import DOCUMENTS
from sealreg.units.identifiers import mask_number
from sealreg.web.components import Fact
from sealreg.web.export import Format, export
from sealreg.web.signed_in import signed_in_user

_ITEMS = {item.name.lower().replace("_", "-"): item for item in FilingItem}


def _filed(number: str, user: User) -> ShopFiling:
    filing = visible_shop_filing(number, by=user)
    if filing.submitted_at is None:
        raise NotFound
    return filing


@never_cache
@require_GET
def shop_filing_changes(request: HttpRequest, number: str) -> HttpResponseBase:
    """What is on file and can change, and what has changed (备案变更); `export=csv|xlsx` downloads the changes."""
    user = signed_in_user(request)
    filing = _filed(number, user)
    if request.GET.get("export") in ("csv", "xlsx"):
        rows = filing.changes.select_related("paper")
        form = cast("Format", request.GET["export"])
        return export(filing_change_columns(linked=False), rows, name=_("备案变更记录"), form=form)
    may = filing.status == "FILED" and may_act(user, filing.organisation_id)
    context = {
        "filing": filing,
        "may": may,
        "in_force": filing.status == "FILED",
        "law": law_of_changes(),
        "authority": parts.authority_name(filing.authority_no),
        "facts": [
            Fact(item.label, _value_now(filing, item), change_address(filing, item) if may else "")
            for item in FilingItem
        ],
        "table": filing_changes_table(filing),
    }
    return render(request, "licensing/shop/filing_changes.html", context)


def law_of_changes() -> str:
    """The law changes rest on (变更依据), in one sentence."""
    title = DOCUMENTS["engraving-rules"].title
    return _("依据《%(title)s》第三条：备案内容有变化的，也要备案。提交即生效，不需要等待任何决定。") % {"title": title}


def _value_now(filing: ShopFiling, item: FilingItem) -> str:
    value = str(getattr(filing, item.value))
    if item == FilingItem.LEGAL_REPRESENTATIVE:
        return f"{value} {mask_number(filing.legal_document_no or '')}".strip()
    return value


@never_cache
@require_http_methods(["GET", "POST"])
def shop_filing_change_new(request: HttpRequest, number: str, item: str) -> HttpResponse:
    """File a change of one item (办理备案变更)."""
    user, at = signed_in_user(request), now()
    filing = _filed(number, user)
    check_can_apply(user, filing.organisation_id)
    if item not in _ITEMS:
        raise NotFound
    changed = _ITEMS[item]
    posted = request.method == "POST"
    if filing.status != "FILED" and not posted:
        raise IllegalMove(_("备案有效期间才可变更备案内容。"))
    onward = reverse("shop_filing_changes", args=[filing.number])
    form = FilingChangeForm(
        request.POST if posted else None, request.FILES if posted else None, item=changed,
        initial={"version": filing.version},
    )  # fmt: skip
    status = 200
    if posted:
        status = 422
        if store_submitted(form, by=user, at=at):

            def act(when: dt.datetime) -> object:
                data = form.cleaned_data
                stated = FilingChangeRequest(
                    changed.value, data["new_value"], data.get("legal_document", ""), data.get("document_no", ""),
                    data.get("paper"),
                )  # fmt: skip
                return file_change(filing, stated, by=user, at=when, expected_version=data["version"])

            refused = carry_out(form, act, by=user, address=onward)
            if refused is None:
                messages.success(request, _("变更已备案，即时生效。"))
                return redirect(onward)
            status = refused.status
    context = {
        "filing": filing,
        "form": form,
        "item": changed.label,
        "now": _value_now(filing, changed),
        "moves": changed == FilingItem.ADDRESS,
        "stale": status == 409,
        "back_url": onward,
    }
    return render(request, "licensing/shop/filing_change_new.html", context, status=status)
