"""A dead, silent or absent broker costs a request nothing (唤醒)."""

import logging
import multiprocessing
import socket
import threading
import time
import warnings

import pytest
from celery import Celery
from django.db import transaction
from django.utils.module_loading import import_string

from sealreg import celery as celery_module
from sealreg.outbox import nudge
from sealreg.outbox.models import OutboxMessage
from sealreg.outbox.tasks import drain
from tests.outbox.conftest import owe_one, states

sent = threading.Event()


def remember():
    sent.set()


@pytest.fixture
def doorbell(monkeypatch):
    bell = nudge.Doorbell()
    monkeypatch.setattr(nudge, "_doorbell", bell)
    sent.clear()
    return bell


@pytest.fixture
def black_hole():
    """An address that accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


def test_a_commit_rings_and_a_rollback_does_not(own_database, doorbell, settings):
    settings.OUTBOX_NUDGE = f"{__name__}.remember"
    with transaction.atomic():
        owe_one()
        transaction.set_rollback(True)
    assert not sent.wait(0.1)
    owe_one()
    assert sent.wait(5)


def test_a_black_holed_broker_adds_nothing_to_the_request(own_database, doorbell, settings, monkeypatch, black_hole):
    app = Celery("unanswered", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    app.conf.broker_url = black_hole
    monkeypatch.setattr(celery_module, "app", app)
    settings.OUTBOX_NUDGE = "sealreg.celery.nudge"
    owe_one("warm-up")
    costs = []
    for number in range(10):
        started = time.perf_counter()
        owe_one(f"K{number}")
        costs.append(time.perf_counter() - started)
    settings.OUTBOX_NUDGE = ""
    started = time.perf_counter()
    owe_one("without")
    without = time.perf_counter() - started
    assert max(costs) - without < 0.05
    assert OutboxMessage.objects.count() == 12


def test_after_a_failure_the_bell_pauses_longer_each_time(doorbell, settings, monkeypatch, caplog):
    attempts, pauses, done = [], [], threading.Event()

    def refuse():
        attempts.append(1)
        raise ConnectionRefusedError

    def pause(seconds):
        pauses.append(seconds)
        if len(pauses) == 3:
            done.set()
            threading.Event().wait()  # the daemon thread stays here for the rest of the run
        doorbell.ring()

    monkeypatch.setattr(nudge, "import_string", lambda path: refuse)
    monkeypatch.setattr(nudge.time, "sleep", pause)
    settings.OUTBOX_NUDGE = "any.thing"
    with caplog.at_level(logging.WARNING, "sealreg.outbox"):
        nudge.ring()
        assert done.wait(5)
    assert pauses == [1.0, 2.0, 4.0]
    assert caplog.messages[0].startswith("wake-up not sent (ConnectionRefusedError)")


def test_many_rings_between_two_calls_are_one(doorbell, settings, monkeypatch):
    calls, gate = [], threading.Event()

    def slow():
        calls.append(1)
        gate.wait(5)

    monkeypatch.setattr(nudge, "import_string", lambda path: slow)
    settings.OUTBOX_NUDGE = "any.thing"
    nudge.ring()
    while not calls:
        time.sleep(0.001)
    for _ in range(100):
        nudge.ring()
    gate.set()
    deadline = time.monotonic() + 5
    while len(calls) < 2 and time.monotonic() < deadline:
        time.sleep(0.001)
    assert not doorbell._rung.wait(0.05)
    assert len(calls) == 2


def test_the_configured_function_exists_and_the_task_drains(own_database, receive):
    assert import_string("sealreg.celery.nudge") is celery_module.nudge
    assert celery_module.app.conf.beat_schedule["outbox.drain"]["task"] == drain.name == "outbox.drain"
    receive()
    owe_one()
    drain()
    assert states() == [("K1", 1, "SENT")]


def test_a_forked_process_has_a_bell_of_its_own(doorbell, settings, tmp_path):
    settings.OUTBOX_NUDGE = f"{__name__}.remember"
    nudge.ring()
    assert sent.wait(5)
    context = multiprocessing.get_context("fork")
    rang = context.Event()

    def child():
        sent.clear()
        nudge.ring()
        if sent.wait(5):
            rang.set()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # forking with threads alive is what is tried here
        process = context.Process(target=child)
        process.start()
    process.join(10)
    assert rang.is_set()
