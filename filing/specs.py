"""Usual sizes and names by seal type (常用规格): offered as a choice in the form; only two of them are fixed by law.

Where no primary text could be read the size is marked as practice, and the form says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from filing.choices import SealType, Shape


@dataclass(frozen=True, slots=True)
class SealSpec:
    """One usual specification (规格). Sizes in millimetres; `fixed`: a rule leaves no other choice."""

    key: str
    seal_type: str
    label: str | Promise
    shape: str
    width_mm: Decimal
    height_mm: Decimal
    source: str
    fixed: bool = False


def _spec(
    key: str,
    seal_type: str,
    label: str | Promise,
    shape: str,
    width: int,
    height: int,
    source: str,
    fixed: bool = False,
) -> SealSpec:
    return SealSpec(key, seal_type, label, shape, Decimal(width), Decimal(height), source, fixed)


PRACTICE = "practice"
_ALL = (
    _spec("statutory-40", SealType.STATUTORY, _("圆形 40 毫米（有限责任公司常用）"), Shape.ROUND, 40, 40, PRACTICE),
    _spec("statutory-42", SealType.STATUTORY, _("圆形 42 毫米（股份有限公司常用）"), Shape.ROUND, 42, 42, PRACTICE),
    _spec("statutory-38", SealType.STATUTORY, _("圆形 38 毫米（个体工商户常用）"), Shape.ROUND, 38, 38, PRACTICE),
    _spec("finance-38", SealType.FINANCE, _("圆形 38 毫米"), Shape.ROUND, 38, 38, PRACTICE),
    _spec(
        "invoice-40x30", SealType.INVOICE, _("椭圆形 40×30 毫米（税务规定）"), Shape.ELLIPSE, 40, 30, "sat-2011-7", True
    ),
    _spec("contract-38", SealType.CONTRACT, _("圆形 38 毫米"), Shape.ROUND, 38, 38, PRACTICE),
    _spec("contract-40", SealType.CONTRACT, _("圆形 40 毫米"), Shape.ROUND, 40, 40, PRACTICE),
    _spec("representative-20", SealType.LEGAL_REPRESENTATIVE, _("方形 20 毫米"), Shape.SQUARE, 20, 20, PRACTICE),
    _spec("representative-18", SealType.LEGAL_REPRESENTATIVE, _("方形 18 毫米"), Shape.SQUARE, 18, 18, PRACTICE),
    _spec("other-38", SealType.OTHER, _("圆形 38 毫米"), Shape.ROUND, 38, 38, PRACTICE),
)

SPECS: dict[str, SealSpec] = {spec.key: spec for spec in _ALL}

_SUFFIX = {
    SealType.FINANCE: "财务专用章",
    SealType.INVOICE: "发票专用章",
    SealType.CONTRACT: "合同专用章",
}


def size_words(width_mm: Decimal, height_mm: Decimal) -> str:
    """A size as people write it (尺寸), e.g. 40×30, in millimetres."""
    return f"{width_mm.normalize():f}×{height_mm.normalize():f}"


def usual_spec(seal_type: str) -> SealSpec:
    """The first usual specification of a type (默认规格). Raises KeyError for an unknown type."""
    for spec in _ALL:
        if spec.seal_type == seal_type:
            return spec
    raise KeyError(seal_type)


def usual_name(seal_type: str, *, unit_name: str, representative: str) -> str:
    """The name such a seal usually bears (默认印章名称); the shop may change it."""
    if seal_type == SealType.LEGAL_REPRESENTATIVE:
        return f"{representative}印" if representative else ""
    return unit_name + _SUFFIX.get(SealType(seal_type), "")
