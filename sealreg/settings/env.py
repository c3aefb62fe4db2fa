"""Typed readers of the environment (环境变量).

A missing or bad value stops the start with its name and what it should be.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_REQUIRED = object()


def text(name: str, default: object = _REQUIRED, *, hint: str = "a non-empty text") -> str:
    """One value, from NAME or from the file that NAME_FILE points to (机密可用文件给出).

    Raises ImproperlyConfigured naming the variable and the expected form.
    """
    path = os.environ.get(f"{name}_FILE")
    if path:
        try:
            value = Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(
                f"{name}_FILE points to {path}, which cannot be read ({error.strerror}): "
                f"expected a file holding {hint}."
            ) from error
    else:
        value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is _REQUIRED:
        raise ImproperlyConfigured(f"{name} is missing: expected {hint} (or {name}_FILE with its path).")
    return str(default)


def flag(name: str, default: bool) -> bool:
    """A yes/no value (开关): 1/0, true/false, yes/no, on/off."""
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}: expected one of 1, 0, true, false, yes, no, on, off.")


def integer(name: str, default: int, *, low: int, high: int) -> int:
    """A whole number within [low, high] (整数)."""
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise ImproperlyConfigured(f"{name} is {value!r}: expected a whole number from {low} to {high}.")
    return number


def choice(name: str, default: object = _REQUIRED, *, among: Sequence[str]) -> str:
    """One of a few words (选项)."""
    value = text(name, default, hint=f"one of {', '.join(among)}")
    if value not in among:
        raise ImproperlyConfigured(f"{name} is {value!r}: expected one of {', '.join(among)}.")
    return value


def words(name: str, default: object = _REQUIRED, *, hint: str) -> list[str]:
    """A comma-separated list with at least one entry (列表)."""
    return [word for word in (part.strip() for part in text(name, default, hint=hint).split(",")) if word]


def dates_by_area(name: str, default: object = _REQUIRED) -> dict[str, date]:
    """Dates by prefix of division codes (按行政区划的日期), e.g. 44:2027-01-01,4419:2026-10-01; empty for none."""
    hint = "pairs such as 44:2027-01-01,4419:2026-10-01 of an area prefix of Guangdong and a date"
    found: dict[str, date] = {}
    for word in words(name, default, hint=hint):
        prefix, _, day = word.partition(":")
        try:
            if not (prefix.startswith("44") and prefix.isascii() and prefix.isdigit() and len(prefix) in (2, 4, 6)):
                raise ValueError
            found[prefix] = date.fromisoformat(day)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} has {word!r}: expected {hint}.") from error
    return found


def folder(name: str, default: object = _REQUIRED) -> Path:
    """An absolute folder path (目录)."""
    path = Path(text(name, default, hint="an absolute path of a folder"))
    if not path.is_absolute():
        raise ImproperlyConfigured(f"{name} is {str(path)!r}: expected an absolute path of a folder.")
    return path


def file(name: str) -> Path:
    """An absolute path of a file that exists (文件)."""
    value = os.environ.get(name, "").strip()
    path = Path(value)
    if not value or not path.is_absolute() or not path.is_file():
        raise ImproperlyConfigured(f"{name} is {value!r}: expected an absolute path of an existing file.")
    return path


def key(name: str, default: object = _REQUIRED) -> bytes:
    """A 32-byte key in base64 (密钥)."""
    value = text(name, default, hint="32 random bytes in base64")
    try:
        raw = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != 32:
        raise ImproperlyConfigured(f"{name} has the wrong form: expected 32 random bytes in base64.")
    return raw


def database(name: str, default: object = _REQUIRED) -> dict[str, object]:
    """A PostgreSQL address as Django's connection settings (数据库连接).

    Form: postgresql://role:password@host:port/name, or …/name?host=/socket/folder for a Unix socket.
    """
    hint = "postgresql://role:password@host:port/name"
    value = text(name, default, hint=hint)
    parts = urlsplit(value)
    query = parse_qs(parts.query)
    host = query.get("host", [parts.hostname or ""])[0]
    try:
        port = parts.port or int(query.get("port", ["5432"])[0])
    except ValueError:
        port = 0
    if (
        parts.scheme not in {"postgres", "postgresql"}
        or not parts.username
        or not host
        or not port
        or len(parts.path) < 2
    ):
        raise ImproperlyConfigured(f"{name} is not a usable PostgreSQL address: expected {hint}.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(port),
    }


def agency(name: str, default: object = _REQUIRED, *, secure: bool) -> str:
    """The address of another agency's system (对接系统地址): scheme, host and port, nothing after them.

    secure: True takes https only and refuses this machine, where only a mock could listen.
    """
    hint = "https://host, not on this machine" if secure else "http://host:port or https://host"
    value = text(name, default, hint=hint)
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    rest = parts.path.rstrip("/") or parts.query or parts.fragment or parts.username
    if parts.scheme not in ({"https"} if secure else {"http", "https"}) or not host or rest:
        raise ImproperlyConfigured(f"{name} is {value!r}: expected {hint}.")
    if secure and is_this_machine(host):
        raise ImproperlyConfigured(f"{name} is {value!r}, which is this machine: expected {hint}.")
    return value


def is_this_machine(host: str) -> bool:
    """Whether a host name or address means the machine itself (是否本机)."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
