"""Every check of the doctor can fail, and says what to do (体检)."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test import override_settings

from sealreg import clock
from sealreg.accounts.models import User
from sealreg.operations import database_checks, doctor
from sealreg.operations.findings import ERROR, OK, WARNING
from sealreg.outbox.health import QueueHealth, beat
from tests.plugin import OWNER, cluster


def _levels(found):
    return {finding.check: finding.level for finding in found}


@pytest.mark.django_db
def test_a_sound_system_has_only_what_a_test_system_lacks():
    beat("loop")
    found = doctor.examine()
    levels = _levels(found)
    # A test system has no broker and no backup; the next year's holidays depend on the day the suite runs.
    lacking = {check for check, level in levels.items() if level != OK} - {"calendar", "media"}
    assert lacking == {"broker", "backup"}
    assert levels["broker"] == levels["backup"] == WARNING
    assert {
        "database",
        "database_role",
        "append_only",
        "migrations",
        "clock_skew",
        "personal_data_keys",
    } <= levels.keys()
    assert all(finding.text for finding in found)


def test_superuser_is_named_as_the_wrong_role(own_database):
    target = cluster()
    before = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(USER="postgres", PASSWORD=target.superuser_password())
    try:
        assert database_checks.role().level == ERROR
        # A superuser may change what only grows; the doctor must not call that safe.
        assert database_checks.append_only().level == ERROR
    finally:
        connection.close()
        connection.settings_dict.update(before)
    assert database_checks.role().level == OK


def test_disabled_guard_of_an_append_only_table_is_found(own_database):
    with cluster().connect(own_database) as server:
        server.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER audit_auditevent_no_change")
    found = database_checks.append_only()
    assert found.level == ERROR
    assert found.facts["open"] == ["audit_auditevent"]
    with cluster().connect(own_database) as server:
        server.execute("ALTER TABLE audit_auditevent ENABLE ALWAYS TRIGGER audit_auditevent_no_change")
        assert database_checks.append_only().level == OK
        server.execute("GRANT UPDATE ON audit_auditevent TO sealreg_app")
    assert database_checks.append_only().facts["open"] == ["audit_auditevent"]


def test_waiting_migration_is_found(own_database):
    with cluster().connect(own_database) as server:
        server.execute(f"SET ROLE {OWNER}")
        server.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
    found = database_checks.migrations()
    assert found.level == ERROR
    assert found.facts["waiting"] == ["sessions.0001_initial"]


@pytest.mark.django_db
@pytest.mark.parametrize(("shift", "level"), [(0, OK), (5, WARNING), (-5, WARNING), (120, ERROR)])
def test_clock_skew(monkeypatch, shift, level):
    monkeypatch.setattr(clock, "real_now", lambda: dt.datetime.now(clock.SHANGHAI) + dt.timedelta(seconds=shift))
    assert database_checks.clock_skew().level == level


@pytest.mark.django_db
def test_lost_key_is_found_by_column(settings):
    User.objects.create(username="holder", phone="13800000000", created_at=clock.real_now())
    assert database_checks.personal_data_keys().level == OK
    settings.PERSONAL_DATA_KEYS = {"test-2": b"3" * 32}
    found = database_checks.personal_data_keys()
    assert found.level == ERROR
    assert "accounts_user.phone" in found.facts["unreadable"]


@pytest.mark.parametrize(
    ("health", "wrong"),
    [
        (QueueHealth(3, 0, 5, 2), {}),
        (QueueHealth(0, 0, 0, None), {"relay": ERROR}),
        (QueueHealth(0, 0, 0, 61), {"relay": ERROR}),
        (QueueHealth(9, 0, 100_000, 2), {"pending": ERROR}),
        (QueueHealth(0, 2, 0, 2), {"parked": WARNING}),
    ],
)
def test_queue(monkeypatch, health, wrong):
    monkeypatch.setattr(doctor, "queue_health", lambda: health)
    assert {check: level for check, level in _levels(doctor.queue()).items() if level != OK} == wrong


@pytest.mark.django_db
def test_calendar_without_next_year():
    with clock.fixed_at(dt.datetime(2030, 1, 5, 9, tzinfo=clock.SHANGHAI)):
        assert doctor.calendar().level == ERROR
    with clock.fixed_at(dt.datetime(2020, 1, 5, 9, tzinfo=clock.SHANGHAI)):
        assert doctor.calendar().level == OK


def test_media_that_cannot_be_written_or_is_nearly_full(settings, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    settings.MEDIA_ROOT = tmp_path / "file" / "media"
    assert doctor.media().level == ERROR
    settings.MEDIA_ROOT = tmp_path / "media"
    usage = doctor.shutil.disk_usage(tmp_path)
    for share, level in ((0.5, OK), (0.05, WARNING), (0.01, ERROR)):
        fake = usage._replace(total=1000, free=int(1000 * share))
        monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _folder, fake=fake: fake)
        assert doctor.media().level == level


@pytest.mark.parametrize(("hours", "level"), [(1, OK), (30, WARNING), (100, ERROR)])
def test_age_of_the_last_backup(settings, tmp_path, hours, level):
    from sealreg.operations.manifest import Manifest, write_manifest

    settings.BACKUP_DIR, settings.DEMO = tmp_path, False
    assert doctor.backup().level == ERROR
    made = clock.real_now() - dt.timedelta(hours=hours)
    folder = tmp_path / "sealreg-x"
    folder.mkdir()
    write_manifest(folder, Manifest(made.isoformat(), "x", {}, {}, [], [], ""))
    assert doctor.backup().level == level


@pytest.mark.parametrize(
    ("values", "level"),
    [
        ({"DEMO": True}, OK),
        ({"DEMO": False, "AUTHORITY_NAME": ""}, ERROR),
        ({"DEMO": False, "AUTHORITY_NAME": "某厅", "DEBUG": True}, ERROR),
        ({"DEMO": False, "AUTHORITY_NAME": "某厅"}, OK),
    ],
)
def test_zone(values, level):
    with override_settings(**values):
        assert doctor.zone().level == level


def test_unreachable_database_is_said_and_the_rest_still_examined(monkeypatch):
    def refuse():
        raise OperationalError("connection refused")

    monkeypatch.setattr(doctor.connection, "cursor", refuse)
    levels = _levels(doctor.examine())
    assert levels["database"] == ERROR
    assert "migrations" not in levels
    assert {"zone", "broker", "media", "backup"} <= levels.keys()


@pytest.mark.django_db
def test_failing_check_is_a_finding(monkeypatch):
    def broken():
        raise ValueError("surprise")

    monkeypatch.setattr(doctor, "WITH_DATABASE", (broken,))
    found = {finding.check: finding for finding in doctor.examine()}
    assert found["broken"].level == ERROR
    assert "surprise" in found["broken"].text


@pytest.mark.django_db
def test_command_speaks_plainly_or_json_and_alerts(capsys, settings, tmp_path):
    told = tmp_path / "told"
    settings.ALERT_COMMAND = ["/bin/sh", "-c", f'cat >> "{told}"']
    with pytest.raises(CommandError, match="需要处理"):
        call_command("doctor", json=True, alert=True)  # no relay has run in this database
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is False
    assert {"check", "level", "text", "facts"} <= report["findings"][0].keys()
    assert json.loads(told.read_text())["kind"] == "doctor.relay"

    beat("loop")
    settings.AUTHORITY_NAME = ""
    with clock.fixed_at(dt.datetime(2020, 1, 5, 9, tzinfo=clock.SHANGHAI)):
        call_command("doctor")
        assert "[正常] 数据库可用" in capsys.readouterr().out
        with pytest.raises(CommandError):
            call_command("doctor", strict=True)
