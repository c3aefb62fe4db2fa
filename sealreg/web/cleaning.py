"""The one text-cleaning layer (文字清洗): typed text becomes storable text, or a sentence at the field.

PostgreSQL cannot store U+0000 and pages should not carry other control characters, so none gets past here.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# One line of prose and a whole text, when the field itself says nothing narrower.
LINE_LIMIT, TEXT_LIMIT = 500, 10_000

_LINES = "\n\r\t"
# Invisible marks that reorder or join text; a name holding one looks like another name.
_DECEPTIVE = frozenset("\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff")
_SEPARATORS = re.compile(r"[\s\-‐-―_·.,，。、:：/\\]+")


def _is_control(character: str, *, multiline: bool) -> bool:
    if multiline and character in _LINES:
        return False
    return unicodedata.category(character) in {"Cc", "Cs"} or character in _DECEPTIVE


def without_controls(value: str, *, multiline: bool = True) -> str:
    """The text without control characters (去除控制字符), for showing again what was typed."""
    return "".join(character for character in value if not _is_control(character, multiline=multiline))


def refuse_controls(value: str, *, multiline: bool = False) -> None:
    """Raises ValidationError when the text holds NUL or another control character (拒绝控制字符)."""
    if any(_is_control(character, multiline=multiline) for character in value):
        raise ValidationError(
            _("填写的内容含有无法识别的控制字符，系统已替您去掉，请核对后再提交。"), code="control_character"
        )


def refuse_length(value: str, limit: int) -> None:
    """Raises ValidationError when the text is longer than `limit` characters (拒绝超长)."""
    if len(value) > limit:
        raise ValidationError(
            _("最多 %(limit)d 个字，现有 %(length)d 个字，请精简。"),
            code="max_length",
            params={"limit": limit, "length": len(value)},
        )


def plain_code(value: str) -> str:
    """A code as stored (规范化代码): NFKC, capitals, without spaces and separators people add when they copy."""
    # Normalised twice: taking a separator away can bring together what composes.
    bare = _SEPARATORS.sub("", unicodedata.normalize("NFKC", value)).upper()
    return unicodedata.normalize("NFKC", bare)


def plain_line(value: str) -> str:
    """One line of prose (规范化单行文字): NFC, outer space gone, inner runs of space made one. Full width stays."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", value)).strip()


def plain_text(value: str) -> str:
    """A text of several lines (规范化多行文字): NFC, line ends as \\n, outer space gone."""
    return unicodedata.normalize("NFC", value).replace("\r\n", "\n").replace("\r", "\n").strip()


class LineField(forms.CharField):
    """A name, an address: one line of prose (单行文字)."""

    def __init__(self, *, max_length: int = LINE_LIMIT, **kwargs: Any) -> None:
        self.limit = max_length
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value) or "")
        refuse_controls(text)
        text = plain_line(text)
        refuse_length(text, self.limit)
        return text


class TextField(forms.CharField):
    """Several lines of prose (多行文字). `max_length` also draws the counter."""

    widget = forms.Textarea

    def __init__(self, *, max_length: int = TEXT_LIMIT, rows: int = 5, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": rows}))
        super().__init__(**kwargs)
        # Set afterwards: Django's own validator would count the raw text and answer in its own words.
        self.max_length = max_length

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value) or "")
        refuse_controls(text, multiline=True)
        text = plain_text(text)
        refuse_length(text, self.max_length or TEXT_LIMIT)
        return text


class CodeInput(forms.TextInput):
    """A long code typed or scanned (代码输入框): capitals, no spell check, digits of equal width."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(
            {"spellcheck": "false", "autocapitalize": "characters", "autocomplete": "off", "data-code": ""}
            | (attrs or {})
        )


class CodeField(forms.CharField):
    """A code such as a credit code or a seal code (代码): full width, spaces and hyphens forgiven, then exact.

    length: the exact number of characters, or None for any up to `max_length`.
    alphabet: the characters it may hold.
    """

    widget = CodeInput

    def __init__(
        self,
        *,
        length: int | None = 18,
        max_length: int = 64,
        alphabet: str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        **kwargs: Any,
    ) -> None:
        self.length, self.limit, self.alphabet = length, max_length, frozenset(alphabet)
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value) or "")
        refuse_controls(text)
        text = plain_code(text)
        if not text:
            return ""
        if self.length is not None and len(text) != self.length:
            raise ValidationError(
                _("应为 %(expected)d 位，现有 %(found)d 位，请核对。"),
                code="length",
                params={"expected": self.length, "found": len(text)},
            )
        refuse_length(text, self.limit)
        strange = next((character for character in text if character not in self.alphabet), None)
        if strange is not None:
            raise ValidationError(
                _("含有不应出现的字符“%(character)s”，请核对。"), code="alphabet", params={"character": strange}
            )
        return text


class DatePartsInput(forms.MultiWidget):
    """Year, month, day apart (年月日输入框): for dates a person knows by heart and would not look up in a calendar."""

    template_name = "forms/widgets/date_parts.html"
    use_fieldset = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__([forms.TextInput(), forms.TextInput(), forms.TextInput()], attrs)

    def decompress(self, value: Any) -> list[str]:
        if isinstance(value, dt.date):
            return [f"{value:%Y}", str(value.month), str(value.day)]
        return ["", "", ""]

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_0" if id_ else id_


class DatePartsField(forms.Field):
    """A date typed as year, month, day (年月日): full-width digits accepted, wrong input kept."""

    widget = DatePartsInput
    default_error_messages = {  # noqa: RUF012 - Django's own convention
        "incomplete": _("请填写完整的年、月、日。"),
        "invalid": _("没有这一天，请核对年、月、日。"),
    }

    def to_python(self, value: Any) -> dt.date | None:
        if isinstance(value, dt.date) or not value:
            return value or None
        parts = [unicodedata.normalize("NFKC", str(part or "")).strip() for part in value]
        if not any(parts):
            return None
        if not all(parts):
            raise ValidationError(self.error_messages["incomplete"], code="incomplete")
        if not all(re.fullmatch(r"[0-9]{1,4}", part) for part in parts) or len(parts[0]) != 4:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        try:
            return dt.date(*(int(part) for part in parts))
        except ValueError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None


# Fields whose input is code-like: full-width digits and stray spaces are typing habits, not errors.
_CODE_LIKE: tuple[type[forms.Field], ...] = (
    forms.IntegerField,
    forms.DecimalField,
    forms.DateField,
    forms.DateTimeField,
    forms.TimeField,
    forms.EmailField,
)


def tidy_raw(field: forms.Field, raw: str) -> str:
    """What to hand to a field's own cleaning (预处理): NFKC and strip for code-like input, controls removed for all."""
    text = without_controls(raw)
    if isinstance(field, _CODE_LIKE):
        return unicodedata.normalize("NFKC", text).strip()
    return text


def raw_problem(field: forms.Field, raw: str) -> str | Promise | None:
    """Why raw input cannot be taken at all (原始输入的问题), whatever the field's type; None when it can."""
    multiline = isinstance(field.widget, forms.Textarea)
    if isinstance(field, (CodeField, *_CODE_LIKE)):
        # Invisible marks come along when a code is copied from a page; dropping them cannot change its meaning.
        raw = "".join(character for character in raw if character not in _DECEPTIVE)
    try:
        refuse_controls(raw, multiline=multiline)
        most = TEXT_LIMIT if multiline else max(LINE_LIMIT, getattr(field, "max_length", None) or 0)
        if len(raw) > most:
            # Told is what the field takes in the end, or the next try would be refused again.
            told = (getattr(field, name, None) for name in ("length", "limit", "max_length"))
            refuse_length(raw, min(most, next((limit for limit in told if limit), most)))
    except ValidationError as error:
        return str(error.messages[0])
    return None
