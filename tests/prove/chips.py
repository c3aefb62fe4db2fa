"""Chips under attack and under trouble (芯片证明): power cuts, clones and replays, kills, the ledger, known keys."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from tests.prove import canary, chip_copies, chip_kills, chip_ledger, chip_power
from tests.prove.databases import own_database
from tests.prove.outbox import Report


@dataclass
class Plan:
    """How hard to try; each part can be left out."""

    copies: chip_copies.Plan = field(default_factory=chip_copies.Plan)
    kills: chip_kills.Plan = field(default_factory=chip_kills.Plan)
    ledger: chip_ledger.Plan = field(default_factory=chip_ledger.Plan)


Part = tuple[int, Counter[str], list[str]]


def _print(line: str) -> None:
    print(f"  … {line}", flush=True)


def prove(plan: Plan | None = None, *, tell: Callable[[str], None] = _print) -> Report:
    """Run every part, each in a database of its own (运行证明). tell: is given a line as each begins and ends."""
    plan, report = plan or Plan(), Report()
    parts: dict[str, Callable[[Path], Part]] = {
        "power": lambda _folder: chip_power.prove(),
        "copies": lambda folder: chip_copies.prove(folder, plan.copies),
        "ledger": lambda folder: chip_ledger.prove(folder, settings, plan.ledger, tell=tell),
        "kills": lambda folder: chip_kills.prove(folder, settings, plan.kills),
        "canary": lambda _folder: _canary(),
    }
    for place, (name, part) in enumerate(parts.items(), start=1):
        tell(f"part {place} of {len(parts)}: {name}")
        began = time.monotonic()
        with own_database(f"chips_{name}"), tempfile.TemporaryDirectory(prefix="sealreg-prove-") as folder:
            tried, faults, (first, *others) = part(Path(folder))
        report.tried += tried
        for what, count in faults.items():
            report.faults[what] = report.faults.get(what, 0) + count
        report.notes += [f"{first} ({time.monotonic() - began:.0f} s)", *others]
        tell(f"{name}: {tried} tried, {faults.total()} failed, {time.monotonic() - began:.0f} s")
    return report


def _canary() -> Part:
    tried, found, notes = canary.prove()
    faults = Counter({f"key found in {place}": count for place, count in found.items()})
    return tried, faults, [f"canary scan: {faults.total()} hits, {notes[0]}"]
