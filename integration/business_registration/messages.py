"""What the registry's messages must look like (登记数据结构), read strictly: a record that is not this is quarantined.

Fields the registry adds later are ignored; fields it drops or bends are not. Sources: docs/integration.md.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

_PLAIN = r"^[^\x00-\x1f\x7f]*$"
Text = Annotated[str, Meta(max_length=500, pattern=_PLAIN)]
Name = Annotated[str, Meta(min_length=1, max_length=120, pattern=_PLAIN)]
Word = Annotated[str, Meta(max_length=64, pattern=_PLAIN)]
CreditCode = Annotated[str, Meta(pattern=r"^[0-9A-HJ-NPQRTUWXY]{18}$")]
Area = Annotated[str, Meta(pattern=r"^[0-9]{6}$")]
Version = Annotated[int, Meta(ge=1, le=2**31 - 1)]
UnitKind = Literal["1", "2", "3", "4", "5", "6", "7", "8", "9", "99"]
SealKind = Literal["1", "2", "3", "4", "5", "6", "7"]
PersonDocument = Literal["1", "2", "3", "4"]


class RegistryState(StrEnum):
    """登记状态: in business, cancelled 注销, business licence revoked 吊销."""

    ACTIVE = "ACTIVE"
    CANCELLED = "CANCELLED"
    REVOKED = "REVOKED"


class Operation(StrEnum):
    """What a change does to the record (变更种类)."""

    UPSERT = "upsert"
    DELETE = "delete"


class Person(msgspec.Struct, frozen=True):
    """A person of an enterprise (人员). id_type: 1 身份证 2 港澳通行证 3 台湾通行证 4 护照."""

    name: Name
    phone: Annotated[str, Meta(max_length=20, pattern=_PLAIN)]
    id_type: PersonDocument
    id_number: Annotated[str, Meta(max_length=30, pattern=_PLAIN)]


class Shop(msgspec.Struct, frozen=True):
    """The engraving shop the enterprise chose (所选刻制企业)."""

    uscc: CreditCode
    area: Area


class WantedSeal(msgspec.Struct, frozen=True):
    """A seal the enterprise asked for (所需印章). seal_style: 0 physical, 1 electronic."""

    seal_type: SealKind
    seal_style: Literal["0", "1"]
    material: Word
    count: Annotated[int, Meta(ge=1, le=99)]


class Enterprise(msgspec.Struct, frozen=True):
    """One enterprise as the registry publishes it (企业登记信息). version: newer is greater."""

    uscc: CreditCode
    version: Version
    name: Name
    unit_type: UnitKind
    area: Area
    address: Text
    established_on: dt.date
    registry_state: RegistryState
    licence_issued_on: dt.date
    legal_representative: Person
    updated_at: Annotated[dt.datetime, Meta(tz=True)]
    business_scope: Annotated[str, Meta(max_length=5000)] = ""
    licence_valid_from: dt.date | None = None
    licence_valid_until: dt.date | None = None
    handler: Person | None = None
    shop: Shop | None = None
    seals: Annotated[list[WantedSeal], Meta(max_length=50)] = []
    business_id: Word = ""


class Change(msgspec.Struct, frozen=True):
    """One event of the feed (变更). Holds the whole record as it is at `version`; a deletion holds none."""

    event_id: Word
    op: Operation
    uscc: CreditCode
    version: Version
    changed_at: Annotated[dt.datetime, Meta(tz=True)]
    enterprise: Enterprise | None = None


class BadRecord(msgspec.Struct, frozen=True):
    """A record of a page that cannot be read (无法读取的记录): its bytes as they came and what is wrong."""

    raw: bytes
    reason: str


class ChangePage(msgspec.Struct, frozen=True):
    """One page of the feed (变更页). cursor: the place after it."""

    changes: list[Change | BadRecord]
    cursor: str
    more: bool


class ExchangeRow(msgspec.Struct, frozen=True):
    """One wanted seal in the exchange table (交换表记录). flag: 0 waiting, 1 done, 2 failed, 3 to be updated."""

    id: Annotated[int, Meta(ge=1, le=2**53)]
    business_id: Annotated[str, Meta(min_length=1, max_length=64, pattern=_PLAIN)]
    seal_type: SealKind
    seal_style: Literal["0", "1"]
    material: Word
    count: Annotated[int, Meta(ge=1, le=99)]
    flag: Literal[0, 1, 2, 3]
    row_version: Version
    shop_area: Area
    shop_uscc: CreditCode
    unit_area: Area
    unit_uscc: CreditCode
    unit_name: Name
    unit_type: UnitKind
    unit_address: Text
    unit_founded_on: dt.date
    legal_representative: Person
    business_type: Word = ""
    handler: Person | None = None
    reason: Text = ""


class Receipt(msgspec.Struct, frozen=True):
    """The registry's receipt of a message (回执)."""

    message_id: str
    receipt: Annotated[str, Meta(min_length=1, max_length=64)]
    payload_hash: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
    received_at: Annotated[dt.datetime, Meta(tz=True)]


class FilingStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a filing, told back to the registry (办理结果回传). message_id makes it idempotent."""

    message_id: str
    uscc: str
    status: str
    occurred_at: dt.datetime
    business_id: str = ""
    filing_number: str = ""
    seal_codes: list[str] = []
    note: str = ""


class LicenceEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A shop's licence was recovered, revoked or cancelled (许可证收回告知). message_id makes it idempotent."""

    message_id: str
    shop_uscc: str
    shop_name: str
    event: Literal["RECOVERED", "REVOKED", "CANCELLED"]
    decided_on: dt.date
    authority_no: int
    reason: str
    legal_basis: str = ""
