"""What a shop does with an application or a filing (企业办理): answer, ask, withdraw, collect, go over, end."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from licensing.choices import EndGround, Handover
from licensing.idle_forms import CaseForm
from licensing.models import LicenceApplication, MaterialRequirement, ShopFiling
from licensing.opening_answers import AnswerForm
from licensing.opening_forms import MessageForm, ReasonForm
from licensing.opening_subjects import regime_of
from licensing.permissions import check_can_apply
from licensing.selectors import visible_application, visible_shop_filing
from licensing.services.applications import collect_licence, withdraw_application
from licensing.services.corrections import answer_correction, answer_filing_correction, post_message
from licensing.services.shop_filings import (
    convert_application,
    convert_shop_filing,
    discard_shop_filing,
    end_shop_filing,
)
from licensing.views import opening_parts as parts
from licensing.views.acting import act_page, carry_out
from licensing.views.shop_opening_form import loaded
from licensing.views.shop_opening_parts import address
from sealreg.accounts.models import User
from sealreg.attachments.forms import store_submitted
from sealreg.clock import now
from sealreg.errors import Conflict, DomainError, IllegalMove, NotFound
from sealreg.web.once import OnceForm, run_once
from sealreg.web.signed_in import signed_in_user


def _mine(kind: str, number: str, user: User) -> parts.Statement:
    statement = loaded(kind, number, by=user)
    check_can_apply(user, statement.organisation_id)
    return statement


@never_cache
@require_http_methods(["GET", "POST"])
def shop_opening_answer(request: HttpRequest, kind: str, number: str) -> HttpResponse:
    """Answer a correction item by item (逐项补正)."""
    user, at = signed_in_user(request), now()
    statement = _mine(kind, number, user)
    thread = next((one for one in parts.threads_of(statement) if one.open), None)
    if thread is None:
        if request.method == "POST":
            raise IllegalMove(_("没有待补正的事项，可能已经提交过。请返回查看办理情况。"))
        return redirect(address(statement))
    listed = MaterialRequirement.objects.filter(regime=regime_of(statement)).order_by("applies_from", "id")
    kinds = {one.code: one.paper_kind for one in listed}
    form = AnswerForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        items=[(item, getattr(statement, item.subject, "")) for item in thread.items],
        kinds=kinds,
        initial={"version": statement.version},
    )
    status = 200
    if request.method == "POST":
        status = 422
        fine = store_submitted(form, by=user, at=at)
        if fine:
            refused = carry_out(
                form, lambda when: _answer(statement, form, user, when), by=user, address=address(statement)
            )
            if refused is None:
                messages.success(
                    request,
                    _("已提交更正，由县级公安机关核对。") if kind == "filing" else _("已提交补正，计时继续。"),
                )
                return redirect(address(statement))
            status = refused.status
    context = {
        "statement": statement,
        "filing": kind == "filing",
        "thread": thread,
        "form": form,
        "groups": [(item, form.group(item.subject)) for item in thread.items],
        "back_url": address(statement),
    }
    return render(request, "licensing/shop/answer.html", context, status=status)


def _answer(statement: parts.Statement, form: AnswerForm, user: User, at: dt.datetime) -> None:
    if isinstance(statement, ShopFiling):
        answer_filing_correction(statement, form.answer(), by=user, at=at)
    else:
        version = form.cleaned_data["version"]
        answer_correction(statement, form.answer(), by=user, at=at, expected_version=version)


@never_cache
@require_POST
def shop_opening_message(request: HttpRequest, kind: str, number: str) -> HttpResponse:
    """One message in the thread of the open correction (留言)."""
    user = signed_in_user(request)
    statement = _mine(kind, number, user)
    correction = statement.corrections.filter(closed_at__isnull=True).first()
    if correction is None:
        raise Conflict(_("该补正已结束。"))
    form = MessageForm(request.POST)
    status = 422
    if form.is_valid():
        refused = carry_out(
            form,
            lambda at: post_message(correction, text=form.cleaned_data["text"], by=user, at=at),
            by=user,
            address=address(statement),
        )
        if refused is None:
            messages.success(request, _("留言已发送给县级公安机关。"))
            return redirect(address(statement))
        status = refused.status
    context = {"title": _("补正留言"), "form": form, "button": _("发送留言"), "back_url": address(statement)}
    return render(request, "licensing/act.html", context, status=status)


def _posted(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


@never_cache
@require_http_methods(["GET", "POST"])
def shop_application_withdraw(request: HttpRequest, number: str) -> HttpResponse:
    """Take an application back (撤回申请), or give up a draft, after one question."""
    user = signed_in_user(request)
    application = visible_application(number, by=user)
    check_can_apply(user, application.organisation_id)
    draft = application.status == "DRAFT"
    kind = CaseForm if draft else ReasonForm
    form = kind(_posted(request), initial={"version": application.version})
    return act_page(
        request, form,
        lambda at: withdraw_application(
            application, reason=form.cleaned_data.get("reason", ""), by=user, at=at,
            expected_version=form.cleaned_data["version"],
        ),
        by=user, done=_("草稿已放弃。") if draft else _("申请已撤回。"), onward=reverse("shop_licence"),
        title=_("放弃草稿") if draft else _("撤回申请"),
        intro=_("放弃后填写的内容不再保留，以后可以重新申请。") if draft
        else _("撤回后本申请不再办理，计时停止；以后可以重新申请。"),
        button=_("确认放弃") if draft else _("确认撤回"), serious=True, back_url=address(application),
    )  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
def shop_application_collect(request: HttpRequest, number: str) -> HttpResponse:
    """The licence is in the shop's hands (登记领取)."""
    user = signed_in_user(request)
    application = visible_application(number, by=user)
    check_can_apply(user, application.organisation_id)
    form = CaseForm(_posted(request), initial={"version": application.version})
    electronic = application.handover == Handover.ELECTRONIC
    return act_page(
        request, form,
        lambda at: collect_licence(application, by=user, at=at, expected_version=form.cleaned_data["version"]),
        by=user, done=_("已登记领取，事项办结。许可证长期有效。"), onward=address(application),
        title=_("登记领取"),
        intro=_("电子许可证可以随时在“开办和许可”页面下载。") if electronic
        else _("请在实际收到许可证后登记。"),
        button=_("确认已领取"),
    )  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
def shop_opening_convert(request: HttpRequest, kind: str, number: str) -> HttpResponse:
    """Go over to the way the law now asks for (改按现行依据办理); what was typed goes along."""
    user = signed_in_user(request)
    statement = _mine(kind, number, user)
    form = OnceForm(_posted(request))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return redirect(run_once(form.key, by=user, at=now(), act=lambda: address(_convert(statement, user))))
            except DomainError as error:
                form.add_domain_error(error)
                status = error.status
    to_filing = isinstance(statement, LicenceApplication)
    context = {
        "title": _("改为开业备案") if to_filing else _("改为许可申请"),
        "intro": _("原申请随即撤回，填写的内容转入新的备案草稿，材料需要重新上传。") if to_filing
        else _("备案草稿随即放弃，填写的内容转入新的许可申请草稿，材料需要重新上传。"),
        "form": form, "button": _("确认改办"), "back_url": address(statement),
    }  # fmt: skip
    return render(request, "licensing/act.html", context, status=status)


def _convert(statement: parts.Statement, user: User) -> parts.Statement:
    at = now()
    if isinstance(statement, ShopFiling):
        return convert_shop_filing(statement, by=user, at=at)
    return convert_application(statement, by=user, at=at)


@never_cache
@require_http_methods(["GET", "POST"])
def shop_filing_discard(request: HttpRequest, number: str) -> HttpResponse:
    """Give up a filing's draft (放弃备案草稿)."""
    user = signed_in_user(request)
    filing = visible_shop_filing(number, by=user)
    check_can_apply(user, filing.organisation_id)
    form = OnceForm(_posted(request))
    return act_page(
        request, form, lambda at: discard_shop_filing(filing, by=user, at=at), by=user, done=_("草稿已放弃。"),
        onward=reverse("shop_licence"),
        title=_("放弃草稿"), intro=_("放弃后填写的内容不再保留，以后可以重新备案。"),
        button=_("确认放弃"), serious=True, back_url=address(filing),
    )  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
def shop_filing_end(request: HttpRequest, number: str) -> HttpResponse:
    """The shop has stopped for good (停止经营，终止备案)."""
    user = signed_in_user(request)
    filing = visible_shop_filing(number, by=user)
    check_can_apply(user, filing.organisation_id)
    if filing.status == "DRAFT":
        raise NotFound
    form = ReasonForm(_posted(request), initial={"version": filing.version})
    return act_page(
        request, form,
        lambda at: end_shop_filing(
            filing, ground=EndGround.SHOP_STOPPED, reason=form.cleaned_data["reason"], by=user, at=at,
            expected_version=form.cleaned_data["version"],
        ),
        by=user, done=_("备案已终止。"), onward=address(filing),
        title=_("终止备案"),
        intro=_("企业停止经营刻章业务时办理。终止后不能再承接业务；重新经营的，应当重新备案。"),
        button=_("确认终止"), serious=True,
    )  # fmt: skip
