"""When a seal's use ends (停止使用): reported lost, or surrendered for the one that takes its place.

The chip stops in the same transaction, and what stopped is owed to whoever must know.
"""

from __future__ import annotations

import datetime as dt

from chips import services as chips
from filing.choices import USABLE, Reason, SealType
from filing.models import Seal, SealLoss
from filing.permissions import check_can_make
from filing.requests import LossRequest
from filing.rules import LOSS_RULES
from sealreg.attachments.services import attach
from sealreg.clock import shanghai
from sealreg.database.actor import Actor
from sealreg.database.canonical import JSON
from sealreg.database.door import transaction
from sealreg.legal.rules import check_rules
from sealreg.outbox.services import owe
from sealreg.units.models import Unit
from sealreg.units.names import name_key
from sealreg.workflow.advance import advance


def report_loss(seal: Seal, request: LossRequest, *, by: Actor, at: dt.datetime) -> Seal:
    """The unit has lost a seal (挂失): it and its chip are locked at once and for good; a new one gets a new code.

    Raises RuleBroken at reporter_name, authorisation or lost_on, IllegalMove unless the seal is in use or suspended,
    Conflict when somebody was first, NotFound for another shop's seal. Source: R4, R5.
    """
    check_can_make(by, seal)
    today = shanghai(at).date()
    check_rules(LOSS_RULES, today, request, seal, today)
    person = request.reporter
    with transaction(by):
        Unit.objects.select_for_update().get(pk=seal.unit_id)
        lost = advance(seal, "report_loss", by=by, at=at, use_ended_at=at)
        SealLoss.objects.create(
            seal=lost,
            lost_on=request.lost_on,
            reporter_name=person.name,
            reporter_document=person.document,
            reporter_id=person.document_number,
            reporter_is_representative=person.is_representative,
            authorisation=request.authorisation,
            statement=request.statement,
            reported_at=at,
        )
        for paper in (request.statement, request.authorisation):
            if paper is not None:
                attach(paper, subject=("seal", lost.code), by=by, at=at)
        if lost.chip is not None:
            chips.lose_chip(lost.chip, by=by, at=at)
        _owe("filing.seal_lost", lost, at)
    return lost


def replaced_by(new: Seal, *, lock: bool = False) -> list[Seal]:
    """What a seal that is handed over replaces (被更换的印章); nothing unless its filing replaces what is damaged.

    The unit's usable seals of the same type and name. Where none bears the name, the only one of the type: always for
    the types of which a unit has one, else when that one does not bear the unit's present name, so that it is of a
    unit renamed since. "Other" seals are told apart by their name alone.
    """
    if new.filing.reason != Reason.DAMAGED:
        return []
    rows = Seal.objects.filter(unit=new.unit_id, seal_type=new.seal_type, use_status__in=USABLE)
    rows = rows.exclude(filing=new.filing_id)  # two of one filing do not replace each other
    if lock:
        rows = rows.select_for_update(of=("self",))
    same_type = list(rows.select_related("chip", "filing").order_by("code"))
    named = [old for old in same_type if old.name == new.name]
    if named or len(same_type) != 1 or new.seal_type == SealType.OTHER:
        return named
    (only,) = same_type
    one_per_unit = new.seal_type in (SealType.STATUTORY, SealType.LEGAL_REPRESENTATIVE)
    return [only] if one_per_unit or name_key(new.unit.name) not in name_key(only.name) else []


def surrender_replaced(new: Seal, *, by: Actor, at: dt.datetime) -> list[Seal]:
    """Surrender what a new seal replaces (换刻缴销), in the transaction that hands the new one over."""
    ended = []
    for old in replaced_by(new, lock=True):
        facts: dict[str, JSON] = {"replaced_by": new.code}
        ended.append(advance(old, "surrender_seal", by=by, at=at, facts=facts, use_ended_at=at))
        if old.chip is not None:
            chips.suspend_chip(old.chip, by=by, at=at)
        _owe("filing.seal_surrendered", old, at)
    return ended


def _owe(topic: str, seal: Seal, at: dt.datetime) -> None:
    payload: dict[str, JSON] = {"code": seal.code, "filing": seal.filing.number}
    owe(topic, record=("seal", seal.code), version=seal.version, at=at, payload=payload)
