"""What a unit's particulars must be (使用单位资料规则): every field is read, every fault is told at once."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from sealreg.errors import RuleBroken, Text
from sealreg.regions.selectors import is_county_level
from sealreg.units.identifiers import (
    DocumentKind,
    read_credit_code,
    read_document_number,
    read_phone,
    read_registration_number,
)
from sealreg.units.models import RegistryState, UnitKind

NAME_LENGTH = (2, 100)


@dataclass(frozen=True)
class UnitData:
    """Particulars of a unit as somebody gives them (使用单位资料).

    None means "not said": on a known unit the field stays as it is. area: six-digit county-level code.
    """

    name: str
    kind: str
    area: int
    credit_code: str | None = None
    registration_no: str | None = None
    name_en: str | None = None
    address: str | None = None
    legal_representative: str | None = None
    legal_document_kind: str | None = None
    legal_document_no: str | None = None
    legal_phone: str | None = None
    established_on: dt.date | None = None
    registry_state: str | None = None


def clean_unit(data: UnitData, *, today: dt.date) -> UnitData:
    """The particulars in stored form (规范并校验使用单位资料).

    Raises RuleBroken `unit_wrong` whose `fields` name every wrong field with its sentence.
    """
    faults: dict[str, Text] = {}

    def read(field: str, reader: Callable[[str], str]) -> str | None:
        typed = getattr(data, field)
        if typed is None or not typed.strip():
            return typed and ""
        try:
            return reader(typed)
        except RuleBroken as fault:
            faults[field] = fault.message
            return None

    def text(field: str, label: str, longest: int) -> str | None:
        return read(field, lambda typed: _plain(typed, label, longest))

    cleaned = replace(
        data,
        name=text("name", _("单位名称"), NAME_LENGTH[1]) or "",
        name_en=text("name_en", _("英文名称"), 160),
        address=text("address", _("地址"), 200),
        legal_representative=text("legal_representative", _("法定代表人（负责人）"), 60),
        credit_code=read("credit_code", read_credit_code) or None,
        registration_no=read("registration_no", read_registration_number),
        legal_phone=read("legal_phone", read_phone) or None,
        legal_document_no=read(
            "legal_document_no",
            lambda typed: read_document_number(
                data.legal_document_kind or DocumentKind.RESIDENT_ID, typed, today=today
            ),
        )
        or None,
    )
    if cleaned.legal_document_no and not data.legal_document_kind:
        cleaned = replace(cleaned, legal_document_kind=DocumentKind.RESIDENT_ID.value)
    if "name" not in faults and len(cleaned.name) < NAME_LENGTH[0]:
        faults["name"] = _("请填写单位全称。")
    if data.kind not in UnitKind.values:
        faults["kind"] = _("请选择单位类型。")
    if not is_county_level(data.area):
        faults["area"] = _("请选择到县（市、区）；东莞、中山选择到市。")
    if data.established_on is not None and data.established_on > today:
        faults["established_on"] = _("成立日期不能晚于今天。")
    if data.registry_state is not None and data.registry_state not in RegistryState.values:
        faults["registry_state"] = _("请选择登记状态。")
    no_number = not (
        cleaned.credit_code or cleaned.registration_no or {"credit_code", "registration_no"} & faults.keys()
    )
    if data.kind == UnitKind.ENTERPRISE and no_number:
        faults["credit_code"] = _("企业应填写统一社会信用代码；尚未换领的填写旧注册号。")
    if faults:
        raise RuleBroken(code="unit_wrong", fields=faults)
    return cleaned


def _plain(typed: str, label: str, longest: int) -> str:
    """One line of text without control characters, blanks trimmed."""
    text = "".join(" " if character in "\t\r\n" else character for character in typed).strip()
    if any(unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn"} for character in text):
        raise RuleBroken(_("%(label)s中有无法保存的字符，请重新输入。") % {"label": label})
    if len(text) > longest:
        raise RuleBroken(
            _("%(label)s不能超过%(max)s个字，现为%(count)s个字。")
            % {"label": label, "max": longest, "count": len(text)}
        )
    return text
