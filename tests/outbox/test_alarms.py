"""Somebody is called when a delivery is parked or waits too long (告警)."""

import json
import sys

import pytest
from django.db import connection

from sealreg.outbox import alarms, health
from sealreg.outbox.errors import Refused
from sealreg.outbox.models import OutboxDelivery, RaisedAlarm, RelayHeartbeat
from sealreg.outbox.relay import Relay
from tests.outbox.conftest import owe_one


@pytest.fixture
def heard(monkeypatch):
    calls = []
    monkeypatch.setattr(alarms, "_listeners", [calls.append])
    return calls


def age_everything(seconds):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE outbox_outboxdelivery SET owed_at = now() - make_interval(secs => %s)", [seconds])
        cursor.execute("UPDATE outbox_raisedalarm SET raised_at = now() - make_interval(secs => %s)", [seconds])


def test_a_parked_delivery_calls_once_within_ten_minutes(own_database, receive, heard):
    receiver = receive()
    for number in range(3):
        owe_one(f"K{number}")
        receiver.answers[f"K{number}"] = Refused("E17")
    Relay().drain(seconds=5)
    assert OutboxDelivery.objects.filter(state="PARKED").count() == 3
    assert [(one.kind, one.facts["code"]) for one in heard] == [("outbox.parked:alpha", "E17")]
    age_everything(alarms.QUIET_SECONDS + 1)
    owe_one("K9")
    receiver.answers["K9"] = Refused("E18")
    Relay().drain(seconds=5)
    assert [one.facts["code"] for one in heard] == ["E17", "E18"]


@pytest.mark.django_db
def test_a_backlog_older_than_the_limit_calls(receive, heard, settings):
    receive()
    owe_one()
    health.beat("loop")
    assert heard == []
    age_everything(settings.OUTBOX_MAX_AGE + 5)
    health.beat("loop")
    assert [one.kind for one in heard] == ["outbox.waiting"]
    assert heard[0].facts["oldest_seconds"] > settings.OUTBOX_MAX_AGE


@pytest.mark.django_db
def test_the_command_gets_json_on_its_input(settings, tmp_path, heard):
    note = tmp_path / "alarm.json"
    program = "import sys,pathlib; pathlib.Path(sys.argv[1]).write_bytes(sys.stdin.buffer.read())"
    settings.ALERT_COMMAND = [sys.executable, "-c", program, str(note)]
    assert alarms.raise_alarm("test.alarm", {"place": "顺德"})
    assert json.loads(note.read_text(encoding="utf-8")) == {"kind": "test.alarm", "facts": {"place": "顺德"}}


@pytest.mark.django_db
@pytest.mark.parametrize("command", [["/nonexistent/program"], [sys.executable, "-c", "raise SystemExit(3)"]])
def test_a_broken_command_neither_stops_the_work_nor_the_other_hearers(settings, heard, command):
    settings.ALERT_COMMAND = command
    assert alarms.raise_alarm("test.alarm", {})
    assert [one.kind for one in heard] == ["test.alarm"]
    assert RaisedAlarm.objects.get().kind == "test.alarm"


@pytest.mark.django_db
def test_health_counts_what_waits_and_sees_the_relay(receive):
    receive()
    assert health.queue_health() == health.QueueHealth(0, 0, 0, None)
    owe_one("K1")
    owe_one("K2")
    OutboxDelivery.objects.filter(record_id="K2").update(state="PARKED")
    age_everything(100)
    RelayHeartbeat.objects.create(relay="loop:gone-long-ago")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE outbox_relayheartbeat SET beat_at = now() - interval '2 days'")
    assert health.queue_health().relay_silent_for >= 2 * 86_400
    health.beat("loop")
    found = health.queue_health()
    assert (found.pending, found.parked, found.relay_silent_for) == (1, 1, 0)
    assert 100 <= found.oldest_pending < 160
    assert RelayHeartbeat.objects.count() == 1
