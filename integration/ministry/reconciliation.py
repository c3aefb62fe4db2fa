"""Counting with the Ministry, day by day and city by city (对账)."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from filing.choices import Origin
from filing.models import Seal
from integration.ministry.client import DayCount
from integration.ministry.models import PushRecord, PushState
from sealreg.clock import SHANGHAI, shanghai

Place = tuple[str, str]


class Counts(Protocol):
    """What reconciling needs of the Ministry's client (对账来源)."""

    def reconciliation(self, first: dt.date, last: dt.date) -> Mapping[Place, DayCount]: ...


@dataclass(frozen=True, slots=True)
class Line:
    """One day of one city (对账行). day: YYYYMMDD of the filing's submission; city: 6 digits.

    filed: seals filed here; acknowledged: those with a receipt; theirs: what the Ministry counts; same_content: whether
    the digests of the newest versions agree.
    """

    day: str
    city: str
    filed: int
    acknowledged: int
    theirs: int
    same_content: bool

    @property
    def agrees(self) -> bool:
        """Whether both sides hold the same records (是否一致)."""
        return self.same_content and self.acknowledged == self.theirs

    @property
    def waiting(self) -> int:
        """Filed and not yet receipted (待回执)."""
        return self.filed - self.acknowledged


def reconcile(ministry: Counts, first: dt.date, last: dt.date) -> list[Line]:
    """Compare both sides for the days of submission from first to last (对账), both included, Shanghai dates.

    Raises what the client raises.
    """
    theirs = ministry.reconciliation(first, last)
    filed, acknowledged, digests = _filed(first, last), Counter[Place](), Counter[Place]()
    rows = PushRecord.objects.filter(
        record_kind="seal", state=PushState.ACKNOWLEDGED, counted_on__range=(first, last)
    ).order_by("record_id", "version", "attempt")
    # The last row of a seal is its newest version; earlier ones are overwritten.
    newest = {
        code: ((f"{day:%Y%m%d}", f"{city}00"), int(digest, 16))
        for code, day, city, digest in rows.values_list("record_id", "counted_on", "city", "sha256")
    }
    for place, digest in newest.values():
        acknowledged[place] += 1
        digests[place] ^= digest
    lines = []
    for day, city in sorted({*theirs, *filed, *acknowledged}):
        their = theirs.get((day, city))
        lines.append(
            Line(
                day=day,
                city=city,
                filed=filed[day, city],
                acknowledged=acknowledged[day, city],
                theirs=their.count if their else 0,
                same_content=digests[day, city] == (int(their.digest, 16) if their else 0),
            )
        )
    return lines


def _filed(first: dt.date, last: dt.date) -> Counter[Place]:
    begin = dt.datetime.combine(first, dt.time(), SHANGHAI)
    end = dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), SHANGHAI)
    rows = Seal.objects.filter(
        filed_at__isnull=False, filing__submitted_at__gte=begin, filing__submitted_at__lt=end
    ).exclude(origin=Origin.MIGRATION)
    found = rows.values_list("filing__submitted_at", "city")
    return Counter((f"{shanghai(moment):%Y%m%d}", f"{city}00") for moment, city in found if moment is not None)
