"""How often one may call (限流)."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sealreg.api.models import RateBucket
from sealreg.api.throttling import Rate, caller_network, take
from sealreg.clock import real_now
from tests.api.caller import make_caller, make_sandbox_secret

START = dt.datetime(2026, 8, 1, tzinfo=dt.UTC)


@pytest.mark.django_db
def test_burst_then_even_rate():
    rate = Rate(per_second=2, burst=3)
    assert [take("a", rate, at=START) for _call in range(3)] == [None] * 3
    assert take("a", rate, at=START) == dt.timedelta(seconds=0.5)
    assert take("b", rate, at=START) is None
    assert take("a", rate, at=START + dt.timedelta(seconds=0.5)) is None
    assert take("a", rate, at=START + dt.timedelta(seconds=0.6)) == dt.timedelta(seconds=0.4)
    assert take("a", rate, at=START + dt.timedelta(hours=1)) is None


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 3000), min_size=1, max_size=60))
def test_same_as_a_counted_bucket(gaps):
    """Against the plain token bucket in whole milliseconds: 4 calls a second, burst 5."""
    RateBucket.objects.all().delete()
    rate = Rate(per_second=4, burst=5)
    tokens, clock = 5 * 250, 0
    for gap in gaps:
        clock += gap
        tokens = min(5 * 250, tokens + gap)
        allowed = tokens >= 250
        tokens -= 250 if allowed else 0
        answer = take("k", rate, at=START + dt.timedelta(milliseconds=clock))
        assert (answer is None) == allowed
        if answer is not None:
            assert answer == dt.timedelta(milliseconds=250 - tokens)


@pytest.mark.django_db
def test_too_many_calls_are_told_when_to_come_back(settings):
    settings.API_RATES = settings.API_RATES | {"client": (0.1, 2)}
    caller = make_caller()
    statuses = [caller.call("GET", "/api/v1/whoami").status_code for _call in range(3)]
    assert statuses == [200, 200, 429]
    answer = caller.call("GET", "/api/v1/whoami")
    assert answer.json()["code"] == "too_many_requests"
    assert 1 <= int(answer["Retry-After"]) <= 10
    assert make_caller().call("GET", "/api/v1/whoami").status_code == 200


@pytest.mark.django_db
def test_each_kind_of_caller_has_its_rate(settings):
    settings.API_RATES = {"client": (1, 100), "sandbox": (0.1, 1), "public": (0.1, 1)}
    secret = {"Authorization": f"Bearer {make_sandbox_secret()}"}
    assert [Client().get("/api/v1/whoami", headers=secret).status_code for _call in range(2)] == [200, 429]
    assert [Client().get("/.well-known/jwks.json").status_code for _call in range(2)] == [200, 429]
    assert Client(REMOTE_ADDR="192.0.2.9").get("/.well-known/jwks.json").status_code == 200


def test_ipv6_callers_are_counted_by_their_network():
    assert caller_network("2001:db8:1:2:3::4") == caller_network("2001:db8:1:2:ffff::1") == "2001:db8:1:2::/64"
    assert caller_network("192.0.2.1") == "192.0.2.1"
    assert caller_network("") == "unknown"


def test_processes_count_together(own_database):
    rate, passed = Rate(per_second=0.001, burst=20), []
    start = threading.Barrier(8)

    def work():
        try:
            start.wait(30)
            for _call in range(10):
                if take("shared", rate, at=real_now()) is None:
                    passed.append(1)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(passed) == 20
