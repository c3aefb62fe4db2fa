"""Numbers of companies and persons (证照号码): how each is read, what exactly is wrong with it, how it is shown.

Every reader takes what a person typed, forgives full width, blanks and lower case, returns the stored form, and raises
RuleBroken with one sentence saying which character is wrong and what it should be.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sealreg.database.personal import blind_index
from sealreg.errors import RuleBroken

CREDIT_CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_VALUE = {character: value for value, character in enumerate(CREDIT_CODE_ALPHABET)}
_CREDIT_WEIGHTS = tuple(pow(3, position, 31) for position in range(17))
_SUBJECT_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_IDENTITY_CHECK = "10X98765432"
_OLDEST = 150


class DocumentKind(models.TextChoices):
    """身份证件种类."""

    RESIDENT_ID = "RESIDENT_ID", gettext_lazy("居民身份证")
    HK_MACAO_PERMIT = "HK_MACAO_PERMIT", gettext_lazy("港澳居民来往内地通行证")
    TAIWAN_PERMIT = "TAIWAN_PERMIT", gettext_lazy("台湾居民来往大陆通行证")
    HMT_RESIDENCE = "HMT_RESIDENCE", gettext_lazy("港澳台居民居住证")
    FOREIGN_RESIDENCE = "FOREIGN_RESIDENCE", gettext_lazy("外国人永久居留身份证")
    PASSPORT = "PASSPORT", gettext_lazy("护照")


def normalise(typed: str) -> str:
    """Half width, upper case, without blanks, hyphens and invisible characters (规范化)."""
    text = unicodedata.normalize("NFKC", typed).upper()
    dropped = {"Cc", "Cf", "Zs", "Zl", "Zp", "Pd"}
    return "".join(character for character in text if unicodedata.category(character) not in dropped)


def _wrong(code: str, message: str) -> RuleBroken:
    return RuleBroken(message, code=code)


# --- unified social credit code, GB 32100-2015 ------------------------------------------------------------------------


def credit_code_check(body: str) -> str:
    """Check character of the first 17 (统一社会信用代码校验码). GB 32100-2015: weights 3^(i-1) mod 31."""
    total = sum(weight * _CREDIT_VALUE[character] for weight, character in zip(_CREDIT_WEIGHTS, body, strict=True))
    return CREDIT_CODE_ALPHABET[-total % 31]


def subject_code_check(body: str) -> str:
    """Check character of an 8-character subject code (主体标识码校验码). GB 11714: 11 - sum mod 11, X for 10."""
    total = sum(weight * int(character, 36) for weight, character in zip(_SUBJECT_WEIGHTS, body, strict=True))
    return "0123456789X0"[11 - total % 11]


def read_credit_code(typed: str) -> str:
    """A unified social credit code (统一社会信用代码), 18 characters.

    Raises RuleBroken: credit_code_length, credit_code_character, credit_code_area, credit_code_check.
    """
    code = normalise(typed)
    if len(code) != 18:
        if len(code) == 15 and code.isdigit():
            message = _("这是15位的旧注册号。请填写营业执照上的18位统一社会信用代码。")
        else:
            message = _("统一社会信用代码应为18位，现为%(count)s位。") % {"count": len(code)}
        raise _wrong("credit_code_length", message)
    for position, character in enumerate(code, start=1):
        if character not in _CREDIT_VALUE:
            message = _("第%(position)s位“%(character)s”不会出现在统一社会信用代码中（不使用I、O、S、V、Z）。") % {
                "position": position,
                "character": character,
            }
            raise _wrong("credit_code_character", message)
    if not code[2:8].isdigit():
        message = _("第3至8位应为数字（登记机关所在地区代码），现为“%(text)s”。") % {"text": code[2:8]}
        raise _wrong("credit_code_area", message)
    if credit_code_check(code[:17]) != code[17]:
        message = _("校验不通过，至少有一位填错。请对照营业执照逐位核对，尤其是0与D、1与7、8与B。")
        raise _wrong("credit_code_check", message)
    return code


def credit_code_warnings(code: str) -> list[str]:
    """What is unusual in a valid code (提示): it may be right all the same, so nothing is refused for it."""
    warnings = []
    if code[0] not in "123456789ANY":
        warnings.append(_("第1位“%(character)s”不是常见的登记管理部门代码，请核对。") % {"character": code[0]})
    if subject_code_check(code[8:16]) != code[16]:
        warnings.append(_("第9至17位（主体标识码）的校验位与常见规则不符，请对照营业执照核对。"))
    return warnings


# --- old registration number ------------------------------------------------------------------------------------------


def registration_number_check(body: str) -> str:
    """Check digit of the first 14 (注册号校验码). ISO 7064 MOD 11,10."""
    product = 10
    for digit in body:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return str((11 - product) % 10)


def read_registration_number(typed: str) -> str:
    """An old 15-digit registration number (旧工商注册号): 6 area, 8 serial, 1 check. Raises RuleBroken."""
    number = normalise(typed)
    if len(number) != 15 or not (number.isascii() and number.isdigit()):
        raise _wrong("registration_number_form", _("旧注册号应为15位数字。"))
    if registration_number_check(number[:14]) != number[14]:
        raise _wrong("registration_number_check", _("旧注册号校验不通过，至少有一位填错，请核对。"))
    return number


# --- identity number, GB 11643 ----------------------------------------------------------------------------------------


def identity_number_check(body: str) -> str:
    """Check character of the first 17 (公民身份号码校验码). GB 11643."""
    total = sum(weight * int(digit) for weight, digit in zip(_IDENTITY_WEIGHTS, body, strict=True))
    return _IDENTITY_CHECK[total % 11]


def read_identity_number(typed: str, *, today: dt.date, old_form: bool = False) -> str:
    """A resident identity number (公民身份号码), 18 characters; the area part may be an abolished county.

    today: to refuse births in the future or more than 150 years ago. old_form: True takes the 15-digit form of imported
    history too, as it stands. Raises RuleBroken: identity_number_length, _old_form, _character, _birth, _check.
    """
    number = normalise(typed)
    if len(number) == 15 and number.isascii() and number.isdigit():
        if not old_form:
            message = _("这是15位的旧身份证号码。请填写现用身份证上的18位公民身份号码。")
            raise _wrong("identity_number_old_form", message)
        _birth("19" + number[6:12], today)
        return number
    if len(number) != 18:
        message = _("公民身份号码应为18位，现为%(count)s位。") % {"count": len(number)}
        raise _wrong("identity_number_length", message)
    for position, character in enumerate(number[:17], start=1):
        if not (character.isascii() and character.isdigit()):
            message = _("第%(position)s位“%(character)s”应为数字。") % {"position": position, "character": character}
            raise _wrong("identity_number_character", message)
    if number[17] not in "0123456789X":
        raise _wrong("identity_number_character", _("最后一位应为数字或X。"))
    _birth(number[6:14], today)
    if identity_number_check(number[:17]) != number[17]:
        message = _("公民身份号码校验不通过，至少有一位填错，请对照证件逐位核对。")
        raise _wrong("identity_number_check", message)
    return number


def _birth(digits: str, today: dt.date) -> None:
    try:
        birth = dt.date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        message = _("号码中的出生日期“%(text)s”不存在，请核对第7至14位。") % {"text": digits}
        raise _wrong("identity_number_birth", message) from None
    if birth > today or today.year - birth.year > _OLDEST:
        message = _("号码中的出生日期%(date)s不合理，请核对第7至14位。") % {"date": birth.isoformat()}
        raise _wrong("identity_number_birth", message)


# --- documents and telephones -----------------------------------------------------------------------------------------

_FORMS: dict[str, tuple[re.Pattern[str], str | Promise]] = {
    DocumentKind.HK_MACAO_PERMIT: (
        re.compile(r"[HM]\d{8}(\d{2})?"),
        gettext_lazy("港澳居民来往内地通行证号码应为H或M加8位数字，例如H00000000。"),
    ),
    DocumentKind.TAIWAN_PERMIT: (
        re.compile(r"\d{8}|\d{10}[A-Z]?"),
        gettext_lazy("台湾居民来往大陆通行证号码应为8位数字。"),
    ),
    DocumentKind.FOREIGN_RESIDENCE: (
        re.compile(r"9\d{16}[\dX]|[A-Z]{3}\d{12}"),
        gettext_lazy("外国人永久居留身份证号码应为9开头的18位，或3个字母加12位数字。"),
    ),
    DocumentKind.PASSPORT: (re.compile(r"[A-Z0-9]{5,20}"), gettext_lazy("护照号码应为5至20位字母和数字。")),
}
_HMT_AREAS = ("810000", "820000", "830000")


def read_document_number(kind: str, typed: str, *, today: dt.date) -> str:
    """The number of an identity document of a kind (证件号码). Raises RuleBroken."""
    if kind == DocumentKind.RESIDENT_ID:
        return read_identity_number(typed, today=today)
    if kind == DocumentKind.HMT_RESIDENCE:
        number = read_identity_number(typed, today=today)
        if number[:6] not in _HMT_AREAS:
            message = _("港澳台居民居住证号码以810000、820000或830000开头，现为%(text)s。") % {"text": number[:6]}
            raise _wrong("document_number_form", message)
        return number
    if kind not in _FORMS:
        raise _wrong("document_kind_unknown", _("请选择证件种类。"))
    number = normalise(typed)
    form, expected = _FORMS[kind]
    if not number.isascii() or form.fullmatch(number) is None:
        raise _wrong("document_number_form", str(expected))
    return number


_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"0(10|2\d|[3-9]\d{2})([2-8]\d{6,7})")
_ABROAD = re.compile(r"\+[1-9]\d{5,14}")


def read_phone(typed: str) -> str:
    """A telephone number (联系电话): mainland mobile, landline with area code, or `+` and country code elsewhere.

    Raises RuleBroken phone_form.
    """
    text = re.sub(r"[()./]", "", normalise(typed))
    text = re.sub(r"^(\+86|0086)(?=\d)", "", text)
    text = re.sub(r"^00(?=[1-9])", "+", text)
    if not text.isascii():
        raise _wrong("phone_form", _("电话号码应由数字组成。"))
    if _MOBILE.fullmatch(text) or _LANDLINE.fullmatch(text) or _ABROAD.fullmatch(text):
        return text
    if text.isdigit() and text.startswith("1"):
        message = _("手机号码应为11位，现为%(count)s位，或号段有误。") % {"count": len(text)}
    elif text.isdigit() and not text.startswith("0"):
        message = _("固定电话请加区号，例如0757-00000000；手机号码以1开头，共11位。")
    else:
        message = _("电话号码无法识别。请填写手机号码、带区号的固定电话，或以+开头的境外号码。")
    raise _wrong("phone_form", message)


def mask_number(number: str) -> str:
    """A document or telephone number on ordinary pages (号码脱敏): first three and last two, the middle hidden."""
    if len(number) <= 6:
        return "*" * len(number)
    return f"{number[:3]}{'*' * (len(number) - 5)}{number[-2:]}"


def document_index(number: str | None) -> bytes | None:
    """Blind index of a document number in stored form (证件号码盲索引)."""
    return blind_index(number, purpose="person.document_no") if number else None


def phone_index(number: str | None) -> bytes | None:
    """Blind index of a telephone number in stored form (电话盲索引)."""
    return blind_index(number, purpose="person.phone") if number else None
