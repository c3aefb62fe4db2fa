"""Who may keep and who may read a shop's register (企业登记权限)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from licensing.models import EngravingShop
from sealreg.accounts.jurisdiction import jurisdiction_of
from sealreg.accounts.models import User
from sealreg.accounts.roles import Permission
from sealreg.database.actor import Actor
from sealreg.errors import NotFound, OutsideJurisdiction


def check_can_keep_register(actor: Actor, shop: EngravingShop) -> None:
    """The shop's own manager keeps its register (维护企业登记).

    Raises NotFound for another shop's, OutsideJurisdiction for a role that does not keep it.
    """
    if actor.actor_kind == "system":
        return
    if not isinstance(actor, User) or actor.organisation is None or actor.organisation.pk != shop.pk:
        raise NotFound
    if not actor.may(Permission.RUN_SHOP):
        raise OutsideJurisdiction(_("企业信息由本企业负责人维护，请与负责人联系。"))


def check_can_reveal_staff(actor: Actor, shop: EngravingShop) -> None:
    """Police of the shop's place may look at its people's numbers (查看从业人员完整号码); others may not.

    Raises NotFound, OutsideJurisdiction.
    """
    if not isinstance(actor, User):
        raise NotFound
    jurisdiction = jurisdiction_of(actor)
    if jurisdiction is None or shop.authority_no not in jurisdiction:
        raise NotFound
    if actor.police_unit is None:
        raise OutsideJurisdiction(_("证件号码和电话只供管辖地公安机关履职时查看。"), code="personal_not_yours")
