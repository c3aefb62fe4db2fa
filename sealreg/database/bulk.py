"""Many rows at once (批量装载): unsaved records of any model streamed by COPY, as the role `loader`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

import psycopg
from django.db import connections, models
from django.db.models.base import ModelState
from psycopg import sql

from sealreg.database.personal import EncryptedTextField

BLOCK = 500  # keys taken from a sequence at a time
Convert = Callable[[Any], Any]
Record = TypeVar("Record", bound=models.Model)


class Keys:
    """Primary keys from the tables' own sequences (主键发号), in blocks, so that rows may name one another beforehand.

    alias: of the connection. What is left of a block is never used: a gap, and nothing else.
    """

    def __init__(self, alias: str) -> None:
        self._alias = alias
        self._left: dict[type[models.Model], Iterator[int]] = {}

    def take(self, model: type[models.Model]) -> int:
        """The next key of a model's table (取主键)."""
        key = next(self._left.get(model, iter(())), None)
        if key is None:
            self._left[model] = self._block(model)
            key = next(self._left[model])
        return key

    def forget(self) -> None:
        """Leave what is left of the blocks (弃用剩余号段): later rows get later keys than what was made meanwhile."""
        self._left.clear()

    def _block(self, model: type[models.Model]) -> Iterator[int]:
        table, column = model._meta.db_table, model._meta.pk.column
        with connections[self._alias].cursor() as cursor:
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)", [table, column, BLOCK]
            )
            return iter([row[0] for row in cursor.fetchall()])


def unsaved(model: type[Record], **values: Any) -> Record:
    """A record that will be copied in (待装载记录): as `model(**values)`, but several times as fast.

    A foreign key takes the record it points at, which has its key already. Raises TypeError for a name of no field.
    """
    plain, called, keys, known = _defaults(model)
    if not known.issuperset(values):
        raise TypeError(f"{model.__name__} has no field {', '.join(sorted(set(values) - known))}")
    made = model.__new__(model)
    inside = made.__dict__
    made._state = ModelState()
    inside.update(plain)
    for name, default in called:
        if name not in values:
            inside[name] = default()
    for name in keys.keys() & values.keys():
        pointed = values.pop(name)
        made._state.fields_cache[name] = pointed
        inside[keys[name]] = None if pointed is None else pointed.pk
    pk = values.pop("pk", None)
    inside.update(values)
    if pk is not None:
        inside[model._meta.pk.attname] = pk
    return made


@cache
def _defaults(
    model: type[models.Model],
) -> tuple[dict[str, Any], list[tuple[str, Callable[[], Any]]], dict[str, str], frozenset[str]]:
    """Plain defaults, defaults to be called, name -> attribute of foreign keys, and every name a value may have."""
    plain: dict[str, Any] = {}
    called: list[tuple[str, Callable[[], Any]]] = []
    keys: dict[str, str] = {}
    names = {"pk"}
    for field in model._meta.concrete_fields:
        names |= {field.name, field.attname}
        if field.is_relation:
            keys[field.name] = field.attname
        if field.generated or field.has_db_default():
            continue
        if callable(field.default) and field.default is not models.NOT_PROVIDED:
            called.append((field.attname, field.default))
        else:
            plain[field.attname] = field.get_default()
    return plain, called, keys, frozenset(names)


def copy_in(connection: psycopg.Connection[Any], records: Iterable[models.Model]) -> int:
    """Write unsaved records by COPY (批量写入), one COPY a model, what is pointed at first. Returns how many.

    connection: of a role that may write any status; in a transaction or not. Personal data is encrypted on the way, as
    by `save()`. Of one model either all records have keys or none has: then the table's sequence gives them.
    """
    by_model: dict[type[models.Model], list[models.Model]] = {}
    for record in records:
        by_model.setdefault(type(record), []).append(record)
    with connection.cursor() as cursor:
        for model in _in_order(by_model):
            _copy(cursor, model, by_model[model])
    return sum(map(len, by_model.values()))


def _in_order(wanted: Iterable[type[models.Model]]) -> list[type[models.Model]]:
    """Each model after those its foreign keys point at."""
    ordered: list[type[models.Model]] = []
    left = list(wanted)

    def put(model: type[models.Model]) -> None:
        if model not in left:
            return
        left.remove(model)
        for field in model._meta.concrete_fields:
            if field.related_model is not None:
                put(field.related_model)
        ordered.append(model)

    while left:
        put(left[0])
    return ordered


def _copy(cursor: Any, model: type[models.Model], rows: list[models.Model]) -> None:
    keyed = rows[0].pk is not None
    names, columns, converts = _shape(model, keyed)
    read = attrgetter(*names)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with cursor.copy(statement) as copy:
        for row in rows:
            values = list(read(row))
            for place, convert in converts:
                if values[place] is not None:
                    values[place] = convert(values[place])
            copy.write_row(values)


@cache
def _shape(
    model: type[models.Model], keyed: bool
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[tuple[int, Convert], ...]]:
    """Attributes, columns, and (place, conversion) of what is not written as it stands."""
    fields = [
        field
        for field in model._meta.concrete_fields
        if not (field.generated or (field.primary_key and not keyed) or field.has_db_default())
    ]
    converts: list[tuple[int, Convert]] = []
    for place, field in enumerate(fields):
        if isinstance(field, EncryptedTextField):
            converts.append((place, field.get_prep_value))
        elif isinstance(field, models.JSONField):
            converts.append((place, _json))
    columns = tuple(field.column or field.attname for field in fields)
    return tuple(field.attname for field in fields), columns, tuple(converts)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
