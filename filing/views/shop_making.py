"""Making, filing and handing over (制作、备案与交付): a page a filing, a page an act, only what the state allows."""

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

from chips.rules import current_price
from chips.selectors import chip_for
from filing.making_forms import AgainForm, AnswerForm, ChipForm, CompleteForm, DeliveryForm, ImprintForm, WithdrawForm
from filing.models import Disavowal, FilingReturn, Seal, SealFiling
from filing.requests import Handler
from filing.selectors import progress_of, visible_filing, visible_seal
from filing.services.delivery import deliver_seal
from filing.services.ending import replaced_by
from filing.services.making import bind_chip, check_receipt_line, complete_filing, record_engraving
from filing.services.returns import answer_return
from filing.services.withdrawal import withdraw_filing
from filing.specs import size_words
from filing.standing import standing_of, struck_off
from filing.states import SEAL_MAKING
from filing.views.limits import limit_of
from filing.views.public import steps_of
from filing.views.seal_rows import row_of
from sealreg.accounts.models import User
from sealreg.attachments.forms import store_submitted
from sealreg.clock import now, shanghai
from sealreg.errors import Conflict, DomainError, IllegalMove, NotFound
from sealreg.units.identifiers import mask_number
from sealreg.web.components import Fact
from sealreg.web.once import OnceForm, run_once
from sealreg.web.signed_in import signed_in_user
from sealreg.web.templatetags.ui import moment


@never_cache
@require_GET
def shop_filing(request: HttpRequest, number: str) -> HttpResponse:
    """One filing of the shop and what can be done with it now (备案详情)."""
    filing = visible_filing(number, by=signed_in_user(request))
    if filing.status == "DRAFT":
        return redirect("shop_draft", number=filing.number)
    return _detail(request, filing)


def _detail(request: HttpRequest, filing: SealFiling, form: CompleteForm | None = None) -> HttpResponse:
    found = progress_of(filing)
    seals = list(
        filing.seals.select_related("chip__receipt_line", "chip__packaging__photo", "imprint")
        .prefetch_related("chip__writings")
        .order_by("code")
    )
    left = [seal for seal in seals if seal.status != "WITHDRAWN"]
    making = filing.status == "SUBMITTED"
    unit = filing.unit
    rows = [row_of(seal) for seal in seals]
    context = {
        "filing": filing,
        "found": found,
        "steps": steps_of(found) if filing.submitted_at else [],
        "facts": [
            Fact(_("备案编号"), filing.number, code=True),
            Fact(_("单位名称"), unit.name if unit else ""),
            Fact(_("统一社会信用代码"), unit.credit_code if unit else "", code=bool(unit and unit.credit_code)),
            Fact(_("刻制原因"), filing.get_reason_display()),
            Fact(_("经办人"), filing.handler_name),
            Fact(_("证件号码"), mask_number(filing.handler_id) if filing.handler_id else "", code=True),
            Fact(_("联系电话"), filing.handler_phone or ""),
            Fact(_("提交时间"), moment(filing.submitted_at)),
            *standing_of(filing, seals),
        ],
        "rows": rows,
        # The one act the filing waits for stands out.
        "next_seal": next(
            (row.seal.code for row in rows if (row.url or row.again) and row.seal.status != "DELIVERED"), ""
        ),
        **limit_of(filing, at=now()),
        "to_be_confirmed": unit is not None and not unit.is_confirmed,
        "struck_off": struck_off(unit),
        "objection": Disavowal.objects.filter(filing=filing, lifted_at__isnull=True).first(),
        "open_return": FilingReturn.objects.filter(filing=filing, closed_at__isnull=True).first(),
        "form": form or CompleteForm(),
        "again_form": AgainForm(),
        "can_complete": making
        and bool(left)
        and all(seal.status == "CHIPPED" for seal in left)
        and not any(row.warning or row.again for row in rows),
        "can_withdraw": making and all(seal.status == "ACCEPTED" for seal in left),
    }
    return render(request, "filing/shop/filing.html", context, status=422 if form and form.errors else 200)


@never_cache
@require_POST
def shop_complete(request: HttpRequest, number: str) -> HttpResponse:
    """File every seal of the filing and stop its clock (完成备案)."""
    user, at = signed_in_user(request), now()
    filing = visible_filing(number, by=user)
    form = CompleteForm(request.POST)
    here = reverse("shop_filing", args=[filing.number])
    if form.is_valid():

        def complete() -> str:
            complete_filing(filing, by=user, at=at)
            return here

        try:
            run_once(form.key, by=user, at=at, act=complete)
        except DomainError as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("备案已完成，系统已通知单位领取。"))
            return redirect(here)
    return _detail(request, filing, form)


@dataclass(frozen=True, slots=True)
class Page:
    """The words of an act's page (办理页文字)."""

    title: str
    intro: str
    button: str
    done: str
    warning: bool = False


def carry_out(
    request: HttpRequest,
    form: OnceForm,
    page: Page,
    *,
    filing: SealFiling,
    user: User,
    act: Callable[[dt.datetime], object],
    onward: str = "",
) -> HttpResponse:
    """Show the form of an act, or carry it out once and go back to the filing, or `onward` to the next act."""
    back, refused = reverse("shop_filing", args=[filing.number]), None
    if form.is_bound and store_submitted(form, by=user, at=now()):
        at = now()

        def once() -> str:
            act(at)
            return onward or back

        try:
            run_once(form.key, by=user, at=at, act=once)
        except DomainError as error:
            refused = error
            form.add_domain_error(error)
        else:
            messages.success(request, page.done)
            return redirect(onward or back)
    status = 422 if form.errors else 200
    if refused is not None and refused.status == Conflict.status:
        status = refused.status
    # Nothing on a stale page can be mended; a card that is busy can be asked again.
    stale = refused is not None and refused.reason in (Conflict.code, IllegalMove.code)
    context = {
        "form": form, "page": page, "back_url": back, "stock": getattr(form, "stock", None), "stale": stale,
    }  # fmt: skip
    return render(request, "filing/shop/act.html", context, status=status)


def _check_open(request: HttpRequest, seal: Seal, verb: str) -> None:
    """A page for an act the state does not allow is refused when opened; what is sent the act itself judges.

    Raises IllegalMove.
    """
    move = next(move for move in SEAL_MAKING.moves if move.verb == verb)
    if request.method == "GET" and seal.status not in move.frm:
        raise IllegalMove


@never_cache
@require_http_methods(["GET", "POST"])
def shop_imprint(request: HttpRequest, code: str) -> HttpResponse:
    """The seal is engraved; its imprint is uploaded (登记刻制)."""
    user = signed_in_user(request)
    seal = visible_seal(code, by=user)
    _check_open(request, seal, "record_engraving")
    form = ImprintForm(
        request.POST or None, request.FILES or None, initial={"engraved_on": shanghai(now()).date().isoformat()}
    )
    size = size_words(seal.width_mm, seal.height_mm)
    page = Page(
        _("登记刻制：%(name)s") % {"name": seal.name},
        _("编码 %(code)s，填报尺寸 %(size)s 毫米。系统会核对图像的清晰度和尺寸。") % {"code": seal.code, "size": size},
        _("上传印模"),
        _("印模已登记，请继续捆绑芯片。"),
    )
    return carry_out(
        request, form, page, filing=seal.filing, user=user,
        act=lambda at: record_engraving(
            seal, form.cleaned_data["imprint"], by=user, at=at, engraved_on=form.cleaned_data["engraved_on"]
        ),
    )  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
def shop_chip(request: HttpRequest, code: str) -> HttpResponse:
    """Put a chip of the stock into the seal (捆绑芯片)."""
    user = signed_in_user(request)
    seal = visible_seal(code, by=user)
    _check_open(request, seal, "bind_chip")
    form = ChipForm(request.POST or None, shop=seal.shop, price=current_price(shanghai(now()).date()))
    if form.is_bound and form.is_valid() and (fen := form.cleaned_data.get("chip_fen")) is not None:
        try:
            check_receipt_line(seal, fen, by=user, at=now())
        except DomainError as error:
            form.add_domain_error(error)
    page = Page(
        _("捆绑芯片：%(name)s") % {"name": seal.name},
        _("一枚芯片只能用于一枚印章，捆绑后不能换到别的印章。请核对包装上的编号。"),
        _("捆绑芯片"),
        _("芯片已捆绑。"),
    )
    return carry_out(
        request, form, page, filing=seal.filing, user=user,
        act=lambda at: bind_chip(
            seal, chip_for(seal.shop, form.cleaned_data["chip_uid"]), by=user, at=at,
            chip_fen=form.cleaned_data.get("chip_fen"),
        ),
    )  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
def shop_delivery(request: HttpRequest, code: str) -> HttpResponse:
    """Hand the seal to the person who came for it (交付印章)."""
    user = signed_in_user(request)
    seal = visible_seal(code, by=user)
    _check_open(request, seal, "deliver_seal")
    form = DeliveryForm(request.POST or None, request.FILES or None)
    intro = _("核对领取人证件原件，当面盖印留存。交付后印章即启用。")
    for old in replaced_by(seal):
        words = {"code": old.code, "name": old.name}
        intro += _("被更换的印章%(code)s（%(name)s）同时缴销，请当面收回。") % words
    page = Page(
        _("交付印章：%(name)s") % {"name": seal.name},
        intro,
        _("确认交付"),
        _("印章已交付并启用。"),
    )

    def act(at: dt.datetime) -> Seal:
        data = form.cleaned_data
        taker = Handler(data["taker_name"], data["taker_document"], data["taker_id"], phone="", is_representative=False)
        return deliver_seal(seal, taker, data["imprint_card"], by=user, at=at)

    return carry_out(request, form, page, filing=seal.filing, user=user, act=act)


@never_cache
@require_http_methods(["GET", "POST"])
def shop_withdraw(request: HttpRequest, number: str) -> HttpResponse:
    """Take the filing back before anything is engraved (撤回备案)."""
    user = signed_in_user(request)
    filing = visible_filing(number, by=user)
    if request.method == "GET" and filing.status != "SUBMITTED":
        raise IllegalMove
    form = WithdrawForm(request.POST or None)
    page = Page(
        _("撤回备案"),
        _("撤回后印章编码作废、不再使用，单位会收到通知。已有印章刻制完成的，不能撤回。"),
        _("确认撤回"),
        _("备案已撤回。"),
        warning=True,
    )
    return carry_out(
        request, form, page, filing=filing, user=user,
        act=lambda at: withdraw_filing(filing, reason=form.cleaned_data["reason"], by=user, at=at),
    )  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
def shop_answer(request: HttpRequest, number: str) -> HttpResponse:
    """Tell the county what was put right (答复退回). The filing stays valid all the while."""
    user = signed_in_user(request)
    filing = visible_filing(number, by=user)
    made = FilingReturn.objects.select_related("filing__shop").filter(filing=filing, closed_at__isnull=True).first()
    if made is None:
        raise NotFound(_("该备案没有待答复的退回。"))
    form = AnswerForm(request.POST or None)
    page = Page(
        _("答复退回"),
        _("公安机关的意见：%(remark)s") % {"remark": made.remark},
        _("提交答复"),
        _("答复已提交，由公安机关核对后结束。"),
    )
    return carry_out(
        request, form, page, filing=filing, user=user,
        act=lambda at: answer_return(made, answer=form.cleaned_data["answer"], by=user, at=at),
    )  # fmt: skip
