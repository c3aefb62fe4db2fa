"""A record the Ministry's platform refused (被退回的上报): the shop corrects it and sends it again."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from filing.models import Seal
from filing.requests import Handler
from filing.selectors import visible_seal
from integration.ministry.models import PushRecord
from integration.ministry.push import correct_and_resend
from integration.ministry.selectors import rejected_push, rejected_pushes
from sealreg.clock import now
from sealreg.errors import DomainError
from sealreg.portal.refused_forms import RefusedForm
from sealreg.web.components import Fact
from sealreg.web.once import run_once
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column, Table
from sealreg.web.templatetags.ui import moment

MOST = 200


@never_cache
@require_GET
def shop_refused_list(request: HttpRequest) -> HttpResponse:
    """What the platform refused and nobody has put right yet (被退回的上报), newest first."""
    by = signed_in_user(request)
    pushes = list(rejected_pushes(by)[:MOST])
    codes = [push.record_id for push in pushes]
    seals = {seal.code: seal for seal in Seal.objects.visible_to(by).select_related("unit").filter(code__in=codes)}
    columns: list[Column[PushRecord]] = [
        Column(
            _("印章编码"), lambda push: push.record_id, kind="code",
            link=lambda push: reverse("shop_refused", args=[push.number]),
        ),
        Column(_("单位名称"), lambda push: seals[push.record_id].unit.name),
        Column(_("上报事项"), lambda push: push.get_act_display()),
        Column(_("平台说明"), lambda push: push.agency_message or _("无")),
        Column(_("退回时间"), lambda push: push.settled_at, kind="moment"),
    ]  # fmt: skip
    table = Table(columns=columns, rows=pushes, caption=_("被退回的上报"))
    return render(request, "portal/refused_list.html", {"table": table})


@never_cache
@require_http_methods(["GET", "POST"])
def shop_refused(request: HttpRequest, number: str) -> HttpResponse:
    """One refused record, what the platform said, and the correction (更正后重新上报)."""
    by, at = signed_in_user(request), now()
    push = rejected_push(number, by=by)
    seal = visible_seal(push.record_id, by=by)
    filing = seal.filing
    initial = {"handler_name": filing.handler_name, "handler_document": filing.handler_document}
    form = RefusedForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        handler = _handler(form, seal)

        def resend() -> str:
            correct_and_resend(push, by=by, at=at, handler=handler)
            return reverse("shop_filing", args=[filing.number])

        try:
            result = run_once(form.key, by=by, at=at, act=resend)
        except DomainError as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("已更正并重新上报；如再次被退回，会另行通知。"))
            return redirect(result)
    context = {"form": form, "facts": _facts(push, seal), "filing": filing}
    return render(request, "portal/refused.html", context, status=422 if form.errors else 200)


def _handler(form: RefusedForm, seal: Seal) -> Handler:
    data, filing = form.cleaned_data, seal.filing
    return Handler(
        name=data["handler_name"],
        document=data["handler_document"],
        document_number=data["handler_id"] or filing.handler_id or "",
        phone=data["handler_phone"] or filing.handler_phone or "",
        is_representative=filing.handler_is_representative,
    )


def _facts(push: PushRecord, seal: Seal) -> list[Fact]:
    return [
        Fact(_("印章编码"), seal.code, code=True),
        Fact(_("印章名称"), seal.name),
        Fact(_("单位名称"), seal.unit.name),
        Fact(_("上报事项"), push.get_act_display()),
        Fact(_("平台说明"), push.agency_message or _("无")),
        Fact(_("平台代码"), push.agency_code, code=True),
        Fact(_("平台所指字段"), push.agency_field or _("无"), code=bool(push.agency_field)),
        Fact(_("退回时间"), moment(push.settled_at)),
    ]
