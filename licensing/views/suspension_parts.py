"""A request to stop or resume business, as shop and police both see it (停业复业申请展示)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from django.utils.translation import gettext as _

from licensing.choices import SuspensionKind
from licensing.models import SuspensionRequest
from licensing.states import SUSPENSION_REQUEST
from sealreg.web.components import Fact, Status, Tone
from sealreg.web.tables import Column
from sealreg.web.templatetags.ui import moment

_TONES: dict[str, Tone] = {"REQUESTED": "waiting", "GRANTED": "waiting", "IN_EFFECT": "done", "DECLINED": "stopped"}


def title_of(kind: str) -> str:
    """What is asked for (申请名称)."""
    return _("停业申请") if kind == SuspensionKind.SUSPEND else _("复业申请")


def request_status(request: SuspensionRequest) -> Status:
    """Where it stands (申请状态)."""
    return Status(SUSPENSION_REQUEST.status(request.status).label, _TONES.get(request.status, "quiet"))


def request_columns(link: Callable[[SuspensionRequest], str] | None) -> list[Column[SuspensionRequest]]:
    """Requests in a table (申请表)."""
    return [
        Column(_("编号"), lambda one: one.number, kind="code", link=link),
        Column(_("申请种类"), lambda one: str(one.get_kind_display())),
        Column(_("起始日期"), lambda one: one.from_on, kind="date"),
        Column(_("预计复业日期"), lambda one: one.until_on, kind="date"),
        Column(_("状态"), request_status),
        Column(_("申请时间"), lambda one: one.requested_at, kind="moment"),
        Column(_("办结时间"), lambda one: one.closed_at, kind="moment"),
    ]


def request_facts(request: SuspensionRequest) -> list[Fact]:
    """What is asked for, from when and why; the answer once there is one (申请内容)."""
    stops = request.kind == SuspensionKind.SUSPEND
    facts = [
        Fact(_("许可证编号"), request.licence.number, code=True),
        Fact(_("申请种类"), str(request.get_kind_display())),
        Fact(_("停业起始日期") if stops else _("复业日期"), _day(request.from_on)),
    ]
    if stops:
        facts.append(Fact(_("预计复业日期"), _day(request.until_on) or _("未填写")))
    facts += [Fact(_("申请理由"), request.reason), Fact(_("申请时间"), moment(request.requested_at))]
    if request.decided_at is not None:
        facts += [Fact(_("决定时间"), moment(request.decided_at)), Fact(_("办理意见"), request.answer)]
    return facts


def _day(day: dt.date | None) -> str:
    return day.isoformat() if day is not None else ""
