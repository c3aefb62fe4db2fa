"""One filing on the police workbench (公安备案详情): read, returned and closed by the county; nobody approves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chips.views.words import photo_facts
from filing.access import may_see_papers
from filing.choices import ReturnReason
from filing.models import Disavowal, FilingReturn, Seal, SealFiling
from filing.permissions import check_can_return
from filing.police_forms import CloseReturnForm, LiftForm, ReturnForm
from filing.selectors import progress_of, visible_filing
from filing.services.delivery import lift_disavowal
from filing.services.returns import close_return, return_filing
from filing.specs import size_words
from filing.standing import standing_of, struck_off
from filing.states import SEAL_MAKING, SEAL_USE
from filing.views.limits import limit_of
from filing.views.public import steps_of, tone_of
from sealreg.accounts.jurisdiction import jurisdiction_of
from sealreg.accounts.models import User
from sealreg.clock import now
from sealreg.errors import DomainError, IllegalMove, NotFound, OutsideJurisdiction
from sealreg.regions.selectors import full_name_of
from sealreg.units.identifiers import mask_number
from sealreg.web.components import Event, Fact, Status
from sealreg.web.once import OnceForm, run_once
from sealreg.web.signed_in import signed_in_user
from sealreg.web.templatetags.ui import moment


@dataclass(frozen=True, slots=True)
class SealRow:
    """One seal on its filing's page (印章行)."""

    seal: Seal
    status: Status
    facts: list[Fact]


def _row(seal: Seal, *, with_person: bool, sees_photo: bool) -> SealRow:
    state = SEAL_MAKING.status(seal.status)
    facts = [
        Fact(_("印章编码"), seal.code, code=True),
        Fact(_("类型和规格"), f"{seal.get_seal_type_display()} {size_words(seal.width_mm, seal.height_mm)}"),
        Fact(_("使用状态"), SEAL_USE.status(seal.use_status).label),
        Fact(_("刻制日期"), seal.engraved_on.isoformat() if seal.engraved_on else _("尚未刻制")),
        Fact(_("芯片编号"), seal.chip.uid if seal.chip else _("尚未装入"), code=seal.chip is not None),
        *(photo_facts(seal.chip) if sees_photo else []),
    ]
    if seal.delivered_at:
        taker = f"{seal.taker_name} " if with_person else ""
        facts.append(Fact(_("领取情况"), f"{taker}{moment(seal.delivered_at)}"))
    return SealRow(seal, Status(state.label, tone_of(seal.status)), facts)


def _events(returns: list[FilingReturn]) -> list[Event]:
    reasons = {reason.value: str(reason.label) for reason in ReturnReason}
    events = []
    for made in returns:
        words = {"reason": reasons.get(made.reason, made.reason), "remark": made.remark, "answer": made.answer}
        events.append(Event(_("退回更正（%(reason)s）：%(remark)s") % words, made.returned_at))
        if made.answered_at:
            events.append(Event(_("刻章企业答复：%(answer)s") % words, made.answered_at))
        if made.closed_at:
            events.append(Event(_("退回已结束。"), made.closed_at))
    return sorted(events, key=lambda event: event.at, reverse=True)


def _may_return(user: User, filing: SealFiling) -> bool:
    try:
        check_can_return(user, filing)
    except (NotFound, OutsideJurisdiction):
        return False
    return True


@never_cache
@require_GET
def police_filing(request: HttpRequest, number: str) -> HttpResponse:
    """One filing within reach (备案详情), personal numbers masked."""
    user = signed_in_user(request)
    return _detail(request, user, visible_filing(number, by=user))


def _detail(
    request: HttpRequest,
    user: User,
    filing: SealFiling,
    form: CloseReturnForm | None = None,
    status: int = 200,
    lift: LiftForm | None = None,
) -> HttpResponse:
    found = progress_of(filing)
    papers = may_see_papers(user)
    returns = list(filing.returns.order_by("-returned_at"))
    open_return = next((made for made in returns if made.closed_at is None), None)
    mine = _may_return(user, filing)
    where = jurisdiction_of(user)
    oversees_shop = where is not None and filing.shop.authority_no in where
    unit = filing.unit
    seals = list(filing.seals.select_related("chip__packaging__photo", "imprint", "imprint_card").order_by("code"))
    person = [
        Fact(_("经办人"), filing.handler_name),
        Fact(_("证件种类"), filing.get_handler_document_display()),
        Fact(_("证件号码"), mask_number(filing.handler_id) if filing.handler_id else "", code=True),
        Fact(_("联系电话"), mask_number(filing.handler_phone) if filing.handler_phone else "", code=True),
    ]
    context = {
        "filing": filing,
        "found": found,
        "steps": steps_of(found),
        "facts": [
            Fact(_("备案编号"), filing.number, code=True),
            Fact(_("单位名称"), unit.name if unit else ""),
            Fact(_("统一社会信用代码"), unit.credit_code if unit else "", code=bool(unit and unit.credit_code)),
            Fact(_("单位所在地"), full_name_of(unit.area) if unit else ""),
            Fact(_("刻制原因"), filing.get_reason_display()),
            Fact(_("刻章企业"), str(filing.shop.organisation)),
            Fact(_("企业所在地"), full_name_of(filing.shop.area)),
            Fact(_("来源"), filing.get_origin_display()),
            Fact(_("提交时间"), moment(filing.submitted_at)),
            Fact(_("备案时间"), moment(filing.filed_at) if filing.filed_at else ""),
            *standing_of(filing, seals),
        ],
        "person": person if papers else [],
        "may_see_papers": papers,
        "rows": [_row(seal, with_person=papers, sees_photo=papers and oversees_shop) for seal in seals],
        **limit_of(filing, at=now()),
        "to_be_confirmed": unit is not None and not unit.is_confirmed,
        "struck_off": struck_off(unit),
        "objection": Disavowal.objects.filter(filing=filing, lifted_at__isnull=True).first(),
        "lift": (lift or LiftForm()) if mine else None,
        "returns": _events(returns),
        "open_return": open_return,
        "form": form or CloseReturnForm(),
        "can_close": mine and open_return is not None,
        "can_return": mine and open_return is None and filing.status == "FILED",
    }
    return render(request, "filing/police/filing.html", context, status=status)


def _once(form: OnceForm, act: Callable[[dt.datetime], object], *, by: User, address: str) -> DomainError | None:
    """Carry the act out once; what the domain refuses is put into the form and given back."""
    at = now()

    def once() -> str:
        act(at)
        return address

    try:
        run_once(form.key, by=by, at=at, act=once)
    except DomainError as error:
        form.add_domain_error(error)
        return error
    return None


@never_cache
@require_http_methods(["GET", "POST"])
def police_return(request: HttpRequest, number: str) -> HttpResponse:
    """Ask the shop to put a filed record right (退回更正). The filing stays valid all the while."""
    user = signed_in_user(request)
    filing = visible_filing(number, by=user)
    check_can_return(user, filing)
    if request.method == "GET" and filing.status != "FILED":
        raise IllegalMove(_("备案完成后才可退回更正；制作期间公安机关不介入。"))
    form = ReturnForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            data = form.cleaned_data
            refused = _once(
                form,
                lambda at: return_filing(filing, reason=data["reason"], remark=data["remark"], by=user, at=at),
                by=user,
                address=reverse("police_filing", args=[filing.number]),
            )
            if refused is None:
                messages.success(request, _("已退回，由刻章企业更正后答复。"))
                return redirect("police_filing", number=filing.number)
            status = refused.status
    return render(request, "filing/police/return.html", {"filing": filing, "form": form}, status=status)


@never_cache
@require_POST
def police_lift_disavowal(request: HttpRequest, number: str) -> HttpResponse:
    """The county has asked the unit: it does want the seals (解除非本人办理)."""
    user = signed_in_user(request)
    filing = visible_filing(number, by=user)
    check_can_return(user, filing)
    form = LiftForm(request.POST)
    status = 422
    if form.is_valid():
        refused = _once(
            form,
            lambda at: lift_disavowal(filing, remark=form.cleaned_data["remark"], by=user, at=at),
            by=user,
            address=reverse("police_filing", args=[filing.number]),
        )
        if refused is None:
            messages.success(request, _("声明已解除，刻章企业可以交付。"))
            return redirect("police_filing", number=filing.number)
        status = refused.status
    return _detail(request, user, filing, lift=form, status=status)


@never_cache
@require_POST
def police_close_return(request: HttpRequest, number: str) -> HttpResponse:
    """The record is right now (结束退回)."""
    user = signed_in_user(request)
    filing = visible_filing(number, by=user)
    check_can_return(user, filing)
    form = CloseReturnForm(request.POST)
    status = 422
    if form.is_valid():

        def close(at: dt.datetime) -> None:
            made = FilingReturn.objects.select_related("filing").filter(filing=filing, closed_at__isnull=True).first()
            if made is None:
                raise IllegalMove(_("该备案没有未结束的退回。"))
            close_return(made, by=user, at=at)

        refused = _once(form, close, by=user, address=reverse("police_filing", args=[filing.number]))
        if refused is None:
            messages.success(request, _("退回已结束。"))
            return redirect("police_filing", number=filing.number)
        status = refused.status
    return _detail(request, user, filing, form, status)
