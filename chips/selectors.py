"""Finding chips (查找芯片)."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from chips.models import Chip
from licensing.models import EngravingShop
from sealreg.errors import RuleBroken


def stock_of(shop: EngravingShop) -> QuerySet[Chip]:
    """Chips of the shop that no seal has yet (库存芯片), by uid."""
    return Chip.objects.filter(shop=shop, status="SHOP_RECEIVED").order_by("uid")


def chip_for(shop: EngravingShop, uid: str) -> Chip:
    """The shop's chip with this uid (按芯片编号取芯片).

    Raises RuleBroken at `chip_uid`, chip_of_another_shop: another shop's chip and an unknown one get the same answer.
    """
    found = Chip.objects.filter(shop=shop, uid=uid).first()
    if found is None:
        message = _("该芯片不在贵企业库存中，请核对芯片编号。")
        raise RuleBroken(message, code="chip_of_another_shop", fields={"chip_uid": message})
    return found
