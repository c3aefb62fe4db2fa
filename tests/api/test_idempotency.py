"""The same writing call twice (幂等): one effect, one answer."""

from __future__ import annotations

import datetime as dt
import os
import threading

import pytest
from django.db import connection
from django.test import Client

from sealreg.api import idempotency, views
from sealreg.api.choices import Algorithm
from sealreg.api.crypto import SUITES, write_public_pem
from sealreg.api.models import ApiKey, KeptAnswer
from sealreg.api.services import forget_old_records
from sealreg.clock import real_now
from tests.api.caller import make_caller

# The full proof takes a minute; an ordinary run does a tenth of it.
KEYS = 100 if os.environ.get("SEALREG_FULL") else 10


@pytest.fixture(autouse=True)
def _no_rate(settings):
    settings.API_RATES = dict.fromkeys(settings.API_RATES, (10_000, 100_000))


def new_key():
    return {"public_key": write_public_pem(Algorithm.ES256, SUITES[Algorithm.ES256].new_pair().public)}


@pytest.mark.django_db
def test_same_key_and_body_give_the_same_bytes():
    caller, data = make_caller(), new_key()
    first = caller.call("POST", "/api/v1/keys", data, idempotency="a-1")
    again = caller.call("POST", "/api/v1/keys", data, idempotency="a-1")
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert again["Idempotency-Replayed"] == "true"
    assert "Sealreg-Signature" in again
    assert ApiKey.objects.filter(client=caller.client).count() == 2


@pytest.mark.django_db
def test_refusals_are_kept_as_well():
    caller = make_caller()
    answers = [caller.call("POST", "/api/v1/keys", {"public_key": "x"}, idempotency="a-1") for _attempt in range(2)]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert answers[0].content == answers[1].content


@pytest.mark.django_db
def test_another_body_under_the_same_key_is_refused():
    caller = make_caller()
    caller.call("POST", "/api/v1/keys", new_key(), idempotency="a-1")
    answer = caller.call("POST", "/api/v1/keys", new_key(), idempotency="a-1")
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")


@pytest.mark.django_db
def test_keys_of_two_clients_do_not_meet():
    first, second = make_caller(), make_caller()
    assert first.call("POST", "/api/v1/keys", new_key(), idempotency="a-1").status_code == 201
    assert second.call("POST", "/api/v1/keys", new_key(), idempotency="a-1").status_code == 201


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["x" * 129, "a b", "é"])
def test_malformed_key_is_refused(key):
    answer = make_caller().call("POST", "/api/v1/keys", new_key(), idempotency=key)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_malformed")


@pytest.mark.django_db
def test_our_own_failure_leaves_no_trace(monkeypatch):
    caller, data = make_caller(), new_key()
    real = views.add_key

    def fail_after(*args, **kwargs):
        real(*args, **kwargs)
        raise ZeroDivisionError

    monkeypatch.setattr(views, "add_key", fail_after)
    assert caller.call("POST", "/api/v1/keys", data, idempotency="a-1").status_code == 500
    assert ApiKey.objects.filter(client=caller.client).count() == 1
    assert not KeptAnswer.objects.exists()
    monkeypatch.setattr(views, "add_key", real)
    assert caller.call("POST", "/api/v1/keys", data, idempotency="a-1").status_code == 201


@pytest.mark.django_db
def test_answers_are_kept_for_a_day(monkeypatch):
    caller, data = make_caller(), new_key()
    first = caller.call("POST", "/api/v1/keys", data, idempotency="a-1")
    forget_old_records(at=real_now() + dt.timedelta(hours=23, minutes=59))
    assert KeptAnswer.objects.count() == 1
    later = real_now() + dt.timedelta(hours=24, minutes=1)
    monkeypatch.setattr(idempotency, "real_now", lambda: later)
    after = caller.call("POST", "/api/v1/keys", data, idempotency="a-1")
    assert (first.status_code, after.status_code) == (201, 409)
    forget_old_records(at=later + dt.timedelta(hours=24, seconds=1))
    assert not KeptAnswer.objects.exists()


def test_sixteen_callers_at_once_have_one_effect_per_key(own_database, monkeypatch, settings):
    """Each key's act happens once, and every thread gets the same bytes."""
    caller = make_caller()
    acts: list[str] = []

    def act(self, request):
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO api_ratebucket (key, spread_to) VALUES (%s, now())", [request.data["key"]])
        acts.append(request.data["key"])
        return views.Response({"done": request.data["key"], "at": real_now()}, status=201)

    monkeypatch.setattr(views.KeysView, "post", act)
    answers: dict[str, set[tuple[int, bytes]]] = {f"k-{number}": set() for number in range(KEYS)}
    start = threading.Barrier(16)
    failures: list[BaseException] = []

    def work():
        try:
            start.wait(30)
            for key in answers:
                answer = caller.call("POST", "/api/v1/keys", {"key": key}, idempotency=key)
                answers[key].add((answer.status_code, answer.content))
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not failures
    assert sorted(acts) == sorted(answers)
    assert all(len(seen) == 1 and next(iter(seen))[0] == 201 for seen in answers.values())


def test_a_slow_first_call_is_waited_for_and_then_told(own_database, monkeypatch):
    caller, data = make_caller(), new_key()
    monkeypatch.setattr(idempotency, "_WAIT", "100ms")
    began, finish = threading.Event(), threading.Event()
    real = views.add_key

    def slow(*args, **kwargs):
        began.set()
        assert finish.wait(30)
        return real(*args, **kwargs)

    monkeypatch.setattr(views, "add_key", slow)
    first: list[int] = []

    def work():
        try:
            first.append(caller.call("POST", "/api/v1/keys", data, idempotency="a-1").status_code)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert began.wait(30)
        second = caller.call("POST", "/api/v1/keys", data, idempotency="a-1")
        assert (second.status_code, second.json()["code"]) == (409, "idempotency_in_progress")
    finally:
        finish.set()
        thread.join(30)
    assert first == [201]


@pytest.mark.django_db
def test_reading_ignores_the_key():
    assert make_caller().call("GET", "/api/v1/keys", idempotency="a-1").status_code == 200
    assert not KeptAnswer.objects.exists()
    assert Client().get("/api/v1/schema/", headers={"Idempotency-Key": "x"}).status_code == 200
