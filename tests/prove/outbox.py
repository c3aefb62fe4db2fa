"""Nothing owed is lost, nothing has two effects (待发消息证明).

Real PostgreSQL, real Valkey, real relay and Celery processes and a receiver that misbehaves. The workers are killed at
random and at named steps, frozen past their lease, and the broker is emptied, while facts are being owed.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from celery import Celery
from django.db import connection, connections, transaction

from sealreg.clock import SHANGHAI
from sealreg.local.paths import valkey_bin
from sealreg.outbox import registry, steps
from sealreg.outbox.services import owe
from tests.prove.outbox_app.faults import STEPS, Order

ROOT = Path(__file__).resolve().parents[2]
TOPIC, SUBSCRIBER = "prove.happened", "receiver"
VERSIONS = 2  # acts on each record, so that order is proved too
LEASE_AND_MORE = 3.2
DRAIN_SECONDS = 60.0
PATIENCE = 3.0
STOP_SECONDS = 15.0

# Who claimed which token and who wrote which outcome, as the database saw it.
WATCH = """
CREATE TABLE prove_claim (delivery bigint, token bigint, process text, PRIMARY KEY (delivery, token));
CREATE TABLE prove_fault (what text, delivery bigint, process text);
CREATE FUNCTION prove_watch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.lease_token > OLD.lease_token THEN
    INSERT INTO prove_claim VALUES (NEW.id, NEW.lease_token, current_setting('application_name'));
  ELSIF NOT EXISTS (SELECT 1 FROM prove_claim WHERE delivery = NEW.id AND token = NEW.lease_token
                    AND process = current_setting('application_name')) THEN
    INSERT INTO prove_fault VALUES ('outcome written by one who does not hold the lease', NEW.id,
                                    current_setting('application_name'));
  END IF;
  IF OLD.state = 'SENT' THEN
    INSERT INTO prove_fault VALUES ('written after it was sent', NEW.id, current_setting('application_name'));
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER prove_watch AFTER UPDATE ON outbox_outboxdelivery FOR EACH ROW EXECUTE FUNCTION prove_watch();
"""


@dataclass
class Plan:
    """How hard to try. `plant` puts a fault in on purpose: the proof must then fail."""

    messages: int = 2000
    kills: int = 50
    flushes: int = 5
    freezes: int = 5
    relays: int = 2
    celery: bool = True
    plant: str = ""
    seed: int = 20181001


@dataclass
class Report:
    """What happened, and every way in which it was wrong: kind of fault -> how many."""

    tried: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def failed(self) -> int:
        return sum(self.faults.values())


class Worker:
    """One slot that always has a process in it: a relay loop or a Celery worker."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], folder: Path) -> None:
        self.name, self.command, self.environment = name, command, environment
        self.log = folder / f"{name}.log"
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, env=self.environment, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self) -> None:
        """SIGKILL to the whole group, children included."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def thaw(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGCONT)


@contextlib.contextmanager
def broker(folder: Path) -> Iterator[str]:
    """A Valkey of the proof's own, without persistence. Gives its address."""
    home = folder / "valkey"
    home.mkdir()
    path = home / "socket"
    command = [str(valkey_bin()), "--port", "0", "--unixsocket", str(path), "--save", "", "--appendonly", "no",
               "--dir", str(home)]  # fmt: skip
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        until(path.exists, "Valkey did not start")
        yield f"redis+socket://{path}?virtual_host=0"
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def receiver(folder: Path) -> Iterator[tuple[str, Path]]:
    """The misbehaving system. Gives its address and its store."""
    port_file, store = folder / "port", folder / "store.sqlite3"
    process = subprocess.Popen([sys.executable, "-m", "tests.prove.outbox_receiver", port_file, store], cwd=ROOT)
    try:
        until(port_file.exists, "the receiver did not start")
        yield f"http://127.0.0.1:{port_file.read_text()}/", store
    finally:
        process.kill()
        process.wait()


def until(true: object, otherwise: str, seconds: float = 20.0) -> None:
    """Wait for something outside this process; raises RuntimeError when it does not come."""
    deadline = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        if time.monotonic() > deadline:
            raise RuntimeError(otherwise)
        time.sleep(0.02)


def address_of(alias: str) -> str:
    """The database of this process as an address for the children."""
    settings = connections[alias].settings_dict
    return f"postgresql://{settings['USER']}:{settings['PASSWORD']}@/{settings['NAME']}?host={settings['HOST']}"


class Proof:
    """One run of the plan against the database the process is connected to."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.report = plan, Report(tried=plan.messages)
        self.chance = random.Random(plan.seed)
        self.owed = 0
        self.kills = self.flushes = self.freezes = 0
        self.at_steps: dict[str, int] = {}
        self.next_kill: tuple[int, float] | None = None
        self.ordered = self.step = ""
        self.frozen: Worker | None = None
        self.thaw_at = 0.0

    def run(self) -> Report:
        with connections["owner"].cursor() as cursor:
            cursor.execute(WATCH)
        known = SUBSCRIBER in registry.subscribers_of(TOPIC)
        if not known:
            registry.subscribe(TOPIC, SUBSCRIBER, lambda delivery: None)
        try:
            with tempfile.TemporaryDirectory(prefix="sealreg-prove-") as name, contextlib.ExitStack() as stack:
                folder = Path(name)
                self.broker = stack.enter_context(broker(folder))
                address, self.store = stack.enter_context(receiver(folder))
                self._work(folder, address)
        finally:
            if not known:
                registry.unsubscribe(TOPIC, SUBSCRIBER)
        return self.report

    def _work(self, folder: Path, address: str) -> None:
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.prove.outbox_settings",
            "SEALREG_DATABASE_URL": address_of("default"),
            "SEALREG_BROKER_URL": self.broker,
            "PROVE_RECEIVER": address,
            "PROVE_PLANT": self.plan.plant,
            "PROVE_ORDER": str(folder / "order"),
        }
        self.order = Order(folder / "order")
        relay = [sys.executable, "manage.py", "drain_outbox", "--loop"]
        self.workers = [Worker(f"relay{n}", relay, environment, folder) for n in range(self.plan.relays)]
        if self.plan.celery:
            # As the stack runs it (sealreg.local.stack), with the beat inside.
            # As the stack runs it (sealreg.local.stack), with the beat inside.
            command = [
                *(sys.executable, "-m", "celery", "-A", "sealreg.celery", "worker", "-B"),
                *("--schedule", str(folder / "beat")),
                *("--pool", "threads", "--concurrency", "2", "--loglevel", "WARNING", "--without-gossip"),
            ]
            self.workers.append(Worker("celery", command, environment, folder))
        self.bell = Celery("prove", broker=self.broker, set_as_current=False)
        try:
            started = time.monotonic()
            self._trouble()
            last = time.monotonic()
            self._drain()
            drained = time.monotonic()
            unmoved = self._stop()
            self._judge()
            self.report.faults |= {"deaf to SIGTERM": unmoved} if unmoved else {}
            named = ", ".join(f"{step} {n}" for step, n in sorted(self.at_steps.items()))
            self.report.notes.append(
                f"kills {self.kills} (at named steps: {named or 'none'}), freezes {self.freezes}, "
                f"flushes {self.flushes}, drained {drained - last:.1f} s after the last, "
                f"{time.monotonic() - started:.0f} s in all"
            )
        finally:
            for worker in self.workers:
                worker.kill()
            self.bell.close()

    # ---- trouble while facts are owed

    def _trouble(self) -> None:
        plan = self.plan
        flush_at = [(n + 1) * plan.kills // (plan.flushes + 1) for n in range(plan.flushes)]
        freeze_at = [round((n + 0.5) * plan.kills / plan.freezes) for n in range(plan.freezes)]
        while self.kills < plan.kills or self.freezes < plan.freezes or self.owed < plan.messages:
            # Some are kept back to the end, so that whoever is to die in the middle of his work has some.
            share = (self.kills + self.freezes + 1) / (plan.kills + plan.freezes + 1)
            if self.owed < int(plan.messages * share):
                self._owe(min(20, int(plan.messages * share) - self.owed))
            elif self.ordered and self.owed < plan.messages and not self._count("PENDING"):
                self._owe(1)
            self._look_at_order()
            self._look_at_frozen()
            if self.flushes < plan.flushes and self.kills >= flush_at[self.flushes]:
                self._flush()
            if not self.ordered and self.freezes < plan.freezes and self.kills >= freeze_at[self.freezes]:
                self._order("freeze", steps.BEFORE_MARK, signal.SIGSTOP)
            elif not self.ordered and self.kills < plan.kills:
                self._kill()
            self._check_alive()
            time.sleep(0.03)

    def _owe(self, number: int) -> None:
        with transaction.atomic():
            for _ in range(number):
                record, version = divmod(self.owed, VERSIONS)
                owe(
                    TOPIC, record=("prove", f"K{record:06}"), version=version + 1,
                    at=dt.datetime.now(SHANGHAI), payload={"record": record, "act": version + 1},
                )  # fmt: skip
                self.owed += 1
        with contextlib.suppress(Exception):  # the bell may be lost; that is the point
            self.bell.send_task("outbox.drain", retry=False, ignore_result=True)

    def _order(self, kind: str, step: str, number: signal.Signals) -> None:
        self.ordered, self.step = kind, step
        self.order.place(step, number)

    def _kill(self) -> None:
        """One at random after a while of work, and by turns one at the named step that killed the fewest so far."""
        if self.kills % 2:
            self._order("kill", min(STEPS, key=lambda name: self.at_steps.get(name, 0)), signal.SIGKILL)
            return
        done = self._count("SENT")
        if self.next_kill is None:
            enough = max(1, self.plan.messages // (2 * self.plan.kills))
            self.next_kill = (done + self.chance.randint(1, enough), time.monotonic() + PATIENCE)
        elif done >= self.next_kill[0] or time.monotonic() >= self.next_kill[1]:
            worker = self.chance.choice([one for one in self.workers if one is not self.frozen])
            worker.kill()
            worker.start()
            self.kills += 1
            self.next_kill = None

    def _look_at_order(self) -> None:
        group = self.order.carried_out_by() if self.ordered else None
        worker = next((one for one in self.workers if one.process.pid == group), None)
        if self.ordered == "kill" and worker is not None:
            worker.kill()
            worker.start()
            self.kills += 1
            self.at_steps[self.step] = self.at_steps.get(self.step, 0) + 1
            self.ordered = ""
        elif self.ordered == "freeze" and worker is not None:
            self.frozen, self.thaw_at = worker, time.monotonic() + LEASE_AND_MORE
            self.ordered = "thaw"

    def _look_at_frozen(self) -> None:
        """Thaw it when its lease is over and others have taken up what it holds."""
        if self.frozen is not None and time.monotonic() >= self.thaw_at and not self._count_overdue():
            self.frozen.thaw()
            self.frozen, self.ordered = None, ""
            self.freezes += 1

    def _check_alive(self) -> None:
        for worker in self.workers:
            # One that has just obeyed an order to die is looked at in the next round.
            if worker.process.poll() is not None and self.order.carried_out_by() != worker.process.pid:
                log = worker.log.read_text(errors="replace")[-2000:]
                raise RuntimeError(f"{worker.name} ended by itself: {log}")

    def _flush(self) -> None:
        with self.bell.connection_for_write() as link:
            link.default_channel.client.flushall()
        self.flushes += 1

    # ---- the end

    def _drain(self) -> None:
        deadline = time.monotonic() + DRAIN_SECONDS
        while self._count("PENDING") and time.monotonic() < deadline:
            time.sleep(0.1)

    def _count(self, state: str) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM outbox_outboxdelivery WHERE state = %s", [state])
            return int(cursor.fetchone()[0])

    def _count_overdue(self) -> int:
        """Deliveries whose lease is over and which nobody has taken up yet."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM outbox_outboxdelivery "
                "WHERE state = 'PENDING' AND lease_until < statement_timestamp()"
            )
            return int(cursor.fetchone()[0])

    def _stop(self) -> int:
        """SIGTERM to every worker, so that a thawed one finishes what it holds. Returns how many did not end."""
        for worker in self.workers:
            worker.process.terminate()
        unmoved = 0
        for worker in self.workers:
            try:
                worker.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                unmoved += 1
        return unmoved

    def _judge(self) -> None:
        link = sqlite3.connect(self.store)
        counts = dict(link.execute("SELECT what, n FROM counts"))
        effects: dict[tuple[str, int], list[str]] = {}
        order: dict[str, list[int]] = {}
        for record, version, sha256 in link.execute("SELECT record, version, sha256 FROM effects ORDER BY id"):
            effects.setdefault((record, version), []).append(sha256)
            order.setdefault(record, []).append(version)
        receipts = dict(link.execute("SELECT key, receipt FROM receipts"))
        link.close()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT m.key, m.record_id, m.version, m.sha256, d.state, d.response_reference, d.attempts "
                "FROM outbox_outboxmessage m JOIN outbox_outboxdelivery d ON d.message_id = m.id"
            )
            rows = cursor.fetchall()
            cursor.execute("SELECT what, count(*) FROM prove_fault GROUP BY what")
            seen = dict(cursor.fetchall())
            cursor.execute("SELECT split_part(relay, ':', 1) FROM outbox_relayheartbeat ORDER BY 1")
            kinds = [row[0] for row in cursor.fetchall()]
        faults = {
            "lost before they were queued": self.plan.messages - len(rows),
            "lost": sum(1 for row in rows if (row[1], row[2]) not in effects),
            "not marked sent": sum(1 for row in rows if row[4] != "SENT"),
            "two effects": sum(len(one) - 1 for one in effects.values()),
            "other content": sum(1 for row in rows for sha256 in effects.get((row[1], row[2]), []) if sha256 != row[3]),
            "wrong receipt": sum(1 for row in rows if row[4] == "SENT" and row[5] != receipts.get(row[0])),
            "conflicts": counts.get("conflict", 0),
            "out of order": sum(1 for versions in order.values() if versions != sorted(versions)),
            **seen,
        }
        self.report.faults = {what: number for what, number in faults.items() if number}
        shown = ", ".join(f"{what} {number}" for what, number in sorted(counts.items()) if what != "posts")
        self.report.notes.append(
            f"posts {counts.get('posts', 0)} ({shown}), most attempts {max((row[6] for row in rows), default=0)}, "
            f"delivered by {' and '.join(kinds)}"
        )


def prove(plan: Plan | None = None) -> Report:
    """Run the proof in the database of this process (运行证明); it must be empty and may be thrown away afterwards."""
    return Proof(plan or Plan()).run()
