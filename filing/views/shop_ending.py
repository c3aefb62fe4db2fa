"""When a seal's use ends (停止使用): the loss its unit reports at the shop, the destruction of a seal handed in."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from chips.logistics import parties
from chips.logistics.endings import report_ending
from chips.models import ChipEnding, EndingKind
from chips.selectors import destruction_of
from filing.making_forms import DestroyForm, LossForm
from filing.models import Seal
from filing.requests import Handler, LossRequest
from filing.selectors import visible_seal
from filing.services.ending import report_loss
from filing.states import SEAL_USE
from filing.views.chip_ending import DESTROYABLE, ENDED
from filing.views.shop_making import Page, carry_out
from sealreg.errors import IllegalMove
from sealreg.web.signed_in import signed_in_user


@never_cache
@require_http_methods(["GET", "POST"])
def shop_loss(request: HttpRequest, code: str) -> HttpResponse:
    """The unit reports at the shop that it lost the seal (挂失印章)."""
    user = signed_in_user(request)
    seal = visible_seal(code, by=user)
    if request.method == "GET" and SEAL_USE.move(seal.use_status, "report_loss") is None:
        raise IllegalMove
    form = LossForm(request.POST or None, request.FILES or None)
    page = Page(
        _("挂失印章：%(name)s") % {"name": seal.name},
        _("编码 %(code)s。核对挂失人证件原件。提交后印章和芯片立即失效，并通知单位、上报公安部平台；补刻另取新编码。")
        % {"code": seal.code},
        _("确认挂失"),
        _("印章已挂失，芯片已锁定。补刻请新建备案，刻制原因选“遗失补刻”。"),
        warning=True,
    )

    def act(at: dt.datetime) -> Seal:
        data = form.cleaned_data
        reporter = Handler(
            data["reporter_name"],
            data["reporter_document"],
            data["reporter_id"],
            phone="",
            is_representative=data["reporter_is_representative"],
        )
        asked = LossRequest(reporter, data.get("authorisation"), data["statement"], data["lost_on"])
        return report_loss(seal, asked, by=user, at=at)

    return carry_out(request, form, page, filing=seal.filing, user=user, act=act)


@never_cache
@require_http_methods(["GET", "POST"])
def shop_destroy(request: HttpRequest, code: str) -> HttpResponse:
    """A seal out of use is here and is destroyed with its chip (登记印章销毁); a second person confirms it."""
    user = signed_in_user(request)
    seal = visible_seal(code, by=user)
    chip = seal.chip
    reported = destruction_of(chip) if chip else None
    if request.method == "GET" and reported is not None and reported.confirmed_at is None:
        return redirect("shop_chip_ending", number=reported.number)
    if chip is None or seal.use_status not in ENDED or chip.status not in DESTROYABLE:
        raise IllegalMove
    form = DestroyForm(request.POST or None)
    page = Page(
        _("登记销毁：%(name)s") % {"name": seal.name},
        _("编码 %(code)s。先不要毁坏芯片：由另一人复核时把印章放在读卡器上，系统清除卡内密钥，然后两人一起销毁印章。")
        % {"code": seal.code},
        _("登记销毁"),
        _("已登记，请另一人在读卡器旁复核。"),
        warning=True,
    )

    def act(at: dt.datetime) -> ChipEnding:
        reason = _("印章%(code)s：%(how)s") % {"code": seal.code, "how": form.cleaned_data["how"]}
        party = parties.of_shop(seal.shop)
        return report_ending(EndingKind.DESTRUCTION, party, [chip.uid], reason=reason, by=user, at=at)

    return carry_out(request, form, page, filing=seal.filing, user=user, act=act)
