"""Licences on the police workbench (许可证): what stands on each, its changes, and the verbs that never mix."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import cast

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from licensing.models import IdleCase, LicenceChange, RegistryNotice, RevocationProposal, SpecialTradeLicence
from licensing.police_filters import LicenceFilter
from licensing.police_licence_forms import CancelForm, ReasonForm, RevokeForm, SuspendForm
from licensing.selectors import visible_licence
from licensing.services import changes, licences
from licensing.states import CHANGE, LICENCE
from licensing.views.opening_parts import authority_name
from licensing.views.police_licences import EXPORT_LIMIT, PAGE_SIZE, spans_places, tabs_of
from licensing.views.police_licences_acts import Act, answer_act, basis_words, check_act, find_act, may_act
from licensing.views.suspension_parts import request_columns
from licensing.work_selectors import licence_list_of
from sealreg.accounts.jurisdiction import jurisdiction_of
from sealreg.accounts.models import User
from sealreg.audit.presenters import sentence_for
from sealreg.audit.selectors import search_events
from sealreg.clock import now
from sealreg.database.plans import custom_plans
from sealreg.regions.selectors import full_name_of
from sealreg.units.selectors import find_by_credit_code
from sealreg.web.components import Deadline, Event, Fact, Status, Tone, deadline
from sealreg.web.export import Format, export
from sealreg.web.paging import count_up_to, paginate
from sealreg.web.place import place_facts
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column, Table
from sealreg.web.templatetags.ui import moment

COUNT_LIMIT = 1_000
TONES: dict[str, Tone] = {"VALID": "done", "SUSPENDED": "waiting", "REQUESTED": "waiting", "RECORDED": "done"}
LIVING = ("VALID", "SUSPENDED")

ACTS: dict[str, Act] = {
    "suspend_licence": Act(
        gettext_lazy("暂停许可证"),
        gettext_lazy("暂停期间企业不能承接新业务，不计入闲置月数；由本机关决定恢复。"),
        gettext_lazy("暂停许可证"),
        lambda one, form, by, at: licences.suspend_licence(
            one, ground=form.cleaned_data["ground"], reason=form.cleaned_data["reason"], by=by, at=at,
            expected_version=form.seen,
        ),
        SuspendForm,
        decides=True,
        serious=True,
        basis="house",
    ),
    "reinstate_licence": Act(
        gettext_lazy("恢复许可证"),
        gettext_lazy("恢复后企业即时可以承接业务，重新列入公开名录。"),
        gettext_lazy("恢复许可证"),
        lambda one, form, by, at: licences.reinstate_licence(
            one, reason=form.cleaned_data["reason"], by=by, at=at, expected_version=form.seen
        ),
        ReasonForm,
        decides=True,
        basis="house",
    ),
    "propose_revocation": Act(
        gettext_lazy("提出撤销许可意见"),
        gettext_lazy("许可作出时就有问题的，可以撤销。先由经办民警提出，再由负责人决定；提出的人不能作决定。"),
        gettext_lazy("提出意见"),
        lambda one, form, by, at: licences.propose_revocation(
            one, ground=form.cleaned_data["ground"], reason=form.cleaned_data["reason"], by=by, at=at,
            expected_version=form.seen,
        ),
        RevokeForm,
        serious=True,
        basis="licensing-law",
        clause="第六十九条",
    ),
    "cancel_licence": Act(
        gettext_lazy("注销许可证"),
        gettext_lazy("企业终止、申请注销，或者登记机关已吊销营业执照的，办理注销。注销后不能恢复，企业从公开名录消失。"),
        gettext_lazy("注销许可证"),
        lambda one, form, by, at: licences.cancel_licence(
            one, ground=form.cleaned_data["ground"], reason=form.cleaned_data["reason"], by=by, at=at,
            expected_version=form.seen,
        ),
        CancelForm,
        decides=True,
        serious=True,
        basis="licensing-law",
        clause="第七十条",
    ),
}  # fmt: skip


def licence_status(licence: SpecialTradeLicence) -> Status:
    """The licence's status as shown (许可证状态)."""
    return Status(LICENCE.status(licence.status).label, TONES.get(licence.status, "stopped"))


def holder_of(licence: SpecialTradeLicence) -> str:
    """Whose licence it is (持证企业)."""
    return licence.holder_name or str(licence.shop)


def _columns(*, places: bool = True) -> list[Column[SpecialTradeLicence]]:
    place = cache(full_name_of)
    return [
        Column(
            _("许可证编号"), lambda one: one.number, kind="code",
            link=lambda one: reverse("police_licence", args=[one.number]),
        ),
        Column(_("企业名称"), holder_of),
        *([Column(_("所在地"), lambda one: place(one.shop.area))] if places else []),
        Column(_("状态"), licence_status),
        Column(_("变更"), lambda one: Status(_("待登记"), "waiting") if getattr(one, "change_asked", False) else ""),
        Column(_("发证日期"), lambda one: one.issued_on, kind="date"),
    ]  # fmt: skip


@never_cache
@require_GET
def police_licence_register(request: HttpRequest) -> HttpResponseBase:
    """Licences within reach (许可证列表); `export=csv|xlsx` downloads what the filter asks for."""
    user = signed_in_user(request)
    form = LicenceFilter(request.GET, reach=jurisdiction_of(user))
    form.is_valid()
    asked = form.cleaned_data
    found = licence_list_of(
        user, status=asked.get("status") or "", term=asked.get("q") or "", place=asked.get("county")
    )
    if request.GET.get("export") in ("csv", "xlsx"):

        def rows() -> Iterator[SpecialTradeLicence]:
            with custom_plans():
                yield from found[: EXPORT_LIMIT + 1].iterator(chunk_size=1_000)

        return export(
            _columns(), rows(), name=_("许可证"), form=cast("Format", request.GET["export"]), most=EXPORT_LIMIT
        )
    with custom_plans():
        page = paginate(found, request.GET, size=PAGE_SIZE, count=count_up_to(found, COUNT_LIMIT))
    query = request.GET.copy()
    for name in ("cursor", "export"):
        query.pop(name, None)
    context = {
        "tabs": tabs_of(request),
        "title": pgettext("list", "许可证"),
        "intro": _("许可证长期有效，不设期限，不年检，不换证。"),
        "here": reverse("police_licence_register"),
        "filters": form,
        "facts": place_facts(user),
        "page": page,
        "query": query.urlencode(),
        "table": Table(columns=_columns(places=spans_places(user)), rows=page.rows, caption=_("许可证")),
        "nothing": _("没有许可证"),
        "advice": _("许可证制发后会列在这里；请核对编号或名称，或放宽筛选条件。"),
    }
    return render(request, "licensing/police/list.html", context)


def change_columns() -> list[Column[LicenceChange]]:
    """Changes of a licence: what, old, new, where it stands (变更表)."""
    return [
        Column(
            _("变更事项"), lambda one: str(one.get_item_display()),
            link=lambda one: reverse("police_licence_change", args=[one.number]),
        ),
        Column(_("变更前"), lambda one: one.old_value),
        Column(_("变更后"), lambda one: one.new_value),
        Column(_("状态"), lambda one: Status(CHANGE.status(one.status).label, TONES.get(one.status, "quiet"))),
        Column(_("申请时间"), lambda one: one.requested_at, kind="moment"),
    ]  # fmt: skip


def _facts(licence: SpecialTradeLicence) -> list[Fact]:
    facts = [
        Fact(_("许可证编号"), licence.number, code=True),
        *(Fact(label, changes.value_now(licence, item)) for item, label in _items()),
        Fact(_("统一社会信用代码"), licence.shop.credit_code, code=True),
        Fact(_("发证机关"), authority_name(licence.issued_by_no)),
        Fact(_("发证日期"), licence.issued_on.isoformat()),
        Fact(_("有效期"), _("长期")),
    ]
    if licence.status == "SUSPENDED":
        facts.append(Fact(_("暂停"), f"{moment(licence.suspended_at)} · {licence.get_suspend_ground_display()}"))
    if licence.ended_at is not None:
        facts.append(Fact(_("终止"), f"{moment(licence.ended_at)} · {licence.end_reason}"))
    return [fact for fact in facts if fact.value]


def _items() -> list[tuple[str, str]]:
    return [(str(value), str(label)) for value, label in LicenceChange._meta.get_field("item").choices or ()]


def _verbs(licence: SpecialTradeLicence) -> list[Fact]:
    """What can end a licence, who decides it and by which law (四个动词). The last is the registry's alone."""
    unit = find_by_credit_code(licence.shop.credit_code)
    revoked = unit is not None and unit.registry_state == "REVOKED"
    registry = _("登记机关显示已吊销") if revoked else _("登记机关未显示吊销")
    said = {"revoke": basis_words(ACTS["propose_revocation"]), "cancel": basis_words(ACTS["cancel_licence"])}
    recover = Act("", "", "", lambda *_given: None, basis="gd-2018-146", clause="三(五)")
    return [
        Fact(
            pgettext("act on a licence", "收回"),
            _("超过6个月未开展业务的，由县级公安机关听证后决定，见“闲置企业”。依据：%(basis)s")
            % {"basis": basis_words(recover)},
        ),
        Fact(
            pgettext("act on a licence", "撤销"),
            _("许可作出时就有问题，两人办理。依据：%(basis)s") % {"basis": said["revoke"]},
        ),
        Fact(
            pgettext("act on a licence", "注销"), _("企业终止或者申请注销。依据：%(basis)s") % {"basis": said["cancel"]}
        ),
        Fact(_("吊销营业执照"), _("只由登记机关决定，公安机关不办理。现在：%(state)s。") % {"state": registry}),
    ]


def _notices(licence: SpecialTradeLicence) -> list[tuple[RegistryNotice, Status, Deadline | None]]:
    at = now()
    shown = []
    for notice in RegistryNotice.objects.filter(shop=licence.shop_id).order_by("-id"):
        if notice.received_at is not None:
            status = Status(_("已收到回执"), "done")
        elif notice.due_at < at:
            status = Status(_("逾期未收到回执"), "stopped")
        else:
            status = Status(_("等待回执"), "waiting")
        clock = deadline(notice.due_at, at=at) if notice.received_at is None else None
        shown.append((notice, status, clock))
    return shown


def _history(licence: SpecialTradeLicence) -> list[Event]:
    rows = search_events(subject=("licence", licence.number))[:100]
    said = [Event(f"{sentence_for(row)} {row.facts.get('note', '')}".strip(), row.at) for row in rows]
    issued = getattr(licence, "application", None)
    if issued is not None and issued.issued_at is not None:
        said.append(Event(_("制发许可证。"), issued.issued_at))
    return said


def possible(licence: SpecialTradeLicence, verb: str) -> bool:
    """Whether the licence's status allows it (状态是否允许)."""
    if verb == "propose_revocation":
        waiting = RevocationProposal.objects.filter(licence=licence, status="PROPOSED").exists()
        return licence.status in LIVING and not waiting
    return LICENCE.move(licence.status, verb) is not None


@never_cache
@require_GET
def police_licence(request: HttpRequest, number: str) -> HttpResponse:
    """One licence within reach (许可证)."""
    user = signed_in_user(request)
    licence = visible_licence(number, by=user)
    proposals = list(RevocationProposal.objects.filter(licence=licence).order_by("-id"))
    context = {
        "licence": licence,
        "holder": holder_of(licence),
        "status": licence_status(licence),
        "text": LICENCE.status(licence.status).citizen_text,
        "facts": _facts(licence),
        "verbs": _verbs(licence),
        "spells": licence.spells.order_by("-started_at"),
        "changes": Table(columns=change_columns(), rows=list(licence.changes.order_by("-id")), caption=_("许可证变更")),
        "suspensions": Table(
            columns=request_columns(lambda one: reverse("police_suspension", args=[one.number])),
            rows=list(licence.suspension_requests.order_by("-id")),
            caption=_("停业复业申请"),
        ),
        "proposals": proposals,
        "idle": IdleCase.objects.filter(shop=licence.shop_id).order_by("-id").first(),
        "notices": _notices(licence),
        "history": _history(licence),
        "acts": _offered(user, licence),
        "looks_on": not any(may_act(user, licence, act) for act in ACTS.values()),
    }
    return render(request, "licensing/police/licence.html", context)


def _offered(user: User, licence: SpecialTradeLicence) -> list[tuple[object, str, bool]]:
    return [
        (act.title, reverse("police_licence_act", args=[licence.number, verb.replace("_", "-")]), act.serious)
        for verb, act in ACTS.items()
        if may_act(user, licence, act) and possible(licence, verb)
    ]


@never_cache
@require_http_methods(["GET", "POST"])
def police_licence_act(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """Carry out one act on a licence (办理许可证)."""
    user = signed_in_user(request)
    licence = visible_licence(number, by=user)
    name, act = find_act(ACTS, verb)
    check_act(user, licence, act)
    return answer_act(
        request, act, licence, user=user, address=reverse("police_licence", args=[licence.number]),
        lead=f"{holder_of(licence)} · {licence.number}", possible=possible(licence, name),
    )  # fmt: skip
