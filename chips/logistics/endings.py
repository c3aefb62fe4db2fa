"""Packaging in the shop, and how chips leave for good or come back (封装、报废、被盗、找回、销毁)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from chips.logistics import ledger, parties
from chips.logistics.alarms import note_stock, raise_alarm
from chips.models import (
    AlarmKind,
    Chip,
    ChipEnding,
    CustodyParty,
    EndingKind,
    MoveKind,
    PartyKind,
)
from chips.permissions import check_acts_for, check_another_person
from chips.states import CHIP
from chips.terminating import order_ends
from licensing.models import EngravingShop
from sealreg.audit.services import record
from sealreg.database.actor import Actor, label
from sealreg.database.canonical import JSON
from sealreg.database.door import transaction
from sealreg.errors import Conflict, RuleBroken
from sealreg.workflow.advance import advance_many
from sealreg.workflow.registry import Telling

MOST = 2_000
NAMED = 5
# Kind -> the chips' move, the ledger's entry, where they go; FOUND goes to whoever reports it.
_WAYS: dict[str, tuple[str, MoveKind, PartyKind | None]] = {
    EndingKind.SCRAP: ("scrap_chips", MoveKind.SCRAP, PartyKind.SCRAP),
    EndingKind.THEFT: ("steal_chips", MoveKind.STEAL, PartyKind.STOLEN),
    EndingKind.FOUND: ("find_chips", MoveKind.FIND, None),
    EndingKind.DESTRUCTION: ("destroy_chip", MoveKind.DESTROY, PartyKind.DESTROYED),
    EndingKind.SHORTAGE: ("miss_chips", MoveKind.ADJUST, PartyKind.MISSING),
}
_KEPT_ELSEWHERE = (EndingKind.FOUND, EndingKind.DESTRUCTION)
# Done when reported; the second person only looks it over.
_AT_ONCE = (EndingKind.THEFT, EndingKind.REPLACED)


def _wrong(field: str, message: str, code: str) -> RuleBroken:
    return RuleBroken(message, code=code, fields={field: message})


def report_ending(
    kind: EndingKind, party: CustodyParty, uids: Sequence[str], *, reason: str, by: Actor, at: dt.datetime
) -> ChipEnding:
    """Report chips that leave, or that came back (登记报废、被盗、找回、销毁、盘点短少).

    party: who keeps them, or for FOUND who takes them in. Stolen chips are locked at once on one person's word;
    everything else happens when a second person confirms. Raises RuleBroken at `codes` (chips_not_in_stock, naming
    them), `reason` (reason_missing); NotFound for another organisation's stock.
    """
    check_acts_for(by, party)
    wanted = sorted(set(uids))
    if not reason.strip():
        raise _wrong("reason", str(_("请写明原因。")), "reason_missing")
    if not 1 <= len(wanted) <= MOST:
        raise _wrong("codes", _("每次登记1至%(n)d枚。") % {"n": MOST}, "chips_not_in_stock")
    with transaction(by):
        _lock(EndingKind(kind), party, wanted)
        ending = ChipEnding.objects.create(
            kind=kind, party=party, uids=wanted, reason=reason.strip()[:300], reported_by=label(by), reported_at=at
        )
        facts: dict[str, JSON] = {"kind": str(kind), "chips": len(wanted)}
        record("chips.ending_reported", by=by, at=at, subject=("chip_ending", ending.number), facts=facts)
        if kind == EndingKind.THEFT:
            _carry_out(ending, by=by, at=at)
            raise_alarm(
                AlarmKind.THEFT, ending.number, by=by, at=at, shop=_shop(party),
                facts={"chips": len(wanted), "uids": wanted[:NAMED]},
            )  # fmt: skip
    return ending


def confirm_ending(ending: ChipEnding, *, by: Actor, at: dt.datetime) -> ChipEnding:
    """A second person confirms a report, and it happens (复核). Raises RuleBroken second_person_needed, Conflict."""
    check_acts_for(by, ending.party)
    check_another_person(ending.reported_by, label(by))
    with transaction(by):
        locked = ChipEnding.objects.select_for_update(of=("self",)).select_related("party").get(pk=ending.pk)
        if locked.confirmed_at is not None:
            raise Conflict(_("该记录已复核。"))
        locked.confirmed_by, locked.confirmed_at = label(by), at
        locked.save(update_fields=["confirmed_by", "confirmed_at"])
        if locked.kind not in _AT_ONCE:
            _carry_out(locked, by=by, at=at)
        facts: dict[str, JSON] = {"kind": locked.kind, "chips": len(locked.uids)}
        record("chips.ending_confirmed", by=by, at=at, subject=("chip_ending", locked.number), facts=facts)
    return locked


def _lock(kind: EndingKind, party: CustodyParty, uids: Sequence[str]) -> list[int]:
    """Keys of the chips, locked; all must be where they are said to be and in a status the move starts from."""
    verb, _entry, _to = _WAYS[kind]
    rows = Chip.objects.select_for_update(of=("self",)).filter(uid__in=uids, status__in=CHIP.verbs[verb].frm)
    if kind == EndingKind.DESTRUCTION and party.kind == PartyKind.SHOP:
        rows = rows.filter(shop=party.organisation_id)
    elif kind == EndingKind.DESTRUCTION:
        # What was handed in elsewhere than at its shop: out of use already, and from the depot's own city.
        rows = rows.filter(status__in=("SUSPENDED", "LOST"))
        if party.organisation is not None and party.organisation.area is not None:
            low = party.organisation.area // 100 * 100
            rows = rows.filter(shop__area__gte=low, shop__area__lt=low + 100)
    elif kind not in _KEPT_ELSEWHERE:
        rows = rows.filter(holder=party)
    found = dict(rows.order_by("pk").values_list("uid", "pk"))
    if len(found) != len(uids):
        strange = [uid for uid in uids if uid not in found]
        message = _("以下芯片不在本库存或现在不能办理：%(uids)s，共%(n)d枚。")
        said = message % {"uids": "、".join(strange[:NAMED]), "n": len(strange)}
        raise _wrong("codes", said, "chips_not_in_stock")
    return list(found.values())


def _carry_out(ending: ChipEnding, *, by: Actor, at: dt.datetime) -> None:
    verb, entry, to = _WAYS[ending.kind]
    pks = _lock(EndingKind(ending.kind), ending.party, ending.uids)
    subject = ("chip_ending", ending.number)
    (party,) = CHIP.verbs[verb].tells
    link = f"{reverse('chip_watched')}?kind=STOLEN" if ending.kind == EndingKind.THEFT else ""
    telling = Telling(to=parties.people_of(parties.the(PartyKind.OPERATOR)), params={"uid": ending.number}, link=link)
    changes = {"shop": None} if ending.kind == EndingKind.FOUND else {}
    advance_many(Chip, pks, verb, by=by, at=at, subject=subject, tellings={party: telling}, **changes)
    ledger.enter(
        entry, pks, to=parties.the(to) if to else ending.party, by=by, at=at, subject=subject,
        second=ending.reported_by if ending.reported_by != label(by) else "", note=ending.reason,
    )  # fmt: skip
    if ending.kind == EndingKind.DESTRUCTION:
        order_ends(ending, pks, at=at)
    if (shop := _shop(ending.party)) is not None:
        note_stock(shop, by=by, at=at)


def _shop(party: CustodyParty) -> EngravingShop | None:
    return EngravingShop.objects.filter(pk=party.organisation_id).first() if party.kind == PartyKind.SHOP else None
