"""Checks of the database (数据库检查): role, privileges, migrations, clock, keys."""

from __future__ import annotations

import datetime as dt

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from sealreg import clock
from sealreg.database.personal import EncryptedTextField, UnreadablePersonalData, open_text
from sealreg.database.walls import walls, walls_stand
from sealreg.operations.findings import ERROR, OK, WARNING, Finding
from sealreg.workflow.checks import triggers_fit_tables

SKEW_WARNING, SKEW_ERROR = 2.0, 30.0

_ROLE = """
SELECT current_user, rolsuper, rolbypassrls, rolcreatedb OR rolcreaterole,
       has_schema_privilege(current_user, 'public', 'CREATE')
FROM pg_roles WHERE rolname = current_user
"""
# Every table that a migration declared append-only carries this trigger (sealreg.database.operations).
_APPEND_ONLY = """
SELECT c.relname, t.tgenabled = 'A',
       has_table_privilege(current_user, c.oid, 'UPDATE') OR has_table_privilege(current_user, c.oid, 'DELETE')
       OR has_table_privilege(current_user, c.oid, 'TRUNCATE')
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE t.tgname = c.relname || '_no_change' ORDER BY 1
"""


def role() -> Finding:
    """The application connects as a role that can only do its work (数据库角色)."""
    with connection.cursor() as cursor:
        cursor.execute(_ROLE)
        name, superuser, bypass, makes, creates = cursor.fetchone()
    facts = {"role": name}
    if superuser or bypass or makes or creates:
        text = _("应用以 %(role)s 连接数据库，该角色权限过大（超级用户、绕过行级权限、建库或建表）。请改用应用角色。")
        return Finding("database_role", ERROR, text % facts, facts)
    return Finding("database_role", OK, _("应用以受限角色 %(role)s 连接数据库。") % facts, facts)


def append_only() -> Finding:
    """Tables that may only grow refuse the application's changes (只增表)."""
    with connection.cursor() as cursor:
        cursor.execute(_APPEND_ONLY)
        rows = cursor.fetchall()
    open_tables = [table for table, guarded, allowed in rows if allowed or not guarded]
    facts: dict[str, object] = {"tables": len(rows), "open": open_tables}
    if open_tables:
        text = _("以下只增表可被改动：%(tables)s。请以属主身份重新执行迁移中的权限语句，并查明原因。")
        return Finding("append_only", ERROR, text % {"tables": "、".join(open_tables)}, facts)
    if not rows:
        return Finding("append_only", ERROR, _("未找到任何只增表，数据库可能尚未迁移。"), facts)
    return Finding("append_only", OK, _("%(tables)s张只增表均拒绝改动。") % facts, facts)


def migrations() -> Finding:
    """The tables are those of this version of the code (迁移)."""
    executor = MigrationExecutor(connection)
    waiting = [
        f"{step.app_label}.{step.name}" for step, _back in executor.migration_plan(executor.loader.graph.leaf_nodes())
    ]
    facts: dict[str, object] = {"waiting": waiting}
    if waiting:
        text = _("有%(count)s项迁移未执行，请运行 manage.py migrate --database owner。")
        return Finding("migrations", ERROR, text % {"count": len(waiting)}, facts)
    return Finding("migrations", OK, _("数据库结构与程序一致。"), facts)


def state_tables() -> Finding:
    """The triggers that keep illegal moves out say what the code says (状态表触发器)."""
    differing = [one.msg for one in triggers_fit_tables(databases=["default"])]
    facts: dict[str, object] = {"differing": differing}
    if differing:
        text = _("有%(count)s张状态表的触发器与程序不一致，请执行迁移；仍不一致则有人改动过数据库。")
        return Finding("state_tables", ERROR, text % {"count": len(differing)}, facts)
    return Finding("state_tables", OK, _("状态表触发器与程序一致。"), facts)


def row_policies() -> Finding:
    """The policies that keep counties apart say what the code says (行级管辖策略)."""
    differing = [one.obj._meta.verbose_name for one in walls_stand(databases=["default"])]
    facts: dict[str, object] = {"tables": len(walls()), "differing": [str(one) for one in differing]}
    if differing:
        text = _("以下记录的行级管辖策略与程序不一致：%(records)s。请执行迁移；仍不一致则有人改动过数据库。")
        return Finding("row_policies", ERROR, text % {"records": "、".join(map(str, differing))}, facts)
    loader = settings.DATABASE_ROLES["loader"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolbypassrls FROM pg_roles WHERE rolname = %s", [loader])
        if cursor.fetchone() == (False,):
            text = _("装载角色 %(role)s 无法批量装载，请由数据库管理员执行 ALTER ROLE %(role)s BYPASSRLS。")
            return Finding("row_policies", WARNING, text % {"role": loader}, facts)
    return Finding("row_policies", OK, _("%(tables)s张表的行级管辖策略与程序一致。") % facts, facts)


def clock_skew() -> Finding:
    """The machine and the database agree on the time (时钟偏差)."""
    before = clock.real_now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (theirs,) = cursor.fetchone()
    middle: dt.datetime = before + (clock.real_now() - before) / 2
    skew = abs((theirs - middle).total_seconds())
    facts = {"seconds": round(skew, 3)}
    if skew > SKEW_WARNING:
        level = ERROR if skew > SKEW_ERROR else WARNING
        text = _("本机与数据库时钟相差%(seconds)s秒，签名与时限将出错，请校准两机时间。")
        return Finding("clock_skew", level, text % facts, facts)
    return Finding("clock_skew", OK, _("本机与数据库时钟一致（相差%(seconds)s秒）。") % facts, facts)


def personal_data_keys() -> Finding:
    """The keys open what is stored (个人信息密钥): the oldest and the newest value of every encrypted column."""
    opened, shut = 0, []
    for model in apps.get_models():
        table = model._meta.db_table
        for field in model._meta.concrete_fields:
            if not isinstance(field, EncryptedTextField):
                continue
            for data in _samples(table, str(field.column), str(model._meta.pk.column)):
                try:
                    open_text(data, column=f"{table}.{field.column}")
                    opened += 1
                except UnreadablePersonalData:
                    shut.append(f"{table}.{field.column}")
    facts: dict[str, object] = {
        "opened": opened,
        "unreadable": sorted(set(shut)),
        "keys": sorted(settings.PERSONAL_DATA_KEYS),
    }
    if shut:
        text = _("现有密钥打不开：%(columns)s。请核对 SEALREG_PERSONAL_KEY 及其前一密钥，切勿删除旧密钥。")
        return Finding("personal_data_keys", ERROR, text % {"columns": "、".join(sorted(set(shut)))}, facts)
    return Finding("personal_data_keys", OK, _("个人信息密钥可用（抽查%(opened)s项）。") % facts, facts)


def _samples(table: str, column: str, key: str) -> list[bytes]:
    """Stored bytes of the first and the last row that has a value, past the decrypting field."""
    quote = connection.ops.quote_name
    found = []
    with connection.cursor() as cursor:
        for direction in ("ASC", "DESC"):
            cursor.execute(
                f"SELECT {quote(column)} FROM {quote(table)} WHERE {quote(column)} IS NOT NULL "  # noqa: S608
                f"ORDER BY {quote(key)} {direction} LIMIT 1"
            )
            found += [bytes(row[0]) for row in cursor.fetchall()]
    return found
