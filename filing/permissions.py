"""Who may do what to a filing, and where (权限与管辖). Whether the thing itself allows it stands in rules.py."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from filing.models import Seal, SealFiling
from licensing.models import EngravingShop
from sealreg.accounts.jurisdiction import jurisdiction_of
from sealreg.accounts.models import User
from sealreg.accounts.roles import Permission
from sealreg.database.actor import Actor, SystemActor
from sealreg.errors import NotFound, OutsideJurisdiction


def _acts_for(actor: Actor, shop: EngravingShop) -> bool:
    return isinstance(actor, User) and actor.organisation is not None and actor.organisation.pk == shop.pk


def check_can_file(actor: Actor, shop: EngravingShop) -> None:
    """The shop's own manager or clerk files (提交备案).

    Raises NotFound for another shop's record, OutsideJurisdiction for a role that may not file.
    """
    if isinstance(actor, SystemActor):
        return
    if not _acts_for(actor, shop):
        raise NotFound
    if not (isinstance(actor, User) and actor.role is not None and actor.role.may(Permission.SUBMIT_FILINGS)):
        raise OutsideJurisdiction


def check_can_make(actor: Actor, record: SealFiling | Seal) -> None:
    """The filing's shop engraves, binds and delivers (制作与交付)."""
    check_can_file(actor, record.shop)


def check_can_return(actor: Actor, filing: SealFiling) -> None:
    """Only the county-level authority of the unit returns a filing (退回更正).

    Raises NotFound outside the jurisdiction, OutsideJurisdiction for a role that only looks on.
    """
    if not isinstance(actor, User) or actor.role is None or filing.authority_no is None:
        raise NotFound
    jurisdiction = jurisdiction_of(actor)
    if jurisdiction is None or not jurisdiction.low <= filing.authority_no < jurisdiction.high:
        raise NotFound
    if not actor.role.may(Permission.RETURN_FILINGS):
        raise OutsideJurisdiction(_("只有备案地县级公安机关可以退回更正。"))
