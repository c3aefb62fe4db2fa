"""Who may do what with a unit's file (使用单位权限). Each check raises; pages ask the same check for their buttons."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext_lazy as _

from sealreg.accounts.jurisdiction import check_written_here, jurisdiction_of
from sealreg.accounts.models import User
from sealreg.accounts.permissions import check_may
from sealreg.accounts.roles import Permission
from sealreg.database.actor import Actor
from sealreg.errors import NotFound, OutsideJurisdiction
from sealreg.units.models import Unit


def check_can_correct_unit(actor: Actor, unit: Unit) -> None:
    """The unit's county authority corrects its file (更正使用单位资料). Raises NotFound, OutsideJurisdiction."""
    _check_in_range(actor, unit)
    check_may(actor, Permission.RETURN_FILINGS)
    check_written_here(unit.area)


def check_can_reveal_personal(actor: Actor, unit: Unit) -> None:
    """Police of the unit's place may look at personal numbers (查看完整号码); departments that only read may not.

    Raises NotFound, OutsideJurisdiction.
    """
    _check_in_range(actor, unit)
    if actor.actor_kind != "system" and (not isinstance(actor, User) or actor.police_unit is None):
        raise OutsideJurisdiction(_("证件号码和电话只供管辖地公安机关履职时查看。"), code="personal_not_yours")


def check_can_grant_access(actor: Actor, unit: Unit) -> None:
    """Who may let a person act for a unit (授权经办人): its county authority, or a job of ours."""
    _check_in_range(actor, unit)
    check_may(actor, Permission.RETURN_FILINGS)


def allowed(check: Callable[[Actor, Unit], None], actor: Actor, unit: Unit) -> bool:
    """Whether a check lets the actor through (是否允许), for showing or hiding a button."""
    try:
        check(actor, unit)
    except (NotFound, OutsideJurisdiction):
        return False
    return True


def _check_in_range(actor: Actor, unit: Unit) -> None:
    if actor.actor_kind == "system":
        return
    jurisdiction = jurisdiction_of(actor)
    if jurisdiction is None or unit.authority_no not in jurisdiction:
        raise NotFound
