"""Taking a licence back for idleness (收回许可证): hearing, proposal, decision; every step the county's own."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from licensing.cleaning import clean_reason
from licensing.ending_rules import RECALL_RULES, Standing
from licensing.idle_months import is_idle
from licensing.idle_permissions import check_can_answer
from licensing.models import EngravingShop, IdleCase
from licensing.permissions import check_can_decide, check_can_handle, check_decides_apart
from licensing.regimes import recall_applies
from licensing.services.idle import idleness_of
from licensing.services.idle_dues import HEARING
from licensing.services.licences import recover_licence
from licensing.services.registry_notices import owe_notice
from licensing.shop_choices import CloseReason, RecoveryWay
from sealreg.audit.services import record
from sealreg.clock import shanghai
from sealreg.database.actor import Actor
from sealreg.database.door import transaction
from sealreg.errors import IllegalMove, RuleBroken
from sealreg.legal.documents import DOCUMENTS
from sealreg.legal.rules import check_rules
from sealreg.workflow import limits
from sealreg.workflow.advance import advance, changed_meanwhile

LEGAL_BASIS = " ".join((DOCUMENTS["gd-2018-146"].number, "三(五)"))


def offer_hearing(case: IdleCase, *, by: Actor, at: dt.datetime, expected_version: int | None = None) -> IdleCase:
    """Tell the shop of its right to be heard (告知听证权利); its time to answer starts.

    Raises RuleBroken recall_over or no_licence_to_recall, not_idle; IllegalMove, Conflict, NotFound,
    OutsideJurisdiction.
    """
    check_can_handle(by, case)
    with transaction(by):
        locked = _locked(case)
        _check_recallable(locked, at=at)
        due = limits.due_moment(HEARING, start=at, authority_no=locked.authority_no)
        return advance(
            case, "offer_hearing", by=by, at=at, expected_version=expected_version, hearing_offered_at=at,
            answer_due_at=due.at,
        )  # fmt: skip


def answer_hearing(
    case: IdleCase, *, wants: bool, statement: str, by: Actor, at: dt.datetime, expected_version: int | None = None
) -> IdleCase:
    """The shop asks for the hearing or waives it, with what it has to say (要求或放弃听证).

    Raises IllegalMove, Conflict; NotFound for another shop's, OutsideJurisdiction for a clerk.
    """
    check_can_answer(by, case.shop)
    verb = "ask_hearing" if wants else "waive_hearing"
    with transaction(by):
        return advance(
            case, verb, by=by, at=at, expected_version=expected_version, answered_at=at, statement=statement[:1000]
        )


def note_no_answer(case: IdleCase, *, by: Actor, at: dt.datetime, expected_version: int | None = None) -> IdleCase:
    """The shop let its time to answer pass (登记逾期未答复). Raises RuleBroken answer_time_runs before it has."""
    check_can_handle(by, case)
    if case.answer_due_at is not None and at <= case.answer_due_at:
        raise RuleBroken(_("企业的答复时限尚未届满，期满后才能登记未答复。"), code="answer_time_runs")
    with transaction(by):
        return advance(case, "note_no_answer", by=by, at=at, expected_version=expected_version)


def record_hearing(
    case: IdleCase,
    *,
    heard_at: dt.datetime,
    minutes: str,
    by: Actor,
    at: dt.datetime,
    expected_version: int | None = None,
) -> IdleCase:
    """Put the hearing on record (登记听证). Raises RuleBroken for missing minutes or an impossible moment."""
    check_can_handle(by, case)
    said = clean_reason(minutes, field="minutes", longest=2000, label=_("听证笔录摘要"))
    if heard_at > at or (case.answered_at is not None and heard_at < case.answered_at):
        message = _("听证时间应在企业要求听证之后，且不晚于现在。")
        raise RuleBroken(message, code="heard_at_impossible", fields={"heard_at": message})
    with transaction(by):
        return advance(
            case, "record_hearing", by=by, at=at, expected_version=expected_version, heard_at=heard_at,
            hearing_minutes=said,
        )  # fmt: skip


def propose_recall(
    case: IdleCase, *, reason: str, by: Actor, at: dt.datetime, expected_version: int | None = None
) -> IdleCase:
    """Propose to take the licence back (提出收回意见): the officer's half. Raises as offer_hearing."""
    check_can_handle(by, case)
    said = clean_reason(reason, longest=1000)
    with transaction(by):
        _check_recallable(_locked(case), at=at)
        return advance(
            case, "propose_recall", by=by, at=at, note=said, expected_version=expected_version,
            proposed_by=by.actor_id, proposed_by_name=by.actor_name[:80], proposed_at=at, proposal_reason=said,
        )  # fmt: skip


def decide_recall(
    case: IdleCase, *, reason: str, by: Actor, at: dt.datetime, expected_version: int | None = None
) -> IdleCase:
    """Decide to take the licence back (决定收回): the chief's half, never by who proposed it.

    In one commit the licence ends, the registry is owed the news and its clock starts. A filing submitted at the same
    moment is either before, and then the shop is not idle, or finds no licence: both wait for the shop's lock.
    Raises OutsideJurisdiction same_person, RuleBroken, IllegalMove, Conflict. Source: notice 三(五).
    """
    check_can_decide(by, case)
    check_decides_apart(by, case.proposed_by)
    said = clean_reason(reason, longest=1000)
    with transaction(by):
        shop = _locked(case)
        _check_recallable(shop, at=at)
        licence = shop.licences.select_related("shop").get(status="VALID")
        decided = advance(
            case, "decide_recall", by=by, at=at, note=said, expected_version=expected_version,
            decided_by=by.actor_id, decided_by_name=by.actor_name[:80], decided_at=at, decision_reason=said,
            licence=licence,
        )  # fmt: skip
        recover_licence(licence, case=decided, by=by, at=at)
        owe_notice(
            shop, event="RECOVERED", case=decided, reason=said, legal_basis=LEGAL_BASIS, by=by, at=at
        )  # fmt: skip
    return decided


def decline_recall(
    case: IdleCase, *, reason: str, by: Actor, at: dt.datetime, expected_version: int | None = None
) -> IdleCase:
    """Decide not to take it back (决定不收回), with the reason. Raises as decide_recall."""
    check_can_decide(by, case)
    check_decides_apart(by, case.proposed_by)
    said = clean_reason(reason)
    with transaction(by):
        return advance(
            case, "decline_recall", by=by, at=at, note=said, expected_version=expected_version, closed_at=at,
            close_reason=CloseReason.NOT_RECALLED, close_remark=said,
        )  # fmt: skip


def close_case(
    case: IdleCase, *, reason: str, remark: str, by: Actor, at: dt.datetime, expected_version: int | None = None
) -> IdleCase:
    """The county closes a case that has no ground any more (结案). Raises RuleBroken ground_unknown, reason_missing."""
    check_can_handle(by, case)
    if reason not in CloseReason.values:
        message = _("请选择结案原因。")
        raise RuleBroken(message, code="ground_unknown", fields={"reason": message})
    said = clean_reason(remark, field="remark")
    with transaction(by):
        return advance(
            case, "close_idle_case", by=by, at=at, note=said, expected_version=expected_version,
            facts={"reason": reason}, closed_at=at, close_reason=reason, close_remark=said,
        )  # fmt: skip


def record_recovery(case: IdleCase, *, way: str, by: Actor, at: dt.datetime) -> IdleCase:
    """The paper itself has been dealt with (登记证件收回): another thing than the decision.

    Raises RuleBroken ground_unknown, IllegalMove before the decision, Conflict when it stands on record already.
    """
    check_can_handle(by, case)
    if way not in RecoveryWay.values:
        message = _("请选择证件收回方式。")
        raise RuleBroken(message, code="ground_unknown", fields={"way": message})
    with transaction(by):
        locked = IdleCase.objects.select_for_update().get(pk=case.pk)
        if locked.status != "DECIDED_RECALL":
            raise IllegalMove(_("尚未决定收回，不能登记证件收回情况。"))
        if locked.recovered_at is not None:
            raise changed_meanwhile(locked, "close_idle_case")
        locked.recovered_at, locked.recovery_way = at, way
        locked.save(update_fields=["recovered_at", "recovery_way"])
        record(
            "licensing.paper_recovered", by=by, at=at, subject=("idle_case", locked.number),
            authority_no=locked.authority_no, facts={"way": way},
        )  # fmt: skip
    return locked


def _locked(case: IdleCase) -> EngravingShop:
    """The case's shop under its lock, which a submitted filing takes too."""
    return EngravingShop.objects.select_for_update(no_key=True, of=("self",)).get(pk=case.shop_id)


def _check_recallable(shop: EngravingShop, *, at: dt.datetime) -> None:
    day = shanghai(at).date()
    idle = idleness_of([shop], on=day)[shop.pk]
    now = Standing(
        recall_applies=recall_applies(day, shop.area),
        licensed=shop.licences.filter(status="VALID").exists(),
        idle=is_idle(idle.last_on, idle.stops, on=day),
    )
    check_rules(RECALL_RULES, day, now)
