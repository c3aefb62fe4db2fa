"""What became of each invented unit and its seals (演示单位与印章经历). Pure: no database, no clock.

Everything follows from the seed and the unit's running number; shares that must occur are laid out evenly over the
numbers rather than drawn, so that even a small demonstration has one of each.
"""

from __future__ import annotations

import datetime as dt
import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from filing.choices import Reason, SealType
from filing.demo.rhythm import Rhythm
from sealreg.clock import SHANGHAI, shanghai
from sealreg.regions.selectors import cities, counties_of, runs_own_node
from sealreg.units.demo import UnitSketch
from sealreg.units.models import RegistryState, UnitKind

UNITS_PER_SEAL = 3 / 8
MIGRATED = 0.02  # share of the units whose first seals came with an older register
WORKING_COUNTY = 440606  # where the cast works: somewhat busier than its size
# Seals a unit comes to have, in blocks of 24 units with 64 seals.
_SEALS = (1,) * 6 + (2,) * 6 + (3,) * 6 + (4,) * 4 + (6,) * 2
# How much is filed in a city compared with the others: our estimate by number of enterprises, no official figure.
_CITY_SHARE = {
    440200: 25, 440400: 60, 440500: 62, 440600: 150, 440700: 62, 440800: 50, 440900: 42, 441200: 38, 441300: 80,
    441400: 30, 441500: 22, 441600: 24, 441700: 24, 441800: 34, 441900: 190, 442000: 88, 445100: 26, 445200: 46,
    445300: 18,
}  # fmt: skip
_KINDS = (UnitKind.ENTERPRISE,) * 82 + (UnitKind.OTHER,) * 10 + (
    UnitKind.PRIVATE_NON_ENTERPRISE,) * 4 + (UnitKind.SOCIAL_BODY,) * 2 + (UnitKind.INSTITUTION,) * 2  # fmt: skip
_SPECIAL = (
    (SealType.FINANCE,),
    (SealType.FINANCE, SealType.LEGAL_REPRESENTATIVE),
    (SealType.FINANCE, SealType.INVOICE, SealType.LEGAL_REPRESENTATIVE),
    (SealType.FINANCE, SealType.INVOICE, SealType.CONTRACT, SealType.LEGAL_REPRESENTATIVE),
    (SealType.FINANCE, SealType.INVOICE, SealType.CONTRACT, SealType.LEGAL_REPRESENTATIVE, SealType.OTHER),
)
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
_HISTORY = (dt.datetime(2013, 3, 1, tzinfo=SHANGHAI), dt.datetime(2018, 9, 20, tzinfo=SHANGHAI))


@dataclass(slots=True)
class SealPlan:
    """One seal (印章经历). Moments after the last day are not reached; `used` is its use status at the end."""

    place: int
    seal_type: SealType
    engraved_at: dt.datetime
    chip_at: dt.datetime | None
    used: str = "IN_USE"
    ended_at: dt.datetime | None = None


@dataclass(slots=True)
class FilingPlan:
    """One filing (备案经历). fate: FILED, WITHDRAWN, INVALIDATED or DRAFT; closed_at: when withdrawn or invalidated."""

    order: int
    at: dt.datetime
    reason: Reason
    seals: list[SealPlan]
    filed_at: dt.datetime
    delivered_at: dt.datetime
    fate: str = "FILED"
    closed_at: dt.datetime | None = None
    is_new: bool = False
    own_paper: bool = False
    luck: float = 0.0


@dataclass(slots=True)
class Life:
    """A unit with all its filings (单位经历), oldest first."""

    sketch: UnitSketch
    filings: list[FilingPlan] = field(default_factory=list)


class Plan:
    """Two years of the province (两年演示计划), the same for the same seed, size and day.

    seals: how many, about; units follow from it. until: the first day that is no longer part of it.
    """

    def __init__(self, rhythm: Rhythm, *, seed: int, seals: int) -> None:
        self.rhythm, self.seed = rhythm, seed
        self.units = round(seals * UNITS_PER_SEAL)
        self.until = rhythm.until
        self._areas, self._shares = _areas()

    def births(self) -> Iterator[tuple[int, dt.datetime]]:
        """Running number and first filing of each unit, in order of time (各单位首次备案)."""
        old = round(self.units * MIGRATED)
        for index in range(self.units):
            jitter = self._draw("birth", index).random()
            if index < old:
                span = _HISTORY[1] - _HISTORY[0]
                yield index, self._history_moment(_HISTORY[0] + span * ((index + jitter) / old), jitter)
            else:
                yield index, self.rhythm.moment((index - old + jitter) / (self.units - old))

    def life(self, index: int, born: dt.datetime) -> Life:
        """All that happens to one unit (单位经历)."""
        draw = self._draw("life", index)
        migrated = born < _HISTORY[1]
        area = self._area(draw, born)
        kind = _KINDS[draw.randrange(len(_KINDS))]
        new = draw.random() < 0.55 and not migrated
        days = draw.randint(1, 26) if new else draw.randint(60, 4_000)
        life = Life(
            UnitSketch(
                index=index,
                area=area,
                kind=kind.value,
                founded_on=shanghai(born).date() - dt.timedelta(days=days),
                seen_at=born - dt.timedelta(hours=draw.randint(1, 20) if new else 1),
                migrated=migrated,
            )
        )
        self._file(life, draw, born, new=new)
        self._end(life, draw)
        self._draft(life, draw)
        return life

    def _draw(self, what: str, index: int) -> random.Random:
        return random.Random(f"{self.seed}:{what}:{index}")  # noqa: S311 - nothing secret is drawn

    def _area(self, draw: random.Random, born: dt.datetime) -> int:
        # The county of the cast is busy lately, so that its lists show something of everything.
        if born > self.until - 21 * DAY and draw.random() < 0.12:
            return WORKING_COUNTY
        return draw.choices(self._areas, cum_weights=self._shares)[0]

    @staticmethod
    def _history_moment(moment: dt.datetime, inside: float) -> dt.datetime:
        local = shanghai(moment)
        midnight = dt.datetime.combine(local.date(), dt.time(9), SHANGHAI)
        return midnight - dt.timedelta(days=max(0, local.weekday() - 4)) + inside * 8 * HOUR

    # -- filings -------------------------------------------------------------------------------------------------------

    def _file(self, life: Life, draw: random.Random, born: dt.datetime, *, new: bool) -> None:
        index = life.sketch.index
        wanted = _SEALS[_scattered(index, len(_SEALS), self.seed)]
        left = self.until - max(born, self.until - 730 * DAY)
        later, reason = self._later(draw, wanted, has_time=left > 25 * DAY, migrated=life.sketch.migrated)
        first: list[SealType] = [SealType.STATUTORY, *(_SPECIAL[wanted - later - 2] if wanted - later > 1 else ())]
        life.filings.append(self._filing(life, draw, 0, born, first, Reason.NEW, new=new))
        if later and life.filings[0].fate == "FILED":
            begin = max(born, self.until - 730 * DAY)
            moment = self.rhythm.near(begin + left * draw.uniform(0.08, 0.97), draw.random())
            if moment >= self.until:
                moment = begin + left / 2
            moment = max(moment, life.filings[0].delivered_at + 2 * DAY)
            if reason == Reason.NEW:
                others = [kind for kind in _SPECIAL[-1] if kind not in first] or [SealType.OTHER]
                kinds = (others + [SealType.OTHER] * later)[:later]
            else:
                kinds = [SealType.STATUTORY, *([SealType.CONTRACT] if later > 1 else [])]
            if moment < self.until - HOUR:
                life.filings.append(self._filing(life, draw, 1, moment, kinds, reason, new=False))

    @staticmethod
    def _later(draw: random.Random, wanted: int, *, has_time: bool, migrated: bool) -> tuple[int, Reason]:
        """How many of the seals come with a second filing, and why."""
        luck = draw.random()
        if wanted < 2 or not has_time:
            return 0, Reason.NEW
        if luck < (0.7 if migrated else 0.14):
            return 1, Reason.DAMAGED
        if luck < 0.2:
            return 1, Reason.LOST
        if luck < 0.5 or wanted > 5:
            return (2 if wanted > 3 else 1), Reason.NEW
        return 0, Reason.NEW

    def _filing(
        self,
        life: Life,
        draw: random.Random,
        order: int,
        at: dt.datetime,
        kinds: Sequence[SealType],
        reason: Reason,
        *,
        new: bool,
    ) -> FilingPlan:
        after = self.rhythm.after
        luck = even(life.sketch.index * 2 + order, self.seed)
        if life.sketch.migrated and order == 0:
            made = [SealPlan(place, kind, at + DAY, None) for place, kind in enumerate(kinds)]
            return FilingPlan(0, at, reason, made, at + 2 * DAY, at + 4 * DAY, own_paper=luck < 0.4, luck=luck)
        minutes = draw.uniform(45, 195) if new else draw.triangular(60, 900, 240)
        if luck > 0.955:
            minutes = draw.uniform(220, 700) if new else draw.uniform(900, 2_400)  # the few that are late
        if at > self.until - 40 * DAY and draw.random() < 0.06:
            minutes = 60_000.0  # has come to a stop on the way
        waits = 40 if minutes > 50_000 else minutes
        steps = draw.choice((0.0, 0.4, 0.8)) if minutes > 50_000 else 1.0
        made = []
        for place, kind in enumerate(kinds):
            engraved = after(at, waits * 0.55 + place * 3 if steps >= 0.4 else minutes)
            chip = after(at, waits * 0.8 + place * 3 if steps >= 0.8 else minutes)
            made.append(SealPlan(place, kind, engraved, chip))
        filed = after(at, max(minutes, waits * 0.8 + len(kinds) * 3 + 4))
        wait = draw.triangular(15, 1_600, 120) if luck < 0.93 else draw.uniform(3_000, 40_000)
        filing = FilingPlan(
            order, at, reason, made, filed, after(filed, wait), is_new=new, own_paper=draw.random() < 0.42, luck=luck
        )
        if 0.30 < luck < 0.315 and (order or len(kinds) == 1):
            filing.fate, filing.closed_at = "WITHDRAWN", after(at, draw.uniform(20, 300))
            if filing.closed_at >= self.until:
                filing.closed_at = at + 60 * dt.timedelta(seconds=5)
        return filing

    # -- how it ends ---------------------------------------------------------------------------------------------------

    def _end(self, life: Life, draw: random.Random) -> None:
        first, last = life.filings[0], life.filings[-1]
        if len(life.filings) == 2 and last.reason in (Reason.DAMAGED, Reason.LOST):
            self._replace(first.seals[0], last, draw)
        fate = even(life.sketch.index, self.seed + 1)
        told: dict[str, Any] = {}
        moved = self._between(first.delivered_at, draw)
        if (fate > 0.93 or life.sketch.migrated) and moved < self.until:
            told["moved_at"] = moved
        moment = self._between(last.delivered_at, draw)
        if 0.3 < fate < 0.34 and first.at > self.until - 120 * DAY:
            told["unconfirmed"] = True
        elif last.fate == "FILED" and last.delivered_at < moment < self.until:
            self._end_use(life, fate, moment, told)
        life.sketch = replace(life.sketch, **told)

    def _draft(self, life: Life, draw: random.Random) -> None:
        """One more filing that a shop has only begun to type."""
        rate = 0.05 if life.sketch.area == WORKING_COUNTY else 0.012
        at = self.rhythm.near(self.until - draw.uniform(1, 8) * DAY, draw.random())
        done = life.filings[-1].delivered_at < at < self.until and life.filings[-1].fate == "FILED"
        if done and life.sketch.state == RegistryState.IN_BUSINESS and draw.random() < rate:
            order = len(life.filings)
            life.filings.append(FilingPlan(order, at, Reason.NEW, [], at, at, fate="DRAFT", luck=draw.random()))

    def _between(self, since: dt.datetime, draw: random.Random) -> dt.datetime:
        begin = max(since, self.until - 729 * DAY)
        if begin >= self.until - 3 * DAY:
            return self.until
        return self.rhythm.near(begin + (self.until - 2 * DAY - begin) * draw.uniform(0.15, 0.95), draw.random())

    def _end_use(self, life: Life, fate: float, moment: dt.datetime, told: dict[str, Any]) -> None:
        live = [seal for filing in life.filings for seal in filing.seals if seal.used == "IN_USE"]
        statutory = next(seal for seal in live if seal.seal_type == SealType.STATUTORY)
        if fate < 0.012:
            statutory.used, statutory.ended_at = "SUSPENDED", moment
        elif fate < 0.022:
            statutory.used, statutory.ended_at = "LOST", moment
        elif fate < 0.05:
            for seal in live:
                seal.used, seal.ended_at = "SURRENDERED", moment
            told |= {"state": RegistryState.CANCELLED, "ended_at": moment}
        elif fate < 0.056:
            told |= {"state": RegistryState.REVOKED, "ended_at": moment}
        elif fate < 0.064 and len(life.filings) == 1:
            life.filings[0].fate, life.filings[0].closed_at = "INVALIDATED", moment
            for seal in live:
                seal.used, seal.ended_at = "INVALIDATED", moment

    def _replace(self, old: SealPlan, filing: FilingPlan, draw: random.Random) -> None:
        if filing.reason == Reason.LOST:
            old.used, old.ended_at = "LOST", filing.at - draw.uniform(3, 40) * HOUR
        elif filing.fate == "FILED" and filing.delivered_at < self.until:
            old.used, old.ended_at = "SURRENDERED", filing.delivered_at


def even(index: int, salt: int) -> float:
    """A number from 0 up to 1 for each index (均匀分布值), neighbours far apart, every share met soon."""
    return (index * 0.6180339887498949 + salt * 0.7548776662466927) % 1.0


def _scattered(index: int, size: int, seed: int) -> int:
    """A place in a table of `size`, each once in every block of so many."""
    block, place = divmod(index, size)
    order = list(range(size))
    random.Random(f"{seed}:block:{block}").shuffle(order)  # noqa: S311 - nothing secret is drawn
    return order[place]


def _areas() -> tuple[list[int], list[float]]:
    """Counties with their cumulative shares; districts of a city file more than its outer counties."""
    codes, shares = [], []
    for city in cities():
        if runs_own_node(city.code):
            continue  # Guangzhou and Shenzhen keep their seals on systems of their own
        inside = counties_of(city.code)
        weights = [2.0 if county.name.endswith("区") else 1.0 for county in inside]
        for county, weight in zip(inside, weights, strict=True):
            codes.append(county.code)
            shares.append(_CITY_SHARE[city.code] * weight / sum(weights))
    return codes, list(itertools.accumulate(shares))
