"""Accounts of the ledger and the people behind them (保管方及其人员)."""

from __future__ import annotations

from chips.models import CustodyParty, PartyKind
from chips.models.orders import city_served
from licensing.models import EngravingShop
from sealreg.accounts.choices import OrganisationKind
from sealreg.accounts.models import Organisation, User
from sealreg.accounts.roles import Permission
from sealreg.database.actor import Actor
from sealreg.errors import OutsideJurisdiction
from sealreg.notices.recipients import Recipient

_NOBODY = 0  # no account has this key


def the(kind: PartyKind) -> CustodyParty:
    """The one account of a kind that belongs to no organisation (固定保管方)."""
    return CustodyParty.objects.get(kind=kind, organisation__isnull=True)


def of_shop(shop: EngravingShop) -> CustodyParty:
    """The shop's account (企业保管方), made at its first use."""
    return _of(shop.organisation, PartyKind.SHOP)


def of_depot(depot: Organisation) -> CustodyParty:
    """A depot's account (仓库保管方), made at its first use."""
    return _of(depot, PartyKind.DEPOT)


def _of(organisation: Organisation, kind: PartyKind, *, make: bool = True) -> CustodyParty:
    found = CustodyParty.objects.filter(organisation=organisation).first()
    if found is not None:
        return found
    if not make:
        return CustodyParty(pk=_NOBODY, kind=kind, organisation=organisation)
    made, _created = CustodyParty.objects.get_or_create(organisation=organisation, defaults={"kind": kind})
    return made


def of_actor(actor: Actor, *, make: bool = True) -> CustodyParty:
    """Where the actor keeps chips (操作人所属保管方). Raises OutsideJurisdiction for who keeps none.

    make: False for pages that only read; a party without an account yet is then one that has nothing.
    """
    if isinstance(actor, User) and actor.role is not None and actor.organisation is not None:
        if actor.role.may(Permission.INJECT_KEYS):
            return the(PartyKind.INSTITUTE)
        if actor.role.may(Permission.HANDLE_CHIPS):
            return (
                the(PartyKind.OPERATOR)
                if city_served(actor) is None
                else _of(actor.organisation, PartyKind.DEPOT, make=make)
            )
        if actor.role.may(Permission.KEEP_CHIPS):
            return _of(actor.organisation, PartyKind.SHOP, make=make)
    raise OutsideJurisdiction


def people_of(party: CustodyParty) -> list[Recipient]:
    """Whom to tell of a party's matters (保管方通知对象)."""
    users = User.objects.filter(is_active=True, memberships__ended_at__isnull=True)
    if party.organisation_id is not None:
        users = users.filter(memberships__organisation=party.organisation_id)
    elif party.kind == PartyKind.INSTITUTE:
        users = users.filter(memberships__organisation__kind=OrganisationKind.INSTITUTE)
    elif party.kind == PartyKind.OPERATOR:
        users = users.filter(
            memberships__organisation__kind=OrganisationKind.OPERATOR, memberships__organisation__custody_party=None
        )
    else:
        return []
    return [Recipient(user=user) for user in users.order_by("pk").distinct()]
