"""Opening a shop and its licence, as the shop sees them (开办和许可): where things stand and what to do."""

from __future__ import annotations

import datetime as dt
from typing import cast

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from licensing.choices import Handover, Regime
from licensing.models import LicenceApplication, LicenceChange, ShopFiling, SpecialTradeLicence, SuspensionRequest
from licensing.models.licences import ALIVE
from licensing.models.suspensions import UNDECIDED
from licensing.opening_forms import MessageForm
from licensing.opening_subjects import regime_of
from licensing.permissions import check_can_apply
from licensing.regimes import regime_on
from licensing.selectors import applications_of, licences_of, open_revocation, shop_filings_of
from licensing.states import LICENCE, SUSPENSION_REQUEST
from licensing.views import opening_parts as parts
from licensing.views.filing_change_parts import filing_changes_table
from licensing.views.opening_clock import clock_of
from licensing.views.shop_opening_form import draft_page, loaded
from licensing.views.shop_opening_parts import address
from licensing.views.suspension_parts import request_status
from sealreg.accounts.models import User
from sealreg.clock import now, shanghai
from sealreg.database.numbers import show_public_number
from sealreg.errors import NotFound, OutsideJurisdiction
from sealreg.web.components import Fact
from sealreg.web.export import Format, export
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column, Table
from sealreg.web.templatetags.ui import moment

MOST = 500
_OPEN = ("DRAFT", "SUBMITTED", "CORRECTION_ASKED", "ACCEPTED", "GRANTED", "ISSUED")


def may_act(user: User, organisation_pk: int) -> bool:
    """Whether the person may act for the shop (能否办理)."""
    try:
        check_can_apply(user, organisation_pk)
    except (NotFound, OutsideJurisdiction):
        return False
    return True


@never_cache
@require_GET
def shop_licence(request: HttpRequest) -> HttpResponse:
    """The shop's licence or filing, what is under way, what can be done (开办和许可)."""
    user = signed_in_user(request)
    organisation = user.organisation
    if organisation is None:
        raise NotFound
    licences = list(licences_of(user).order_by("-issued_on", "-pk"))
    licence = next((one for one in licences if one.status in ALIVE), None)
    under_way: list[parts.Statement] = [
        *applications_of(user).filter(status__in=_OPEN),
        *shop_filings_of(user).filter(status="DRAFT"),
    ]
    filing = shop_filings_of(user).filter(status="FILED").first()
    context = {
        "may": may_act(user, organisation.pk),
        "licence": licence,
        "licence_status": parts.licence_status(licence) if licence is not None else None,
        "licence_facts": licence_facts(licence) if licence is not None else [],
        "licence_text": LICENCE.status(licence.status).citizen_text if licence is not None else "",
        "spells": parts.spells_of(licence) if licence is not None else [],
        "past": [
            Fact(one.number, _("%(status)s，%(day)s") % {"status": one.status_label, "day": moment(one.ended_at)})
            for one in licences
            if one.status not in ALIVE
        ],
        "changes": _changes(licence) if licence is not None else None,
        "asked": _asked(licence) if licence is not None else None,
        "revocation": open_revocation(by=user),
        "filing": filing,
        "filing_status": parts.status_of(filing) if filing is not None else None,
        "filing_correction": filing is not None and filing.corrections.filter(closed_at__isnull=True).exists(),
        "cards": [(one, parts.standing_of(one), address(one)) for one in under_way],
        "law": parts.law_of(Regime.LICENSING_2018 if filing is None or licence is not None else regime_of(filing)),
        "new": not (licence or filing or under_way),
        "guide": reverse("guide_business", args=["licence"]),
    }
    return render(request, "licensing/shop/licence.html", context)


def licence_facts(licence: SpecialTradeLicence) -> list[Fact]:
    """What stands on the licence (许可证内容)."""
    facts = [
        Fact(_("许可证编号"), licence.number, code=True),
        Fact(_("企业名称"), licence.holder_name or str(licence.shop)),
        Fact(_("住所地址"), licence.address or licence.shop.address),
        Fact(_("法定代表人（负责人）"), licence.legal_representative),
        Fact(_("经营场所"), licence.premises or licence.shop.address),
        Fact(_("发证机关"), parts.authority_name(licence.issued_by_no)),
        Fact(_("发证日期"), licence.issued_on.isoformat()),
        Fact(_("有效期"), _("长期有效，不用年审，也不用换证")),
    ]
    if licence.suspended_at is not None:
        facts.append(Fact(_("暂停时间"), moment(licence.suspended_at)))
        facts.append(Fact(_("暂停情形"), licence.get_suspend_ground_display()))
        facts.append(Fact(_("由谁恢复"), parts.authority_name(licence.authority_no)))
    return facts


def change_columns(*, linked: bool = True) -> list[Column[LicenceChange]]:
    """Changes with old and new (变更表)."""
    return [
        Column(
            _("编号"), lambda one: one.number, kind="code",
            link=(lambda one: reverse("shop_licence_change", args=[one.number])) if linked else None,
        ),
        Column(_("变更事项"), lambda one: one.get_item_display()),
        Column(_("变更前"), lambda one: one.old_value),
        Column(_("变更后"), lambda one: one.new_value),
        Column(_("状态"), parts.change_status),
        Column(_("申请时间"), lambda one: one.requested_at, kind="moment"),
        Column(_("办结时间"), lambda one: one.closed_at, kind="moment"),
    ]  # fmt: skip


def _asked(licence: SpecialTradeLicence) -> tuple[SuspensionRequest, parts.Standing] | None:
    """The request to stop or resume business that is under way, if any."""
    one = licence.suspension_requests.filter(status__in=UNDECIDED).first()
    if one is None:
        return None
    found = SUSPENSION_REQUEST.status(one.status)
    who = parts.authority_name(one.authority_no) if found.owner == "county" else ""
    return one, parts.Standing(request_status(one), str(found.citizen_text), who)


def _changes(licence: SpecialTradeLicence) -> Table[LicenceChange]:
    rows = list(licence.changes.order_by("-requested_at", "-id")[:8])
    return Table(columns=change_columns(), rows=rows, caption=_("许可证变更"))


@never_cache
@require_GET
def shop_opening_case(request: HttpRequest, kind: str, number: str) -> HttpResponse:
    """Where an application or a filing stands, who acts, until when, what to do (办理情况)."""
    user, at = signed_in_user(request), now()
    statement = loaded(kind, number, by=user)
    may = may_act(user, statement.organisation_id)
    if statement.status == "DRAFT":
        return draft_page(request, statement, user=user, may=may)
    threads = parts.threads_of(statement)
    open_thread = next((thread for thread in threads if thread.open), None)
    application = statement if isinstance(statement, LicenceApplication) else None
    handed_in = statement.submitted_at is not None
    context = {
        "statement": statement,
        "filing": application is None,
        "may": may,
        "standing": parts.standing_of(statement),
        "law": parts.law_of(regime_of(statement)),
        "todo": _todo(statement, open_thread is not None),
        "clock": clock_of(application, at=at) if application is not None else None,
        "steps": parts.steps_of(application) if application is not None and handed_in else [],
        "decision": parts.decision_facts(application) if application is not None else _ended(statement),
        "facts": parts.case_facts(statement),
        "thread": open_thread,
        "threads": [thread for thread in threads if not thread.open],
        "message_form": MessageForm() if may and open_thread is not None else None,
        "message_url": address(statement, "message"),
        "licence": application.licence if application is not None else None,
        "history": parts.history_of(statement),
        "handed_in": handed_in,
        "filing_changes": filing_changes_table(statement) if isinstance(statement, ShopFiling) else None,
        "guide": reverse("guide_business", args=["licence"]),
        **(statement_context(statement) if handed_in else {}),
        **_ways(statement, may=may, asked=open_thread is not None, day=shanghai(at).date()),
    }
    return render(request, "licensing/shop/case.html", context)


def statement_context(statement: parts.Statement) -> dict[str, object]:
    """What parts/statement.html shows (申报内容展示)."""
    return {
        "shop_facts": parts.shop_facts(statement),
        "staff": parts.stated_staff(statement),
        "equipment": parts.stated_equipment(statement),
        "papers": parts.papers_of(statement),
    }


def _ended(statement: parts.Statement) -> list[Fact]:
    if not isinstance(statement, ShopFiling) or statement.ended_at is None:
        return []
    return [
        Fact(_("结果"), _("备案已终止")),
        Fact(_("终止情形"), statement.get_end_ground_display()),
        Fact(_("终止时间"), moment(statement.ended_at)),
    ]


def _todo(statement: parts.Statement, asked: bool) -> str:
    """What the shop has to do now (企业要做的事), empty where there is nothing."""
    if isinstance(statement, ShopFiling):
        return _("请逐项更正；更正期间备案继续有效，可以照常承接业务。") if asked else ""
    if statement.status == "CORRECTION_ASKED":
        return _("请逐项补正并提交；提交后计时继续，由县级公安机关接着办理。")
    if statement.status == "ISSUED":
        return {
            Handover.ELECTRONIC: _("电子许可证已可下载使用；下载后请登记领取，事项即办结。"),
            Handover.COURIER: _("许可证正在寄送；收到后请登记领取，事项即办结。"),
            Handover.COUNTER: _("请到办理机关窗口领取许可证，可以由窗口民警或您自己登记领取。"),
        }[Handover(statement.handover)]
    return ""


def _ways(statement: parts.Statement, *, may: bool, asked: bool, day: dt.date) -> dict[str, str]:
    """Acts open to the shop now (可办事项): name in the template -> address."""
    if not may:
        return {}
    ways = {}
    if asked:
        ways["answer_url"] = address(statement, "answer")
    if isinstance(statement, ShopFiling):
        if statement.status == "FILED":
            ways["changes_url"] = reverse("shop_filing_changes", args=[statement.number])
            ways["end_url"] = address(statement, "end")
        return ways
    if statement.status in ("SUBMITTED", "CORRECTION_ASKED", "ACCEPTED"):
        ways["withdraw_url"] = address(statement, "withdraw")
        if statement.area and regime_on(day, statement.area) is Regime.FILING_2025:
            ways["convert_url"] = address(statement, "convert")
    if statement.status == "ISSUED":
        ways["collect_url"] = address(statement, "collect")
    return ways


@never_cache
@require_GET
def shop_opening_receipt(request: HttpRequest, kind: str, number: str) -> HttpResponse:
    """The receipt (回执): number, law, papers, who acts and until when; to be printed."""
    user, at = signed_in_user(request), now()
    statement = loaded(kind, number, by=user)
    if statement.submitted_at is None:
        raise NotFound
    application = statement if isinstance(statement, LicenceApplication) else None
    context = {
        "statement": statement,
        "filing": application is None,
        "shown_number": show_public_number(statement.number),
        "law": parts.law_of(regime_of(statement)),
        "facts": [Fact(_("企业名称"), statement.shop_name), *parts.case_facts(statement)[1:]],
        "clock": clock_of(application, at=at) if application is not None else None,
        "papers": parts.papers_of(statement),
        "case_url": address(statement),
    }
    return render(request, "licensing/shop/opening_receipt.html", context)


def _matter_columns() -> list[Column[parts.Statement]]:
    return [
        Column(_("编号"), lambda one: one.number, kind="code", link=address),
        Column(_("事项"), lambda one: _("开业备案") if isinstance(one, ShopFiling) else _("许可申请")),
        Column(_("企业名称"), lambda one: one.shop_name or _("尚未填写")),
        Column(_("状态"), parts.status_of),
        Column(_("提交时间"), lambda one: one.submitted_at, kind="moment"),
        Column(_("时限"), lambda one: one.due_on, kind="date"),
    ]


@never_cache
@require_GET
def shop_opening_matters(request: HttpRequest) -> HttpResponseBase:
    """All applications and filings of the shop, newest first (办理记录); `export=csv|xlsx` downloads them."""
    user = signed_in_user(request)
    rows: list[parts.Statement] = [*applications_of(user)[:MOST], *shop_filings_of(user)[:MOST]]
    rows.sort(key=lambda one: (one.created_at, one.pk), reverse=True)
    if request.GET.get("export") in ("csv", "xlsx"):
        form = cast("Format", request.GET["export"])
        return export(_matter_columns(), rows, name=_("开办办理记录"), form=form)
    table = Table(columns=_matter_columns(), rows=rows, caption=_("办理记录"))
    return render(request, "licensing/shop/matters.html", {"table": table})
