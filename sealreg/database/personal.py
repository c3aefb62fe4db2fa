"""Personal data at rest (个人信息加密存储): encrypted columns and blind indexes for exact look-up."""

from __future__ import annotations

import hashlib
import hmac
import os
import unicodedata
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models

_FORM = 1
_NONCE = 12


class UnreadablePersonalData(Exception):
    """The stored bytes do not open with the key they name (无法解密): wrong key or damaged row."""


def seal_text(value: str, *, column: str) -> bytes:
    """Encrypt one value with the active key (加密).

    column: "table.column"; bound into the tag so that bytes moved to another column do not open.
    Returns form(1) ‖ key id length(1) ‖ key id ‖ nonce(12) ‖ AES-256-GCM ciphertext and tag.
    """
    key_id = settings.PERSONAL_DATA_ACTIVE_KEY
    head = bytes([_FORM, len(key_id.encode())]) + key_id.encode()
    nonce = os.urandom(_NONCE)
    box = AESGCM(settings.PERSONAL_DATA_KEYS[key_id])
    return head + nonce + box.encrypt(nonce, value.encode(), head + column.encode())


def open_text(data: bytes, *, column: str) -> str:
    """Decrypt what `seal_text` made (解密). Raises UnreadablePersonalData for an unknown key or damaged bytes."""
    data = bytes(data)
    try:
        if data[0] != _FORM:
            raise UnreadablePersonalData(column)
        end = 2 + data[1]
        head, nonce, body = data[:end], data[end : end + _NONCE], data[end + _NONCE :]
        key = settings.PERSONAL_DATA_KEYS[head[2:].decode()]
        return AESGCM(key).decrypt(nonce, body, head + column.encode()).decode()
    except (KeyError, IndexError, InvalidTag, ValueError) as error:
        raise UnreadablePersonalData(column) from error


def blind_index(value: str, *, purpose: str) -> bytes:
    """Keyed digest for exact look-up of an encrypted value (盲索引), 16 bytes.

    purpose: separates the digests of different kinds of value, e.g. "person.id_number".
    """
    text = unicodedata.normalize("NFKC", value).strip().upper()
    return hmac.digest(settings.BLIND_INDEX_KEY, f"{purpose}\0{text}".encode(), hashlib.sha256)[:16]


if TYPE_CHECKING:
    _Binary = models.BinaryField[Any, Any]
else:
    _Binary = models.BinaryField


class EncryptedTextField(_Binary):
    """A text column that the database only sees encrypted (加密文本). Null stays null; empty text is stored as text."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("editable", True)
        super().__init__(*args, **kwargs)

    @property
    def _column_name(self) -> str:
        return f"{self.model._meta.db_table}.{self.column}"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> str | None:
        return None if value is None else open_text(bytes(value), column=self._column_name)

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else seal_text(str(value), column=self._column_name)

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> str:
        raise TypeError("encrypted columns are not serialised")
