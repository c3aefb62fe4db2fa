"""Who answers an idleness case for the shop (闲置收回案权限); the county's side stands in permissions.py."""

from __future__ import annotations

from licensing.models import EngravingShop
from licensing.permissions import check_can_apply
from sealreg.database.actor import Actor


def check_can_answer(actor: Actor, shop: EngravingShop) -> None:
    """The shop's manager answers for it (企业答复). Raises NotFound, OutsideJurisdiction."""
    check_can_apply(actor, shop.pk)
