"""When a chip is not written at once (再次写卡、更换芯片): the card once more, or another chip in its place."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from chips.models import DiscardReason
from chips.writing import discard_reasons
from filing.making_forms import AgainForm, ReplaceForm
from filing.selectors import visible_seal
from filing.services.replacing import present_card, replace_chip
from filing.views.chip_writing import binding_of
from filing.views.shop_making import Page, carry_out
from sealreg.clock import now
from sealreg.errors import DomainError, IllegalMove
from sealreg.web.once import run_once
from sealreg.web.signed_in import signed_in_user


@never_cache
@require_http_methods(["GET", "POST"])
def shop_replace(request: HttpRequest, code: str) -> HttpResponse:
    """Take the chip out of a seal that is not filed yet (更换芯片)."""
    user = signed_in_user(request)
    seal = visible_seal(code, by=user)
    if request.method == "GET" and seal.status != "CHIPPED":
        raise IllegalMove
    # What is sent once the seal has left this state the act itself judges, or knows for what it has done already.
    reasons = discard_reasons(binding_of(seal)) if seal.status == "CHIPPED" else tuple(DiscardReason)
    form = ReplaceForm(request.POST or None, reasons=reasons)
    page = Page(
        _("更换芯片：%(name)s") % {"name": seal.name},
        _("芯片%(uid)s将报废，不能再用于任何印章，请取下妥善保管，等运维单位核对。印章编码和印模不变。")
        % {"uid": seal.chip.uid if seal.chip else ""},
        _("确认更换"),
        _("芯片已换下，请捆绑另一枚芯片。"),
        warning=True,
    )
    return carry_out(
        request, form, page, filing=seal.filing, user=user, onward=reverse("shop_chip", args=[seal.code]),
        act=lambda at: replace_chip(seal, DiscardReason(form.cleaned_data["reason"]), by=user, at=at),
    )  # fmt: skip


@never_cache
@require_POST
def shop_write_again(request: HttpRequest, code: str) -> HttpResponse:
    """The right card lies in the reader now (重新写卡): tried at once, and told how it went."""
    user, at = signed_in_user(request), now()
    seal = visible_seal(code, by=user)
    here = reverse("shop_filing", args=[seal.filing.number])
    form = AgainForm(request.POST)
    if form.is_valid():

        def again() -> str:
            present_card(seal, by=user, at=at)
            return here

        try:
            run_once(form.key, by=user, at=at, act=again)
        except DomainError as error:
            messages.error(request, str(error))
            return redirect(here)
        binding = binding_of(visible_seal(code, by=user))
        if binding is not None and binding.done_at is not None:
            messages.success(request, _("芯片已写入并通过核验。"))
    return redirect(here)
