"""Asking the registry about one company (登记信息查询), and what happens while it does not answer.

Filing never waits for the registry: a unit entered meanwhile is "to be confirmed", and is confirmed later by itself,
by the feed or by `confirm_waiting`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from django.db.models import Q

from integration.agency_http import AgencyError, Declined
from integration.breaker import Breaker
from integration.business_registration.messages import Enterprise
from integration.business_registration.models import ConfirmationTry
from integration.business_registration.taking import take_enterprise
from sealreg.database.actor import Actor
from sealreg.database.door import transaction
from sealreg.units.identifiers import read_credit_code
from sealreg.units.models import Unit
from sealreg.units.selectors import find_by_credit_code

FIRST_PAUSE = dt.timedelta(minutes=2)
LONGEST_PAUSE = dt.timedelta(hours=12)


class Answer(Enum):
    """What the registry said (查询结果)."""

    FOUND = "found"
    NOT_REGISTERED = "not_registered"
    UNAVAILABLE = "unavailable"


class Registry(Protocol):
    """What a look-up needs of the registry's client (登记机关)."""

    def enterprise(self, uscc: str) -> Enterprise | None: ...


@dataclass(frozen=True, slots=True)
class LookUp:
    """One look-up (查询). unit: as on file afterwards; while unavailable, what was on file before, with its own age."""

    answer: Answer
    unit: Unit | None


@dataclass(slots=True)
class Confirmed:
    """What one round of confirming did (核实结果)."""

    confirmed: int = 0
    not_registered: int = 0
    unusable: int = 0
    failure: str = ""


def look_up(registry: Registry, typed: str, *, by: Actor, at: dt.datetime, breaker: Breaker) -> LookUp:
    """Ask the registry about a credit code and keep what it says (查询并入库).

    typed: as a person typed it. Raises RuleBroken for a code that cannot be one; never for what the registry does.
    """
    code = read_credit_code(typed)
    if not breaker.allows():
        return LookUp(Answer.UNAVAILABLE, find_by_credit_code(code))
    try:
        enterprise = registry.enterprise(code)
    except Declined:
        breaker.succeeded()
        return LookUp(Answer.UNAVAILABLE, find_by_credit_code(code))
    except AgencyError:
        breaker.failed()
        return LookUp(Answer.UNAVAILABLE, find_by_credit_code(code))
    breaker.succeeded()
    if enterprise is None:
        return LookUp(Answer.NOT_REGISTERED, find_by_credit_code(code))
    unit = take_enterprise(enterprise, by=by, at=at)
    return LookUp(Answer.UNAVAILABLE if unit is None else Answer.FOUND, unit or find_by_credit_code(code))


def confirm_waiting(registry: Registry, *, by: Actor, now: Callable[[], dt.datetime], limit: int = 20) -> Confirmed:
    """Ask about units that are still to be confirmed (核实待确认单位), those due, longest waiting first.

    Ends at the first sign that the registry does not answer. A unit the registry does not know is asked about again
    after ever longer pauses.
    """
    done = Confirmed()
    due = (
        Unit.objects.visible_to(by)
        .filter(Q(confirmation_try__isnull=True) | Q(confirmation_try__next_at__lte=now()))
        .filter(confirmed_at__isnull=True, credit_code__isnull=False)
        .order_by("id")
    )
    for unit in due[:limit]:
        try:
            enterprise = registry.enterprise(unit.credit_code or "")
        except AgencyError as error:
            done.failure = error.reason
            return done
        at = now()
        if enterprise is None:
            done.not_registered += 1
        elif take_enterprise(enterprise, by=by, at=at) is None:
            done.unusable += 1
        else:
            done.confirmed += 1
            continue
        _ask_again_later(unit, by=by, at=at)
    return done


def _ask_again_later(unit: Unit, *, by: Actor, at: dt.datetime) -> None:
    with transaction(by):
        found = ConfirmationTry.objects.select_for_update().filter(unit=unit).first()
        tries = found.tries + 1 if found else 1
        pause = min(FIRST_PAUSE * 2 ** min(tries - 1, 20), LONGEST_PAUSE)
        ConfirmationTry.objects.update_or_create(
            unit=unit, defaults={"tries": tries, "tried_at": at, "next_at": at + pause}
        )
