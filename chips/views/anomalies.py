"""Anomalies an association reports and a city's police look into (芯片异常反映)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from chips.forms import AnomalyForm, AnswerForm
from chips.logistics.anomalies import anomalies_for, anomaly_for, answer_anomaly, report_anomaly
from chips.models import ChipAlarm
from chips.views.pages import Act, Acts, Section, Shown, download, exports, show
from sealreg.accounts.models import User
from sealreg.accounts.roles import Permission
from sealreg.regions.selectors import name_of
from sealreg.web.components import Counter, Fact, Status
from sealreg.web.once import OnceForm
from sealreg.web.paging import count_up_to, paginate
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column, Table
from sealreg.web.templatetags.ui import moment

_SHOWN = 40


def _answered(alarm: ChipAlarm) -> Status:
    return Status(_("已核实"), "done") if alarm.settled_at else Status(_("待核实"), "waiting")


def _columns() -> list[Column[ChipAlarm]]:
    def text(row: ChipAlarm) -> str:
        said = str(row.facts.get("text", ""))
        return said if len(said) <= _SHOWN else f"{said[:_SHOWN]}…"

    return [
        Column(
            _("编号"), lambda row: row.number, kind="code", link=lambda row: reverse("chip_anomaly", args=[row.number])
        ),
        Column(_("地市"), lambda row: name_of((row.city or 0) * 100)),
        Column(_("异常情况"), text),
        Column(_("状态"), _answered),
        Column(_("反映时间"), lambda row: row.raised_at, kind="moment"),
        Column(_("核实时间"), lambda row: row.settled_at, kind="moment"),
    ]


def _reports(user: User) -> bool:
    return user.role is not None and user.role.may(Permission.REPORT_CHIP_ANOMALIES)


@never_cache
@require_http_methods(["GET", "POST"])
def chip_anomalies(request: HttpRequest) -> HttpResponseBase:
    """Reports, those without an answer first, and the association's form for a new one (芯片异常反映)."""
    user = signed_in_user(request)
    reports = _reports(user)

    def report(form: OnceForm, at: dt.datetime) -> str:
        made = report_anomaly(form.cleaned_data["city"], form.cleaned_data["text"], by=user, at=at)
        return reverse("chip_anomaly", args=[made.number])

    act = Act(
        "report", _("反映异常"), _("提交"), AnomalyForm, report, _("已提交，由该市公安机关核实。"),
        intro=_("如芯片加价、强制更换公章、芯片与公章不符等，由所选地市公安机关核实并答复。"),
    )  # fmt: skip
    acts = Acts(request, user, [act] if reports else [])
    if (gone := acts.carry_out()) is not None:
        return gone
    found = anomalies_for(user).order_by("-id")
    if (file := download(request, _columns(), found, _("芯片异常反映"))) is not None:
        return file
    open_ = found.filter(settled_at__isnull=True)
    page = paginate(found, request.GET, count=count_up_to(found))
    waiting = open_.count()
    table = Table(_columns(), page.rows, _("芯片异常反映"))
    sections = [
        *([Section(blocks=acts.blocks("report"))] if reports else []),
        Section(_("反映记录"), table=table, page=page, empty=_("还没有反映过异常。")),
    ]
    counters = [Counter(_("待核实"), waiting, tone="soon" if waiting else "")]
    lead = "" if reports else _("由本市公安机关核实后填写情况，协会可看到答复。")
    return show(request, Shown(_("芯片异常反映"), sections, lead=lead, counters=counters, links=exports()), acts)


@never_cache
@require_http_methods(["GET", "POST"])
def chip_anomaly(request: HttpRequest, number: str) -> HttpResponse:
    """One report and its answer (核实芯片异常)."""
    user = signed_in_user(request)
    alarm = anomaly_for(user, number)

    def settle(form: OnceForm, at: dt.datetime) -> str:
        answer_anomaly(alarm, form.cleaned_data["settlement"], by=user, at=at)
        return reverse("chip_anomalies")

    act = Act("settle", _("核实"), _("登记核实情况"), AnswerForm, settle, _("核实情况已登记，协会可以看到。"))
    acts = Acts(request, user, [] if _reports(user) else [act])
    if (gone := acts.carry_out()) is not None:
        return gone
    facts: list[Any] = [
        Fact(_("状态"), _answered(alarm).label),
        Fact(_("地市"), name_of((alarm.city or 0) * 100)),
        Fact(_("异常情况"), alarm.facts.get("text", "")),
        Fact(_("反映时间"), moment(alarm.raised_at)),
    ]
    if alarm.settled_at:
        facts += [Fact(_("核实情况"), alarm.settlement), Fact(_("核实时间"), moment(alarm.settled_at))]
    mine = not _reports(user)
    waits = _("请核实后在下方填写情况。") if mine else _("等待该市公安机关核实。")
    waits = "" if alarm.settled_at else waits
    blocks = [] if alarm.settled_at else acts.blocks("settle")
    title = _("芯片异常 %(number)s") % {"number": alarm.number}
    shown = Shown(title, [Section(facts=facts, blocks=blocks)], lead=waits, back_url=reverse("chip_anomalies"))
    return show(request, shown, acts)
