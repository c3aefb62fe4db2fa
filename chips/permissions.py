"""Who may do what with chips, and where (芯片权限). Whether the thing itself allows it stands in rules.py."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from chips.models import CustodyParty, PartyKind
from chips.models.orders import city_served
from licensing.models import EngravingShop
from sealreg.accounts.jurisdiction import jurisdiction_of
from sealreg.accounts.models import User
from sealreg.accounts.roles import Permission
from sealreg.database.actor import Actor, SystemActor
from sealreg.errors import NotFound, OutsideJurisdiction, RuleBroken


def _may(actor: Actor, permission: Permission) -> bool:
    return isinstance(actor, User) and actor.role is not None and actor.role.may(permission)


def check_can_inject(actor: Actor) -> None:
    """The institute's people make, fill, pack and send (密钥灌装). Raises OutsideJurisdiction."""
    if not isinstance(actor, SystemActor) and not _may(actor, Permission.INJECT_KEYS):
        raise OutsideJurisdiction


def check_can_handle(actor: Actor) -> None:
    """The operator's people and those of its depots (芯片发放). Raises OutsideJurisdiction."""
    if not isinstance(actor, SystemActor) and not _may(actor, Permission.HANDLE_CHIPS):
        raise OutsideJurisdiction


def check_is_province_operator(actor: Actor) -> None:
    """The province's operator alone, no depot (省级运维). Raises OutsideJurisdiction."""
    check_can_handle(actor)
    if isinstance(actor, User) and city_served(actor) is not None:
        raise OutsideJurisdiction(_("此事项由省级运维单位办理。"))


def check_can_keep(actor: Actor, shop: EngravingShop) -> None:
    """The shop's own people order, receive and keep its chips (企业芯片).

    Raises NotFound for another shop's, OutsideJurisdiction for a role that may not.
    """
    if isinstance(actor, SystemActor):
        return
    if not isinstance(actor, User) or actor.organisation is None or actor.organisation.pk != shop.pk:
        raise NotFound
    if not _may(actor, Permission.KEEP_CHIPS):
        raise OutsideJurisdiction


def check_acts_for(actor: Actor, party: CustodyParty) -> None:
    """The actor works where the party keeps its chips (本方人员).

    Raises NotFound for another organisation's matters, OutsideJurisdiction for a role that may not.
    """
    if isinstance(actor, SystemActor):
        return
    needed = {
        PartyKind.INSTITUTE: Permission.INJECT_KEYS,
        PartyKind.OPERATOR: Permission.HANDLE_CHIPS,
        PartyKind.DEPOT: Permission.HANDLE_CHIPS,
        PartyKind.SHOP: Permission.KEEP_CHIPS,
    }.get(PartyKind(party.kind))
    if needed is None or not isinstance(actor, User) or actor.organisation is None:
        raise OutsideJurisdiction
    if party.organisation_id is not None and party.organisation_id != actor.organisation.pk:
        raise NotFound
    if not _may(actor, needed) or (party.kind == PartyKind.OPERATOR and city_served(actor) is not None):
        raise OutsideJurisdiction


def check_can_report_anomalies(actor: Actor) -> None:
    """An association tells of what looks odd (反映芯片异常). Raises OutsideJurisdiction."""
    if not _may(actor, Permission.REPORT_CHIP_ANOMALIES):
        raise OutsideJurisdiction


def check_can_answer_anomalies(actor: Actor, city: int | None) -> None:
    """The police of the city it was told to look into it (核实芯片异常).

    Raises NotFound for another city's, OutsideJurisdiction for a role that may not.
    """
    if not _may(actor, Permission.ANSWER_CHIP_ANOMALIES):
        raise OutsideJurisdiction
    where = jurisdiction_of(actor)
    if where is None or city is None or city * 100 not in where:
        raise NotFound


def check_another_person(first: str, second: str) -> None:
    """Two acts of one matter are done by two persons (两人办理). Raises RuleBroken second_person_needed."""
    if first == second:
        raise RuleBroken(_("须由另一人办理：同一事项不能由一人完成两步。"), code="second_person_needed")
