"""Idle shops on the police workbench (闲置企业): by nearness to the limit; the county hears, proposes, decides."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import cache
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from licensing.idle_forms import CaseForm, CloseForm, HearingForm, ReasonForm, RecoveryForm
from licensing.idle_selectors import cases_of, count_of, visible_case
from licensing.idle_states import IDLE_CASE
from licensing.models import IdleCase
from licensing.police_filters import IdleFilter
from licensing.services import recall
from licensing.views.idle_parts import (
    BASIS,
    CLAUSE,
    idle_facts,
    ledger,
    notice_clock,
    notice_of,
    recall_clock,
    receipt_status,
    status_of,
)
from licensing.views.police_licences import spans_places
from licensing.views.police_licences_acts import Act, answer_act, check_act, find_act, law_words, may_act
from sealreg.accounts.jurisdiction import jurisdiction_of
from sealreg.accounts.models import User
from sealreg.clock import now
from sealreg.regions.selectors import full_name_of
from sealreg.web.components import Counter, Fact
from sealreg.web.export import Format, export
from sealreg.web.paging import count_up_to, paginate
from sealreg.web.place import place_facts
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column, Table
from sealreg.web.templatetags.ui import moment

PAGE_SIZE = 50
COUNT_LIMIT = 1_000
EXPORT_LIMIT = 20_000
_OWNERS = {
    "shop": gettext_lazy("企业"), "county": gettext_lazy("县级公安机关"), "nobody": gettext_lazy("无，已办结"),
}  # fmt: skip


def _version(form: CaseForm) -> int | None:
    found: int | None = form.cleaned_data.get("version")
    return found


ACTS: dict[str, Act] = {
    "offer_hearing": Act(
        gettext_lazy("告知听证权利"),
        gettext_lazy(
            "通知企业拟收回许可证，可以陈述、申辩或要求听证，5个工作日内答复。企业恢复经营并办理一次备案，本案即结束。"
        ),
        gettext_lazy("发出告知"),
        lambda case, form, by, at: recall.offer_hearing(case, by=by, at=at, expected_version=_version(form)),
        CaseForm,
        basis=BASIS,
        clause=CLAUSE,
    ),
    "note_no_answer": Act(
        gettext_lazy("登记逾期未答复"),
        gettext_lazy("企业在答复期限内没有答复，登记后可以继续办理。"),
        gettext_lazy("登记未答复"),
        lambda case, form, by, at: recall.note_no_answer(case, by=by, at=at, expected_version=_version(form)),
        CaseForm,
        basis=BASIS,
        clause=CLAUSE,
    ),
    "record_hearing": Act(
        gettext_lazy("登记听证"),
        gettext_lazy("听证后登记时间和笔录摘要。"),
        gettext_lazy("登记听证"),
        lambda case, form, by, at: recall.record_hearing(
            case,
            heard_at=form.heard_at(),
            minutes=form.cleaned_data["minutes"],
            by=by,
            at=at,
            expected_version=_version(form),
        ),
        HearingForm,
        basis=BASIS,
        clause=CLAUSE,
    ),
    "propose_recall": Act(
        gettext_lazy("提出收回意见"),
        gettext_lazy("提出后由负责人决定；提出意见的人不能作决定。"),
        gettext_lazy("提出意见"),
        lambda case, form, by, at: recall.propose_recall(
            case, reason=form.cleaned_data["reason"], by=by, at=at, expected_version=_version(form)
        ),
        ReasonForm,
        basis=BASIS,
        clause=CLAUSE,
    ),
    "decide_recall": Act(
        gettext_lazy("决定收回许可证"),
        gettext_lazy("决定后许可证即时失效，企业从公开名录消失，系统立即告知登记机关并计时等待回执。"),
        gettext_lazy("决定收回"),
        lambda case, form, by, at: recall.decide_recall(
            case, reason=form.cleaned_data["reason"], by=by, at=at, expected_version=_version(form)
        ),
        ReasonForm,
        decides=True,
        serious=True,
        basis=BASIS,
        clause=CLAUSE,
    ),
    "decline_recall": Act(
        gettext_lazy("决定不收回"),
        gettext_lazy("本案结案，许可证不受影响；闲置月数自结案之日重新计算。"),
        gettext_lazy("决定不收回"),
        lambda case, form, by, at: recall.decline_recall(
            case, reason=form.cleaned_data["reason"], by=by, at=at, expected_version=_version(form)
        ),
        ReasonForm,
        decides=True,
        basis=BASIS,
        clause=CLAUSE,
    ),
    "close_idle_case": Act(
        gettext_lazy("结案"),
        gettext_lazy("已无继续办理的理由时结案，许可证不受影响；闲置月数自结案之日重新计算。"),
        gettext_lazy("结案"),
        lambda case, form, by, at: recall.close_case(
            case,
            reason=form.cleaned_data["reason"],
            remark=form.cleaned_data["remark"],
            by=by,
            at=at,
            expected_version=_version(form),
        ),
        CloseForm,
        basis=BASIS,
        clause=CLAUSE,
    ),
    "record_recovery": Act(
        gettext_lazy("登记证件收回情况"),
        gettext_lazy("收回决定作出后，登记证件本身的收取结果。"),
        gettext_lazy("登记"),
        lambda case, form, by, at: recall.record_recovery(case, way=form.cleaned_data["way"], by=by, at=at),
        RecoveryForm,
        basis=BASIS,
        clause=CLAUSE,
    ),
}


def _columns(at: dt.datetime, *, places: bool = True) -> list[Column[IdleCase]]:
    place = cache(full_name_of)
    return [
        Column(
            _("案件编号"), lambda case: case.number, kind="code",
            link=lambda case: reverse("police_idle_case", args=[case.number]),
        ),
        Column(_("企业名称"), lambda case: str(case.shop.organisation)),
        *([Column(_("所在地"), lambda case: place(case.shop.area))] if places else []),
        Column(_("状态"), status_of),
        Column(_("计算起始日"), lambda case: case.last_on, kind="date"),
        Column(_("决定时限"), lambda case: recall_clock(case, at)),
        Column(_("登记机关告知"), lambda case: receipt_status(case, at)),
    ]  # fmt: skip


@never_cache
@require_GET
def police_idle(request: HttpRequest) -> HttpResponseBase:
    """Cases within reach, longest idle first (闲置企业); `export=csv|xlsx` downloads what the filter asks for."""
    user, at = signed_in_user(request), now()
    form = IdleFilter(request.GET, reach=jurisdiction_of(user))
    form.is_valid()
    asked = form.cleaned_data
    found = cases_of(user, at=at, stage=asked.get("stage") or "", term=asked.get("q") or "", place=asked.get("county"))
    if request.GET.get("export") in ("csv", "xlsx"):

        def rows() -> Iterator[IdleCase]:
            yield from found[: EXPORT_LIMIT + 1].iterator(chunk_size=1_000)

        return export(
            _columns(at), rows(), name=_("闲置企业"), form=cast("Format", request.GET["export"]), most=EXPORT_LIMIT
        )
    page = paginate(found, request.GET, size=PAGE_SIZE, count=count_up_to(found, COUNT_LIMIT))
    query = request.GET.copy()
    for name in ("cursor", "export"):
        query.pop(name, None)
    late = {case.pk for case in page.rows if (clock := recall_clock(case, at)) is not None and clock.tone == "late"}
    context = {
        "filters": form,
        "facts": place_facts(user),
        "counters": _counters(user, at),
        "page": page,
        "query": query.urlencode(),
        "table": Table(
            columns=_columns(at, places=spans_places(user)), rows=page.rows, caption=_("闲置企业"),
            late=lambda case: case.pk in late,
        ),
        "narrowed": any(request.GET.get(name) for name in ("q", "stage", "county")),
    }  # fmt: skip
    return render(request, "licensing/police/idle.html", context)


def _counters(user: User, at: dt.datetime) -> list[Counter]:
    here = reverse("police_idle")

    def counter(label: str, stage: str, tone: Any = "") -> Counter:
        number = count_of(user, stage, at=at)
        return Counter(label, number, f"{here}?stage={stage}", tone if number else "")

    return [
        counter(_("已提醒"), "warned"),
        counter(_("超过6个月"), "idle", "soon"),
        counter(_("听证告知中"), "hearing"),
        counter(_("待负责人决定"), "proposed", "soon"),
        counter(_("决定时限已过"), "late", "late"),
        counter(_("待登记机关回执"), "notice", "soon"),
    ]


def _is_possible(case: IdleCase, verb: str) -> bool:
    if verb == "record_recovery":
        return case.status == "DECIDED_RECALL" and case.recovered_at is None
    return IDLE_CASE.move(case.status, verb) is not None


@never_cache
@require_GET
def police_idle_case(request: HttpRequest, number: str) -> HttpResponse:
    """One case: how long idle, both clocks, what happened, what can be done now (闲置收回案)."""
    user, at = signed_in_user(request), now()
    case = visible_case(number, by=user)
    notice = notice_of(case)
    context = {
        "case": case,
        "status": status_of(case),
        "facts": [
            Fact(_("案件编号"), case.number, code=True),
            Fact(_("企业名称"), str(case.shop.organisation)),
            Fact(_("制作单位编码"), case.shop.code, code=True),
            Fact(_("所在地"), full_name_of(case.shop.area)),
            Fact(_("许可证编号"), case.licence.number if case.licence else "", code=case.licence is not None),
            Fact(_("当前由谁办理"), _OWNERS[IDLE_CASE.status(case.status).owner]),
            Fact(_("答复时限"), moment(case.answer_due_at)),
        ],
        "months": idle_facts(case.shop, at) if case.status not in ("DECIDED_RECALL", "CLOSED") else [],
        "recall": recall_clock(case, at),
        "notice_clock": notice_clock(case, at),
        "notice": notice,
        "receipt": receipt_status(case, at),
        "law": law_words(BASIS, CLAUSE),
        "history": ledger(case),
        "acts": [
            (act.title, reverse("police_idle_act", args=[case.number, verb.replace("_", "-")]), act.serious)
            for verb, act in ACTS.items()
            if _is_possible(case, verb) and may_act(user, case, act, first=case.proposed_by)
        ],
    }
    return render(request, "licensing/police/idle_case.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def police_idle_act(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """Carry out one act on a case (办理闲置收回案)."""
    user = signed_in_user(request)
    case = visible_case(number, by=user)
    name, act = find_act(ACTS, verb)
    check_act(user, case, act, first=case.proposed_by)
    return answer_act(
        request, act, case, user=user, address=reverse("police_idle_case", args=[case.number]),
        lead=f"{case.shop.organisation} · {case.number}", possible=_is_possible(case, name),
    )  # fmt: skip
