"""What a shop asks for when it files (备案请求): the same plain values from the web form, the API and the registry."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from filing.choices import Origin
from licensing.models import EngravingShop
from sealreg.attachments.models import Attachment
from sealreg.units.models import Unit


@dataclass(frozen=True, slots=True)
class SealRequest:
    """One seal to be engraved (拟刻印章). Sizes in millimetres."""

    seal_type: str
    name: str
    shape: str
    width_mm: Decimal
    height_mm: Decimal
    material: str


@dataclass(frozen=True, slots=True)
class Handler:
    """The person who comes for the unit (经办人)."""

    name: str
    document: str
    document_number: str
    phone: str
    is_representative: bool


@dataclass(frozen=True, slots=True)
class FilingRequest:
    """Everything one filing says (备案内容)."""

    unit: Unit
    shop: EngravingShop
    reason: str
    handler: Handler
    authorisation: Attachment | None
    seals: tuple[SealRequest, ...]
    origin: str = Origin.SHOP


@dataclass(frozen=True, slots=True)
class LossRequest:
    """What a unit says when a seal is lost (挂失内容). lost_on: Shanghai date; statement: what tells of it."""

    reporter: Handler
    authorisation: Attachment | None
    statement: Attachment
    lost_on: dt.date


@dataclass(frozen=True, slots=True)
class UnitSeals:
    """What the unit already has (单位现有印章), read once under the unit's lock.

    live: seal types in use or suspended; pending: types filed or being made and not yet collected;
    statutory_filed: a statutory seal has reached filing.
    """

    live: frozenset[str]
    pending: frozenset[str]
    statutory_filed: bool


def seal_field(index: int, name: str) -> str:
    """Form field of one seal (表单字段名), e.g. seals-0-seal_type; the API uses the same names."""
    return f"seals-{index}-{name}"
