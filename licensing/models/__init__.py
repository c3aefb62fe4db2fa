"""Records of licensing (刻章企业与许可的记录)."""

from licensing.models.licences import SpecialTradeLicence
from licensing.models.shops import EngravingShop

__all__ = ["EngravingShop", "SpecialTradeLicence"]
