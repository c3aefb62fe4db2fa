"""Records of licensing (刻章企业与许可的记录)."""

from licensing.models.shops import EngravingShop, SpecialTradeLicence

__all__ = ["EngravingShop", "SpecialTradeLicence"]
