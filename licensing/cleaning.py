"""What is stated, in stored form (规范企业申报内容): every field is read, every fault is told at once."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace

from django.utils.translation import gettext as _

from licensing.requests import Device, Particulars, Person
from sealreg.errors import RuleBroken, Text
from sealreg.regions.selectors import is_county_level
from sealreg.units.identifiers import DocumentKind, read_credit_code, read_document_number, read_phone

MOST_STAFF, MOST_DEVICES = 60, 60
Faults = dict[str, Text]
_UNPRINTABLE = frozenset({"Cc", "Cs", "Co", "Cn"})
_SLUG = re.compile(r"[a-z0-9-]{1,40}")


def clean_line(typed: str, label: Text, longest: int, *, field: str, code: str = "text_wrong") -> str:
    """One line of text, required (单行文字). Raises RuleBroken with the field when empty, too long or unprintable."""
    return _clean(" ".join(re.split(r"[\t\r\n]", typed)).strip(), label, longest, field=field, code=code)


def clean_lines(typed: str, label: Text, longest: int, *, field: str, code: str = "text_wrong") -> str:
    """A text of several lines, required (多行文字), its line breaks kept. Raises as clean_line."""
    text = typed.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").strip()
    return _clean(text, label, longest, field=field, code=code)


def _clean(text: str, label: Text, longest: int, *, field: str, code: str) -> str:
    message = ""
    if not text:
        message = _("请填写%(label)s。") % {"label": label}
    elif any(unicodedata.category(character) in _UNPRINTABLE for character in text.replace("\n", "")):
        message = _("%(label)s中有无法保存的字符，请重新输入。") % {"label": label}
    elif len(text) > longest:
        message = _("%(label)s不能超过%(max)s个字，现为%(count)s个字。") % {
            "label": label, "max": longest, "count": len(text),
        }  # fmt: skip
    if message:
        raise RuleBroken(message, code=code, fields={field: message})
    return text


def clean_reason(typed: str, *, field: str = "reason", longest: int = 500, label: Text = "") -> str:
    """A reason a decision must give (理由). Raises RuleBroken reason_missing."""
    return clean_line(typed, label or _("理由"), longest, field=field, code="reason_missing")


def clean_particulars(stated: Particulars, *, today: dt.date) -> Particulars:
    """The particulars in stored form (规范申报内容). Raises RuleBroken `particulars_wrong` naming every wrong field."""
    faults: Faults = {}

    def read(field: str, reader: Callable[[str], str]) -> str:
        try:
            return reader(getattr(stated, field))
        except RuleBroken as fault:
            faults[field] = fault.message
            return ""

    def line(field: str, label: str, longest: int) -> str:
        return read(field, lambda typed: clean_line(typed, label, longest, field=field))

    cleaned = replace(
        stated,
        shop_name=line("shop_name", _("企业名称"), 100),
        credit_code=read("credit_code", read_credit_code),
        address=line("address", _("经营地址"), 160),
        phone=read("phone", read_phone),
        legal_representative=line("legal_representative", _("法定代表人（负责人）"), 60),
        legal_document_no=read(
            "legal_document_no", lambda typed: read_document_number(stated.legal_document, typed, today=today)
        ),
        contact_phone=read("contact_phone", read_phone),
        security_officer=line("security_officer", _("治安负责人"), 60),
        staff=_staff(stated.staff, today, faults),
        equipment=_equipment(stated.equipment, faults),
    )
    if stated.legal_document not in DocumentKind.values:
        faults["legal_document"] = _("请选择证件种类。")
    if stated.premises_code and not _SLUG.fullmatch(stated.premises_code):
        faults["premises_code"] = _("没有这个专属管辖场所，请重新选择。")
    if not is_county_level(stated.area):
        faults["area"] = _("请选择到县（市、区）；东莞、中山选择到市。")
    if faults:
        raise RuleBroken(code="particulars_wrong", fields=faults)
    return cleaned


def _staff(staff: tuple[Person, ...], today: dt.date, faults: Faults) -> tuple[Person, ...]:
    if len(staff) > MOST_STAFF:
        faults["staff-0-name"] = _("从业人员一次最多填写%(max)s人。") % {"max": MOST_STAFF}
        return ()
    cleaned, seen = [], set()
    for index, person in enumerate(staff):
        key = f"staff-{index}-"
        name, number = person.name, person.document_no
        try:
            name = clean_line(person.name, _("姓名"), 60, field=f"{key}name")
        except RuleBroken as fault:
            faults |= fault.fields
        try:
            number = read_document_number(person.document, person.document_no, today=today)
        except RuleBroken as fault:
            faults[f"{key}document_no"] = fault.message
        if number and number in seen:
            faults[f"{key}document_no"] = _("该证件号码已在上面填写过。")
        seen.add(number)
        phone = person.phone.strip()
        if phone:
            try:
                phone = read_phone(phone)
            except RuleBroken as fault:
                faults[f"{key}phone"] = fault.message
        cleaned.append(Person(name, person.document, number, _word(person.position), phone))
    return tuple(cleaned)


def _equipment(equipment: tuple[Device, ...], faults: Faults) -> tuple[Device, ...]:
    if len(equipment) > MOST_DEVICES:
        faults["equipment-0-name"] = _("设备一次最多填写%(max)s项。") % {"max": MOST_DEVICES}
        return ()
    cleaned = []
    for index, device in enumerate(equipment):
        key, name = f"equipment-{index}-", device.name
        try:
            name = clean_line(device.name, _("设备名称和型号"), 80, field=f"{key}name")
        except RuleBroken as fault:
            faults |= fault.fields
        if not 1 <= device.quantity <= 999:
            faults[f"{key}quantity"] = _("数量应为1至999的整数。")
        cleaned.append(Device(_word(device.kind), name, device.quantity))
    return tuple(cleaned)


def _word(value: str) -> str:
    """A value of a closed list as stored; anything else will be read as "other"."""
    return value if value.isascii() and value.isidentifier() and len(value) <= 20 else ""
