"""Clones and replays (复制与重放证明): answers used again, swapped, bent, and copies of cards; none may pass.

Between the attacks the real chips are used as banks use them, and each of those checks must pass: a system that refuses
everything would be no proof.
"""

from __future__ import annotations

import datetime as dt
import itertools
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest import mock

from django.conf import settings

from chips import verification
from chips.counters import CounterTaken, Step
from chips.keys.keystore import write_keystore
from chips.models import Chip, ChipChallenge
from chips.profile import authenticate_command
from chips.services import bind_chip
from chips.simulator.card import SimulatedCard
from chips.simulator.institute import Institute
from chips.simulator.memory import Silicon
from chips.simulator.store import CardStore
from chips.verification import ChipAnswer, Result, ask_chip, check_answer, take_challenge
from sealreg.clock import SHANGHAI
from sealreg.database.actor import SystemActor
from sealreg.database.door import transaction
from sealreg.errors import Conflict, NotFound
from tests.chips.cards import MANAGE, masters
from tests.factories import filing as made
from tests.factories.chips import chips, uids

SUITE, MASTER, BATCH = "SM4-CMAC", bytes(range(16)), "COPY-1"
BEGIN = dt.datetime(2026, 6, 9, 10, 0, tzinfo=SHANGHAI)
BY = SystemActor("prove-copies")
ACCEPTED = (Result.GENUINE, Result.GENUINE_NOT_USABLE)


@dataclass
class Plan:
    """How hard to try. `plant`: "no_counter" takes every counter, "no_nonce" lets one challenge serve all."""

    attempts: int = 10_000
    chips: int = 20
    plant: str = ""
    seed: int = 146


@dataclass
class Copies:
    """One run of the plan in the database the process is connected to."""

    plan: Plan
    folder: Path
    tried: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    genuine: int = 0
    seconds: int = 0

    def run(self) -> None:
        self.chance = random.Random(self.plan.seed)
        self._stock()
        kinds: list[Callable[[str], None]] = [
            self._replay, self._replay_elsewhere, self._swap, self._clone, self._clone_in_parallel, self._bend,
            self._other_chip, self._late,
        ]  # fmt: skip
        plants = {
            "no_counter": ("take_counter", lambda *_args, **_more: CounterTaken(Step.ONWARD, 0)),
            "no_nonce": ("challenge_bytes", lambda _challenge: bytes(24)),
        }
        name, instead = plants.get(self.plan.plant, ("ANSWER_WITHIN", dt.timedelta(seconds=60)))
        with mock.patch(f"chips.verification.{name}", instead):
            for kind in itertools.cycle(kinds):
                if self.tried.total() >= self.plan.attempts:
                    break
                kind(self.chance.choice(self.uids))

    def _stock(self) -> None:
        settings.KEYSTORE_PATH, settings.KEYSTORE_PASSPHRASE = self.folder / "keys.json", "two halves"
        name = (SUITE, 1)
        write_keystore(settings.KEYSTORE_PATH, "two halves", {name: MASTER}, management={name: MANAGE})
        self.cards = CardStore(self.folder / "cards", b"k" * 32)
        institute = Institute(self.cards, suite=SUITE, version=1, masters=masters(MASTER))
        self.uids, shop = uids(self.plan.chips), made.shop()
        for uid in self.uids:
            filled = institute.fill(uid, batch_no=BATCH)
            chips(shop=shop, given=[uid], suite=SUITE, key_check=filled.key_check, batch_no=BATCH)
        with transaction(BY):
            for place, chip in enumerate(Chip.objects.filter(uid__in=self.uids)):
                bind_chip(chip, shop=shop, seal_code=f"440606{place:07d}", by=BY, at=BEGIN)

    # ---- what a bank does

    def _now(self) -> dt.datetime:
        self.seconds += 1
        return BEGIN + dt.timedelta(seconds=self.seconds)

    def _ask(self, uid: str) -> ChipChallenge:
        return ask_chip(uid, asked_by="bank-1", purpose="counter", at=self._now())

    def _tap(self, uid: str, challenge: ChipChallenge, card: SimulatedCard | None = None) -> ChipAnswer:
        covered = verification.challenge_bytes  # the planted one, when one is planted

        raw = (card or self.cards.insert(uid)).transmit(authenticate_command(covered(challenge)))
        return ChipAnswer(uid, int.from_bytes(raw[:4], "big"), raw[4], raw[5], raw[6:22])

    def _judged(self, challenge: ChipChallenge, answer: ChipAnswer, *, at: dt.datetime | None = None) -> bool:
        """Whether the two steps of a check accept the answer."""
        try:
            taken = take_challenge(challenge.txn, asked_by="bank-1", uid=answer.uid, at=at or self._now())
        except (Conflict, NotFound):
            return False
        return check_answer(taken, answer).result in ACCEPTED

    def _use(self, uid: str) -> tuple[ChipChallenge, ChipAnswer]:
        """A real use of the real chip, which must pass."""
        challenge = self._ask(uid)
        answer = self._tap(uid, challenge)
        self.genuine += 1
        if not self._judged(challenge, answer):
            self.faults["a genuine chip was refused"] += 1
        return challenge, answer

    def _attack(
        self, kind: str, challenge: ChipChallenge, answer: ChipAnswer, *, at: dt.datetime | None = None
    ) -> None:
        self.tried[kind] += 1
        if self._judged(challenge, answer, at=at):
            self.faults[f"{kind} accepted"] += 1

    # ---- what an attacker does

    def _replay(self, uid: str) -> None:
        challenge, answer = self._use(uid)
        self._attack("replay of an answer", challenge, answer)
        # And past the door that takes a challenge once: the counter alone must refuse it.
        self.tried["replay of an answer"] += 1
        if check_answer(challenge, answer, at=self._now()).result in ACCEPTED:
            self.faults["replay of an answer accepted"] += 1

    def _replay_elsewhere(self, uid: str) -> None:
        _challenge, answer = self._use(uid)
        self._attack("old answer to a new challenge", self._ask(uid), answer)

    def _swap(self, uid: str) -> None:
        first, second = self._ask(uid), self._ask(uid)
        answers = self._tap(uid, first), self._tap(uid, second)
        self._attack("answers swapped between two transactions", first, answers[1])
        self._attack("answers swapped between two transactions", second, answers[0])

    def _copy(self, uid: str) -> SimulatedCard:
        """A copy of the card with everything it remembers (复制卡)."""
        return SimulatedCard(Silicon(self.cards.take(uid).image()))

    def _clone(self, uid: str) -> None:
        copy, times = self._copy(uid), self.chance.randint(1, 4)
        for _ in range(times):
            self._use(uid)
        for _ in range(times):
            challenge = self._ask(uid)
            self._attack("clone used after the original", challenge, self._tap(uid, challenge, copy))

    def _clone_in_parallel(self, uid: str) -> None:
        """Both are asked before either answers, as two banks would; the window must not let both in."""
        copy = self._copy(uid)
        first, second = self._ask(uid), self._ask(uid)
        answer, copied = self._tap(uid, first), self._tap(uid, second, copy)
        self.genuine += 1
        if not self._judged(first, answer):
            self.faults["a genuine chip was refused"] += 1
        self._attack("clone beside the original", second, copied)

    def _bend(self, uid: str) -> None:
        challenge = self._ask(uid)
        answer = self._tap(uid, challenge)
        bit = self.chance.randrange(128)
        bent = (int.from_bytes(answer.mac, "big") ^ 1 << bit).to_bytes(16, "big")
        wrong = self.chance.choice(
            [
                {"mac": bent}, {"counter": answer.counter + 1 + bit}, {"state": answer.state ^ 1 << bit % 8},
                {"key_version": answer.key_version ^ 1 << bit % 7},
            ]
        )  # fmt: skip
        self._attack("answer with a changed field", challenge, replace(answer, **wrong))

    def _other_chip(self, uid: str) -> None:
        other = self.chance.choice([one for one in self.uids if one != uid])
        challenge = self._ask(uid)
        self._attack("answer of another chip", challenge, replace(self._tap(other, challenge), uid=uid))

    def _late(self, uid: str) -> None:
        challenge = self._ask(uid)
        answer = self._tap(uid, challenge)
        self._attack(
            "answer after its minute", challenge, answer, at=challenge.answerable_until + dt.timedelta(seconds=1)
        )


def prove(folder: Path, plan: Plan | None = None) -> tuple[int, Counter[str], list[str]]:
    """Attempts, faults, lines about them (复制与重放证明)."""
    copies = Copies(plan or Plan(), folder)
    copies.run()
    accepted = sum(count for what, count in copies.faults.items() if what.endswith("accepted"))
    attempts = sum(copies.tried.values())
    watched = Chip.objects.filter(uid__in=copies.uids, watched_at__isnull=False).count()
    if not copies.plan.plant and not watched:
        copies.faults["no copy was noticed"] += 1
    notes = [
        f"clones and replays: {attempts} tried, {accepted} accepted, {copies.genuine} genuine uses between them, "
        f"{watched} of {len(copies.uids)} chips put on watch"
    ]
    notes += [f"  {kind}: {count}" for kind, count in sorted(copies.tried.items())]
    return attempts, copies.faults, notes
