"""What the pages of an idleness case show (闲置收回案展示), for the police and for the shop."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from licensing.idle_months import IDLE, boundary
from licensing.idle_states import IDLE_CASE
from licensing.models import EngravingShop, IdleCase, RegistryNotice
from licensing.services.idle import idleness_of
from sealreg.audit.selectors import search_events
from sealreg.clock import shanghai
from sealreg.web.components import Deadline, Event, Fact, Status, Tone, deadline
from sealreg.web.templatetags.ui import moment

TONES: dict[str, Tone] = {
    "WARNED": "waiting", "WARNED_AGAIN": "waiting", "IDLE": "stopped", "DECIDED_RECALL": "stopped", "CLOSED": "quiet",
}  # fmt: skip
SOON = dt.timedelta(days=3)
BASIS, CLAUSE = "gd-2018-146", "三(五)"  # the law a recall rests on


def status_of(case: IdleCase) -> Status:
    """The case's status (案件状态)."""
    return Status(IDLE_CASE.status(case.status).label, TONES.get(case.status, "progress"))


def notice_of(case: IdleCase) -> RegistryNotice | None:
    """The notice owed to the registry (告知), None before the decision."""
    return getattr(case, "registry_notice", None)


def receipt_status(case: IdleCase, at: dt.datetime) -> Status | str:
    """Where the notice stands (告知情况); empty before the decision."""
    notice = notice_of(case)
    if notice is None:
        return ""
    if notice.received_at is not None:
        return Status(_("已收到回执"), "done")
    return Status(_("逾期未收到回执"), "stopped") if notice.due_at < at else Status(_("等待回执"), "waiting")


def recall_clock(case: IdleCase, at: dt.datetime) -> Deadline | None:
    """The first clock, from the listing to the decision (决定时限), while it runs."""
    running = case.status not in ("DECIDED_RECALL", "CLOSED")
    return deadline(case.recall_due_at, at=at, soon=SOON) if running and case.recall_due_at else None


def notice_clock(case: IdleCase, at: dt.datetime) -> Deadline | None:
    """The second clock, from the decision to the registry's receipt (告知时限), while it runs."""
    notice = notice_of(case)
    return deadline(notice.due_at, at=at) if notice is not None and notice.received_at is None else None


def idle_facts(shop: EngravingShop, at: dt.datetime) -> list[Fact]:
    """From which day idleness counts and when each month is complete (闲置计算)."""
    on = shanghai(at).date()
    idle = idleness_of([shop], on=on)[shop.pk]

    def day(months: int) -> str:
        return boundary(idle.last_on, months, idle.stops, on=on).isoformat()

    facts = [
        Fact(_("计算起始日"), idle.last_on.isoformat()),
        Fact(_("满4个月"), day(4)),
        Fact(_("满5个月"), day(5)),
        Fact(_("满6个月（次日起超过）"), day(IDLE)),
    ]
    for stop in idle.stops:
        until = stop.until.isoformat() if stop.until else _("至今")
        facts.append(Fact(_("不计入的暂停期间"), f"{stop.since.isoformat()} – {until}"))
    return facts


def _silent_since(case: IdleCase) -> dt.datetime | None:
    """When it was recorded that no answer came; the audit alone keeps that moment."""
    if case.hearing_offered_at is None or case.answered_at is not None:
        return None
    noted = search_events(subject=("idle_case", case.number), event="licensing.note_no_answer").first()
    return noted.at if noted is not None else None


def ledger(case: IdleCase) -> list[Event]:
    """What happened, newest first (案件记录)."""
    said: list[tuple[dt.datetime | None, str, str]] = [
        (case.opened_at, _("满4个月，已提醒企业。"), ""),
        (case.warned_again_at, _("满5个月，已再次提醒企业。"), ""),
        (case.listed_at, _("超过6个月，列入闲置。"), ""),
        (case.hearing_offered_at, _("已告知听证权利。"), ""),
        (case.answered_at, _("企业答复：%(words)s") % {"words": case.statement or _("未附陈述。")}, ""),
        (_silent_since(case), _("企业逾期未答复，已登记。"), ""),
        (case.heard_at, _("听证：%(words)s") % {"words": case.hearing_minutes}, ""),
        (case.proposed_at, _("提出收回意见：%(words)s") % {"words": case.proposal_reason}, case.proposed_by_name),
        (case.decided_at, _("决定收回：%(words)s") % {"words": case.decision_reason}, case.decided_by_name),
        (
            case.closed_at,
            _("结案（%(reason)s）%(words)s") % {"reason": case.get_close_reason_display(), "words": case.close_remark},
            "",
        ),
        (case.recovered_at, _("证件：%(way)s。") % {"way": case.get_recovery_way_display()}, ""),
    ]
    notice = notice_of(case)
    if notice is not None:
        said.append((notice.owed_at, _("向登记机关发出告知，时限%(due)s。") % {"due": moment(notice.due_at)}, ""))
        said.append((notice.alarmed_at, _("逾期未收到登记机关回执，已告警。"), ""))
        said.append((notice.received_at, _("收到登记机关回执%(receipt)s。") % {"receipt": notice.receipt_no}, ""))
    # Written in the order of the acts, so that of two at the same moment the later stands above.
    events = [Event(sentence, when, by) for when, sentence, by in reversed(said) if when is not None]
    return sorted(events, key=lambda event: event.at, reverse=True)
