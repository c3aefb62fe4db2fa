"""Verbs of chips (芯片业务). Thin for now: receiving at the shop, binding, and what follows the seal's fate."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from chips.models import Chip
from licensing.models import EngravingShop
from sealreg.database.actor import Actor
from sealreg.errors import RuleBroken
from sealreg.workflow.advance import advance


def receive_at_shop(chip: Chip, *, shop: EngravingShop, by: Actor, at: dt.datetime) -> Chip:
    """A chip arrives in a shop's stock (企业收货)."""
    return advance(chip, "receive_at_shop", by=by, at=at, shop=shop)


def bind_chip(chip: Chip, *, shop: EngravingShop, seal_code: str, by: Actor, at: dt.datetime) -> Chip:
    """Give a chip of the shop's stock to one seal (芯片捆绑), in the caller's transaction.

    Raises RuleBroken at `chip_uid`: chip_of_another_shop (also for a chip the shop may not know of) or
    chip_not_in_stock.
    """
    locked = Chip.objects.select_for_update().get(pk=chip.pk)
    if locked.shop_id != shop.pk:
        message = _("该芯片不在贵企业库存中，请核对芯片编号。")
        raise RuleBroken(message, code="chip_of_another_shop", fields={"chip_uid": message})
    if locked.status != "SHOP_RECEIVED":
        message = _("该芯片已使用或已停用，请换一枚库存芯片。")
        raise RuleBroken(message, code="chip_not_in_stock", fields={"chip_uid": message})
    return advance(locked, "bind_chip", by=by, at=at, facts={"seal": seal_code}, bound_at=at)
