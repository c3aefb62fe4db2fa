"""A long walk through the ledger (保管账证明): any order of acts, and the sums never change.

Chips are brought in, granted, received, sent back, bound, scrapped, stolen, found, missed, destroyed, in an order that
chance decides; an act that the rules refuse must change nothing. After every step each chip is in one place, their
number is what was made, and each chip the step entered stands where its last entry says; ledger and register are
compared in full every so often and at the end.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from django.db import connection
from django.db import transaction as django_transaction

from chips import services
from chips.logistics import ledger, parties
from chips.logistics.endings import confirm_ending, report_ending
from chips.logistics.ordering import cancel_order
from chips.logistics.receiving import return_chips
from chips.models import Chip, ChipOrder, Consignment, CustodyParty, DiscardReason, EndingKind, MoveKind, PartyKind
from chips.services import bind_chip, discard_chip
from sealreg.database.actor import SystemActor
from sealreg.errors import DomainError
from tests.chips.world import NOW, world

BY = SystemActor("prove-ledger")
COMPARED_EVERY, TOLD_EVERY, LOT, FEWEST = 50, 2_000, 40, 6
# One pass over the chips and over what was entered since: cheap enough for every step of a long walk.
_AFTER_A_STEP = """
WITH entered AS (SELECT id, chip_id, step, to_party_id FROM chips_custodyentry WHERE id > %(seen)s),
     newest AS (SELECT DISTINCT ON (chip_id) chip_id, step, to_party_id FROM entered ORDER BY chip_id, step DESC)
SELECT count(*), count(holder_id), count(*) FILTER (WHERE status = 'RECEIVED'),
       (SELECT count(*) FROM newest n JOIN chips_chip c ON c.id = n.chip_id
         WHERE (c.holder_id, c.custody_step) IS DISTINCT FROM (n.to_party_id, n.step)),
       (SELECT coalesce(max(id), %(seen)s) FROM entered)
  FROM chips_chip
"""


@dataclass
class Plan:
    """How far to walk. `plant`: "unbooked" binds chips without entering it in the ledger."""

    steps: int = 20_000
    plant: str = ""
    seed: int = 20181001


Tell = Callable[[str], None]


def _silent(_line: str) -> None:
    """Nobody listens (静默)."""


@dataclass
class Walk:
    """One walk in the database the process is connected to."""

    plan: Plan
    folder: Path
    settings: Any
    tell: Tell = _silent
    faults: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    refused: int = 0

    def run(self) -> None:
        self.chance = random.Random(self.plan.seed)
        self.world = world(self.folder, self.settings)
        self.total, self.lots, self.stock, self.seen = 0, 0, 0, 0
        acts: list[tuple[str, Callable[[], object], int]] = [
            ("order and grant", self._grant, 5), ("receive", self._receive, 6), ("send back", self._send_back, 2),
            ("bind", self._bind, 4), ("scrap", self._end(EndingKind.SCRAP), 1),
            ("theft", self._end(EndingKind.THEFT), 1), ("shortage", self._end(EndingKind.SHORTAGE), 1),
            ("found", self._find, 1), ("destroy", self._destroy, 1), ("replace", self._replace, 1),
            ("cancel an order", self._cancel, 1),
        ]  # fmt: skip
        names = [act[0] for act in acts]
        by_name, weights = {name: act for name, act, _weight in acts}, [act[2] for act in acts]
        for step in range(1, self.plan.steps + 1):
            if self.stock < FEWEST:
                self._bring_in()
            name = self.chance.choices(names, weights)[0]
            self._attempt(name, by_name[name])
            self._look()
            if step % COMPARED_EVERY == 0 or step == self.plan.steps:
                self._compare()
            if step % TOLD_EVERY == 0:
                self.tell(f"ledger walk: {step} of {self.plan.steps} steps")

    def _bring_in(self) -> None:
        self.lots += 1
        self.world.in_stock(LOT, number=f"P-WALK-{self.lots}")
        self.total += LOT

    def _attempt(self, name: str, act: Callable[[], object]) -> None:
        try:
            with django_transaction.atomic(), mock.patch.object(services.ledger, "enter", self._enter()):
                act()
            self.done[name] += 1
        except DomainError:
            self.refused += 1

    def _enter(self) -> Callable[..., object]:
        if self.plan.plant != "unbooked":
            return _enter
        return lambda kind, *args, **more: None if kind == MoveKind.BIND else _enter(kind, *args, **more)

    def _look(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_AFTER_A_STEP, {"seen": self.seen})
            chips, held, self.stock, astray, self.seen = cursor.fetchone()
        if (chips, held) != (self.total, self.total):
            self.faults["a chip appeared, vanished or has no holder"] += 1
        if astray:
            self.faults["a chip is not where its last entry says"] += astray

    def _compare(self) -> None:
        if Chip.objects.values("uid").distinct().count() != self.total:
            self.faults["two chips have one identifier"] += 1
        balances = ledger.balances()
        if sum(one.on_hand for one in balances) != self.total or any(one.difference for one in balances):
            self.faults["the sums changed"] += 1
        for problem in ledger.problems():
            self.faults[f"ledger and register differ: {problem.problem}"] += 1

    # ---- acts

    def _some(self, most: int, **where: Any) -> list[str]:
        found = list(Chip.objects.filter(**where).order_by("pk").values_list("uid", flat=True)[:20])
        return self.chance.sample(found, min(len(found), self.chance.randint(1, most)))

    def _grant(self) -> None:
        serials = list(Chip.objects.filter(status="RECEIVED").order_by("serial").values_list("serial", flat=True)[:30])
        first, quantity = self.chance.choice(serials), self.chance.randint(1, 5)
        waiting = ChipOrder.objects.filter(status__in=("PLACED", "PART_GRANTED")).order_by("pk").first()
        order = waiting if waiting is not None and self.chance.random() < 0.5 else self.world.order(quantity)
        self.world.grant(order, range(first, first + self.chance.randint(1, quantity)))

    def _receive(self) -> None:
        bag = Consignment.objects.filter(status="SENT").order_by("pk").first()
        if bag is not None:
            self.world.receive(bag, leave=int(self.chance.random() < 0.1), accept_short=True)

    def _send_back(self) -> None:
        codes = self._some(3, shop=self.world.shop, status="SHOP_RECEIVED")
        return_chips(self.world.shop, codes, bag_seal="S", reason="x", by=self.world.clerk, at=NOW)

    def _bind(self) -> None:
        for uid in self._some(2, shop=self.world.shop, status="SHOP_RECEIVED"):
            bind_chip(Chip.objects.get(uid=uid), shop=self.world.shop, seal_code=uid[-13:], by=BY, at=NOW)

    def _replace(self) -> None:
        for uid in self._some(1, shop=self.world.shop, status="ACTIVE"):
            chip, reason = Chip.objects.get(uid=uid), DiscardReason.BROKEN
            discard_chip(chip, seal_code=uid[-13:], reason=reason, by=self.world.clerk, at=NOW)

    def _end(self, kind: EndingKind) -> Callable[[], None]:
        def act() -> None:
            party = self.chance.choice([parties.the(PartyKind.OPERATOR), parties.of_shop(self.world.shop)])
            self._report(kind, party, self._some(2, holder=party))

        return act

    def _find(self) -> None:
        self._report(
            EndingKind.FOUND, parties.the(PartyKind.OPERATOR), self._some(2, status__in=("DISCREPANT", "STOLEN"))
        )

    def _destroy(self) -> None:
        shop = parties.of_shop(self.world.shop)
        self._report(EndingKind.DESTRUCTION, shop, self._some(2, shop=self.world.shop, status="ACTIVE"))

    def _report(self, kind: EndingKind, party: CustodyParty, codes: list[str]) -> None:
        own = party.kind == PartyKind.OPERATOR
        first, second = (self.world.operator, self.world.second) if own else (self.world.clerk, self.world.other_clerk)
        confirm_ending(report_ending(kind, party, codes, reason="x", by=first, at=NOW), by=second, at=NOW)

    def _cancel(self) -> None:
        order = ChipOrder.objects.filter(status__in=("PLACED", "PART_GRANTED")).order_by("pk").first()
        if order is not None:
            cancel_order(order, by=self.world.clerk, at=NOW)


_enter = ledger.enter


def prove(
    folder: Path, settings: Any, plan: Plan | None = None, *, tell: Tell = _silent
) -> tuple[int, Counter[str], list[str]]:
    """Steps, faults, lines about them (保管账证明). tell: is given a line about the progress now and then."""
    plan = plan or Plan()
    walk = Walk(plan, folder, settings, tell)
    walk.run()
    kept = ", ".join(f"{name} {count}" for name, count in sorted(walk.done.items()))
    note = f"ledger walk: {plan.steps} steps over {walk.total} chips, {walk.refused} refused by the rules ({kept})"
    return plan.steps, walk.faults, [note]
