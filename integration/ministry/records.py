"""From a seal of ours to the record the Ministry takes (字段对应). What their tables have no code for is left out."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from filing.choices import Material, Reason, SealType, Shape
from filing.models import Seal
from integration.ministry import codes
from integration.ministry.forms import PersonForm, SealForm, UnitForm, seal_json
from integration.ministry.models import Act
from sealreg.accounts.models import PoliceUnit
from sealreg.clock import shanghai
from sealreg.units.identifiers import DocumentKind
from sealreg.units.models import UnitKind

SEAL_KINDS = {
    SealType.STATUTORY: codes.SealKind.STATUTORY,
    SealType.FINANCE: codes.SealKind.FINANCE,
    SealType.INVOICE: codes.SealKind.INVOICE,
    SealType.CONTRACT: codes.SealKind.CONTRACT,
    SealType.LEGAL_REPRESENTATIVE: codes.SealKind.LEGAL_REPRESENTATIVE,
    SealType.OTHER: codes.SealKind.OTHER,
}
MATERIALS = {
    Material.ACRYLIC: codes.SealMaterial.ACRYLIC,
    Material.COPPER: codes.SealMaterial.COPPER,
    Material.STEEL: codes.SealMaterial.STEEL,
    Material.RUBBER: codes.SealMaterial.RUBBER,
    Material.HORN: codes.SealMaterial.HORN,
    Material.OTHER: codes.SealMaterial.OTHER,
}
SHAPES = {
    Shape.ROUND: codes.SealShape.ROUND,
    Shape.ELLIPSE: codes.SealShape.ELLIPSE,
    Shape.SQUARE: codes.SealShape.SQUARE,
}
REASONS = {
    Reason.NEW: codes.EngravingReason.NEW,
    Reason.DAMAGED: codes.EngravingReason.REPLACED,
    Reason.LOST: codes.EngravingReason.LOST,
}
UNIT_KINDS = {
    UnitKind.ORGAN: codes.UnitKind.STATE_ORGAN,
    UnitKind.ENTERPRISE: codes.UnitKind.ENTERPRISE,
    UnitKind.INSTITUTION: codes.UnitKind.INSTITUTION,
    UnitKind.SOCIAL_BODY: codes.UnitKind.SOCIAL_BODY,
    UnitKind.PRIVATE_NON_ENTERPRISE: codes.UnitKind.PRIVATE_NON_ENTERPRISE,
    UnitKind.OTHER: codes.UnitKind.OTHER,
}
# The two residence documents have no code of theirs: they travel without kind and number, never under another's code.
DOCUMENTS: dict[str, codes.PersonDocument | None] = {
    DocumentKind.RESIDENT_ID: codes.PersonDocument.IDENTITY_CARD,
    DocumentKind.HK_MACAO_PERMIT: codes.PersonDocument.HONG_KONG_MACAO,
    DocumentKind.TAIWAN_PERMIT: codes.PersonDocument.TAIWAN,
    DocumentKind.PASSPORT: codes.PersonDocument.PASSPORT,
    DocumentKind.HMT_RESIDENCE: None,
    DocumentKind.FOREIGN_RESIDENCE: None,
}
_ACTS = {
    Act.FILED: (codes.Operation.FILE, codes.SealStatus.MADE),
    Act.DELIVERED: (codes.Operation.DELIVER, codes.SealStatus.DELIVERED),
    Act.LOST: (codes.Operation.LOSE, codes.SealStatus.LOST),
    Act.SURRENDERED: (codes.Operation.CANCEL, codes.SealStatus.SURRENDERED),
}


class NoAuthority(LookupError):
    """The seal's authority is not on file (管辖机关未登记): a fault of ours, not of the record."""


def told_status(act: Act) -> codes.SealStatus:
    """The status a push of this act tells (上报印章状态)."""
    return _ACTS[act][1]


def seal_bytes(seal: Seal, act: Act, *, version: int, owner: str = "") -> bytes:
    """The record of one act on one seal (上报内容), always the same while nothing was corrected.

    seal: with unit, shop, chip and filing. owner: name of its authority where the caller has it at hand. A filing
    pushed late reads as it was when filed: what came after it has a push of its own. Raises NoAuthority.
    """
    return seal_json(seal_form(seal, act, version=version, owner=owner), unit_form(seal))


def seal_form(seal: Seal, act: Act, *, version: int, owner: str = "") -> SealForm:
    """One seal in the Ministry's words (印章). Here `yzbm` is the seal code."""
    filing = seal.filing
    submitted, filed = _known(filing.submitted_at), _known(seal.filed_at)
    delivered = _known(seal.delivered_at) if act is not Act.FILED else None
    ended = _known(seal.use_ended_at) if act in (Act.LOST, Act.SURRENDERED) else None
    operation, status = _ACTS[act]
    return SealForm(
        code=seal.code,
        version=version,
        operation=operation,
        name=seal.name,
        kind=SEAL_KINDS[SealType(seal.seal_type)],
        shape=SHAPES[Shape(seal.shape)],
        status=status,
        material=MATERIALS[Material(seal.material)],
        reason=REASONS[Reason(filing.reason)],
        size=f"{_millimetres(seal.width_mm)}*{_millimetres(seal.height_mm)}",
        making_unit=seal.shop.code,
        filing_unit=filing_unit(seal.authority_no),
        owner_name=owner or _authority_name(seal.authority_no),
        owner_code=filing_unit(seal.authority_no),
        accepted_on=shanghai(submitted).date(),
        created_at=submitted,
        changed_at=ended or delivered or filed,
        chip=seal.chip.uid if seal.chip else "",
        chip_written_at=seal.chip_bound_at,
        made_on=seal.engraved_on,
        delivered_on=shanghai(delivered).date() if delivered else None,
        lost_on=shanghai(ended).date() if ended and act is Act.LOST else None,
        surrendered_on=shanghai(ended).date() if ended and act is Act.SURRENDERED else None,
        image=_pixels(seal),
        handler=_person(filing.handler_name, filing.handler_phone, filing.handler_document, filing.handler_id),
    )


def unit_form(seal: Seal) -> UnitForm:
    """Its unit in the Ministry's words (使用单位). Here `yzbm` would be the postcode, which we do not hold."""
    unit = seal.unit
    return UnitForm(
        name=unit.name,
        kind=UNIT_KINDS[UnitKind(unit.kind)],
        area=f"{unit.area:06d}",
        filing_unit=filing_unit(seal.authority_no),
        legal_representative=_person(
            unit.legal_representative, unit.legal_phone, unit.legal_document_kind, unit.legal_document_no
        ),
        created_at=unit.created_at,
        uscc=unit.credit_code or "",
        name_english=unit.name_en,
        address=unit.address,
        changed_at=unit.updated_at,
        registration_number=unit.registration_no,
        registered_on=unit.established_on,
    )


def filing_unit(authority_no: int) -> str:
    """Code of a police authority in messages (备案单位编码): its number and six noughts, 12 digits."""
    return f"{authority_no:06d}000000"


def _authority_name(authority_no: int) -> str:
    found = PoliceUnit.objects.select_related("organisation").filter(authority_no=authority_no).first()
    if found is None:
        raise NoAuthority(authority_no)
    return found.organisation.name


def _person(name: str, phone: str | None, document: str, number: str | None) -> PersonForm:
    kind = DOCUMENTS[document] if document else None
    return PersonForm(name=name, phone=phone or "", document=kind, document_number=(number or "") if kind else "")


def _pixels(seal: Seal) -> tuple[int, int] | None:
    file = seal.imprint.file if seal.imprint else None
    return (file.width, file.height) if file and file.width and file.height else None


def _millimetres(size: Decimal) -> str:
    return f"{size:.1f}".removesuffix(".0")


def _known(moment: dt.datetime | None) -> dt.datetime:
    if moment is None:
        raise ValueError("the act has not happened")
    return moment
