"""Closing a month of the ledger (月结), by two persons."""

from __future__ import annotations

import datetime as dt

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from chips.models import Chip, CustodyMonth, PartyKind
from chips.permissions import check_another_person, check_is_province_operator
from sealreg.audit.services import record
from sealreg.clock import shanghai
from sealreg.database.actor import Actor, label
from sealreg.database.door import transaction
from sealreg.errors import Conflict, RuleBroken

KEPT = (PartyKind.INSTITUTE, PartyKind.OPERATOR, PartyKind.DEPOT, PartyKind.SHOP, PartyKind.TRANSIT)


def booked_stock() -> int:
    """Chips the ledger holds in anybody's stock or under way (账面库存)."""
    return Chip.objects.filter(holder__kind__in=KEPT).count()


def booked_by_kind() -> list[tuple[PartyKind, int]]:
    """The same, by who keeps them (账面库存构成); only who keeps any."""
    rows = Chip.objects.filter(holder__kind__in=KEPT).values_list("holder__kind").annotate(n=Count("pk")).order_by()
    counts = dict(rows)
    return [(kind, counts[kind]) for kind in PartyKind if counts.get(kind)]


def propose_month(month: dt.date, counted: int, *, by: Actor, at: dt.datetime, explanation: str = "") -> CustodyMonth:
    """Say what a stock-take of a past month found (提出月结); a second person closes it.

    month: its first day. A difference needs an explanation; the chips themselves are put right by a report of shortage
    or finding, never by changing an entry. Raises RuleBroken at `month`, `counted`, `explanation`, Conflict.
    """
    check_is_province_operator(by)
    first = shanghai(at).date().replace(day=1)
    if month.day != 1 or month >= first:
        message = _("只能结转已经结束的月份。")
        raise RuleBroken(message, code="month_not_over", fields={"month": message})
    booked = booked_stock()
    if counted != booked and not explanation.strip():
        told = _("盘点%(counted)d枚，账面%(booked)d枚，请说明差异。") % {"counted": counted, "booked": booked}
        raise RuleBroken(told, code="difference_unexplained", fields={"explanation": told})
    with transaction(by):
        if CustodyMonth.objects.filter(month=month).exists():
            raise Conflict(_("该月已提出月结。"))
        made = CustodyMonth.objects.create(
            month=month, counted=counted, booked=booked, explanation=explanation.strip()[:500], proposed_by=label(by),
            proposed_at=at,
        )  # fmt: skip
        facts = {"counted": counted, "booked": booked}
        record("chips.month_proposed", by=by, at=at, subject=("custody_month", str(made)), facts=facts)
    return made


def close_month(proposed: CustodyMonth, *, by: Actor, at: dt.datetime) -> CustodyMonth:
    """Close a month for good (复核月结), by another person. Raises RuleBroken second_person_needed, Conflict."""
    check_is_province_operator(by)
    check_another_person(proposed.proposed_by, label(by))
    with transaction(by):
        locked = CustodyMonth.objects.select_for_update().get(pk=proposed.pk)
        if locked.closed_at is not None:
            raise Conflict(_("该月已结账。"))
        locked.confirmed_by, locked.closed_at = label(by), at
        locked.save(update_fields=["confirmed_by", "closed_at"])
        record("chips.month_closed", by=by, at=at, subject=("custody_month", str(locked)))
    return locked
