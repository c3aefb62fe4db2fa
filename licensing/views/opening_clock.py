"""The clock of an application in words (计时账展示): "day 3 of 7, paused 1.5 days because …"."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from licensing.choices import ClockKind
from licensing.clock import Ledger
from licensing.models import ApplicationClock, LicenceApplication
from licensing.services.clocks import ledger_of
from sealreg.clock import shanghai
from sealreg.web.components import Deadline, Event, Fact, Status, Tone, deadline
from sealreg.web.templatetags.ui import moment

SOON = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ClockShown:
    """The clock for people (计时账). limit: while it runs; paused: how long it stood and why, empty if it never did."""

    status: Status
    headline: str
    paused: str
    facts: Sequence[Fact]
    events: Sequence[Event]
    limit: Deadline | None = None


def days_words(days: Fraction) -> str:
    """Working days to a tenth (工作日数), e.g. 1.5."""
    tenths = round(days * 10)
    return str(tenths // 10) if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10}"


def headline_of(ledger: Ledger) -> str:
    """Which working day it is (计时情况)."""
    words = {"day": ledger.day, "limit": ledger.limit, "used": days_words(ledger.used)}
    if ledger.ended_at is not None:
        return _("计时已停止，共用%(used)s个工作日，时限%(limit)s个工作日。") % words
    if ledger.day == 0:
        return _("申请当日不计入，下一个工作日是第1个工作日，共%(limit)s个工作日。") % words
    if ledger.day > ledger.limit:
        return _("已到第%(day)s个工作日，超过%(limit)s个工作日。") % words
    return _("第%(day)s个工作日，共%(limit)s个工作日。") % words


def paused_words(ledger: Ledger) -> str:
    """How long the clock stood, and why last (中止说明)."""
    if not ledger.pauses:
        return ""
    words = {"days": days_words(ledger.paused_days), "reason": ledger.pauses[-1].reason or "—"}
    if ledger.paused:
        return _("现在中止计时，已中止%(days)s个工作日，原因：%(reason)s") % words
    return _("中止过%(days)s个工作日，原因：%(reason)s") % words


def _status(ledger: Ledger) -> Status:
    tone: Tone
    if ledger.ended_at is not None:
        label, tone = _("计时已停止"), "quiet"
    elif ledger.paused:
        label, tone = _("计时中止"), "waiting"
    elif ledger.breached:
        label, tone = _("已超时"), "stopped"
    else:
        label, tone = _("计时中"), "progress"
    return Status(label, tone)


def _facts(ledger: Ledger) -> list[Fact]:
    due = _("%(day)s 下班前（%(time)s）") % {
        "day": ledger.due_on.isoformat(), "time": shanghai(ledger.due_at).strftime("%H:%M"),
    }  # fmt: skip
    if ledger.provisional:
        due += _("（暂定，以放假安排公布后为准）")
    facts = [Fact(_("开始计时"), moment(ledger.started_at))]
    if ledger.ended_at is not None:
        facts.append(Fact(_("停止计时"), moment(ledger.ended_at)))
    else:
        facts.append(Fact(_("应办结时间"), _("恢复计时后重新计算") if ledger.paused else due))
        facts.append(Fact(_("剩余工作日"), days_words(ledger.left)))
    for pause in ledger.pauses:
        span = _("%(from)s 至 %(to)s，中止%(days)s个工作日") % {
            "from": moment(pause.start), "to": moment(pause.end) if pause.end else _("今"),
            "days": days_words(pause.days),
        }  # fmt: skip
        facts.append(Fact(_("中止期间"), f"{span}；{pause.reason}" if pause.reason else span))
    if not ledger.binding:
        facts.append(Fact(_("说明"), _("2018年8月1日前的申请，时限仅供参考。")))
    return facts


def _event(row: ApplicationClock) -> Event:
    label = str(ClockKind(row.kind).label)
    if row.kind == ClockKind.DUE_MOVED:
        label = _("办结期限由%(from)s变为%(to)s") % {"from": row.facts.get("from", ""), "to": row.facts.get("to", "")}
    colon = pgettext("between label and message", "：")
    return Event(f"{label}{colon}{row.reason}" if row.reason else label, row.at)


def clock_of(application: LicenceApplication, *, at: dt.datetime) -> ClockShown | None:
    """The clock of an application (计时账); None before it is handed in."""
    ledger = ledger_of(application, at=at)
    if ledger is None:
        return None
    rows = application.clock.order_by("-at", "-id")
    return ClockShown(
        _status(ledger),
        headline_of(ledger),
        paused_words(ledger),
        _facts(ledger),
        [_event(row) for row in rows],
        deadline(ledger.due_at, at=at, soon=SOON) if ledger.running else None,
    )
