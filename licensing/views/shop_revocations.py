"""A proposed revocation as the shop sees it (拟撤销许可): ground and facts, and what it states against them."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from licensing.models import RevocationProposal
from licensing.opening_forms import StateCaseForm
from licensing.permissions import check_can_apply
from licensing.selectors import visible_revocation
from licensing.services.statements import state_case
from licensing.states import REVOCATION
from licensing.views import opening_parts as parts
from licensing.views.acting import carry_out
from licensing.views.revocation_parts import statements_shown
from licensing.views.shop_opening import may_act
from sealreg.attachments.forms import store_submitted
from sealreg.clock import now
from sealreg.errors import IllegalMove
from sealreg.web.components import Fact, Status, Tone
from sealreg.web.signed_in import signed_in_user
from sealreg.web.templatetags.ui import moment

TONES: dict[str, Tone] = {"PROPOSED": "waiting", "CONFIRMED": "stopped", "DROPPED": "done"}


@never_cache
@require_GET
def shop_revocation(request: HttpRequest, number: str) -> HttpResponse:
    """Ground, facts and what was stated (拟撤销许可); who decides, and until when the shop may speak."""
    user = signed_in_user(request)
    proposal = visible_revocation(number, by=user)
    open_ = proposal.status == "PROPOSED"
    status = REVOCATION.status(proposal.status)
    context = {
        "proposal": proposal,
        "standing": parts.Standing(
            Status(status.label, TONES[proposal.status]), str(status.citizen_text),
            parts.authority_name(proposal.authority_no) if open_ else "",
        ),
        "open": open_,
        "may": may_act(user, proposal.licence.shop_id),
        "facts": proposal_facts(proposal),
        "statements": statements_shown(proposal, by=user),
    }  # fmt: skip
    return render(request, "licensing/shop/revocation.html", context)


def proposal_facts(proposal: RevocationProposal) -> list[Fact]:
    """What the shop is told of the proposal (告知内容): ground, facts, who decides; and the decision once made."""
    facts = [
        Fact(_("许可证编号"), proposal.licence.number, code=True),
        Fact(_("拟撤销情形"), proposal.get_ground_display()),
        Fact(_("事实与理由"), proposal.reason),
        Fact(_("拟撤销意见提出时间"), moment(proposal.proposed_at)),
        Fact(_("由谁决定"), parts.authority_name(proposal.authority_no)),
    ]
    if proposal.decided_at is not None:
        facts.append(Fact(_("决定时间"), moment(proposal.decided_at)))
        facts.append(Fact(_("决定意见"), proposal.decision))
    return facts


@never_cache
@require_http_methods(["GET", "POST"])
def shop_revocation_state(request: HttpRequest, number: str) -> HttpResponse:
    """State the shop's case (陈述申辩)."""
    user, at = signed_in_user(request), now()
    proposal = visible_revocation(number, by=user)
    check_can_apply(user, proposal.licence.shop_id)
    onward = reverse("shop_revocation", args=[proposal.number])
    posted = request.method == "POST"
    if proposal.status != "PROPOSED" and not posted:
        raise IllegalMove(_("该撤销意见已作出决定，不能再提交陈述申辩。"))
    form = StateCaseForm(request.POST if posted else None, request.FILES if posted else None)
    status = 200
    if posted:
        status = 422
        if store_submitted(form, by=user, at=at):

            def act(when: dt.datetime) -> object:
                data = form.cleaned_data
                return state_case(proposal, text=data["text"], paper=data.get("paper"), by=user, at=when)

            refused = carry_out(form, act, by=user, address=onward)
            if refused is None:
                messages.success(request, _("陈述申辩已提交，县级公安机关作出决定前会阅看。"))
                return redirect(onward)
            status = refused.status
    context = {"proposal": proposal, "form": form, "facts": proposal_facts(proposal), "back_url": onward}
    return render(request, "licensing/shop/revocation_state.html", context, status=status)
