"""`drain_outbox` delivers without any broker and stops when told (发送命令)."""

import os
import signal
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import OperationalError

from sealreg.outbox import health
from sealreg.outbox.management.commands import drain_outbox
from sealreg.outbox.models import RelayHeartbeat
from tests.outbox.conftest import owe_one, states


@pytest.fixture
def signals_restored():
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_once_delivers_what_is_due(own_database, receive, signals_restored):
    receive()
    owe_one("K1")
    owe_one("K2")
    out = StringIO()
    call_command("drain_outbox", stdout=out)
    assert out.getvalue() == "2 attempts, 0 still pending\n"
    assert RelayHeartbeat.objects.count() == 1


def test_loop_finds_new_work_beats_and_stops_on_sigterm(own_database, receive, signals_restored):
    receiver = receive()
    owe_one("K1")

    def second_then_stop(delivery):
        owe_one("K2")
        return "ok"

    def stop(delivery):
        os.kill(os.getpid(), signal.SIGTERM)
        return "ok"

    receiver.answers.update(K1=second_then_stop, K2=stop)
    out = StringIO()
    call_command("drain_outbox", "--loop", stdout=out)
    assert out.getvalue() == "stopped\n"
    assert states() == [("K1", 1, "SENT"), ("K2", 1, "SENT")]
    assert health.queue_health().relay_silent_for == 0


def test_loop_outlives_a_database_that_is_away(own_database, receive, signals_restored, monkeypatch):
    receive().answers["K1"] = lambda delivery: os.kill(os.getpid(), signal.SIGTERM)
    owe_one("K1")
    outages = iter([OperationalError("gone"), OperationalError("still gone")])
    waited = []

    def beat(kind):
        outage = next(outages, None)
        if outage:
            raise outage

    monkeypatch.setattr(drain_outbox.health, "beat", beat)
    monkeypatch.setattr(drain_outbox, "DATABASE_PAUSE", 0.01)
    monkeypatch.setattr(
        drain_outbox.threading.Event, "wait", lambda self, seconds=None: waited.append(seconds), raising=True
    )
    call_command("drain_outbox", "--loop", stdout=StringIO())
    assert waited[:2] == [0.01, 0.01]
    assert states() == [("K1", 1, "SENT")]
