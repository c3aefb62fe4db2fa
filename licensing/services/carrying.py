"""The register follows what changed (登记随变更更新): name, address and telephone of a shop, under either law."""

from __future__ import annotations

from licensing.models import EngravingShop, ShopFiling
from sealreg.accounts.models import Organisation


def rename_shop(shop_pk: int, name: str) -> None:
    """The shop is called otherwise (更名), in register and directory."""
    Organisation.objects.filter(pk=shop_pk).update(name=name)


def move_shop(shop_pk: int, address: str) -> None:
    """The shop stands elsewhere in its county (迁址), in register and directory."""
    EngravingShop.objects.filter(pk=shop_pk).update(address=address)


def follow_filing(filing: ShopFiling, values: dict[str, str]) -> None:
    """What a filing states anew, in the register of its shop (备案内容入册). values: by field of the filing."""
    if filing.shop_id is None:
        return
    if "shop_name" in values:
        rename_shop(filing.shop_id, values["shop_name"])
    if "address" in values:
        move_shop(filing.shop_id, values["address"])
    if "phone" in values:
        EngravingShop.objects.filter(pk=filing.shop_id).update(phone=values["phone"])
