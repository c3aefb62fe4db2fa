"""Parked messages (停放消息): what could not be delivered waits here for the operator's decision."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from sealreg.clock import now
from sealreg.errors import DomainError
from sealreg.outbox import parked
from sealreg.outbox.health import queue_health
from sealreg.outbox.models import DeliveryState, OutboxDelivery
from sealreg.outbox.registry import subscribers
from sealreg.outbox.selectors import delivery_by_number, held_up_by, parked_deliveries, retried_deliveries
from sealreg.portal.parked_forms import CLOSE, ParkedDecision, ParkedFilter
from sealreg.web.components import Counter, Fact
from sealreg.web.paging import count_up_to, paginate
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column, Table
from sealreg.web.templatetags.ui import moment

_RETRIED = 20


def _columns(*, retried: bool = False) -> list[Column[OutboxDelivery]]:
    last: Column[OutboxDelivery] = (
        Column(_("下次发送时间"), lambda row: row.next_at, kind="moment")
        if retried
        else Column(_("登记时间"), lambda row: row.owed_at, kind="moment")
    )
    return [
        Column(
            _("投递编号"), lambda row: row.number, kind="code",
            link=lambda row: reverse("operator_parked_message", args=[row.number]),
        ),
        Column(_("接收方"), lambda row: row.subscriber, kind="code"),
        Column(_("主题"), lambda row: row.message.topic, kind="code"),
        Column(_("对象编号"), lambda row: row.record_id, kind="code"),
        Column(_("原因"), lambda row: row.last_error_code, kind="code"),
        Column(_("已尝试次数"), lambda row: row.attempts, kind="number"),
        last,
    ]  # fmt: skip


@require_GET
def parked_list(request: HttpRequest) -> HttpResponse:
    """Everything parked, newest first (停放消息列表)."""
    form = ParkedFilter(request.GET, subscribers=sorted(subscribers()))
    found = parked_deliveries(subscriber=form.cleaned_data["subscriber"] if form.is_valid() else "")
    page = paginate(found, request.GET, count=count_up_to(found))
    health, retried = queue_health(), list(retried_deliveries()[:_RETRIED])
    context = {
        "form": form,
        "table": Table(columns=_columns(), rows=page.rows, caption=_("停放的消息")),
        "page": page,
        "retried": Table(columns=_columns(retried=True), rows=retried, caption=_("等待自动重发的消息")),
        "counters": [
            Counter(_("停放消息"), health.parked, tone="soon" if health.parked else ""),
            Counter(_("待发消息"), health.pending, tone="late" if health.waits_too_long else ""),
        ],
    }
    return render(request, "portal/parked.html", context)


@require_http_methods(["GET", "POST"])
def parked_message(request: HttpRequest, number: str) -> HttpResponse:
    """One parked message and what to do with it (处理停放消息)."""
    by = signed_in_user(request)
    delivery = delivery_by_number(number)
    form = ParkedDecision(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        act = parked.close if form.cleaned_data["decision"] == CLOSE else parked.redrive
        try:
            act(delivery, by=by, at=now(), reason=form.cleaned_data["reason"])
        except DomainError as error:
            form.add_domain_error(error)
        else:
            closed = delivery.state == DeliveryState.CLOSED
            messages.success(request, _("已关闭，不再发送。") if closed else _("已重新排队，将在几秒内发送。"))
            return redirect("operator_parked")
    waiting = delivery.state == DeliveryState.PARKED
    context = {"facts": _facts(delivery), "form": form if waiting or form.is_bound else None, "waiting": waiting}
    return render(request, "portal/parked_message.html", context, status=422 if form.errors else 200)


def _facts(delivery: OutboxDelivery) -> list[Fact]:
    message = delivery.message
    return [
        Fact(_("投递编号"), delivery.number, code=True),
        Fact(_("现状"), DeliveryState(delivery.state).label),
        Fact(_("接收方"), delivery.subscriber, code=True),
        Fact(_("主题"), message.topic, code=True),
        Fact(_("对象"), f"{message.record_kind} {message.record_id}", code=True),
        Fact(_("版本"), message.version),
        Fact(_("内容摘要"), message.sha256, code=True),
        Fact(_("登记时间"), moment(delivery.owed_at)),
        Fact(_("已尝试次数"), delivery.attempts),
        *([Fact(_("下次发送时间"), moment(delivery.next_at))] if delivery.state == DeliveryState.PENDING else []),
        Fact(_("对方答复代码"), delivery.last_error_code or _("无"), code=bool(delivery.last_error_code)),
        Fact(_("说明"), delivery.last_error or _("无")),
        Fact(_("受阻的后续消息"), held_up_by(delivery)),
    ]
