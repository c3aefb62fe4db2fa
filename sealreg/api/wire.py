"""JSON in and out (JSON 编解码): strict and bounded on the way in, Beijing time on the way out."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Any

import msgspec
from django.db import models
from django.utils.functional import Promise
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from sealreg.api.codes import Code
from sealreg.clock import shanghai

DEEPEST = 16


def _malformed() -> ParseError:
    return ParseError(Code.JSON_MALFORMED.label, code=Code.JSON_MALFORMED.value)


def read_json(body: bytes) -> Any:
    """The value of a JSON text (解析). Raises ParseError for anything but clean JSON.

    Refused beside bad syntax, NaN and infinities: U+0000 anywhere, which PostgreSQL cannot store, and nesting deeper
    than DEEPEST.
    """
    try:
        value = msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError, ValueError) as error:
        raise _malformed() from error
    _check(value, 0)
    return value


def _check(value: Any, depth: int) -> None:
    if isinstance(value, str):
        if "\x00" in value:
            raise _malformed()
    elif isinstance(value, list | dict):
        if depth >= DEEPEST:
            raise ParseError(Code.JSON_TOO_DEEP.label, code=Code.JSON_TOO_DEEP.value)
        if isinstance(value, dict):
            for name in value:
                _check(name, depth)
        for part in value.values() if isinstance(value, dict) else value:
            _check(part, depth + 1)


def moment(value: dt.datetime) -> str:
    """ISO 8601 in Beijing time with milliseconds (时间), e.g. 2018-08-01T09:00:00.000+08:00."""
    return shanghai(value).isoformat(timespec="milliseconds")


def _plain(value: Any) -> Any:
    if isinstance(value, dict | Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset | models.QuerySet):
        return [_plain(part) for part in value]
    if isinstance(value, dt.datetime):
        return moment(value)
    if isinstance(value, str | Promise):
        return str(value)
    if isinstance(value, Decimal | uuid.UUID):
        return str(value)
    return value


def write_json(value: Any) -> bytes:
    """Compact UTF-8 JSON (生成). Any datetime becomes Beijing time; lazy texts are translated here."""
    return msgspec.json.encode(_plain(value))


class JsonParser(BaseParser):
    """请求解析."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        return read_json(stream.read())


class JsonRenderer(BaseRenderer):
    """应答生成."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        return b"" if data is None else write_json(data)
