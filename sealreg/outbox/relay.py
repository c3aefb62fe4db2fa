"""The relay (发送进程): claims what is due, calls the handler outside any transaction, writes the outcome."""

from __future__ import annotations

import logging
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from django.db import connection

from sealreg.outbox import alarms, queue, registry, steps
from sealreg.outbox.errors import Refused, TryAgain
from sealreg.outbox.queue import Claim
from sealreg.outbox.registry import Delivery, Handler, Policy

logger = logging.getLogger("sealreg.outbox")

BREAKER_TRIPS_AT = 5
BREAKER_FIRST, BREAKER_LONGEST = 2.0, 60.0


class HandlerTooSlow(TimeoutError):
    """A handler outlasted its time (处理超时)."""


def call(handler: Handler, delivery: Delivery, *, seconds: float) -> None:
    """Run a handler and cut it off when it hangs (限时调用), whatever it waits for. Raises HandlerTooSlow.

    In the main thread, where the relay command runs, an alarm interrupts it. Elsewhere, as in Celery's threads, it runs
    in a thread of its own that is left behind: what it may still do is absorbed by the idempotency key, and it writes
    no outcome.
    """
    if threading.current_thread() is threading.main_thread():
        with _alarm(seconds):
            handler(delivery)
        return
    trouble: list[BaseException] = []

    def run() -> None:
        try:
            handler(delivery)
        except BaseException as error:
            trouble.append(error)
        finally:
            connection.close()

    helper = threading.Thread(target=run, name="outbox-handler", daemon=True)
    helper.start()
    helper.join(seconds)
    if helper.is_alive():
        raise HandlerTooSlow(f"{seconds:g} s")
    if trouble:
        raise trouble[0]


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    def interrupt(number: int, frame: FrameType | None) -> None:
        raise HandlerTooSlow(f"{seconds:g} s")

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@dataclass(slots=True)
class Breaker:
    """Spares a receiver that fails again and again (断路器): after five failures in a row it pauses, then tries one."""

    failures: int = 0
    pause: float = 0.0
    closed_at: float = 0.0

    @property
    def is_open(self) -> bool:
        return time.monotonic() < self.closed_at

    def succeeded(self) -> None:
        self.failures, self.pause = 0, 0.0

    def failed(self) -> None:
        self.failures += 1
        if self.failures >= BREAKER_TRIPS_AT:
            self.pause = min(BREAKER_LONGEST, max(BREAKER_FIRST, self.pause * 2))
            self.closed_at = time.monotonic() + self.pause


def back_off(policy: Policy, attempt: int) -> float:
    """Seconds before the next try (退避): doubled each time, half of it random, so that they do not march in step."""
    full = min(policy.longest_delay, policy.first_delay * 2.0 ** min(attempt - 1, 40))
    return full * random.uniform(0.5, 1.0)  # noqa: S311


@dataclass(slots=True)
class Relay:
    """One worker's passage through the queue (发送). `should_stop` is asked between calls."""

    should_stop: Callable[[], bool] = lambda: False
    _breakers: dict[str, Breaker] = field(default_factory=dict)

    def drain(self, *, seconds: float) -> int:
        """Deliver what is due until nothing is, the time is over or the process is to stop. Returns attempts made.

        Raises RuntimeError inside a transaction: a claim must be committed before the call it protects.
        """
        if connection.in_atomic_block:
            raise RuntimeError("the relay commits each claim; it cannot run inside a transaction")
        until = time.monotonic() + seconds
        total = 0
        while not self.should_stop() and time.monotonic() < until:
            tried = sum(self._serve(subscriber, policy) for subscriber, policy in registry.subscribers().items())
            total += tried
            if not tried:
                break
        return total

    def _serve(self, subscriber: str, policy: Policy) -> int:
        """One batch of one subscriber, so that a slow one does not keep the others waiting for long."""
        breaker = self._breakers.setdefault(subscriber, Breaker())
        if breaker.is_open or self.should_stop():
            return 0
        steps.reached(steps.BEFORE_CLAIM)
        last_start = time.monotonic() + policy.lease - policy.timeout
        held = queue.claim(subscriber, policy, limit=1 if breaker.pause else policy.batch)
        if held:
            steps.reached(steps.AFTER_CLAIM)
        tried = 0
        for one in held:
            # A call that could outlast the lease is not begun: the rest is given back for whoever is free.
            if breaker.is_open or self.should_stop() or time.monotonic() >= last_start:
                queue.give_back(one)
                continue
            self._deliver(one, policy, breaker)
            tried += 1
        return tried

    def _deliver(self, held: Claim, policy: Policy, breaker: Breaker) -> None:
        if held.attempt > policy.max_attempts:
            self._park(held, "worker_lost", "the process ended during every attempt")
            return
        handler = registry.handler_of(held.topic, held.subscriber)
        if handler is None:
            self._fail(held, policy, TryAgain("no_handler", "this relay does not know the subscription"))
            return
        delivery = Delivery(
            key=held.key, topic=held.topic, record=held.record, version=held.version, payload=held.payload,
            sha256=held.sha256, attempt=held.attempt, token=held.token, timeout=policy.timeout,
        )  # fmt: skip
        try:
            call(handler, delivery, seconds=policy.timeout)
        except Refused as refusal:
            breaker.succeeded()
            self._park(held, refusal.code, refusal.text)
        except TryAgain as failure:
            breaker.failed()
            self._fail(held, policy, failure)
        except HandlerTooSlow as slow:
            connection.close()
            breaker.failed()
            self._fail(held, policy, TryAgain("timeout", str(slow)))
        except Exception as error:
            # Its text may quote the payload or a person: only the kind of the error is kept, the log has the trace.
            logger.exception("handler of %s for %s failed", held.topic, held.subscriber)
            connection.close()
            breaker.failed()
            self._fail(held, policy, TryAgain("unexpected", type(error).__name__))
        else:
            breaker.succeeded()
            steps.reached(steps.AFTER_CALL)
            steps.reached(steps.BEFORE_MARK)
            if not queue.mark_sent(held, reference=delivery.reference):
                logger.warning("%s for %s: lease lost before the mark", held.key, held.subscriber)

    def _fail(self, held: Claim, policy: Policy, failure: TryAgain) -> None:
        if held.attempt >= policy.max_attempts:
            self._park(held, failure.code, failure.text)
            return
        delay = back_off(policy, held.attempt) if failure.after is None else min(failure.after, policy.longest_delay)
        steps.reached(steps.BEFORE_MARK)
        queue.put_off(held, code=failure.code, text=failure.text, delay=max(delay, 0.0))

    def _park(self, held: Claim, code: str, text: str) -> None:
        steps.reached(steps.BEFORE_MARK)
        if queue.park(held, code=code, text=text):
            alarms.parked(held.subscriber, held.topic, code)
