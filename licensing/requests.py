"""What a shop hands in (开办申报内容): the same plain values from the web form, the API and the demonstration."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from licensing.choices import Handover, Mode
from sealreg.attachments.models import Attachment

Papers = Mapping[str, tuple[Attachment, ...]]


@dataclass(frozen=True, slots=True)
class Person:
    """A member of staff as stated (申报从业人员). position: a value of shop_choices.Position, else taken as "other"."""

    name: str
    document: str
    document_no: str
    position: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    """A piece of equipment as stated (申报设备). kind: a value of shop_choices.EquipmentKind, likewise."""

    kind: str
    name: str
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class Particulars:
    """What the shop states of itself (企业申报内容). area: six-digit county-level code."""

    shop_name: str
    credit_code: str
    area: int
    address: str
    phone: str
    legal_representative: str
    legal_document: str
    legal_document_no: str
    contact_phone: str
    security_officer: str
    staff: tuple[Person, ...]
    equipment: tuple[Device, ...]
    premises_code: str = ""


@dataclass(frozen=True, slots=True)
class ApplicationRequest:
    """A whole application for the licence (许可申请内容). papers: code of the list's item -> papers."""

    particulars: Particulars
    papers: Papers
    mode: str = Mode.ORDINARY
    handover: str = Handover.ELECTRONIC
    committed: bool = False


@dataclass(frozen=True, slots=True)
class ShopFilingRequest:
    """A whole filing of a shop (开业备案内容). business_licence_on: day of the business licence."""

    particulars: Particulars
    papers: Papers
    business_licence_on: dt.date


@dataclass(frozen=True, slots=True)
class FilingChangeRequest:
    """A change of what was filed (备案变更内容). item: of FilingItem. document, document_no: the new person's."""

    item: str
    new_value: str
    document: str = ""
    document_no: str = ""
    paper: Attachment | None = None


@dataclass(frozen=True, slots=True)
class ItemAsked:
    """One thing to put right (补正事项). subject: a field's name or "paper-<code>"."""

    subject: str
    remark: str


@dataclass(frozen=True, slots=True)
class CorrectionAnswer:
    """What the shop answers (补正答复): per subject a sentence; new papers by code; new values by field."""

    answers: Mapping[str, str]
    papers: Papers = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the rules look at besides the request (核对所需情况).

    regime: of the day and place. required: codes of papers asked for. registry_state: of the unit, empty if not known.
    alive: the organisation holds a living licence or filing. confirmed: the registry has confirmed the particulars.
    taken: another organisation is a shop, or has applied to be one, under this credit code.
    day: the Shanghai date it is handed in.
    """

    regime: str
    required: tuple[str, ...]
    day: dt.date
    registry_state: str = ""
    alive: bool = False
    confirmed: bool = False
    taken: bool = False


def pack_staff(staff: tuple[Person, ...]) -> str:
    """Staff as stored, to be encrypted (从业人员存储形式)."""
    return json.dumps([asdict(person) for person in staff], ensure_ascii=False, separators=(",", ":"))


def unpack_staff(text: str | None) -> tuple[Person, ...]:
    """The same read back (读取从业人员)."""
    return tuple(Person(**row) for row in json.loads(text)) if text else ()
