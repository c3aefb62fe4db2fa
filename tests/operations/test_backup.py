"""A backup comes back as it was, or says why not (备份与恢复)."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from psycopg import sql

from sealreg import clock
from sealreg.audit.models import AuditEvent
from sealreg.audit.services import record
from sealreg.database.actor import SystemActor
from sealreg.database.door import transaction
from sealreg.operations.backup import make_backup
from sealreg.operations.manifest import BackupUnusable, backups_in, read_manifest, verify, write_manifest
from sealreg.operations.restore import RestoreRefused, restore_backup
from tests.plugin import OWNER, cluster

AT = dt.datetime(2026, 3, 2, 10, 30, tzinfo=clock.SHANGHAI)
JOB = SystemActor("test-job")


@pytest.fixture
def media(settings):
    """A file store with two files."""
    folder = settings.MEDIA_ROOT
    (folder / "ab").mkdir(parents=True)
    (folder / "ab" / "first").write_bytes(b"\x00first" * 1000)
    (folder / "第二").write_bytes(b"second")
    return folder


@pytest.fixture
def drop():
    """Names of databases to remove afterwards."""
    names: list[str] = []
    yield names
    with cluster().connect() as server:
        found = [row[0] for row in server.execute("SELECT datname FROM pg_database").fetchall()]
        for name in found:
            if any(str(name).startswith(prefix) for prefix in names):
                server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _write(count):
    with transaction(JOB):
        for number in range(count):
            record("test.happened", by=JOB, at=AT, subject=("thing", str(number)), facts={"number": number, "名": "值"})


_POLICIES = """
SELECT c.relname, c.relrowsecurity, polname, pg_get_expr(polqual, polrelid)
FROM pg_policy JOIN pg_class c ON c.oid = polrelid ORDER BY 1, 3
"""


def _rows(name):
    with cluster().connect(name) as server:
        return server.execute("SELECT event, subject_id, facts::text FROM audit_auditevent ORDER BY id").fetchall()


def test_round_trip_brings_back_rows_files_roles_and_guards(own_database, media, tmp_path, drop):
    _write(25)
    folder = make_backup(tmp_path / "backups", media=media, at=AT, keep=3)
    before = _rows(own_database)
    target = f"{own_database}_back"
    drop.append(target)

    done = restore_backup(folder, database=target, media=tmp_path / "media back", at=AT)

    assert len(before) == 25
    assert _rows(target) == before
    assert (done.keys_fit, done.set_aside, done.files_added) == (True, None, 2)
    assert (tmp_path / "media back" / "第二").read_bytes() == b"second"
    with cluster().connect() as server:
        row = server.execute("SELECT datacl::text FROM pg_database WHERE datname = %s", [target]).fetchone()
    assert "sealreg_app=Tc/" in row[0]
    assert "{=" not in row[0]
    assert ",=" not in row[0]
    # The application may read the copy and still may not change what only grows.
    with cluster().connect(target) as server:
        server.execute("SET ROLE sealreg_app")
        assert server.execute("SELECT count(*) FROM audit_auditevent").fetchone() == (25,)
        with pytest.raises(Exception, match="permission denied"):
            server.execute("DELETE FROM audit_auditevent")
        server.execute("RESET ROLE")
        with pytest.raises(Exception, match="append-only"):
            server.execute("DELETE FROM audit_auditevent")
        # Counties are kept apart in the copy as in the original.
        policies = server.execute(_POLICIES).fetchall()
    with cluster().connect(own_database) as server:
        assert policies == server.execute(_POLICIES).fetchall()
    assert len(policies) > 20


def test_manifest_counts_what_was_dumped_not_what_came_later(own_database, media, tmp_path):
    _write(3)
    folder = make_backup(tmp_path, media=media, at=AT, keep=3)
    _write(2)
    manifest = read_manifest(folder)
    assert manifest.rows["audit_auditevent"] == 3
    assert AuditEvent.objects.count() == 5
    assert "database.0001_roles" in manifest.migrations


def test_changed_backup_is_refused_before_anything_is_made(own_database, media, tmp_path):
    folder = make_backup(tmp_path / "backups", media=media, at=AT, keep=3)
    target = f"{own_database}_never"
    for victim in ("database.dump", "media/第二", "manifest.json", "SHA256SUMS"):
        path = folder / victim
        whole = path.read_bytes()
        path.write_bytes(whole.replace(b"e", b"f", 1))
        with pytest.raises(BackupUnusable):
            restore_backup(folder, database=target, media=tmp_path / "elsewhere", at=AT)
        path.write_bytes(whole)
    verify(folder)
    (folder / "media" / "ab" / "first").unlink()
    with pytest.raises(BackupUnusable, match="media/ab/first"):
        restore_backup(folder, database=target, media=tmp_path / "elsewhere", at=AT)
    with cluster().connect() as server:
        assert server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [target]).fetchone() is None
    assert not (tmp_path / "elsewhere").exists()


def test_files_outside_the_store_are_refused(own_database, media, tmp_path):
    folder = make_backup(tmp_path / "backups", media=media, at=AT, keep=3)
    honest = read_manifest(folder)
    name = "media/../../../stray"
    (tmp_path / "stray").write_bytes(b"second")
    forged = dataclasses.replace(honest, files=honest.files | {name: honest.files["media/第二"]})
    write_manifest(folder, forged)
    with pytest.raises(BackupUnusable, match="stray"):
        restore_backup(folder, database="never", media=tmp_path / "media", at=AT)


def test_live_database_is_set_aside_only_when_asked_and_idle(own_database, media, tmp_path, drop):
    _write(4)
    folder = make_backup(tmp_path / "backups", media=media, at=AT, keep=3)
    target = f"{own_database}_live"
    drop.append(target)
    with cluster().connect() as server:
        server.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(target), sql.Identifier(OWNER)))
    with cluster().connect(target) as live:
        live.execute("CREATE TABLE precious AS SELECT 42 AS answer")

    with pytest.raises(RestoreRefused, match="--replace"):
        restore_backup(folder, database=target, media=media, at=AT)
    with cluster().connect(target), pytest.raises(RestoreRefused, match="停止"):
        restore_backup(folder, database=target, media=media, at=AT, replace=True)
    done = restore_backup(folder, database=target, media=media, at=AT, replace=True)

    assert done.set_aside == f"{target}_before_20260302103000"
    assert len(_rows(target)) == 4
    with cluster().connect(done.set_aside) as aside:
        assert aside.execute("SELECT answer FROM precious").fetchone() == (42,)
    with cluster().connect() as server:
        drafts = server.execute("SELECT datname FROM pg_database WHERE datname LIKE 'restoring_%'").fetchall()
    assert drafts == []


def test_file_with_other_content_is_never_overwritten(own_database, media, tmp_path):
    folder = make_backup(tmp_path / "backups", media=media, at=AT, keep=3)
    (media / "第二").write_bytes(b"something else")
    with pytest.raises(RestoreRefused, match="第二"):
        restore_backup(folder, database=f"{own_database}_never", media=media, at=AT)
    assert (media / "第二").read_bytes() == b"something else"


def test_unchanged_files_cost_no_space_and_old_backups_go(own_database, media, tmp_path):
    for minute in range(4):
        make_backup(tmp_path, media=media, at=AT + dt.timedelta(minutes=minute), keep=2)
    left = backups_in(tmp_path)
    assert [path.name for path in left] == ["sealreg-20260302-103200", "sealreg-20260302-103300"]
    first, second = ((path / "media" / "第二").stat() for path in left)
    assert first.st_ino == second.st_ino
    for path in left:
        verify(path)


def test_failed_backup_leaves_nothing_that_looks_like_one(own_database, media, tmp_path, monkeypatch):
    monkeypatch.setattr("sealreg.operations.backup._copy_media", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        make_backup(tmp_path / "b", media=media, at=AT, keep=2)
    assert [path.name for path in (tmp_path / "b").iterdir()] == [".lock"]


def test_commands_say_what_they_did_and_want_the_name_twice(own_database, media, tmp_path, drop, capsys):
    _write(1)
    call_command("backup", to=tmp_path / "b", language="en")
    folder = backups_in(tmp_path / "b")[0]
    target = f"{own_database}_cmd"
    drop.append(target)
    call_command("restore", str(folder), database=target, media=tmp_path / "m")
    out = capsys.readouterr().out
    assert str(folder) in out
    assert target in out
    with pytest.raises(CommandError, match="两遍"):
        call_command("restore", str(folder), database=target, media=tmp_path / "m", replace=[target])
    with pytest.raises(CommandError, match="已存在"):
        call_command("restore", str(folder), database=target, media=tmp_path / "m")


def test_without_the_owner_the_command_names_the_variable(own_database, tmp_path, monkeypatch):
    monkeypatch.delitem(connections.settings, "owner")
    with pytest.raises(Exception, match="SEALREG_OWNER_DATABASE_URL"):
        make_backup(tmp_path, media=tmp_path / "none", at=AT, keep=1)
    assert connection.settings_dict["USER"] == "sealreg_app"
