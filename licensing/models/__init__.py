"""Records of licensing (刻章企业与许可的记录)."""

from licensing.models.applications import (
    ApplicationClock,
    ApplicationPaper,
    LicenceApplication,
    MaterialRequirement,
    NumberCounter,
)
from licensing.models.corrections import Correction, CorrectionItem, CorrectionMessage
from licensing.models.idle import IdleCase, RegistryNotice, ShopActivity
from licensing.models.licences import (
    LicenceChange,
    LicenceSpell,
    RevocationProposal,
    RevocationStatement,
    SpecialTradeLicence,
)
from licensing.models.register import Equipment, PriceEntry, ShopChange, ShopProfile, StaffMember, StaffVersion
from licensing.models.shop_filings import ShopFiling, ShopFilingChange, ShopFilingPaper
from licensing.models.shops import EngravingShop
from licensing.models.suspensions import SuspensionRequest

__all__ = [
    "ApplicationClock",
    "ApplicationPaper",
    "Correction",
    "CorrectionItem",
    "CorrectionMessage",
    "EngravingShop",
    "Equipment",
    "IdleCase",
    "LicenceApplication",
    "LicenceChange",
    "LicenceSpell",
    "MaterialRequirement",
    "NumberCounter",
    "PriceEntry",
    "RegistryNotice",
    "RevocationProposal",
    "RevocationStatement",
    "ShopActivity",
    "ShopChange",
    "ShopFiling",
    "ShopFilingChange",
    "ShopFilingPaper",
    "ShopProfile",
    "SpecialTradeLicence",
    "StaffMember",
    "StaffVersion",
    "SuspensionRequest",
]
