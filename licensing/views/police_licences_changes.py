"""Changes of licences and revocations (许可证变更与撤销): old and new side by side; two persons for a revocation."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from licensing.access import may_see_papers
from licensing.models import LicenceChange, RevocationProposal
from licensing.police_licence_forms import DecisionForm, ReasonForm, RemarkForm
from licensing.selectors import visible_change, visible_revocation
from licensing.services import changes, licences
from licensing.states import CHANGE, REVOCATION
from licensing.views.police_licences_acts import Act, answer_act, basis_words, check_act, find_act, may_act
from licensing.views.police_licences_case import person_name
from licensing.views.police_licences_register import TONES, change_columns, holder_of
from licensing.views.police_requests import requests_page
from licensing.views.revocation_parts import statements_shown
from sealreg.regions.selectors import full_name_of
from sealreg.web.components import Fact, Status, Tone
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column
from sealreg.web.templatetags.ui import moment

CHANGE_ACTS: dict[str, Act] = {
    "record_change": Act(
        gettext_lazy("登记变更"),
        gettext_lazy("登记后许可证和企业名录即时按新内容载明，原内容留在变更记录里。许可证编号不变。"),
        gettext_lazy("登记变更"),
        lambda one, form, by, at: changes.record_change(
            one, remark=form.cleaned_data["remark"], by=by, at=at, expected_version=form.seen
        ),
        RemarkForm,
        basis="licensing-law",
        clause="第四十九条",
    ),
    "turn_down_change": Act(
        gettext_lazy("不予变更"),
        gettext_lazy("写明理由，企业会收到通知；许可证仍按原内容有效。"),
        gettext_lazy("不予变更"),
        lambda one, form, by, at: changes.turn_down_change(
            one, reason=form.cleaned_data["reason"], by=by, at=at, expected_version=form.seen
        ),
        ReasonForm,
        serious=True,
        basis="licensing-law",
        clause="第四十九条",
    ),
}

REVOCATION_ACTS: dict[str, Act] = {
    "confirm_revocation": Act(
        gettext_lazy("决定撤销许可"),
        gettext_lazy("决定后许可证即时失效，企业从公开名录消失，系统立即告知登记机关并计时等待回执。"),
        gettext_lazy("决定撤销"),
        lambda one, form, by, at: licences.confirm_revocation(
            one, decision=form.cleaned_data["decision"], by=by, at=at, expected_version=form.seen
        ),
        DecisionForm,
        decides=True,
        serious=True,
        basis="licensing-law",
        clause="第六十九条",
    ),
    "drop_revocation": Act(
        gettext_lazy("决定不撤销"),
        gettext_lazy("本意见结束，许可证不受影响。"),
        gettext_lazy("决定不撤销"),
        lambda one, form, by, at: licences.drop_revocation(
            one, decision=form.cleaned_data["decision"], by=by, at=at, expected_version=form.seen
        ),
        DecisionForm,
        decides=True,
        basis="licensing-law",
        clause="第六十九条",
    ),
}


def _columns() -> list[Column[LicenceChange]]:
    first, *rest = change_columns()
    return [first, Column(_("企业名称"), lambda one: holder_of(one.licence)), *rest]


@never_cache
@require_GET
def police_licence_changes(request: HttpRequest) -> HttpResponseBase:
    """Changes that wait to be recorded (许可证变更)."""
    return requests_page(
        request,
        LicenceChange,
        _columns(),
        waiting="REQUESTED",
        title=pgettext("list", "许可证变更"),
        intro=_("企业名称、住所、法定代表人、经营场所有变化的，由企业提出，县级公安机关登记；许可证编号不变，不换证。"),
        nothing=_("没有待登记的变更"),
        advice=_("企业提出变更后会列在这里，并通知经办民警。"),
    )


@never_cache
@require_GET
def police_licence_change(request: HttpRequest, number: str) -> HttpResponse:
    """One change: old and new side by side (变更)."""
    user = signed_in_user(request)
    change = visible_change(number, by=user)
    context = _change_context(change) | {
        "acts": [
            (act.title, reverse("police_licence_change_act", args=[change.number, verb.replace("_", "-")]), act.serious)
            for verb, act in CHANGE_ACTS.items()
            if may_act(user, change, act) and CHANGE.move(change.status, verb) is not None
        ],
        "paper": change.paper if may_see_papers(user) else None,
    }
    return render(request, "licensing/police/change.html", context)


def _change_context(change: LicenceChange) -> dict[str, object]:
    status = CHANGE.status(change.status)
    return {
        "change": change,
        "holder": holder_of(change.licence),
        "status": Status(status.label, TONES.get(change.status, "quiet")),
        "text": status.citizen_text,
        "values": [
            Fact(_("变更事项"), change.get_item_display()),
            Fact(_("变更前"), change.old_value or "—"),
            Fact(_("变更后"), change.new_value),
            Fact(_("变更原因"), change.reason),
        ],
        "facts": [
            fact
            for fact in (
                Fact(_("许可证编号"), change.licence.number, code=True),
                Fact(_("所在地"), full_name_of(change.licence.shop.area)),
                Fact(_("申请时间"), moment(change.requested_at)),
                Fact(_("办结时间"), moment(change.closed_at)),
                Fact(_("办结人"), person_name(change.closed_by)),
                Fact(_("办理意见"), change.answer),
                Fact(_("依据"), basis_words(CHANGE_ACTS["record_change"])),
            )
            if fact.value
        ],
    }


@never_cache
@require_http_methods(["GET", "POST"])
def police_licence_change_act(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """Record a change or not (办理变更)."""
    user = signed_in_user(request)
    change = visible_change(number, by=user)
    name, act = find_act(CHANGE_ACTS, verb)
    check_act(user, change, act)
    return answer_act(
        request, act, change, user=user, address=reverse("police_licence_change", args=[change.number]),
        lead=f"{holder_of(change.licence)} · {change.licence.number}",
        possible=CHANGE.move(change.status, name) is not None,
        extra={"facts": _change_context(change)["values"]},
    )  # fmt: skip


def _proposal_status(proposal: RevocationProposal) -> Status:
    tones: dict[str, Tone] = {"PROPOSED": "waiting", "CONFIRMED": "stopped"}
    return Status(REVOCATION.status(proposal.status).label, tones.get(proposal.status, "quiet"))


def _proposal_columns() -> list[Column[RevocationProposal]]:
    return [
        Column(
            _("编号"), lambda one: one.number, kind="code",
            link=lambda one: reverse("police_revocation", args=[one.number]),
        ),
        Column(_("企业名称"), lambda one: holder_of(one.licence)),
        Column(_("许可证编号"), lambda one: one.licence.number, kind="code"),
        Column(_("撤销情形"), lambda one: str(one.get_ground_display())),
        Column(_("状态"), _proposal_status),
        Column(_("提出人"), lambda one: one.proposed_by_name),
        Column(_("提出时间"), lambda one: one.proposed_at, kind="moment"),
    ]  # fmt: skip


@never_cache
@require_GET
def police_revocations(request: HttpRequest) -> HttpResponseBase:
    """Proposals to revoke that wait for the chief (拟撤销许可)."""
    return requests_page(
        request,
        RevocationProposal,
        _proposal_columns(),
        waiting="PROPOSED",
        title=pgettext("list", "拟撤销"),
        intro=_("由经办民警提出、负责人决定；企业可以陈述申辩，提出的人不能作决定。"),
        nothing=_("没有待决定的撤销意见"),
        advice=_("经办民警在许可证页面提出撤销意见后会列在这里，并通知负责人。"),
    )


@never_cache
@require_GET
def police_revocation(request: HttpRequest, number: str) -> HttpResponse:
    """One proposal to revoke (拟撤销许可)."""
    user = signed_in_user(request)
    proposal = visible_revocation(number, by=user)
    acts = [
        (act.title, reverse("police_revocation_act", args=[proposal.number, verb.replace("_", "-")]), act.serious)
        for verb, act in REVOCATION_ACTS.items()
        if may_act(user, proposal, act, first=proposal.proposed_by)
        and REVOCATION.move(proposal.status, verb) is not None
    ]
    context = {
        "proposal": proposal,
        "holder": holder_of(proposal.licence),
        "status": _proposal_status(proposal),
        "facts": [*_proposal_facts(proposal), Fact(_("依据"), basis_words(REVOCATION_ACTS["confirm_revocation"]))],
        "acts": acts,
        "waits": proposal.status == "PROPOSED" and not acts,
        "statements": statements_shown(proposal, by=user),
    }
    return render(request, "licensing/police/revocation.html", context)


def _proposal_facts(proposal: RevocationProposal) -> list[Fact]:
    facts = [
        Fact(_("编号"), proposal.number, code=True),
        Fact(_("许可证编号"), proposal.licence.number, code=True),
        Fact(_("撤销情形"), proposal.get_ground_display()),
        Fact(_("事实与理由"), proposal.reason),
        Fact(_("提出人"), f"{proposal.proposed_by_name} · {moment(proposal.proposed_at)}"),
    ]
    if proposal.decided_at is not None:
        facts.append(Fact(_("决定人"), f"{person_name(proposal.decided_by)} · {moment(proposal.decided_at)}"))
        facts.append(Fact(_("决定意见"), proposal.decision))
    return facts


@never_cache
@require_http_methods(["GET", "POST"])
def police_revocation_act(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """The second person decides (决定撤销与否)."""
    user = signed_in_user(request)
    proposal = visible_revocation(number, by=user)
    name, act = find_act(REVOCATION_ACTS, verb)
    check_act(user, proposal, act, first=proposal.proposed_by)
    return answer_act(
        request, act, proposal, user=user, address=reverse("police_revocation", args=[proposal.number]),
        lead=f"{holder_of(proposal.licence)} · {proposal.licence.number}",
        possible=REVOCATION.move(proposal.status, name) is not None,
        extra={
            "facts": _proposal_facts(proposal),
            "statements": statements_shown(proposal, by=user),
            "hears": True,
        },
    )  # fmt: skip
