"""Keyset paging (键集分页): the last page costs what the first costs, and a row inserted meanwhile shifts nothing.

The cursor in the address is signed and holds the sort values of an edge row; anything else shows the first page with a
notice. Sort fields must not be null and the last of them must be unique, or rows could be skipped.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.core.exceptions import ValidationError as FieldError
from django.core.signing import BadSignature, Signer
from django.db import connections, models
from django.db.models import Field, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

T = TypeVar("T")
Row = TypeVar("Row", bound=models.Model)
PARAMETER = "cursor"
_LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are (总数). Not exact: `value` is a floor (`at_least`) or an estimate."""

    value: int
    exact: bool = True
    at_least: bool = False

    def __str__(self) -> str:
        shown = f"{self.value:,}"
        if self.exact:
            return ngettext("共 %(n)s 条", "共 %(n)s 条", self.value) % {"n": shown}
        return _("%(n)s 条以上") % {"n": shown} if self.at_least else _("约 %(n)s 条") % {"n": shown}


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a list (一页). `next` and `previous` are cursors, empty at the ends; `notice` tells of a bad one."""

    rows: Sequence[T]
    next: str = ""
    previous: str = ""
    notice: str = ""
    count: Count | None = None
    query: str = ""

    def _address(self, cursor: str) -> str:
        parameters = QueryDict(self.query, mutable=True)
        parameters[PARAMETER] = cursor
        return f"?{parameters.urlencode()}"

    @property
    def next_url(self) -> str:
        return self._address(self.next) if self.next else ""

    @property
    def previous_url(self) -> str:
        return self._address(self.previous) if self.previous else ""

    @property
    def first_url(self) -> str:
        parameters = QueryDict(self.query, mutable=True)
        parameters.pop(PARAMETER, None)
        return f"?{parameters.urlencode()}"


@dataclass(frozen=True, slots=True)
class _Key:
    name: str
    descending: bool
    field: Field[Any, Any] | None


def _keys(queryset: QuerySet[Row]) -> list[_Key]:
    names = list(queryset.query.order_by or queryset.model._meta.ordering or ())
    keys = []
    for name in names:
        if not isinstance(name, str):
            raise ImproperlyConfigured("keyset paging sorts by plain field names or annotations")
        bare = name.removeprefix("-")
        field: Field[Any, Any] | None = None
        try:
            field = cast("Field[Any, Any]", queryset.model._meta.get_field("id" if bare == "pk" else bare))
        except FieldDoesNotExist:
            if bare not in queryset.query.annotations and "__" not in bare:
                raise
        if field is not None and field.null:
            raise ImproperlyConfigured(f"{bare} may be null: keyset paging would skip rows")
        keys.append(_Key(bare, name.startswith("-"), field))
    last = keys[-1] if keys else None
    if last is None or last.field is None or not (last.field.unique or last.field.primary_key):
        raise ImproperlyConfigured("keyset paging needs a unique last sort field")
    return keys


def _signer(queryset: QuerySet[Row], keys: Sequence[_Key]) -> Signer:
    order = ",".join(("-" if key.descending else "") + key.name for key in keys)
    return Signer(salt=f"sealreg.paging:{queryset.model._meta.label_lower}:{order}")


def _as_text(value: object) -> str:
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)


def _write(signer: Signer, backwards: bool, values: Sequence[Any]) -> str:
    # isoformat keeps microseconds; Django's own encoder cuts them, and a cursor that is a little early never moves on.
    text = json.dumps(["<" if backwards else ">", *values], default=_as_text, separators=(",", ":"))
    return signer.sign_object(text, compress=True)


def _read(signer: Signer, cursor: str, keys: Sequence[_Key]) -> tuple[bool, list[Any]] | None:
    if len(cursor) > _LONGEST:
        return None
    try:
        direction, *values = json.loads(signer.unsign_object(cursor))
        if direction not in ("<", ">") or len(values) != len(keys):
            return None
        typed = [key.field.to_python(value) if key.field else value for key, value in zip(keys, values, strict=True)]
    except (BadSignature, ValueError, TypeError, FieldError):
        return None
    return direction == "<", typed


def _beyond(keys: Sequence[_Key], values: Sequence[Any], *, backwards: bool) -> Any:
    """Condition for the rows after (or before) the row with these sort values."""
    falling = [key.descending != backwards for key in keys]
    names = [key.name for key in keys]
    if len(set(falling)) == 1:
        # A row comparison is one range scan of the index that the list is ordered by.
        if len(keys) == 1:
            return Q(**{f"{names[0]}__{'lt' if falling[0] else 'gt'}": values[0]})
        compare = TupleLessThan if falling[0] else TupleGreaterThan
        return compare(Tuple(*names), tuple(values))
    condition = Q()
    for position, down in enumerate(falling):
        equal = Q(**dict(zip(names[:position], values[:position], strict=True)))
        condition |= equal & Q(**{f"{names[position]}__{'lt' if down else 'gt'}": values[position]})
    # Redundant, but it is the bound that an index on the first field can use.
    return Q(**{f"{names[0]}__{'lte' if falling[0] else 'gte'}": values[0]}) & condition


def paginate(
    queryset: QuerySet[Row], parameters: QueryDict, *, size: int = 50, count: Count | None = None
) -> Page[Row]:
    """One page of an ordered queryset (分页), by the cursor in the request's parameters.

    queryset: ordered by fields that are not null, the last unique.
    parameters: `request.GET`; its other entries (filters) stay in the links.
    size: rows a page.
    """
    keys = _keys(queryset)
    signer = _signer(queryset, keys)
    cursor, notice = parameters.get(PARAMETER, ""), ""
    start = _read(signer, cursor, keys) if cursor else None
    if cursor and start is None:
        notice = _("页码已失效，现从第一页开始显示。")
    found, more, backwards = _fetch(queryset, keys, start, size)
    if start is not None and (not found or (backwards and len(found) < size)):
        # Rows went away, or the way back reached the top: the first page, whole.
        start, backwards = None, False
        found, more, _backwards = _fetch(queryset, keys, None, size)

    def edge(row: Row, *, back: bool) -> str:
        return _write(signer, back, [_value(row, key) for key in keys])

    has_next = bool(found) and (more or backwards)
    has_previous = bool(found) and (more if backwards else start is not None)
    return Page(
        rows=found,
        next=edge(found[-1], back=False) if has_next else "",
        previous=edge(found[0], back=True) if has_previous else "",
        notice=notice,
        count=count,
        query=parameters.urlencode(),
    )


def _fetch(
    queryset: QuerySet[Row], keys: Sequence[_Key], start: tuple[bool, list[Any]] | None, size: int
) -> tuple[list[Row], bool, bool]:
    """Rows in the list's own order, whether more lie beyond in the direction walked, and whether that was backwards."""
    backwards = start is not None and start[0]
    if start is not None:
        queryset = queryset.filter(_beyond(keys, start[1], backwards=backwards))
    if backwards:
        queryset = queryset.reverse()
    found = list(queryset[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    return found, more, backwards


def _value(row: Row, key: _Key) -> Any:
    value: Any = row
    for part in key.name.split("__"):
        value = getattr(value, part)
    return value.pk if isinstance(value, models.Model) else value


def count_up_to(queryset: QuerySet[Row], limit: int = 1_000) -> Count:
    """Exact up to `limit`, else "limit 以上" (封顶计数): reads at most limit + 1 rows of an index."""
    found = queryset.order_by()[: limit + 1].count()
    return Count(limit, exact=False, at_least=True) if found > limit else Count(found)


def estimated_count(model: type[models.Model], *, using: str = "default") -> Count:
    """The planner's estimate of a whole table (估算总数): no scan; for tables too large to count."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [model._meta.db_table])
        (estimate,) = cursor.fetchone()
    return Count(max(0, int(estimate)), exact=False)
