"""State tables in the database (状态触发器): PostgreSQL refuses a jump made by update() or by SQL."""

from __future__ import annotations

from collections.abc import Sequence

from django.apps import apps
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.operations import RunSQL

from sealreg.workflow.table import StateTable


def _list(words: Sequence[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def function_body(field: str, initial: Sequence[str], moves: Sequence[tuple[str, str]]) -> str:
    """Text of the trigger function (触发器函数体); the same arguments always give the same text."""
    loader = settings.DATABASE_ROLES["loader"]
    pairs = ",\n         ".join(f"('{frm}', '{to}')" for frm, to in sorted(moves))
    return f"""
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF current_user <> '{loader}' AND NEW.{field} NOT IN ({_list(sorted(initial))}) THEN
      RAISE EXCEPTION '%.{field}: a record is not made as %', TG_TABLE_NAME, NEW.{field}
        USING ERRCODE = 'check_violation';
    END IF;
  ELSIF NEW.{field} IS DISTINCT FROM OLD.{field} THEN
    IF (OLD.{field}::text, NEW.{field}::text) NOT IN (
         {pairs}
       ) THEN
      RAISE EXCEPTION '%.{field}: no move from % to %', TG_TABLE_NAME, OLD.{field}, NEW.{field}
        USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.version <= OLD.version THEN
      RAISE EXCEPTION '%.{field}: a move counts the version up', TG_TABLE_NAME
        USING ERRCODE = 'check_violation';
    END IF;
  END IF;
  RETURN NEW;
END
"""


def trigger_name(db_table: str, field: str) -> str:
    """Name of trigger and function (触发器名), within PostgreSQL's 63 bytes."""
    return f"{db_table[:40]}_{field[:15]}_moves"


def enforce_table(db_table: str, *, field: str, initial: Sequence[str], moves: Sequence[tuple[str, str]]) -> RunSQL:
    """Migration operation: the database keeps to this state table (落实状态表).

    Written out rather than read from the code, so that an old migration still does what it did; after a change of the
    table the check `workflow.W002` prints the operation for the next one. The role `loader` may insert any status.
    """
    name = trigger_name(db_table, field)
    return RunSQL(
        sql=f"""
        CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $body${
            function_body(field, initial, moves)
        }$body$;
        CREATE OR REPLACE TRIGGER {name} BEFORE INSERT OR UPDATE ON {db_table}
          FOR EACH ROW EXECUTE FUNCTION {name}();
        ALTER TABLE {db_table} ENABLE ALWAYS TRIGGER {name};
        """,
        reverse_sql=f"DROP TRIGGER IF EXISTS {name} ON {db_table}; DROP FUNCTION IF EXISTS {name}();",
    )


def operation_for(table: StateTable) -> str:
    """The migration operation a table needs, as source text (迁移语句)."""
    db_table = apps.get_model(table.record)._meta.db_table
    moves = "".join(f"\n        {pair!r}," for pair in table.pairs)
    return (
        f'enforce_table(\n    "{db_table}",\n    field="{table.field}",\n'
        f"    initial={tuple(sorted(table.initial))!r},\n    moves=({moves}\n    ),\n)"
    )


_INSTALLED = """
SELECT p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
WHERE t.tgrelid = to_regclass(%s) AND t.tgname = %s AND t.tgenabled = 'A' AND t.tgtype = %s
"""
_ROW_BEFORE_INSERT_UPDATE = 1 | 2 | 4 | 16


def is_enforced(table: StateTable, connection: BaseDatabaseWrapper) -> bool:
    """Whether the installed trigger is on and says exactly what the table says (触发器是否一致)."""
    db_table = apps.get_model(table.record)._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(_INSTALLED, [db_table, trigger_name(db_table, table.field), _ROW_BEFORE_INSERT_UPDATE])
        found = cursor.fetchone()
    return found is not None and found[0] == function_body(table.field, table.initial, table.pairs)
