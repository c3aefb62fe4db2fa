"""Reading what is asked (核验请求): every wrong field is named, nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from integration.verification_api.choices import PURPOSES_OF, Purpose
from sealreg.api.codes import Code
from sealreg.errors import RuleBroken
from sealreg.units.identifiers import normalise, read_credit_code

LONGEST_NAME = 100
_SEAL_CODE = re.compile(r"44[0-9]{11}", re.ASCII)
_UID = re.compile(r"[0-9A-F]{14}", re.ASCII)
_MAC = re.compile(r"[0-9a-fA-F]{32}", re.ASCII)
_LONGEST_TYPED = 200


@dataclass(frozen=True, slots=True)
class Question:
    """One seal and its holder, as asked (核验内容). uscc or unit_name may be empty, not both."""

    seal_code: str
    uscc: str
    unit_name: str
    purpose: Purpose

    def as_json(self) -> dict[str, str | None]:
        """What the answer repeats of it (请求复述)."""
        return {
            "purpose": self.purpose.value,
            "seal_code": self.seal_code,
            "unit_name": self.unit_name or None,
            "uscc": self.uscc or None,
        }


@dataclass(frozen=True, slots=True)
class ChipQuestion:
    """One chip, as asked (芯片核验内容). uid: 14 upper-case hex digits; expected_uscc may be empty."""

    uid: str
    purpose: Purpose
    expected_uscc: str


@dataclass(frozen=True, slots=True)
class ChipReply:
    """What a reader brought back (芯片应答). mac: 16 bytes."""

    uid: str
    counter: int
    state: int
    key_version: int
    mac: bytes


def is_theirs(purpose: Purpose, *, kind: str) -> bool:
    """Whether organisations of this kind may ask for the purpose (用途是否适用)."""
    return purpose in PURPOSES_OF.get(kind, ())


def check_purpose(purpose: Purpose, *, kind: str) -> None:
    """The purpose is one of theirs (核对用途). Raises RuleBroken purpose_not_yours."""
    if not is_theirs(purpose, kind=kind):
        message = Code.PURPOSE_NOT_YOURS.label
        raise RuleBroken(message, code="purpose_not_yours", fields={"purpose": message})


class _Fields:
    """Collects what is wrong by field; the first code stands for all when there is only one."""

    def __init__(self, data: Any) -> None:
        if not isinstance(data, Mapping):
            raise RuleBroken(Code.ITEM_MALFORMED.label, code="item_malformed")
        self.data = data
        self.wrong: dict[str, str | Promise] = {}
        self.codes: list[str] = []

    def refuse(self, field: str, code: Code, message: str | Promise | None = None) -> None:
        self.wrong[field] = code.label if message is None else message
        self.codes.append(code.value)

    def text(self, field: str) -> str:
        value = self.data.get(field)
        if value is None:
            return ""
        if not isinstance(value, str) or "\0" in value:
            self.refuse(field, Code.INVALID_INPUT, _("应为文字（JSON 字符串）。"))
            return ""
        if len(value) > _LONGEST_TYPED:
            self.refuse(field, Code.INVALID_INPUT, _("最多%(limit)s个字。") % {"limit": _LONGEST_TYPED})
            return ""
        return value.strip()

    def number(self, field: str, highest: int) -> int:
        value = self.data.get(field)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= highest:
            message = _("应为0至%(highest)s的整数。") % {"highest": highest}
            self.refuse(field, Code.INVALID_INPUT, message)
            return 0
        return value

    def credit_code(self, field: str) -> str:
        typed = self.text(field)
        try:
            return read_credit_code(typed) if typed else ""
        except RuleBroken as error:
            self.refuse(field, Code.INVALID_INPUT, error.message)
            return ""

    def purpose(self, kind: str | None) -> Purpose:
        typed = self.text("purpose")
        try:
            purpose = Purpose(typed)
        except ValueError:
            if "purpose" not in self.wrong:
                self.refuse("purpose", Code.PURPOSE_UNKNOWN)
            return Purpose.ACCOUNT_OPENING
        if kind is not None and not is_theirs(purpose, kind=kind):
            self.refuse("purpose", Code.PURPOSE_NOT_YOURS)
        return purpose

    def uid(self) -> str:
        uid = self.text("uid").upper()
        if "uid" not in self.wrong and not _UID.fullmatch(uid):
            self.refuse("uid", Code.INVALID_INPUT, _("芯片编号应为14位十六进制数字。"))
        return uid

    def settle(self) -> None:
        if self.wrong:
            code = self.codes[0] if len(set(self.codes)) == 1 else Code.INVALID_INPUT.value
            raise RuleBroken(Code(code).label, code=code, fields=self.wrong)


def read_question(data: Any, *, kind: str | None) -> Question:
    """The question of a seal check (读取核验请求). kind: of the asking organisation, None in the sandbox.

    Raises RuleBroken with the sentence for each wrong field: seal_code_form, unit_missing, purpose_unknown,
    purpose_not_yours or invalid_input.
    """
    fields = _Fields(data)
    seal_code = normalise(fields.text("seal_code"))
    if "seal_code" not in fields.wrong and not _SEAL_CODE.fullmatch(seal_code):
        fields.refuse("seal_code", Code.SEAL_CODE_FORM)
    uscc = fields.credit_code("uscc")
    unit_name = fields.text("unit_name")
    if len(unit_name) > LONGEST_NAME:
        fields.refuse("unit_name", Code.INVALID_INPUT, _("最多%(limit)s个字。") % {"limit": LONGEST_NAME})
    if not uscc and not unit_name and not fields.wrong.keys() & {"uscc", "unit_name"}:
        fields.refuse("uscc", Code.UNIT_MISSING)
    question = Question(seal_code, uscc, unit_name, fields.purpose(kind))
    fields.settle()
    return question


def read_chip_question(data: Any, *, kind: str | None) -> ChipQuestion:
    """The question of a chip check (读取芯片核验请求). Raises RuleBroken likewise."""
    fields = _Fields(data)
    question = ChipQuestion(fields.uid(), fields.purpose(kind), fields.credit_code("expected_uscc"))
    fields.settle()
    return question


def read_chip_reply(data: Any) -> ChipReply:
    """The chip's answer as the reader's program sends it (读取芯片应答). Raises RuleBroken likewise."""
    fields = _Fields(data)
    uid = fields.uid()
    counter = fields.number("counter", 2**32 - 1)
    state, key_version = fields.number("state", 255), fields.number("key_version", 255)
    mac = fields.text("mac")
    if "mac" not in fields.wrong and not _MAC.fullmatch(mac):
        fields.refuse("mac", Code.INVALID_INPUT, _("应为32位十六进制数字。"))
    fields.settle()
    return ChipReply(uid, counter, state, key_version, bytes.fromhex(mac))
