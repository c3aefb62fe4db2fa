"""Canonical JSON (规范化 JSON): one text for one value, so that its SHA-256 names it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

# No floats: their text differs between writers, and nothing here needs them (money is integer fen).
JSON: TypeAlias = "str | int | bool | Sequence[JSON] | Mapping[str, JSON] | None"
PlainJSON: TypeAlias = "str | int | bool | list[PlainJSON] | dict[str, PlainJSON] | None"


def plain(value: JSON) -> PlainJSON:
    """A copy made of dict, list, str, int, bool and None only (纯 JSON 值).

    U+0000 becomes U+FFFD, for PostgreSQL stores none. Raises TypeError for anything else, floats included.
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return str(value).replace("\x00", "\ufffd")
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("names in JSON are text")
        return {key.replace("\x00", "\ufffd"): plain(part) for key, part in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [plain(part) for part in value]
    raise TypeError(f"{type(value).__name__} has no place in canonical JSON")


def canonical(value: JSON) -> bytes:
    """The one UTF-8 text of a value (规范化文本): names sorted, no spaces, no escapes beyond the necessary."""
    return json.dumps(plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest(value: JSON) -> str:
    """SHA-256 of the canonical text (摘要), 64 hex characters."""
    return hashlib.sha256(canonical(value)).hexdigest()
