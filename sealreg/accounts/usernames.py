"""User names (用户名): one written form, however typed."""

from __future__ import annotations

import unicodedata


def clean_username(typed: str) -> str:
    """The stored form (规范用户名): half width, lower case, without surrounding blanks."""
    return unicodedata.normalize("NFKC", typed).strip().lower()
