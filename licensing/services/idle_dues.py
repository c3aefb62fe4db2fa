"""Limits of recall, hearing and notice (收回、听证、告知时限): moved when the calendar or the office hours change."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q

from licensing.idle_states import OPEN
from licensing.models import IdleCase, RegistryNotice
from licensing.people import county_people, people_at
from sealreg.audit.services import record
from sealreg.clock import shanghai
from sealreg.database.actor import Actor
from sealreg.database.canonical import JSON
from sealreg.database.door import transaction
from sealreg.notices.services import tell
from sealreg.workdays.selectors import load_calendar
from sealreg.workflow import limits

RECALL, HEARING, NOTICE = "idle_recall", "hearing_answer", "registry_notice"


def follow_calendar(*, by: Actor, at: dt.datetime) -> int:
    """Count every running limit anew under a changed calendar (重算时限). Returns how many due days moved.

    Repeating it changes nothing. Whoever acts next is told of a day that moved.
    """
    version = load_calendar().version
    stale = ~Q(due_calendar=version) | Q(due_calendar__isnull=True)
    cases = IdleCase.objects.filter(stale, status__in=OPEN, listed_at__isnull=False)
    notices = RegistryNotice.objects.filter(stale, received_at__isnull=True, alarmed_at__isnull=True)
    moved = sum(_case(pk, version, by=by, at=at) for pk in list(cases.order_by("pk").values_list("pk", flat=True)))
    return moved + sum(
        _notice(pk, version, by=by, at=at) for pk in list(notices.order_by("pk").values_list("pk", flat=True))
    )


def _case(pk: int, version: int, *, by: Actor, at: dt.datetime) -> int:
    with transaction(by):
        case = IdleCase.objects.select_for_update(of=("self",)).get(pk=pk)
        if case.status not in OPEN or case.listed_at is None or case.recall_due_at is None:
            return 0
        due = limits.due_moment(RECALL, start=case.listed_at, authority_no=case.authority_no)
        moved = int(_day(case.recall_due_at) != _day(due.at))
        if moved:
            _say(case, RECALL, case.recall_due_at, due.at, by=by, at=at)
        case.recall_due_at, case.recall_due_provisional, case.due_calendar = due.at, due.provisional, version
        if case.status == "HEARING_OFFERED" and case.hearing_offered_at is not None and case.answer_due_at is not None:
            answer = limits.due_moment(HEARING, start=case.hearing_offered_at, authority_no=case.authority_no)
            # The shop keeps the time it was told it has.
            if _day(answer.at) > _day(case.answer_due_at):
                _say(case, HEARING, case.answer_due_at, answer.at, by=by, at=at)
                moved += 1
            case.answer_due_at = max(case.answer_due_at, answer.at)
        case.save(update_fields=["recall_due_at", "recall_due_provisional", "answer_due_at", "due_calendar"])
        return moved


def _notice(pk: int, version: int, *, by: Actor, at: dt.datetime) -> int:
    with transaction(by):
        notice = RegistryNotice.objects.select_for_update(of=("self",)).get(pk=pk)
        if notice.received_at is not None or notice.alarmed_at is not None:
            return 0
        due = limits.due_moment(NOTICE, start=notice.owed_at, authority_no=notice.authority_no)
        moved = _day(notice.due_at) != _day(due.at)
        if moved:
            facts = _facts(NOTICE, notice.due_at, due.at)
            record(
                "licensing.notice_due_moved", by=by, at=at, subject=("registry_notice", notice.number),
                authority_no=notice.authority_no, facts=facts,
            )  # fmt: skip
            tell(
                "licensing.notice_due_moved", to=county_people(notice.authority_no), at=at,
                params={"shop": notice.shop_name, "from": str(facts["from"]), "to": str(facts["to"])},
                link="/police/idle/?stage=notice",
            )  # fmt: skip
        notice.due_at, notice.due_provisional, notice.due_calendar = due.at, due.provisional, version
        notice.save(update_fields=["due_at", "due_provisional", "due_calendar"])
        return int(moved)


def _say(case: IdleCase, limit: str, before: dt.datetime, after: dt.datetime, *, by: Actor, at: dt.datetime) -> None:
    facts = _facts(limit, before, after)
    record(
        "licensing.idle_due_moved", by=by, at=at, subject=("idle_case", case.number), authority_no=case.authority_no,
        facts=facts,
    )  # fmt: skip
    params = {"number": case.number, "from": str(facts["from"]), "to": str(facts["to"])}
    if limit == HEARING:
        tell("licensing.answer_due_moved", to=people_at(case.shop_id), at=at, params=params, link="/shop/idle/")
    else:
        tell(
            "licensing.idle_due_moved", to=county_people(case.authority_no), at=at, params=params,
            link=f"/police/idle/{case.number}/",
        )  # fmt: skip


def _facts(limit: str, before: dt.datetime, after: dt.datetime) -> dict[str, JSON]:
    return {"limit": limit, "from": _day(before).isoformat(), "to": _day(after).isoformat()}


def _day(moment: dt.datetime) -> dt.date:
    return shanghai(moment).date()
