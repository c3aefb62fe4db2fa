"""Making a backup (备份): one dump and the files it speaks of, whole or not at all."""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from django import get_version
from django.conf import settings
from django.db import connections, transaction
from django.utils.translation import gettext as _
from psycopg import sql

from sealreg.database.personal import seal_text
from sealreg.operations import manifest as manifests
from sealreg.operations.manifest import DUMP, MEDIA, PREFIX, Manifest, backups_in, digest, files_below
from sealreg.operations.programs import OWNER, owner_settings, run_program

KEY_CHECK_COLUMN, KEY_CHECK_WORD = "backup.key_check", "sealreg"
_UNFINISHED = ".unfinished-"


def make_backup(
    root: Path, *, media: Path, at: dt.datetime, keep: int, report: Callable[[str], None] = lambda text: None
) -> Path:
    """Back up database and files into a new folder below `root` (备份). Returns the folder.

    at: the moment of the backup, aware; it names the folder. keep: how many complete backups remain afterwards.
    The dump is taken first: files are only ever added, so those copied after it include all it refers to.
    Raises RuntimeError when another backup runs or a program fails; an unfinished folder is removed.
    """
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = f"{PREFIX}{at:%Y%m%d-%H%M%S}"
    with _alone(root):
        for stale in root.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(stale)
        if (root / name).exists():
            raise RuntimeError(_("%(folder)s 已存在，请稍候一秒再试。") % {"folder": root / name})
        draft = root / f"{_UNFINISHED}{name}"
        draft.mkdir(mode=0o700)
        try:
            report(_("正在导出数据库"))
            facts = _dump(draft / DUMP)
            report(_("正在复制文件"))
            files = {DUMP: digest(draft / DUMP)} | _copy_media(media, draft / MEDIA, previous=_newest(root))
            whole = Manifest(
                made_at=at.isoformat(timespec="seconds"),
                database=str(owner_settings()["NAME"]),
                versions=_versions(),
                key_ids=sorted(settings.PERSONAL_DATA_KEYS),
                key_check=seal_text(KEY_CHECK_WORD, column=KEY_CHECK_COLUMN).hex(),
                files=files,
                rows=facts[0],
                migrations=facts[1],
            )
            manifests.write_manifest(draft, whole)
            os.sync()
            draft.rename(root / name)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        for old in backups_in(root)[:-keep]:
            report(_("清除过期备份 %(name)s") % {"name": old.name})
            shutil.rmtree(old)
    return root / name


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    with (root / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RuntimeError(_("另一个备份正在写入 %(folder)s。") % {"folder": root}) from None
        yield


def _newest(root: Path) -> Path | None:
    found = backups_in(root)
    return found[-1] if found else None


def _dump(target: Path) -> tuple[dict[str, int], list[str]]:
    """Dump one snapshot; returns the rows per table and the migrations of exactly that snapshot."""
    with transaction.atomic(using=OWNER), connections[OWNER].cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        target.touch(mode=0o600)
        database = str(owner_settings()["NAME"])
        run_program("pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={target}", database=database)
        rows = count_rows(cursor)
        cursor.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1")
        return rows, [row[0] for row in cursor.fetchall()]


def count_rows(cursor: object) -> dict[str, int]:
    """Table -> number of rows, for every table of the schema (各表行数)."""
    execute, fetchall = cursor.execute, cursor.fetchall  # type: ignore[attr-defined]
    execute(
        "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' ORDER BY 1"
    )
    counts = {}
    for (table,) in fetchall():
        execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
        counts[table] = int(fetchall()[0][0])
    return counts


def _copy_media(source: Path, target: Path, *, previous: Path | None) -> dict[str, str]:
    """Copy the file store; a file the previous backup holds unchanged is linked to it, so that it costs no space."""
    found: dict[str, str] = {}
    if not source.is_dir():
        return found
    known = manifests.read_manifest(previous).files if previous else {}
    for path in files_below(source):
        name = f"{MEDIA}/{path.relative_to(source).as_posix()}"
        value = digest(path)
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if previous and known.get(name) == value and (previous / name).is_file():
            os.link(previous / name, copy)
        else:
            shutil.copyfile(path, copy)
            copy.chmod(0o600)
        found[name] = value
    return found


def _versions() -> dict[str, str]:
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SHOW server_version")
        (server,) = cursor.fetchone()
    try:
        own = version("sealreg")
    except PackageNotFoundError:
        own = "source"
    return {
        "sealreg": own,
        "python": sys.version.split()[0],
        "django": get_version(),
        "postgresql": str(server),
        "pg_dump": run_program("pg_dump", "--version", database="postgres").strip(),
    }
