"""How a figure is taken (测量方法): limit, candidate and naive peer in turns, medians, CPU beside the clock."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

NOISY = 15.0
# The machine's state drifts; taken in this order, a drift touches limit and candidate alike.
TURNS = ("limit", "candidate", "naive", "candidate", "limit")


class WrongResult(Exception):
    """A fast answer that is not the right one (结果错误)."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One run of one side (一次测量).

    requests: answered; seconds: wall time; p50, p95: milliseconds; app_us, db_us: CPU microseconds a request of the
    application and of PostgreSQL; foreign: CPU of strangers meanwhile, in percent of a core.
    """

    requests: int
    seconds: float
    p50: float
    p95: float
    app_us: float = 0.0
    db_us: float = 0.0
    foreign: float = 0.0

    @property
    def cpu_us(self) -> float:
        return self.app_us + self.db_us

    @property
    def rate(self) -> float:
        return self.requests / self.seconds if self.seconds else 0.0


Run = Callable[[], Sample]


@dataclass(frozen=True)
class Measure:
    """A figure and how it is taken (指标).

    name: after `bench`; unit: of `value`; value: takes the figure from a sample; goal: highest ratio to the limit;
    ceiling: highest value; for a rate, least: lowest value, floor: lowest ratio to the limit, over_naive: how many
    times the naive peer's; None where nothing was promised. naive may be missing.
    """

    name: str
    unit: str
    value: Callable[[Sample], float]
    limit: Run
    candidate: Run
    naive: Run | None = None
    goal: float | None = None
    ceiling: float | None = None
    note: str = ""
    floor: float | None = None
    over_naive: float | None = None
    least: float | None = None


@dataclass(frozen=True)
class Finding:
    """What came out (测量结果)."""

    name: str
    unit: str
    value: float
    limit: float
    naive: float | None
    goal: float | None
    ceiling: float | None
    note: str
    foreign: float
    details: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    floor: float | None = None
    over_naive: float | None = None
    least: float | None = None

    @property
    def ratio(self) -> float:
        return self.value / self.limit if self.limit else float("inf")

    @property
    def met(self) -> bool:
        return (
            (self.goal is None or self.ratio <= self.goal)
            and (self.ceiling is None or self.value <= self.ceiling)
            and (self.floor is None or self.ratio >= self.floor)
            and (self.least is None or self.value >= self.least)
            and (self.over_naive is None or self.times_naive >= self.over_naive)
        )

    @property
    def times_naive(self) -> float:
        """How many times the naive peer's rate (对照倍数)."""
        return self.value / self.naive if self.naive else float("inf")

    @property
    def noisy(self) -> bool:
        return self.foreign > NOISY

    def lines(self) -> list[str]:
        """As the contract prints it, and below it what else is worth knowing."""
        head = f"bench {self.name}: {self.value:.3g} {self.unit} · limit {self.limit:.3g} · ratio {self.ratio:.2f}"
        more = []
        if self.goal is not None:
            more.append(f"goal: ratio ≤ {self.goal:g} {'met' if self.ratio <= self.goal else 'MISSED'}")
        if self.ceiling is not None:
            state = "met" if self.value <= self.ceiling else "MISSED"
            more.append(f"goal: ≤ {self.ceiling:g} {self.unit} {state}")
        if self.least is not None:
            more.append(f"goal: ≥ {self.least:,g} {self.unit} {'met' if self.value >= self.least else 'MISSED'}")
        if self.floor is not None:
            more.append(f"goal: ratio ≥ {self.floor:g} {'met' if self.ratio >= self.floor else 'MISSED'}")
        if self.over_naive is not None and self.naive is not None:
            state = "met" if self.times_naive >= self.over_naive else "MISSED"
            more.append(
                f"goal: ≥ {self.over_naive:g} times naive {self.naive:.3g} {self.unit}: {self.times_naive:.1f} {state}"
            )
        elif self.naive is not None:
            more.append(f"naive {self.naive:.3g} {self.unit} ({self.naive / self.value:.1f} times ours)")
        if self.details:
            sides = (
                f"{side} {taken['app_cpu_us'] + taken['database_cpu_us']:.0f}" for side, taken in self.details.items()
            )
            more.append(f"server CPU µs a request: {', '.join(sides)}")
        more.append(f"foreign CPU {self.foreign:.0f} %{' NOISY' if self.noisy else ''}")
        if self.note:
            more.append(self.note)
        return [head, *(f"    {line}" for line in more)]

    def as_json(self) -> dict[str, object]:
        return {
            "name": self.name,
            "unit": self.unit,
            "value": self.value,
            "limit": self.limit,
            "naive": self.naive,
            "ratio": self.ratio,
            "goal_ratio": self.goal,
            "goal_value": self.ceiling,
            "floor_ratio": self.floor,
            "floor_over_naive": self.over_naive,
            "least_value": self.least,
            "met": self.met,
            "foreign_cpu_percent": self.foreign,
            "noisy": self.noisy,
            "note": self.note,
            "details": self.details,
        }


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of them lie (百分位), the nearest rank. Raises ValueError for none."""
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def take(measure: Measure, rounds: int) -> Finding:
    """Run the turns and take medians (测量)."""
    runs: dict[str, Run | None] = {
        "limit": measure.limit,
        "candidate": measure.candidate,
        "naive": measure.naive,
    }
    samples: dict[str, list[Sample]] = {name: [] for name in runs}
    for _ in range(rounds):
        for side in TURNS:
            run = runs[side]
            if run is not None:
                samples[side].append(run())

    def middle(side: str, read: Callable[[Sample], float]) -> float:
        return statistics.median(read(sample) for sample in samples[side])

    details = {
        side: {
            "requests_per_second": middle(side, lambda sample: sample.rate),
            "p50_ms": middle(side, lambda sample: sample.p50),
            "p95_ms": middle(side, lambda sample: sample.p95),
            "app_cpu_us": middle(side, lambda sample: sample.app_us),
            "database_cpu_us": middle(side, lambda sample: sample.db_us),
            "runs": len(taken),
        }
        for side, taken in samples.items()
        if taken
    }
    return Finding(
        name=measure.name,
        unit=measure.unit,
        value=middle("candidate", measure.value),
        limit=middle("limit", measure.value),
        naive=middle("naive", measure.value) if samples["naive"] else None,
        goal=measure.goal,
        ceiling=measure.ceiling,
        note=measure.note,
        floor=measure.floor,
        over_naive=measure.over_naive,
        least=measure.least,
        foreign=max(sample.foreign for taken in samples.values() for sample in taken),
        details=details,
    )
