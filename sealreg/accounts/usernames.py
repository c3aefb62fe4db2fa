"""User names (用户名): one written form, however typed."""

from __future__ import annotations

import re
import unicodedata

USERNAME_FORM = re.compile(r"[a-z][a-z0-9._-]{2,39}")


def clean_username(typed: str) -> str:
    """The stored form (规范用户名): half width, lower case, without surrounding blanks."""
    return unicodedata.normalize("NFKC", typed).strip().lower()
