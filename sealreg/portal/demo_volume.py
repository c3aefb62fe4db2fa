"""Two years of the demonstration (两年演示数据): planned unit by unit, copied in room by room, in the order of time.

Each room says what its records would be (`<room>/demo*.py`); here they are put together, batch by batch, so that the
memory needed does not grow with their number. Work told through the real services is let in at its own time.
"""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.transaction import atomic

from chips.demo import institute_masters
from chips.demo_rows import Press
from filing.demo.papers import Papers
from filing.demo.plan import FilingPlan, Life, Plan
from filing.demo.rhythm import Rhythm
from filing.demo.rows import rows as filing_rows
from filing.demo.world import World
from filing.models import CodeCounter, Seal
from integration.business_registration import demo as registry
from integration.ministry import demo as ministry
from licensing.models import EngravingShop
from sealreg.accounts.choices import AuthorityLevel
from sealreg.accounts.demo import demo_digest, load_staff
from sealreg.accounts.models import PoliceUnit
from sealreg.database.bulk import Keys, copy_in
from sealreg.database.numbers import number_from_digest
from sealreg.regions.selectors import cities, counties_of, runs_own_node
from sealreg.units import synthetic
from sealreg.units.demo import FIRST_CODE, unit_of
from sealreg.units.demo import rows as unit_rows
from sealreg.units.models import Unit
from sealreg.workdays.selectors import load_calendar, office_hours_of

ALIAS, OWNER = "loader", "owner"
BATCH = 600  # filings
CAST_SHOPS = ("shop", "rival")
Story = tuple[dt.datetime, Callable[[], None]]
Progress = Callable[[int, int], None]


class OtherData(Exception):
    """Other demonstration data are there already (已有其他演示数据): of another seed or size, or broken off."""


@dataclass(slots=True)
class Loaded:
    """What was copied in (装载结果)."""

    units: int = 0
    filings: int = 0
    seals: int = 0
    rows: int = 0


def is_loaded(*, seed: int, seals: int) -> bool:
    """Whether these very data are there (是否已装载). Raises OtherData."""
    units = round(seals * 3 / 8)
    ends = [number_from_digest(demo_digest(seed, f"unit:{index}")) for index in (0, units - 1)]
    present = Unit.objects.filter(number__in=ends).count()
    if present == 2:
        return True
    if present or Unit.objects.filter(registry_version__gte=0, credit_code__in=_codes_of_first()).exists():
        raise OtherData
    return False


def _codes_of_first() -> list[str]:
    kinds = (("9", "1"), ("1", "2"), ("5", "1"), ("5", "2"), ("9", "2"))
    return [synthetic.credit_code(FIRST_CODE, department=department, kind=kind) for department, kind in kinds]


def load_volume(
    shops: Mapping[str, EngravingShop],
    *,
    seed: int,
    seals: int,
    at: dt.datetime,
    stories: Sequence[Story] = (),
    progress: Progress = lambda _done, _of: None,
) -> Loaded:
    """Copy two years up to the beginning of the day of `at` in (装载两年演示数据).

    seals: how many, about; three units for eight seals. stories: what is told through the services meanwhile, with the
    moment each begins. progress: called with units done and units in all.
    Raises ImproperlyConfigured without a keystore and cards, OtherData.
    """
    plan = Plan(Rhythm(load_calendar(), at.date(), seed=seed), seed=seed, seals=seals)
    return _Load(plan, shops, seed=seed, seals=seals, at=at, progress=progress).run(
        sorted(stories, key=lambda story: story[0])
    )


class _Load:
    def __init__(
        self,
        plan: Plan,
        shops: Mapping[str, EngravingShop],
        *,
        seed: int,
        seals: int,
        at: dt.datetime,
        progress: Progress,
    ) -> None:
        self.plan, self.seed, self.at, self.progress = plan, seed, at, progress
        self.loaded = Loaded()
        # Not the loader's own connection, which is busy copying.
        self.keys = Keys(DEFAULT_DB_ALIAS)
        self.registry = registry.RegistryHistory()
        self.ministry = ministry.MinistryHistory(seed=seed, keys=self.keys)
        authorities = {
            str(unit.authority_no): unit.organisation
            for unit in PoliceUnit.objects.filter(level=AuthorityLevel.COUNTY).select_related("organisation")
        }
        officers = load_staff(authorities, role="county_officer", seed=seed, at=plan.until - dt.timedelta(days=800))
        places = {key: shop.organisation for key, shop in shops.items()}
        clerks = load_staff(places, role="shop_clerk", seed=seed, at=plan.until - dt.timedelta(days=800))
        self.world = World(
            seed=seed,
            until=plan.until,
            keys=self.keys,
            press=Press(seed=seed, masters=institute_masters(), keys=self.keys, carded=[shops["shop"].pk]),
            papers=Papers(at=at),
            shops=_shops_near(shops),
            clerks={shops[key].pk: user for key, user in clerks.items()},
            officers={int(number): user for number, user in officers.items()},
            calendar=load_calendar(),
            hours=office_hours_of(map(int, authorities)),
        )
        # The cast's two shops have chips of their own, with cards.
        self.stocked = [shop.pk for key, shop in shops.items() if key not in CAST_SHOPS]
        self.seals = seals
        self.writer = ThreadPoolExecutor(1, "demo-copy")
        self.writing: Future[int] | None = None
        self.waiting: list[tuple[dt.datetime, int, int, int, dt.datetime]] = []

    def run(self, stories: list[Story]) -> Loaded:
        with self.writer:
            return self._run(stories)

    def _run(self, stories: list[Story]) -> Loaded:
        events = self._events()
        ahead = next(events, None)
        for begins, tell_it in [*stories, (self.plan.until, None)]:
            with atomic(using=ALIAS):
                self._begin()
                batch: list[_Event] = []
                while ahead is not None and ahead.at < begins:
                    batch.append(ahead)
                    ahead = next(events, None)
                    if len(batch) >= BATCH:
                        self._write(batch)
                        batch = []
                self._write(batch)
                if tell_it is None:
                    self._write_rows(self.world.press.spare(self.stocked, until=self.plan.until, each=self._stock()))
                self._end()
            if tell_it is not None:
                tell_it()
        _analyse()
        return self.loaded

    def _events(self) -> Iterator[_Event]:
        """Every filing in the order of time; a unit comes with its first. What comes later waits as a few numbers."""
        for index, born in self.plan.births():
            while self.waiting and self.waiting[0][0] <= born:
                yield self._later()
            life = self.plan.life(index, born)
            unit = unit_of(life.sketch, self.keys.take(Unit), seed=self.seed)
            for filing in life.filings[1:]:
                heapq.heappush(self.waiting, (filing.at, index, filing.order, unit.pk, born))
            yield _Event(life.filings[0].at, life, unit, life.filings[0])
        while self.waiting:
            yield self._later()

    def _later(self) -> _Event:
        _at, index, order, pk, born = heapq.heappop(self.waiting)
        life = self.plan.life(index, born)
        filing = life.filings[order]
        return _Event(filing.at, life, unit_of(life.sketch, pk, seed=self.seed), filing)

    def _begin(self) -> None:
        self.keys.forget()
        self.world.codes.update(
            {int(prefix): last for prefix, last in CodeCounter.objects.values_list("prefix", "last")}
        )
        with connections[ALIAS].cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        self.connection = connections[ALIAS].connection

    def _end(self) -> None:
        self._wait()
        with connections[ALIAS].cursor() as cursor:
            cursor.executemany(
                "INSERT INTO filing_codecounter (prefix, last) VALUES (%s, %s) "
                "ON CONFLICT (prefix) DO UPDATE SET last = EXCLUDED.last",
                [(str(area), last) for area, last in self.world.codes.items()],
            )

    def _write(self, batch: list[_Event]) -> None:
        self._write_rows(self._rows(batch))
        # At once, lest they pile up; should the load break off, the same records come again and change nothing there.
        self.ministry.hand_over(ministry.mock_folder())
        self.registry.hand_over(registry.mock_folder(), at=self.at)
        self.loaded.filings += len(batch)
        self.progress(self.loaded.units, self.plan.units)

    def _rows(self, batch: list[_Event]) -> Iterator[models.Model]:
        for event in batch:
            if event.filing.order == 0:
                self.loaded.units += 1
                yield from unit_rows(event.life.sketch, event.unit, self.keys)
                yield from self.registry.rows(event.unit)
        for event in batch:
            for row in filing_rows(event.filing, event.life, event.unit, self.world):
                yield row
                if isinstance(row, Seal):
                    self.loaded.seals += 1
                    yield from self.ministry.rows(row)

    def _write_rows(self, rows: Iterable[models.Model]) -> None:
        made = list(rows)
        # While PostgreSQL takes one batch in, the next one is thought out.
        self._wait()
        self.writing = self.writer.submit(copy_in, self.connection, made)

    def _wait(self) -> None:
        if self.writing is not None:
            self.loaded.rows += self.writing.result()
            self.writing = None

    def _stock(self) -> int:
        return max(24, self.seals // 400)


@dataclass(frozen=True, slots=True)
class _Event:
    at: dt.datetime
    life: Life
    unit: Unit
    filing: FilingPlan


def _analyse() -> None:
    """Let the planner know at once what came in, where the owner of the tables can be asked."""
    if OWNER in connections:
        with connections[OWNER].cursor() as cursor:
            cursor.execute("SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables WHERE schemaname = 'public'")
            cursor.execute(f"ANALYZE {cursor.fetchone()[0]}")


def _shops_near(shops: Mapping[str, EngravingShop]) -> dict[int, list[EngravingShop]]:
    """County -> shops a unit there goes to, the likeliest first: of the county, then of the city."""
    near: dict[int, list[EngravingShop]] = {}
    for city in cities():
        if runs_own_node(city.code):
            continue
        inside = [shop for shop in shops.values() if shop.city == city.code // 100]
        for county in counties_of(city.code):
            near[county.code] = sorted(inside, key=lambda shop: shop.area != county.code)
    return near
