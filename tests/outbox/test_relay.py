"""The relay: order, leases, fencing, back-off, parking, breaker (发送进程)."""

import threading
import time

import pytest
from django.db import connection, transaction

from sealreg.outbox import queue
from sealreg.outbox import relay as relay_module
from sealreg.outbox.errors import Refused, TryAgain
from sealreg.outbox.models import OutboxDelivery
from sealreg.outbox.registry import Policy
from sealreg.outbox.relay import BREAKER_TRIPS_AT, Breaker, Relay, back_off
from tests.outbox.conftest import due_now, owe_one, states


def test_what_is_owed_arrives_once_with_its_key_and_its_receipt(own_database, receive):
    receiver = receive()
    receiver.answers["K1"] = "R-7\n"
    message = owe_one()
    assert Relay().drain(seconds=5) == 1
    assert Relay().drain(seconds=5) == 0
    (given,) = receiver.got
    assert (given.key, given.record, given.payload["n"], given.sha256) == (
        message.key,
        ("thing", "K1"),
        1,
        message.sha256,
    )
    kept = OutboxDelivery.objects.get()
    assert (kept.state, kept.response_reference, kept.attempts, kept.lease_until) == ("SENT", "R-7", 1, None)
    assert kept.sent_at >= kept.owed_at


@pytest.mark.django_db
def test_it_refuses_to_run_inside_a_transaction():
    with pytest.raises(RuntimeError):
        Relay().drain(seconds=1)


def test_the_handler_runs_outside_any_transaction_after_the_claim_is_committed(own_database, receive):
    seen = []

    def look(delivery):
        seen.append((connection.in_atomic_block, OutboxDelivery.objects.get().lease_token))
        return "ok"

    receive().answers["K1"] = look
    owe_one()
    Relay().drain(seconds=5)
    assert seen == [(False, 1)]


def test_acts_on_one_record_arrive_in_order_and_others_do_not_wait(own_database, receive):
    receiver = receive(first_delay=60)
    for record, version in (("K1", 1), ("K1", 2), ("K2", 1), ("K1", 3)):
        owe_one(record, version)
    receiver.answers["K1"] = TryAgain("busy")
    Relay().drain(seconds=5)
    assert receiver.order == [("K1", 1), ("K2", 1)]
    receiver.answers["K1"] = "ok"
    due_now()
    Relay().drain(seconds=5)
    assert receiver.order[2:] == [("K1", 1), ("K1", 2), ("K1", 3)]


def test_a_parked_act_holds_back_later_ones_of_its_record_only_for_its_subscriber(own_database, receive):
    first, second = receive("alpha"), receive("beta")
    for record, version in (("K1", 1), ("K1", 2), ("K2", 1)):
        owe_one(record, version)
    first.answers["K1"] = Refused("E17", "unknown type")
    Relay().drain(seconds=5)
    assert states(subscriber="alpha") == [("K1", 1, "PARKED"), ("K1", 2, "PENDING"), ("K2", 1, "SENT")]
    assert second.order == [("K1", 1), ("K2", 1), ("K1", 2)]


def test_failure_is_put_off_by_the_database_clock_and_says_why(own_database, receive):
    receiver = receive(first_delay=40)
    receiver.answers["K1"] = TryAgain("http_503", "call 13800138000 or mail someone@example.org, ID 44060619900101123X")
    owe_one()
    Relay().drain(seconds=5)
    kept = OutboxDelivery.objects.get()
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM next_at - now()) FROM outbox_outboxdelivery")
        assert 18 < cursor.fetchone()[0] <= 40
    assert (kept.state, kept.last_error_code) == ("PENDING", "http_503")
    assert kept.last_error == "call *** or mail *** ID ***"


def test_the_receiver_may_say_when_to_come_back(own_database, receive):
    receive(first_delay=1).answers["K1"] = TryAgain("http_429", after=500)
    owe_one()
    Relay().drain(seconds=5)
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM next_at - now()) FROM outbox_outboxdelivery")
        assert 490 < cursor.fetchone()[0] <= 500


def test_back_off_doubles_within_its_bounds():
    policy = Policy(first_delay=2, longest_delay=100)
    for attempt, full in ((1, 2), (2, 4), (3, 8), (7, 100), (2000, 100)):
        assert all(full / 2 <= back_off(policy, attempt) <= full for _ in range(50))


def test_after_its_last_attempt_it_is_parked(own_database, receive):
    receiver = receive(max_attempts=3, first_delay=0.001)
    receiver.answers["K1"] = TryAgain("http_500")
    owe_one()
    for _ in range(5):
        due_now()
        Relay().drain(seconds=5)
    kept = OutboxDelivery.objects.get()
    assert (kept.state, kept.attempts, len(receiver.got)) == ("PARKED", 3, 3)


def test_an_error_of_ours_is_retried_and_its_text_stays_out_of_the_row(own_database, receive):
    receive(first_delay=60).answers["K1"] = KeyError("secret name")
    owe_one()
    Relay().drain(seconds=5)
    kept = OutboxDelivery.objects.get()
    assert (kept.state, kept.last_error_code, kept.last_error) == ("PENDING", "unexpected", "KeyError")


def test_a_worker_that_dies_during_every_attempt_gets_the_delivery_parked(own_database, receive):
    receiver = receive(max_attempts=2)
    owe_one()
    policy = Policy(max_attempts=2)
    for _ in range(2):  # claimed, then killed: no outcome is ever written
        assert len(queue.claim("alpha", policy, limit=5)) == 1
        due_now()
    Relay().drain(seconds=5)
    kept = OutboxDelivery.objects.get()
    assert (kept.state, kept.last_error_code, receiver.got) == ("PARKED", "worker_lost", [])


def test_a_call_that_hangs_is_cut_off(own_database, receive):
    receiver = receive(timeout=0.2, lease=5, first_delay=60)
    receiver.answers["K1"] = lambda delivery: threading.Event().wait(30)
    owe_one()
    started = time.monotonic()
    Relay().drain(seconds=5)
    assert time.monotonic() - started < 3
    assert OutboxDelivery.objects.get().last_error_code == "timeout"


@pytest.mark.parametrize("answer", ["R-1", Refused("E17"), "hang"])
def test_handlers_are_timed_in_worker_threads_too(own_database, receive, answer):
    receiver = receive(timeout=0.2, lease=5, first_delay=60)
    receiver.answers["K1"] = answer if answer != "hang" else lambda delivery: threading.Event().wait(30)
    owe_one()

    def work():
        Relay().drain(seconds=5)
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    worker.join(10)
    assert not worker.is_alive()
    kept = OutboxDelivery.objects.get()
    wanted = {"R-1": ("SENT", ""), "hang": ("PENDING", "timeout")}.get(str(answer), ("PARKED", "E17"))
    assert (kept.state, kept.last_error_code) == wanted


def test_only_the_newest_claimant_writes_the_outcome(own_database, receive):
    receive()
    owe_one()
    policy = Policy()
    (stale,) = queue.claim("alpha", policy, limit=5)
    assert queue.claim("alpha", policy, limit=5) == []
    due_now()  # the lease is over
    (fresh,) = queue.claim("alpha", policy, limit=5)
    assert fresh.token == stale.token + 1
    for outcome in (
        lambda: queue.mark_sent(stale, reference="old"),
        lambda: queue.put_off(stale, code="x", text="", delay=1),
        lambda: queue.park(stale, code="x", text=""),
        lambda: queue.give_back(stale),
    ):
        assert outcome() is False
    assert queue.mark_sent(fresh, reference="new")
    assert queue.park(fresh, code="x", text="") is False
    assert (OutboxDelivery.objects.get().state, OutboxDelivery.objects.get().response_reference) == ("SENT", "new")


def test_two_relays_share_the_queue_without_waiting(own_database, receive):
    receive()
    for number in range(4):
        owe_one(f"K{number}")
    taken = []
    with transaction.atomic():  # holds its row locks until the other has claimed
        first = queue.claim("alpha", Policy(), limit=2)

        def claim_elsewhere():
            taken.extend(queue.claim("alpha", Policy(), limit=10))
            connection.close()

        other = threading.Thread(target=claim_elsewhere)
        other.start()
        other.join(10)
        assert not other.is_alive()
    assert sorted(one.record[1] for one in first + taken) == ["K0", "K1", "K2", "K3"]
    assert len(first) == 2


def test_what_cannot_be_called_within_the_lease_is_given_back(own_database, receive, monkeypatch):
    receiver = receive(timeout=10, lease=20)
    clock = {"now": 1000.0}
    monkeypatch.setattr(relay_module.time, "monotonic", lambda: clock["now"])
    receiver.answers["K0"] = lambda delivery: clock.update(now=clock["now"] + 11)
    for number in range(3):
        owe_one(f"K{number}")
    assert Relay().drain(seconds=5) == 1
    rest = OutboxDelivery.objects.filter(state="PENDING")
    assert [(row.attempts, row.lease_until) for row in rest] == [(0, None), (0, None)]


def test_stop_is_heard_between_two_calls_and_the_rest_given_back(own_database, receive):
    receiver = receive()
    for number in range(3):
        owe_one(f"K{number}")
    assert Relay(should_stop=lambda: len(receiver.got) >= 1).drain(seconds=5) == 1
    assert OutboxDelivery.objects.filter(state="PENDING", attempts=0, lease_until=None).count() == 2


def test_a_receiver_that_is_down_is_spared_and_others_are_served(own_database, receive):
    down, up = receive("alpha", first_delay=0.001), receive("beta")
    for number in range(12):
        owe_one(f"K{number:02}")
        down.answers[f"K{number:02}"] = TryAgain("refused_connection")
    relay = Relay()
    relay.drain(seconds=5)
    assert len(down.got) == BREAKER_TRIPS_AT
    assert len(up.got) == 12
    assert OutboxDelivery.objects.filter(subscriber="alpha", attempts=0).count() == 12 - BREAKER_TRIPS_AT


def test_the_breaker_tries_one_after_its_pause_and_closes_on_success(monkeypatch):
    clock = {"now": 0.0}
    monkeypatch.setattr(relay_module.time, "monotonic", lambda: clock["now"])
    breaker = Breaker()
    for _ in range(BREAKER_TRIPS_AT):
        assert not breaker.is_open
        breaker.failed()
    assert breaker.is_open
    clock["now"] += 2.1
    assert not breaker.is_open
    breaker.failed()
    assert (breaker.is_open, breaker.pause) == (True, 4.0)
    breaker.succeeded()
    assert (breaker.failures, breaker.pause) == (0, 0.0)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("seal 4406061234567 unknown", "seal *** unknown"),
        ("call +86 138 0013 8000", "call +***"),
        ("a\x00b\r\nc", "a b  c"),
        ("code 4001", "code 4001"),
    ],
)
def test_error_texts_lose_what_may_be_personal(text, kept):
    assert queue.masked(text) == kept
    assert len(queue.masked("x" * 5000)) == queue.TEXT_LIMIT
