"""Requests of shops to stop or resume business (停业复业申请): listed for the county, decided by its chief."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from licensing.idle_states import OPEN
from licensing.models import IdleCase, SuspensionRequest
from licensing.selectors import visible_suspension_request
from licensing.services import suspensions
from licensing.states import SUSPENSION_REQUEST
from licensing.suspension_forms import AnswerForm
from licensing.views.idle_parts import idle_facts
from licensing.views.opening_parts import authority_name, events_of
from licensing.views.police_licences_acts import Act, answer_act, basis_words, check_act, find_act, may_act
from licensing.views.police_licences_case import person_name
from licensing.views.police_licences_register import holder_of
from licensing.views.police_requests import requests_page
from licensing.views.suspension_parts import request_columns, request_facts, request_status, title_of
from sealreg.clock import now
from sealreg.regions.selectors import full_name_of
from sealreg.web.components import Fact
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column

COUNT_LIMIT = 1_000

ACTS: dict[str, Act] = {
    "grant_request": Act(
        gettext_lazy("准予"),
        gettext_lazy(
            "到申请的日期生效，已到的立即生效。停业期间企业不能承接新业务，已承接的照常完成，不计入闲置时间。"
        ),
        gettext_lazy("准予"),
        lambda one, form, by, at: suspensions.grant_request(
            one, answer=form.cleaned_data["answer"], by=by, at=at, expected_version=form.seen
        ),
        AnswerForm,
        decides=True,
        basis="house",
    ),
    "decline_request": Act(
        gettext_lazy("不予准予"),
        gettext_lazy("写明理由，企业会收到通知；许可证的状态不变，企业可以重新申请。"),
        gettext_lazy("不予准予"),
        lambda one, form, by, at: suspensions.decline_request(
            one, answer=form.cleaned_data["answer"], by=by, at=at, expected_version=form.seen
        ),
        AnswerForm,
        decides=True,
        serious=True,
        basis="house",
    ),
}


def _columns() -> list[Column[SuspensionRequest]]:
    first, *rest = request_columns(lambda one: reverse("police_suspension", args=[one.number]))
    return [first, Column(_("企业名称"), lambda one: holder_of(one.licence)), *rest]


@never_cache
@require_GET
def police_suspensions(request: HttpRequest) -> HttpResponseBase:
    """Requests that wait for the chief (停业复业申请)."""
    return requests_page(
        request,
        SuspensionRequest,
        _columns(),
        waiting="REQUESTED",
        title=pgettext("list", "停业复业"),
        intro=_("企业申请停业或复业的，由县级公安机关负责人决定；登记的停业期间不计入闲置时间。"),
        nothing=_("没有待决定的申请"),
        advice=_("企业提出停业或复业申请后会列在这里，并通知本机关办理人员。"),
    )


@never_cache
@require_GET
def police_suspension(request: HttpRequest, number: str) -> HttpResponse:
    """One request, beside how idle the shop is (停业复业申请)."""
    user = signed_in_user(request)
    asked = visible_suspension_request(number, by=user)
    shop = asked.licence.shop
    acts = [
        (act.title, reverse("police_suspension_act", args=[asked.number, verb.replace("_", "-")]), act.serious)
        for verb, act in ACTS.items()
        if may_act(user, asked, act) and SUSPENSION_REQUEST.move(asked.status, verb) is not None
    ]
    context = {
        "title": title_of(asked.kind),
        "asked": asked,
        "holder": holder_of(asked.licence),
        "status": request_status(asked),
        "waits": authority_name(asked.authority_no) if asked.status == "REQUESTED" and not acts else "",
        "acts": acts,
        "values": request_facts(asked),
        "facts": [
            fact
            for fact in (
                Fact(_("编号"), asked.number, code=True),
                Fact(_("所在地"), full_name_of(shop.area)),
                Fact(_("许可证状态"), asked.licence.status_label),
                Fact(_("决定人"), person_name(asked.decided_by)),
                Fact(_("依据"), basis_words(ACTS["grant_request"])),
            )
            if fact.value
        ],
        "months": idle_facts(shop, now()),
        "idle": IdleCase.objects.filter(shop=shop, status__in=OPEN).first(),
        "history": events_of(("suspension_request", asked.number), SUSPENSION_REQUEST),
    }
    return render(request, "licensing/police/suspension.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def police_suspension_act(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """The chief decides (决定停业、复业申请)."""
    user = signed_in_user(request)
    asked = visible_suspension_request(number, by=user)
    name, act = find_act(ACTS, verb)
    check_act(user, asked, act)
    return answer_act(
        request, act, asked, user=user, address=reverse("police_suspension", args=[asked.number]),
        lead=f"{holder_of(asked.licence)} · {title_of(asked.kind)}",
        possible=SUSPENSION_REQUEST.move(asked.status, name) is not None,
        extra={"facts": request_facts(asked)},
    )  # fmt: skip
