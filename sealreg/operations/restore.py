"""Bringing a backup back (恢复): checked before it gets its name; a live database is set aside, never lost."""

from __future__ import annotations

import datetime as dt
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
from django.conf import settings
from django.utils.translation import gettext as _
from psycopg import sql

from sealreg.database.personal import UnreadablePersonalData, open_text
from sealreg.operations.backup import KEY_CHECK_COLUMN, KEY_CHECK_WORD, count_rows
from sealreg.operations.manifest import DUMP, MEDIA, BackupUnusable, Manifest, digest, verify
from sealreg.operations.programs import owner_settings, run_program

NAME_LIMIT = 63


class RestoreRefused(Exception):
    """The restore was not begun or not finished (恢复未进行); nothing that lived before was changed."""


@dataclass(frozen=True)
class Restored:
    """What came back (恢复结果). set_aside: the new name of the database that had this name before."""

    manifest: Manifest
    database: str
    rows: int
    files_added: int
    set_aside: str | None
    keys_fit: bool


def restore_backup(
    folder: Path, *, database: str, media: Path, at: dt.datetime, replace: bool = False,
    report: Callable[[str], None] = lambda text: None,
) -> Restored:  # fmt: skip
    """Restore a backup folder into `database` on the owner's server (恢复).

    media: the file store; missing files are added, none is overwritten. replace: an existing database of that name is
    renamed with the moment `at` and kept. Raises BackupUnusable, RestoreRefused, RuntimeError.
    """
    if not 0 < len(database.encode()) <= NAME_LIMIT:
        raise RestoreRefused(_("数据库名须为1至%(limit)s个字节。") % {"limit": NAME_LIMIT})
    report(_("正在逐个校验文件摘要"))
    manifest = verify(folder)
    new_files = _new_files(folder, manifest, media)
    with _server() as server:
        if _exists(server, database) and not replace:
            raise RestoreRefused(
                _(
                    "数据库 %(name)s 已存在，未作任何改动。请换一个名称；"
                    "确需取代时，将 --replace %(name)s 写两遍，原库会改名保留。"
                )
                % {"name": database}
            )
        _must_be_idle(server, database)
        draft = f"restoring_{secrets.token_hex(6)}"
        try:
            server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(draft)))
        except psycopg.errors.InsufficientPrivilege as error:
            raise RestoreRefused(_("属主角色无权建库，请由数据库管理员执行 ALTER ROLE … CREATEDB 后再试。")) from error
        try:
            report(_("正在载入%(count)s张表") % {"count": len(manifest.rows)})
            run_program(
                "pg_restore", "--exit-on-error", "--jobs=2", f"--dbname={draft}", str(folder / DUMP), database=draft
            )
            report(_("正在核对行数"))
            _check_rows(draft, manifest)
            _grant(server, draft)
            set_aside = _take_name(server, draft, database, at)
        except BaseException:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(draft)))
            raise
    report(_("正在补入%(count)s个文件") % {"count": len(new_files)})
    for name in new_files:
        target = media / name.removeprefix(f"{MEDIA}/")
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(target.name + ".part")
        shutil.copyfile(folder / name, part)
        part.replace(target)
    return Restored(
        manifest, database, sum(manifest.rows.values()), len(new_files), set_aside, _keys_fit(manifest.key_check)
    )


def _server(name: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
    owner = owner_settings()
    return psycopg.connect(
        host=owner["HOST"], port=owner["PORT"], user=owner["USER"], password=owner["PASSWORD"],
        dbname=name, autocommit=True,
    )  # fmt: skip


def _exists(server: psycopg.Connection[tuple[object, ...]], name: str) -> bool:
    return server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _must_be_idle(server: psycopg.Connection[tuple[object, ...]], name: str) -> None:
    """Raises RestoreRefused while anybody is connected: a database in use cannot be renamed."""
    sessions = server.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [name]).fetchone()
    if sessions is not None and sessions[0]:
        text = _("%(name)s 仍有%(count)s个连接在使用，请先停止网站、后台任务与发送进程。")
        raise RestoreRefused(text % {"name": name, "count": sessions[0]})


def _new_files(folder: Path, manifest: Manifest, media: Path) -> list[str]:
    """Files the store lacks. Raises RestoreRefused when one is there with other content."""
    missing = []
    for name, value in manifest.files.items():
        if not name.startswith(f"{MEDIA}/"):
            continue
        target = (media / name.removeprefix(f"{MEDIA}/")).resolve()
        if media.resolve() not in target.parents:
            raise BackupUnusable(_("%(folder)s：%(name)s 指向材料目录之外。") % {"folder": folder, "name": name})
        if not target.exists():
            missing.append(name)
        elif digest(target) != value:
            raise RestoreRefused(_("%(path)s 已存在且内容不同，请用 --media 指定另一目录。") % {"path": target})
    return missing


def _grant(server: psycopg.Connection[tuple[object, ...]], name: str) -> None:
    """Who may connect: privileges of a database itself are not part of its dump."""
    roles = sql.SQL(", ").join(sql.Identifier(settings.DATABASE_ROLES[role]) for role in ("app", "loader"))
    database = sql.Identifier(name)
    server.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    server.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(database, roles))


def _check_rows(name: str, manifest: Manifest) -> None:
    with _server(name) as connection, connection.cursor() as cursor:
        found = count_rows(cursor)
    differing = sorted(
        table for table in found.keys() | manifest.rows.keys() if found.get(table) != manifest.rows.get(table)
    )
    if differing:
        raise RestoreRefused(_("恢复后的行数与备份不一致：%(tables)s。") % {"tables": "、".join(differing[:5])})


def _take_name(
    server: psycopg.Connection[tuple[object, ...]], draft: str, database: str, at: dt.datetime
) -> str | None:
    """Give the checked database its name; what had the name is renamed. Raises RestoreRefused while it is in use."""
    aside = None
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    if _exists(server, database):
        suffix = f"_before_{at:%Y%m%d%H%M%S}"
        aside = database[: NAME_LIMIT - len(suffix)] + suffix
        _must_be_idle(server, database)
        server.execute(rename.format(sql.Identifier(database), sql.Identifier(aside)))
    server.execute(rename.format(sql.Identifier(draft), sql.Identifier(database)))
    return aside


def _keys_fit(key_check: str) -> bool:
    try:
        return open_text(bytes.fromhex(key_check), column=KEY_CHECK_COLUMN) == KEY_CHECK_WORD
    except (UnreadablePersonalData, ValueError):
        return False
