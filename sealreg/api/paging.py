"""Pages by key, not by number (键集分页): every page costs the same and none shifts when rows are added."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request
from rest_framework.response import Response

from sealreg.api.crypto import b64, unb64
from sealreg.errors import RuleBroken

LARGEST = 200
USUAL = 50
_LONGEST_CURSOR = 300


def _refuse(field: str, message: Any, code: str) -> RuleBroken:
    return RuleBroken(message, code=code, fields={field: message})


def _size(request: Request) -> int:
    text = request.query_params.get("limit", str(USUAL))
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= LARGEST):
        raise _refuse("limit", _("每页条数应为 1 至 200。"), "limit_out_of_range")
    return int(text)


class ByCode:
    """In order of one unique code (按编码分页), ascending; the cursor is the code of the last row, wrapped.

    field: name of a unique column of digits and letters.
    """

    def __init__(self, field: str) -> None:
        self.field = field

    def page(self, rows: QuerySet[Any], request: Request) -> tuple[list[Any], str | None]:
        """One page and the cursor of the next (取一页); None on the last. Raises RuleBroken as `Keyset.page`."""
        size, cursor = _size(request), request.query_params.get("cursor", "")
        if cursor:
            try:
                after = unb64(cursor).decode() if len(cursor) <= _LONGEST_CURSOR else ""
            except ValueError:
                after = ""
            if not (after.isascii() and after.isalnum()):
                raise _refuse("cursor", _("翻页位置无效，请从第一页重新开始。"), "cursor_malformed")
            rows = rows.filter(**{f"{self.field}__gt": after})
        found = list(rows.order_by(self.field)[: size + 1])
        more = len(found) > size
        return found[:size], b64(str(getattr(found[size - 1], self.field)).encode()) if more else None


class Keyset:
    """Newest first by a moment, then by public number (键集), both descending and both in one index.

    moment_field, number_field: names of the columns; the number must be unique.
    """

    def __init__(self, moment_field: str, number_field: str = "number") -> None:
        self.moment_field, self.number_field = moment_field, number_field

    def _read(self, cursor: str) -> tuple[dt.datetime, str]:
        try:
            if len(cursor) > _LONGEST_CURSOR:
                raise ValueError("too long")
            at, number = json.loads(unb64(cursor))
            then = dt.datetime.fromisoformat(at)
            if then.tzinfo is None or not isinstance(number, str) or not number.isalnum():
                raise ValueError("not ours")
        except (ValueError, TypeError, RecursionError) as error:
            raise _refuse("cursor", _("翻页位置无效，请从第一页重新开始。"), "cursor_malformed") from error
        return then, number

    def page(self, rows: QuerySet[Any], request: Request) -> tuple[list[Any], str | None]:
        """One page and the cursor of the next (取一页); None on the last. Reads `cursor` and `limit` of the request.

        Raises RuleBroken "cursor_malformed" or "limit_out_of_range".
        """
        size = _size(request)
        cursor = request.query_params.get("cursor", "")
        if cursor:
            at, number = self._read(cursor)
            # The first condition is implied by the second; it is what lets the index be entered at the right place.
            rows = rows.filter(
                Q(**{f"{self.moment_field}__lte": at}),
                Q(**{f"{self.moment_field}__lt": at})
                | Q(**{self.moment_field: at, f"{self.number_field}__lt": number}),
            )
        found = list(rows.order_by(f"-{self.moment_field}", f"-{self.number_field}")[: size + 1])
        return found[:size], self._cursor(found[size - 1]) if len(found) > size else None

    def _cursor(self, row: Model) -> str:
        at: dt.datetime = getattr(row, self.moment_field)
        return b64(json.dumps([at.isoformat(), getattr(row, self.number_field)], separators=(",", ":")).encode())


def page_answer(results: list[Any], cursor: str | None) -> Response:
    """The shape of every list (列表应答): `results` and `next`, the cursor of the next page or null."""
    return Response({"results": results, "next": cursor})
