"""Records of licensing (刻章企业与许可的记录)."""

from licensing.models.licences import SpecialTradeLicence
from licensing.models.register import Equipment, PriceEntry, ShopChange, ShopProfile, StaffMember, StaffVersion
from licensing.models.shops import EngravingShop

__all__ = [
    "EngravingShop",
    "Equipment",
    "PriceEntry",
    "ShopChange",
    "ShopProfile",
    "SpecialTradeLicence",
    "StaffMember",
    "StaffVersion",
]
