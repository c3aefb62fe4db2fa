"""Row policies between counties (行级管辖策略): the second wall, behind the queries' own narrowing.

A room lists its records in its module `walls`; its migration builds each by `build_wall`. Where a territory is set on
the connection (sealreg/database/territory.py), PostgreSQL neither shows, changes, removes nor takes in rows outside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core import checks
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.operations import RunSQL

from sealreg.database.territory import SETTING

POLICY, READING = "sealreg_territory", "sealreg_reading"
# Sub-selects are worked out once a statement, not once a row; the first spares trusted code the rest.
_UNSET = f"(SELECT COALESCE(current_setting('{SETTING}', true), '') = '')"
_LOW, _HIGH = (
    f"(SELECT NULLIF(split_part(current_setting('{SETTING}', true), '-', {part}), '')::integer)" for part in (1, 2)
)

# (foreign key's column, table, its key, column of the authority number there)
Through = tuple[str, str, str, str]
# (foreign key's column, table behind a wall of its own, its key)
Parent = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Wall:
    """What places the rows of a record in a territory (行级策略): any one of these.

    columns: of authority numbers, `key__column` for one of the record a foreign key leads to. parents: foreign keys to
    records behind walls of their own, whose rows follow theirs. everyone_reads: the wall is for writing only.
    """

    record: str
    columns: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    everyone_reads: bool = False


_walls: dict[str, Wall] = {}


def register(*walls: Wall) -> None:
    """Put records behind the wall (登记行级策略). Raises ValueError for one that stands twice or nowhere."""
    for one in walls:
        if one.record in _walls or not (one.columns or one.parents):
            raise ValueError(f"{one.record}: registered twice, or by nothing")
        _walls[one.record] = one


def walls() -> tuple[Wall, ...]:
    """Every wall (全部行级策略), in the order of registering: parents before children."""
    return tuple(_walls.values())


def condition(
    db_table: str, columns: Sequence[str] = (), through: Sequence[Through] = (), parents: Sequence[Parent] = ()
) -> str:
    """The condition of a policy (策略条件); the same arguments always give the same text."""
    places = [f"({column} >= {_LOW} AND {column} < {_HIGH})" for column in columns]
    places += [
        f"EXISTS (SELECT FROM {table} up WHERE up.{key} = {db_table}.{column}"
        f" AND up.{place} >= {_LOW} AND up.{place} < {_HIGH})"
        for column, table, key, place in through
    ]
    places += [
        f"EXISTS (SELECT FROM {table} up WHERE up.{key} = {db_table}.{column})" for column, table, key in parents
    ]
    return " OR ".join([_UNSET, *places])


def _guard(columns: Sequence[str]) -> str:
    """Body of the trigger: where one column of several keeps a row in sight, the others still do not leave or enter."""
    low, high = (part.removeprefix("(SELECT ").removesuffix(")") for part in (_LOW, _HIGH))
    moved = " OR ".join(
        f"""NEW.{one} IS DISTINCT FROM OLD.{one} AND NOT coalesce(
    OLD.{one} >= low AND OLD.{one} < high AND NEW.{one} >= low AND NEW.{one} < high, false)"""
        for one in columns
    )
    return f"""
DECLARE
  low integer := {low};
  high integer := {high};
BEGIN
  IF low IS NOT NULL AND ({moved}) THEN
    RAISE EXCEPTION 'row-level security: a row of % does not change its authority across %-%', TG_TABLE_NAME, low, high
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END
"""


def build_wall(
    db_table: str,
    *,
    columns: Sequence[str] = (),
    through: Sequence[Through] = (),
    parents: Sequence[Parent] = (),
    everyone_reads: bool = False,
) -> RunSQL:
    """Migration operation: the database keeps counties apart in this table (建立行级策略).

    Written out rather than read from the code, as state tables are; the check `database.W001` prints it. The owner is
    not held by it, nor is a role with BYPASSRLS: migrations, backup, restore, the loader's COPY.
    """
    name = f"{db_table}_authority"
    sql = f"CREATE POLICY {POLICY} ON {db_table} USING ({condition(db_table, columns, through, parents)});"
    if everyone_reads:
        sql += f"CREATE POLICY {READING} ON {db_table} FOR SELECT USING (true);"
    if len(columns) > 1:
        sql += f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $body${_guard(columns)}$body$;
        CREATE TRIGGER {name} BEFORE UPDATE OF {", ".join(columns)} ON {db_table}
          FOR EACH ROW EXECUTE FUNCTION {name}();
        ALTER TABLE {db_table} ENABLE ALWAYS TRIGGER {name};
        """
    return RunSQL(
        sql=f"{sql} ALTER TABLE {db_table} ENABLE ROW LEVEL SECURITY;",
        reverse_sql=f"""
        ALTER TABLE {db_table} DISABLE ROW LEVEL SECURITY;
        DROP POLICY {POLICY} ON {db_table};
        DROP POLICY IF EXISTS {READING} ON {db_table};
        DROP TRIGGER IF EXISTS {name} ON {db_table};
        DROP FUNCTION IF EXISTS {name}();
        """,
    )


def table_of(wall: Wall) -> str:
    """The table of a walled record (表名)."""
    return str(apps.get_model(wall.record)._meta.db_table)


def arguments_of(wall: Wall) -> dict[str, Any]:
    """What `build_wall` needs for a wall beside the table (策略参数)."""
    meta = apps.get_model(wall.record)._meta
    found: dict[str, tuple[Any, ...]] = {"columns": (), "through": (), "parents": ()}

    def link(name: str) -> tuple[str, Any, str]:
        field: Any = meta.get_field(name)
        return field.column, field.related_model._meta, field.target_field.column

    for name in wall.columns:
        key, _, rest = name.rpartition("__")
        if key:
            column, target, pk = link(key)
            found["through"] += ((column, target.db_table, pk, target.get_field(rest).column),)
        else:
            found["columns"] += (meta.get_field(rest).column,)
    for name in wall.parents:
        column, target, pk = link(name)
        if target.label not in _walls:
            raise ValueError(f"{wall.record}.{name}: {target.label} stands behind no wall")
        found["parents"] += ((column, target.db_table, pk),)
    return {name: value for name, value in found.items() if value} | (
        {"everyone_reads": True} if wall.everyone_reads else {}
    )


def operation_for(wall: Wall) -> str:
    """The migration operation a wall needs, as source text (迁移语句)."""
    given = "".join(f", {name}={value!r}" for name, value in arguments_of(wall).items())
    return f'build_wall("{table_of(wall)}"{given})'


_ON = "SELECT relrowsecurity FROM pg_class WHERE oid = to_regclass(%s)"
_POLICIES = """
SELECT polname, polcmd::text, polpermissive AND polroles = '{0}' AND polwithcheck IS NULL,
       pg_get_expr(polqual, polrelid)
FROM pg_policy WHERE polrelid = to_regclass(%s) ORDER BY polname DESC
"""
_TRIGGER = """
SELECT p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
WHERE t.tgrelid = to_regclass(%s) AND t.tgname = %s AND t.tgenabled = 'A' AND t.tgtype = 19
"""
# PostgreSQL prints a condition its own way: with more brackets, casts and column names.
_MANNER = re.compile(r"::\w+|\bAS \"?\w+\"?|[\s()\"]")


def _plain(text: str) -> str:
    return _MANNER.sub("", text).lower()


def stands(wall: Wall, connection: BaseDatabaseWrapper) -> bool:
    """Whether policy and trigger are on, alone, and say exactly what the wall says (策略是否一致)."""
    db_table, given = table_of(wall), arguments_of(wall)
    columns = given.get("columns", ())
    wanted = [(POLICY, "*", True, condition(db_table, columns, given.get("through", ()), given.get("parents", ())))]
    wanted += [(READING, "r", True, "true")] if wall.everyone_reads else []
    with connection.cursor() as cursor:
        cursor.execute(_ON, [db_table])
        on = cursor.fetchone()
        cursor.execute(_POLICIES, [db_table])
        found = cursor.fetchall()
        cursor.execute(_TRIGGER, [db_table, f"{db_table}_authority"])
        guard = cursor.fetchall()
    same = [(*head, _plain(text)) for *head, text in found] == [(*head, _plain(text)) for *head, text in wanted]
    return on == (True,) and same and guard == ([(_guard(columns),)] if len(columns) > 1 else [])


@checks.register("walls", checks.Tags.database)
def walls_stand(*, databases: Iterable[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """Every record behind the wall has its policy in force (行级策略是否生效).

    A warning for the reason state tables give; the test suite and `manage.py doctor` treat it as an error.
    """
    return [
        checks.Warning(
            f"The row policy of {wall.record} differs from its wall.",
            hint="Add to a new migration:\n" + operation_for(wall), obj=apps.get_model(wall.record), id="database.W001",
        )
        for alias in databases or ()
        for wall in walls()
        if not stands(wall, connections[alias])
    ]  # fmt: skip
