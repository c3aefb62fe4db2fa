"""Records of licensing (刻章企业与许可的记录)."""

from licensing.models.applications import (
    ApplicationClock,
    ApplicationPaper,
    Correction,
    CorrectionItem,
    CorrectionMessage,
    LicenceApplication,
    MaterialRequirement,
    NumberCounter,
)
from licensing.models.licences import LicenceChange, LicenceSpell, RevocationProposal, SpecialTradeLicence
from licensing.models.register import Equipment, PriceEntry, ShopChange, ShopProfile, StaffMember, StaffVersion
from licensing.models.shop_filings import ShopFiling, ShopFilingPaper
from licensing.models.shops import EngravingShop

__all__ = [
    "ApplicationClock",
    "ApplicationPaper",
    "Correction",
    "CorrectionItem",
    "CorrectionMessage",
    "EngravingShop",
    "Equipment",
    "LicenceApplication",
    "LicenceChange",
    "LicenceSpell",
    "MaterialRequirement",
    "NumberCounter",
    "PriceEntry",
    "RevocationProposal",
    "ShopChange",
    "ShopFiling",
    "ShopFilingPaper",
    "ShopProfile",
    "SpecialTradeLicence",
    "StaffMember",
    "StaffVersion",
]
