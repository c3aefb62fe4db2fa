"""Migration operations that state our invariants (迁移操作)."""

from __future__ import annotations

from django.conf import settings
from django.db.migrations.operations import RunSQL

_REFUSE = """
CREATE OR REPLACE FUNCTION sealreg_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'table % is append-only: % refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'insufficient_privilege';
END $$;
"""


def append_only(table: str) -> RunSQL:
    """Rows of `table` may be added and read, never changed or removed (只增表).

    Privileges stop the application role by mistake, the trigger stops every role by habit. What stops malice is a
    witness outside the database (docs/architecture.md).
    """
    app, loader = settings.DATABASE_ROLES["app"], settings.DATABASE_ROLES["loader"]
    return RunSQL(
        sql=f"""
        {_REFUSE}
        REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {app}, {loader};
        CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
          FOR EACH ROW EXECUTE FUNCTION sealreg_refuse_change();
        CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
          FOR EACH STATEMENT EXECUTE FUNCTION sealreg_refuse_change();
        ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_change;
        ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_truncate;
        """,
        reverse_sql=f"""
        DROP TRIGGER IF EXISTS {table}_no_change ON {table};
        DROP TRIGGER IF EXISTS {table}_no_truncate ON {table};
        GRANT UPDATE, DELETE ON {table} TO {app}, {loader};
        """,
    )
