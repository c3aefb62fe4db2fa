"""Following the registry's feed (登记数据同步), one run: to the end of the feed, or to the first failure."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from django.db.models import F, Value
from django.db.models.functions import Coalesce

from integration.agency_http import AgencyError, Declined
from integration.business_registration.messages import ChangePage
from integration.business_registration.models import FeedPosition, QuarantinedRecord
from integration.business_registration.taking import CHANGES, Outcome, take_page
from sealreg.database.actor import Actor
from sealreg.database.door import transaction

PAGE = 100
_UNKNOWN_CURSOR = frozenset({400, 404, 410, 422})


class Feed(Protocol):
    """What a run needs of the registry's client (变更源)."""

    def walk_changes(self, cursor: str = "", *, limit: int = PAGE) -> Iterator[ChangePage]: ...


@dataclass(slots=True)
class Run:
    """What one run did (同步结果). failure: a stable word, empty when the end of the feed was reached."""

    pages: int = 0
    counts: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    failure: str = ""


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """How the feed is doing (同步状况), for doctor and the operator's page. Moments are None when they never were."""

    caught_up_at: dt.datetime | None
    advanced_at: dt.datetime | None
    failing_since: dt.datetime | None
    failure: str
    quarantined: int


def pull(
    feed: Feed,
    *,
    by: Actor,
    now: Callable[[], dt.datetime],
    limit: int = PAGE,
    seconds: float = float("inf"),
) -> Run:
    """Read the feed from where we are to its end (同步登记数据). Never raises for what the registry does.

    seconds: no further page is begun after this long; the next run goes on from there.
    Two runs at once do no harm: the one that comes second at a page leaves it alone and ends.
    """
    run = Run()
    ends = time.monotonic() + seconds
    cursor = _position().cursor
    try:
        for page in feed.walk_changes(cursor, limit=limit):
            counts = take_page(page, after=cursor, by=by, at=now())
            if counts is None:
                return run
            cursor = page.cursor
            run.pages += 1
            for outcome, count in counts.items():
                run.counts[outcome] += count
            if time.monotonic() >= ends:
                return run
    except AgencyError as error:
        run.failure = error.reason
        if isinstance(error, Declined) and error.status in _UNKNOWN_CURSOR and cursor:
            # The registry no longer knows the place, as after a restore: begin again; versions keep what is known.
            run.failure = "cursor_refused"
            _begin_again(cursor, by=by)
        _note_failure(run.failure, error.detail, by=by, at=now())
    return run


def feed_health() -> FeedHealth:
    """Look at the feed (查看同步状况)."""
    position = FeedPosition.objects.filter(feed=CHANGES).first() or FeedPosition(feed=CHANGES)
    return FeedHealth(
        caught_up_at=position.caught_up_at,
        advanced_at=position.advanced_at,
        failing_since=position.failing_since,
        failure=position.failure,
        quarantined=QuarantinedRecord.objects.filter(settled_at__isnull=True).count(),
    )


def _position() -> FeedPosition:
    return FeedPosition.objects.get_or_create(feed=CHANGES)[0]


def _begin_again(cursor: str, *, by: Actor) -> None:
    with transaction(by):
        FeedPosition.objects.filter(feed=CHANGES, cursor=cursor).update(cursor="")


def _note_failure(reason: str, detail: str, *, by: Actor, at: dt.datetime) -> None:
    with transaction(by):
        FeedPosition.objects.filter(feed=CHANGES).update(
            failing_since=Coalesce(F("failing_since"), Value(at)),
            failure=reason[:32],
            failure_detail="".join(letter for letter in detail if letter.isprintable())[:300],
        )
