"""Every fault does what its name says, again in the same way for the same seed (故障开关)."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections import Counter

import pytest

from integration.agency_http import AgencyError, BadAnswer, Limits, Unreachable
from integration.business_registration.client import RegistryClient
from integration.business_registration.mock_registry import seed
from integration.ministry import forms
from integration.ministry.client import MinistryClient
from integration.mock_kit.faults import FaultMode, Faults, hits
from tests.contracts import samples
from tests.contracts.mocks import HOSTS, MINISTRY, REGISTRY, Mock, running

BODY = forms.seal_json(samples.seal(), samples.unit())
SHORT = Limits(connect=1, read=0.4, write=1, total=0.6)


def body(index: int) -> bytes:
    return forms.seal_json(samples.seal(index), samples.unit())


@pytest.mark.parametrize(
    ("mode", "error", "reason", "stored"),
    [
        ("error_before_store", Unreachable, "unavailable", 0),
        ("error_after_store", Unreachable, "unavailable", 1),
        ("timeout", Unreachable, "timeout", 1),
        ("garbage", BadAnswer, "not_json", 1),
        ("slow", None, "", 1),
        ("duplicate_ack", None, "", 1),
        ("reorder", None, "", 1),
        ("down", Unreachable, "unavailable", 0),
        ("none", None, "", 1),
    ],
)
def test_what_a_push_meets(ministry, mode, error, reason, stored):
    ministry.faults(mode, slow_seconds=0.2, hold_seconds=1)
    with MinistryClient(ministry.url, allowed_hosts=HOSTS, limits=SHORT) as client:
        started = time.monotonic()
        if error is None:
            assert client.push_seal("k", BODY).accepted
            assert (mode == "slow") == (time.monotonic() - started >= 0.2)
        else:
            with pytest.raises(error) as caught:
                client.push_seal("k", BODY)
            assert caught.value.reason == reason
            assert time.monotonic() - started < 0.9
        stats = ministry.stats()
        assert stats["distinct_keys"] == stored
        assert stats["outcomes"].get(f"fault:{mode}", 0) == (mode != "none")
        ministry.faults("none")
        assert client.push_seal("k", BODY).accepted  # whatever happened, sending again ends well
        assert ministry.stats()["distinct_keys"] == 1
        assert ministry.stats()["conflicts"] == 0


def test_acknowledgements_come_twice_and_mixed_with_older_ones(ministry):
    for index in (1, 2, 3):
        ministry.ask("POST", "/v1/seals", body(index), {"Idempotency-Key": f"k{index}"})
    ministry.faults("duplicate_ack")
    twice = ministry.ask("POST", "/v1/seals", body(4), {"Idempotency-Key": "k4"})[1]["acknowledgements"]
    assert [item["key"] for item in twice] == ["k4", "k4"]
    ministry.faults("reorder")
    mixed = ministry.ask("POST", "/v1/seals", body(5), {"Idempotency-Key": "k5"})[1]["acknowledgements"]
    assert sorted(item["key"] for item in mixed) == ["k1", "k2", "k5"]
    assert mixed[-1]["key"] != "k5"


def test_registry_feed_meets_the_same_faults(registry):
    with RegistryClient(registry.url, allowed_hosts=HOSTS, limits=SHORT) as client:
        start = client.changes(limit=50).cursor
        straight = [change.event_id for change in client.changes(start, limit=10).changes]
        registry.faults("reorder")
        shuffled = [change.event_id for change in client.changes(start, limit=10).changes]
        assert set(straight) < set(shuffled)
        assert shuffled != sorted(shuffled)
        registry.faults("duplicate_ack")
        assert Counter(change.event_id for change in client.changes(start, limit=10).changes) == dict.fromkeys(
            straight, 2
        )
        for mode in ("down", "garbage", "timeout", "error_before_store"):
            registry.faults(mode, hold_seconds=1)
            with pytest.raises(AgencyError):
                client.enterprise(seed.invent(1).uscc)


def test_control_answers_while_down(registry):
    registry.faults("down")
    assert registry.get("/healthz")["status"] == "ok"
    assert registry.get("/_control/faults")["mode"] == "down"
    assert registry.ask("GET", "/v1/changes")[0] == 503


def test_draws_depend_on_seed_key_and_count_alone():
    faults = Faults(mode=FaultMode.DOWN, rate=0.2, seed=7)
    drawn = [hits(faults, f"k{index}", 1) for index in range(5000)]
    assert drawn == [hits(faults, f"k{index}", 1) for index in range(5000)]
    assert 900 < sum(drawn) < 1100
    assert drawn != [hits(Faults(mode=FaultMode.DOWN, rate=0.2, seed=8), f"k{i}", 1) for i in range(5000)]
    assert not any(hits(Faults(mode=FaultMode.DOWN, rate=0.0), f"k{i}", 1) for i in range(500))
    assert all(hits(Faults(mode=FaultMode.DOWN, rate=1.0), f"k{i}", 1) for i in range(500))
    assert not hits(Faults(), "k", 1)


def test_the_same_seed_hits_the_same_requests(ministry):
    def run() -> list[int]:
        ministry.post("/_control/reset", {})
        ministry.faults("error_before_store", rate=0.5, seed=3)
        return [
            ministry.ask("POST", "/v1/seals", body(index), {"Idempotency-Key": f"k{index}"})[0]
            for index in range(1, 25)
        ]

    first = run()
    assert set(first) == {200, 500}
    assert run() == first


@pytest.mark.parametrize(
    "switches",
    [
        b'{"mode": "explode"}',
        b'{"mode": "down", "rate": 1.1}',
        b'{"mode": "down", "rate": -0.1}',
        b'{"mode": "down", "rate": "x"}',
        b'{"mode": "down", "seed": -1}',
        b'{"mode": "slow", "slow_seconds": 1e9}',
        b'{"modes": "down"}',
        b"NaN",
    ],
)
def test_bad_switches_are_refused_and_change_nothing(ministry, switches):
    before = ministry.get("/_control/faults")
    status, answer = ministry.ask("POST", "/_control/faults", switches)
    assert status == 400
    assert answer["message"]
    assert ministry.get("/_control/faults") == before


def test_twenty_threads_with_faults_leave_one_receipt_each(ministry):
    """Resending until receipted, at 30 % lying errors: nothing lost, nothing doubled, no conflict."""
    ministry.faults("error_after_store", rate=0.3, seed=5)
    receipts: dict[str, set[str]] = {}
    failures: list[BaseException] = []
    lock, start = threading.Lock(), threading.Barrier(20)

    def work(number: int) -> None:
        try:
            with MinistryClient(ministry.url, allowed_hosts=HOSTS, limits=Limits(read=10, total=20)) as client:
                start.wait()
                for place in range(20):
                    index = (number // 2) * 20 + place + 1  # two threads send each record
                    for _ in range(50):
                        try:
                            ack = client.push_seal(f"k{index}", body(index))
                        except Unreachable:
                            continue
                        with lock:
                            receipts.setdefault(f"k{index}", set()).add(ack.receipt)
                        break
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(receipts) == 200
    assert all(len(found) == 1 for found in receipts.values())
    stats = ministry.stats()
    assert (stats["distinct_keys"], stats["seals"], stats["conflicts"]) == (200, 200, 0)
    assert stats["outcomes"]["stored"] == 200
    assert stats["outcomes"]["fault:error_after_store"] > 20


def _port_is_free(mock: Mock) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            mock.get("/healthz")
        except OSError:
            return True
        time.sleep(0.05)
    return False


def test_the_store_outlives_stop_and_kill(tmp_path):
    with running(MINISTRY, tmp_path / "m") as mock:
        client = MinistryClient(mock.url, allowed_hosts=HOSTS)
        first = client.push_seal("k1", body(1))
        mock.faults("slow", rate=0.25, seed=9, slow_seconds=0)
        assert mock.stop(signal.SIGTERM) == 0
        mock.start()
        assert client.push_seal("k1", body(1)) == first
        assert mock.get("/_control/faults")["rate"] == 0.25
        client.push_seal("k2", body(2))
        mock.stop(signal.SIGKILL)
        assert _port_is_free(mock), "the worker outlived its killed parent"
        mock.start()
        assert {record["key"] for record in mock.get("/_control/records")["records"]} == {"k1", "k2"}
        client.close()


def test_stopping_does_not_wait_for_held_requests(tmp_path):
    with running(REGISTRY, tmp_path / "r") as mock:
        mock.faults("timeout", hold_seconds=60)
        with RegistryClient(mock.url, allowed_hosts=HOSTS, limits=SHORT) as client, pytest.raises(Unreachable):
            client.changes()
        started = time.monotonic()
        mock.stop(signal.SIGTERM)
        assert time.monotonic() - started < 6
        assert _port_is_free(mock)


def test_a_bad_command_line_is_told(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    for arguments in (["--port", "0", "--data", str(tmp_path)], ["--port", "18111", "--data", str(blocked / "x")]):
        done = subprocess.run([sys.executable, "-m", MINISTRY, *arguments], capture_output=True, text=True, timeout=20)
        assert done.returncode == 2
        assert "--port" in done.stderr
        assert "Traceback" not in done.stderr
