"""What the registry sends and takes (数据结构), after the exchange dictionary described in docs/integration.md."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Date = Annotated[str, Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
CreditCode = Annotated[str, Meta(pattern=r"^[0-9A-HJ-NPQRTUWXY]{18}$")]
Area = Annotated[str, Meta(pattern=r"^44[0-9]{4}$")]
Name = Annotated[str, Meta(min_length=1, max_length=100)]
Text = Annotated[str, Meta(max_length=500)]
MessageId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._:~@-]{1,128}$")]

# 1 党政机关 2 事业单位 3 编办直管群众团体 4 社会团体 5 民办非企业 6 基金会 7 企业 8 个体工商户 9 农民专业合作社 99 其他
UnitType = Literal["1", "2", "3", "4", "5", "6", "7", "8", "9", "99"]
# 1 公章 2 财务 3 发票 4 合同 5 业务 6 法定代表人 7 其他
SealType = Literal["1", "2", "3", "4", "5", "6", "7"]


class RegistryState(StrEnum):
    """登记状态."""

    ACTIVE = "ACTIVE"
    CANCELLED = "CANCELLED"
    REVOKED = "REVOKED"


class Person(msgspec.Struct, forbid_unknown_fields=True):
    """A person of an enterprise (人员). id_type: 1 身份证 2 港澳通行证 3 台湾通行证 4 护照."""

    name: Name
    phone: Annotated[str, Meta(max_length=20)]
    id_type: Literal["1", "2", "3", "4"]
    id_number: Annotated[str, Meta(min_length=1, max_length=30)]


class Shop(msgspec.Struct, forbid_unknown_fields=True):
    """The engraving shop the enterprise chose (所选刻制企业)."""

    uscc: CreditCode
    area: Area


class WantedSeal(msgspec.Struct, forbid_unknown_fields=True):
    """A seal the enterprise asked for (所需印章). seal_style: 0 physical, 1 electronic."""

    seal_type: SealType
    seal_style: Literal["0", "1"] = "0"
    material: Annotated[str, Meta(max_length=20)] = ""
    count: Annotated[int, Meta(ge=1, le=99)] = 1


class Enterprise(msgspec.Struct, forbid_unknown_fields=True):
    """One enterprise as the registry publishes it (企业登记信息)."""

    uscc: CreditCode
    version: int
    name: Name
    unit_type: UnitType
    area: Area
    address: Text
    established_on: Date
    registry_state: RegistryState
    licence_issued_on: Date
    licence_valid_from: Date
    licence_valid_until: Date | None
    business_scope: Text
    legal_representative: Person
    handler: Person | None
    shop: Shop | None
    seals: list[WantedSeal]
    business_id: str
    updated_at: str


class EnterpriseOrder(msgspec.Struct, forbid_unknown_fields=True):
    """What /_control/enterprises takes (新设或变更指令): everything left out is invented or stays as it is."""

    uscc: CreditCode | None = None
    name: Name | None = None
    unit_type: UnitType | None = None
    area: Area | None = None
    address: Text | None = None
    established_on: Date | None = None
    registry_state: RegistryState | None = None
    licence_issued_on: Date | None = None
    business_scope: Text | None = None
    legal_representative: Person | None = None
    handler: Person | None = None
    shop: Shop | None = None
    seals: Annotated[list[WantedSeal], Meta(max_length=20)] | None = None
    delete: bool = False


class ExchangeResult(msgspec.Struct, forbid_unknown_fields=True):
    """What became of an exchange row (交换结果). flag: 1 done, 2 failed with a reason; row_version: the row as read."""

    flag: Literal[1, 2]
    row_version: Annotated[int, Meta(ge=1)]
    reason: Text = ""


class Callback(msgspec.Struct, forbid_unknown_fields=True):
    """The state of a filing, told back to the registry (办理结果回传). Idempotent by message_id."""

    message_id: MessageId
    uscc: CreditCode
    status: Annotated[str, Meta(pattern=r"^[A-Z_]{2,30}$")]
    occurred_at: Annotated[str, Meta(min_length=10, max_length=40)]
    business_id: Annotated[str, Meta(max_length=64)] = ""
    filing_number: Annotated[str, Meta(max_length=32)] = ""
    seal_codes: Annotated[list[Annotated[str, Meta(pattern=r"^[0-9]{13}$")]], Meta(max_length=50)] = []
    note: Text = ""


class LicenceNotice(msgspec.Struct, forbid_unknown_fields=True):
    """A special-trade licence was recovered, revoked or cancelled (许可证收回告知). Idempotent by message_id."""

    message_id: MessageId
    shop_uscc: CreditCode
    shop_name: Name
    event: Literal["RECOVERED", "REVOKED", "CANCELLED"]
    decided_on: Date
    authority_no: Annotated[int, Meta(ge=440000, le=449999)]
    reason: Text
    legal_basis: Text = ""
