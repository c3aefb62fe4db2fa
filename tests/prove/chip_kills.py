"""SIGKILL during injection (灌装中断证明): of the register's worker and of the institute, at every part of the work.

After each kill every card is either blank or holds the one set of keys it will keep; the next run finishes the batch;
then each chip is filled once, with the key the register knows, and none is left over.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import sys
import time
import traceback
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any
from unittest import mock

import psycopg
from django.db import connections

from chips import profile
from chips.logistics import injection
from chips.logistics.injection import fill_batch
from chips.logistics.injector import Injector, Presented, SimulatedInjector
from chips.models import Chip, ChipBatch, InjectionIntent
from chips.simulator.institute import Institute
from integration.institute.mock_institute import vault as vault_room
from integration.institute.mock_institute.office import Office
from integration.institute.mock_institute.vault import Vault
from sealreg.database.actor import SystemActor
from sealreg.local import postgres
from tests import plugin
from tests.chips.cards import masters
from tests.chips.world import MASTER, NOW, SUITE, VERSION, World, world
from tests.factories.chips import uids

ROOT = Path(injection.__file__).parents[2]
PHRASES = ("east", "south", "west")
PURPOSES = (("VERIFY", "44"), ("MANAGE", "44"), ("ISSUER", "00"), ("MINISTRY", "MP"))
KILLER = SystemActor("prove-kills")


@dataclass
class Plan:
    """How hard to try. `plant`: "new_keys" makes the institute draw new keys at every start."""

    kills: int = 35
    institute_kills: int = 15
    chips: int = 4
    plant: str = ""


@dataclass
class Kills:
    """What became of them (结果)."""

    killed: int = 0
    finished: int = 0
    faults: Counter[str] = field(default_factory=Counter)


def run_and_kill(rooms: Sequence[str], step: int, act: Callable[[], object]) -> tuple[bool, int]:
    """Run an act in a process of its own that kills itself at its n-th line in these rooms (自杀进程).

    step: 0 lets it finish. Returns whether it was killed, and how many lines it came to. Raises RuntimeError when the
    act failed by itself.
    """
    for connection in connections.all(initialized_only=True):
        connection.close()
    told, tell = os.pipe()
    child = os.fork()
    if not child:
        os.close(told)
        _be_killed(rooms, step, act, tell)
    os.close(tell)
    with os.fdopen(told, "rb") as pipe:
        text = pipe.read().decode()
    _pid, status = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    if not killed and not text.isdigit():
        raise RuntimeError(text[-1500:])
    return killed, int(text) if text.isdigit() else step


def _be_killed(rooms: Sequence[str], step: int, act: Callable[[], object], tell: int) -> None:
    starts = tuple(str(ROOT / room) for room in rooms)
    count = 0

    def tick(frame: FrameType, event: str, _arg: Any) -> Any:
        nonlocal count
        if not frame.f_code.co_filename.startswith(starts):
            return None
        if event in ("line", "return"):
            count += 1
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)
        return tick

    try:
        # A browser test before leaves an event loop in this thread; the child has none, and so finds the connection
        # that was open before it, on another database and shared with the parent.
        for connection in connections.all(initialized_only=True):
            connection.connection = None
        sys.settrace(tick)
        act()
        sys.settrace(None)
        os.write(tell, str(count).encode())
    except BaseException:
        sys.settrace(None)
        os.write(tell, traceback.format_exc().encode())
    finally:
        os._exit(0)


def spread(total: int, number: int) -> list[int]:
    """So many steps, evenly over the whole (均匀分布)."""
    return [1 + (total - 1) * place // max(number - 1, 1) for place in range(number)]


# ---- the register's worker


class Register:
    """Kills of the worker that fills batches (灌装任务)."""

    def __init__(self, plan: Plan, folder: Path, settings: Any) -> None:
        self.plan, self.kills = plan, Kills()
        self.world: World = world(folder, settings)
        self.batches = 0

    def run(self) -> Kills:
        _killed, lines = self._attempt(self._batch(), 0)
        for step in spread(lines, self.plan.kills):
            batch = self._batch()
            killed, _lines = self._attempt(batch, step)
            self.kills.killed += killed
            before = {uid: keys for uid in _uids_of(batch) if (keys := self._keys_of(uid))}
            try:
                self._finish(batch)
            except RuntimeError as error:
                self.kills.faults[f"not finished: {str(error).splitlines()[-1][:60]}"] += 1
                continue
            self._judge(batch, before)
        return self.kills

    def _batch(self) -> ChipBatch:
        self.batches += 1
        return self.world.released(self.plan.chips, number=f"P-KILL-{self.batches}")

    def _injector(self) -> Injector:
        drawn = secrets.token_bytes(16) if self.plan.plant == "new_keys" else MASTER
        cards = self.world.cards
        return SimulatedInjector(Institute(cards, suite=SUITE, version=VERSION, masters=masters(drawn)), cards)

    def _attempt(self, batch: ChipBatch, step: int) -> tuple[bool, int]:
        def fill() -> None:
            with contextlib.ExitStack() as stack:
                if self.plan.plant == "new_keys":  # and nobody compares what it reports
                    stack.enter_context(mock.patch.object(injection.hmac, "compare_digest", return_value=True))
                fill_batch(batch, self._injector(), by=KILLER, clock=lambda: NOW, chunk=2)

        return run_and_kill(("chips",), step, fill)

    def _finish(self, batch: ChipBatch) -> None:
        """The next runs of the worker; the first may still find the dead one's lock standing for a moment."""
        for _ in range(50):
            self._attempt(batch, 0)
            batch.refresh_from_db()
            if batch.status == "FILLED":
                return
            time.sleep(0.1)

    def _keys_of(self, uid: str) -> dict[int, bytes]:
        """All keys a card holds, nothing for a blank one; a card that cannot be read is a fault."""
        try:
            content = self.world.cards.take(uid).read()
        except FileNotFoundError:
            return {}
        except Exception as error:
            self.kills.faults[f"card broken: {type(error).__name__}"] += 1
            return {}
        return {} if content.state == profile.STATE_BLANK else dict(content.keys)

    def _judge(self, batch: ChipBatch, before: dict[str, dict[int, bytes]]) -> None:
        faults = self.kills.faults
        batch.refresh_from_db()
        if batch.status != "FILLED":
            faults["batch not finished"] += 1
        for chip in Chip.objects.filter(batch_no=batch.number):
            self.kills.finished += chip.status == "INJECTED"
            if chip.status != "INJECTED":
                faults[f"chip left {chip.status}"] += 1
                continue
            if self.world.injector.look(chip.uid) != Presented(chip.key_version, chip.key_check):
                faults["half-known: the card holds another key than the register knows"] += 1
            if chip.uid in before and before[chip.uid] != self._keys_of(chip.uid):
                faults["two keys: a filled card was filled anew"] += 1
            if InjectionIntent.objects.filter(chip=chip, done_at__isnull=False).count() != 1:
                faults["two keys: not one intent was done"] += 1


def _uids_of(batch: ChipBatch) -> list[str]:
    return list(Chip.objects.filter(batch_no=batch.number).values_list("uid", flat=True))


# ---- the institute


@contextlib.contextmanager
def apart() -> Iterator[str]:
    """A database that only the institute's role may enter (机构自有数据库)."""
    name, password = f"institute_{uuid.uuid4().hex[:10]}", secrets.token_hex(8)
    postgres.provision_apart(plugin.cluster(), name, password)
    try:
        yield plugin.cluster().url(name, password, name)
    finally:
        with plugin.cluster().connect() as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
            connection.execute(f'DROP ROLE "{name}"'.encode())


class House:
    """Kills of the institute itself (灌装机构)."""

    def __init__(self, plan: Plan, folder: Path, address: str, cards: Any) -> None:
        self.plan, self.folder, self.address, self.cards = plan, folder, address, cards
        self.kills = Kills()

    def run(self) -> Kills:
        office = self._office()
        for purpose, party in PURPOSES:
            office.make_master(
                purpose=purpose, suite=SUITE, version=VERSION, party=party, proposed_by="甲", confirmed_by="乙"
            )
        _killed, lines = self._attempt("B-0", uids(self.plan.chips), 0)
        for place, step in enumerate(spread(lines, self.plan.institute_kills), start=1):
            batch_no, wanted = f"B-{place}", uids(self.plan.chips)
            killed, _lines = self._attempt(batch_no, wanted, step)
            self.kills.killed += killed
            before = {uid: keys for uid in wanted if (keys := self._keys_of(uid))}
            try:
                self._attempt(batch_no, wanted, 0)
            except RuntimeError as error:
                self.kills.faults[f"not finished: {str(error).splitlines()[-1][:60]}"] += 1
                continue
            self._judge(batch_no, wanted, before)
        return self.kills

    def _office(self) -> Office:
        return Office(Vault(self.address, PHRASES), envelopes=self.folder / "envelopes", cards=self.cards)

    def _attempt(self, batch_no: str, wanted: list[str], step: int) -> tuple[bool, int]:
        def fill() -> None:
            with mock.patch.object(vault_room, "_open_root", _drawn) if self.plan.plant else contextlib.nullcontext():
                office = self._office()
            office.fill(batch_no=batch_no, suite=SUITE, version=VERSION, party="44", uids=wanted)

        return run_and_kill(("integration/institute", "chips"), step, fill)

    def _keys_of(self, uid: str) -> dict[int, bytes]:
        try:
            content = self.cards.take(uid).read()
        except FileNotFoundError:
            return {}
        return {} if content.state == profile.STATE_BLANK else dict(content.keys)

    def _judge(self, batch_no: str, wanted: list[str], before: dict[str, dict[int, bytes]]) -> None:
        with psycopg.connect(self.address) as connection:
            rows = connection.execute(
                "SELECT uid, key_check FROM injection WHERE batch_no = %s AND done_at IS NOT NULL", (batch_no,)
            ).fetchall()
        office = self._office()
        for uid, check in rows:
            if office.look(uid)["key_check"] != check:
                self.kills.faults["half-known: the card holds another key than the institute wrote down"] += 1
            if uid in before and before[uid] != self._keys_of(uid):
                self.kills.faults["two keys: a filled card was filled anew"] += 1
        self.kills.finished += len(rows)
        if sorted(uid for uid, _check in rows) != sorted(wanted):
            self.kills.faults["chip left over at the institute"] += 1


def _drawn(_connection: Any, _phrases: Any) -> bytes:
    return secrets.token_bytes(16)


def prove(folder: Path, settings: Any, plan: Plan | None = None) -> tuple[int, Counter[str], list[str]]:
    """Kills, faults, lines about them (灌装中断证明)."""
    plan = plan or Plan()
    (folder / "register").mkdir()
    register = Register(plan, folder / "register", settings)
    done = register.run()
    with apart() as address, mock.patch.dict(vault_room._SCRYPT, {"n": 2**4}):
        house = House(plan, folder, address, register.world.cards).run()
    killed, faults = done.killed + house.killed, done.faults + house.faults
    if not plan.plant and killed < plan.kills + plan.institute_kills - 2:  # the very last line may come after the end
        faults["kills that hit nothing"] += plan.kills + plan.institute_kills - killed
    doubled = sum(count for what, count in faults.items() if what.startswith("two keys"))
    half = sum(count for what, count in faults.items() if what.startswith("half-known"))
    note = (
        f"SIGKILL during injection: {done.killed} of the worker, {house.killed} of the institute; "
        f"{done.finished + house.finished} chips filled in the end, {doubled} double keys, {half} half known"
    )
    return killed, faults, [note]
