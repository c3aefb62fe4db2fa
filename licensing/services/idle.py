"""The idle radar (闲置雷达): once a day it looks at every shop, warns, warns again, lists; it decides nothing."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import IntegrityError
from django.db.models import Q

from licensing.idle_months import DAY, IDLE, WARN, WARN_AGAIN, Stop, add_months, months_complete
from licensing.idle_states import OPEN
from licensing.models import EngravingShop, IdleCase, LicenceSpell, ShopActivity, SpecialTradeLicence
from licensing.models.shops import ShopQuerySet
from licensing.people import people_at
from licensing.regimes import recall_applies
from licensing.selectors import able_to_engrave
from licensing.services.activity import RADAR
from licensing.services.idle_dues import RECALL
from licensing.shop_choices import CloseReason
from sealreg.audit.services import record
from sealreg.clock import shanghai
from sealreg.database.door import transaction
from sealreg.notices.services import tell
from sealreg.workflow import limits
from sealreg.workflow.advance import advance

PAGE = 500


@dataclass(slots=True)
class Sweep:
    """What one look found (扫描结果): how many shops were looked at, and what changed."""

    looked: int = 0
    warned: int = 0
    warned_again: int = 0
    listed: int = 0
    closed: int = 0
    failed: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Idleness:
    """How long a shop has been idle (闲置情况). last_on: the day counted from; months: 0, 4, 5 or 6 (exceeded)."""

    last_on: dt.date
    stops: tuple[Stop, ...]
    months: int


def sweep_idle(*, at: dt.datetime) -> Sweep:
    """Look at every shop and bring its case where the day says it stands (闲置扫描); the same again changes nothing.

    One transaction a shop: a fault of one does not hold up the others, and the next look does the rest.
    """
    found = Sweep()
    on = shanghai(at).date()
    after = 0
    while True:
        shops = list(_candidates(on).filter(pk__gt=after).order_by("pk")[:PAGE])
        if not shops:
            return found
        after = shops[-1].pk
        idleness = idleness_of(shops, on=on)
        keys = [shop.pk for shop in shops]
        under_way = set(IdleCase.objects.filter(shop__in=keys, status__in=OPEN).values_list("shop_id", flat=True))
        for shop in shops:
            found.looked += 1
            if not idleness[shop.pk].months and shop.pk not in under_way:
                continue
            try:
                settle_shop(shop, found, at=at)
            except (IntegrityError, ValueError) as error:
                found.failed.append(f"{shop.code}: {error}")


def _candidates(on: dt.date) -> ShopQuerySet:
    """Shops that may be idle long enough to be warned, or have an open case."""
    # Four months after 29, 30 or 31 October are complete on 28 February, three days more than counting back gives.
    since = add_months(on, -WARN) + 3 * DAY
    quiet = Q(activity__isnull=True) | Q(activity__last_business_at__date__lte=since)
    return EngravingShop.objects.filter(quiet | Q(idle_cases__status__in=OPEN)).distinct()


def idleness_of(shops: Iterable[EngravingShop], *, on: dt.date) -> dict[int, Idleness]:
    """How idle these shops are on a day (闲置情况), by primary key, in four queries.

    Counted from the last act of business, the licence's issue, the opening or the day the county itself closed a case:
    what it has looked at and left is not held against the shop again.
    """
    known = list(shops)
    keys = [shop.pk for shop in known]
    last = {row.shop_id: shanghai(row.last_business_at).date() for row in ShopActivity.objects.filter(shop_id__in=keys)}
    licences = SpecialTradeLicence.objects.filter(shop_id__in=keys, status__in=("VALID", "SUSPENDED"))
    begun = dict(licences.values_list("shop_id", "issued_on"))
    settled = IdleCase.objects.filter(shop_id__in=keys, status="CLOSED").exclude(close_remark="").order_by("closed_at")
    for shop_id, closed_at in settled.values_list("shop_id", "closed_at"):
        if closed_at is not None:
            begun[shop_id] = max(shanghai(closed_at).date(), begun.get(shop_id, dt.date.min))
    stops: dict[int, list[Stop]] = defaultdict(list)
    for shop_id, since, until in LicenceSpell.objects.filter(licence__shop_id__in=keys).values_list(
        "licence__shop_id", "started_at", "ended_at"
    ):
        stops[shop_id].append(Stop(shanghai(since).date(), shanghai(until).date() if until else None))
    found = {}
    for shop in known:
        start = max([shop.opened_on, *(day for day in (last.get(shop.pk), begun.get(shop.pk)) if day is not None)])
        spans = tuple(stops[shop.pk])
        found[shop.pk] = Idleness(start, spans, months_complete(start, spans, on=on))
    return found


def settle_shop(shop: EngravingShop, found: Sweep, *, at: dt.datetime) -> None:
    """Bring one shop's case where the day says it stands (处理一家企业), under the shop's lock; counts in `found`."""
    with transaction(RADAR):
        locked = EngravingShop.objects.select_for_update(no_key=True, of=("self",)).get(pk=shop.pk)
        case = IdleCase.objects.filter(shop=locked, status__in=OPEN).first()
        # Business noted meanwhile counts: the shop is locked now, so what is read here stays true.
        idle = idleness_of([locked], on=shanghai(at).date())[locked.pk]
        licence = locked.licences.filter(status__in=("VALID", "SUSPENDED")).first()
        alive = licence is not None or EngravingShop.objects.filter(able_to_engrave(), pk=locked.pk).exists()
        # Days put on record as suspended afterwards may lift a shop off the list again.
        lifted = not idle.months or (case is not None and case.listed_at is not None and idle.months < IDLE)
        # During a recorded pause no day counts, so nobody is warned; what exceeded six months before stays listed.
        paused = licence is not None and licence.status == "SUSPENDED"
        lifted = lifted or (paused and case is not None and case.listed_at is None)
        # Where shops file, nothing is taken back: no warning of it, and what was begun ends.
        applies = recall_applies(shanghai(at).date(), locked.area)
        if case is not None and (not alive or lifted or not applies):
            _close(case, _why_closed(alive=alive, applies=applies), at=at)
            found.closed += 1
            return
        if not alive or not applies or not idle.months or paused:
            return
        if case is None:
            case = _open(locked, licence, idle, at=at)
            found.warned += 1
        _advance(case, idle, found, at=at)


def _why_closed(*, alive: bool, applies: bool) -> CloseReason:
    if not alive:
        return CloseReason.NO_LICENCE
    return CloseReason.SUSPENSION if applies else CloseReason.RECALL_OVER


def _open(shop: EngravingShop, licence: SpecialTradeLicence | None, idle: Idleness, *, at: dt.datetime) -> IdleCase:
    case = IdleCase.objects.create(
        shop=shop, licence=licence, authority_no=shop.authority_no, last_on=idle.last_on, opened_at=at
    )
    record(
        "licensing.idle_case_opened", by=RADAR, at=at, subject=("idle_case", case.number),
        authority_no=case.authority_no, facts={"shop": shop.code, "last_on": idle.last_on.isoformat()},
    )  # fmt: skip
    tell(
        "licensing.idle_warned", to=people_at(shop.pk), at=at, params={"day": idle.last_on.isoformat()},
        link="/shop/idle/",
    )  # fmt: skip
    return case


def _advance(case: IdleCase, idle: Idleness, found: Sweep, *, at: dt.datetime) -> None:
    if case.status == "WARNED" and idle.months >= WARN_AGAIN:
        case = advance(case, "warn_again", by=RADAR, at=at, warned_again_at=at)
        found.warned_again += 1
    if case.status == "WARNED_AGAIN" and idle.months >= IDLE:
        due = limits.due_moment(RECALL, start=at, authority_no=case.authority_no)
        advance(
            case, "list_idle", by=RADAR, at=at, listed_at=at, recall_due_at=due.at,
            recall_due_provisional=due.provisional, due_calendar=due.calendar_version,
        )  # fmt: skip
        found.listed += 1


def _close(case: IdleCase, reason: CloseReason, *, at: dt.datetime) -> None:
    advance(
        case, "close_idle_case", by=RADAR, at=at, facts={"reason": reason.value}, closed_at=at, close_reason=reason
    )  # fmt: skip
