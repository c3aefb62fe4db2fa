"""The work lists of opening a shop (开办办理列表): by remaining working time, in views one can count and drill into."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery

from licensing.choices import ClockKind
from licensing.clock import ClockEvent, Ledger, read_ledger
from licensing.models import (
    ApplicationClock,
    Correction,
    LicenceApplication,
    LicenceChange,
    RevocationProposal,
    ShopFiling,
    ShopFilingChange,
    SpecialTradeLicence,
    SuspensionRequest,
)
from licensing.models.applications import WORK
from licensing.selectors import applications_of, shop_filings_of
from licensing.services.clocks import TURNING
from licensing.states import APPLICATION
from sealreg.accounts.jurisdiction import jurisdiction_of
from sealreg.clock import SHANGHAI, shanghai
from sealreg.database.actor import Actor
from sealreg.database.numbers import read_public_number
from sealreg.units.identifiers import normalise
from sealreg.workdays.selectors import load_calendar, office_hours_of

# The county still has to act; time runs in all of them.
WAITING = ("SUBMITTED", "ACCEPTED", "GRANTED")
DECIDED = ("GRANTED", "REFUSED", "NOT_ACCEPTED", "ISSUED", "COLLECTED")
VIEWS = ("work", "waiting", "paused", "day_four", "day_six", "breached", "decided", "closed", "all")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list of applications is narrowed by (筛选条件). view: of VIEWS or a status; mine: the actor's."""

    view: str = "work"
    term: str = ""
    mode: str = ""
    mine: bool = False
    place: int | None = None


def _has(*kinds: ClockKind) -> Exists:
    return Exists(ApplicationClock.objects.filter(application=OuterRef("pk"), kind__in=kinds))


def month_start(at: dt.datetime) -> dt.datetime:
    """The first moment of the month in Shanghai (本月起点)."""
    day = shanghai(at)
    return dt.datetime(day.year, day.month, 1, tzinfo=SHANGHAI)


def in_view(view: str, at: dt.datetime) -> Q:
    """Condition of one view (视图条件): work is all that is under way; a status stands for itself."""
    running = Q(status__in=WORK, paused_at__isnull=True, clock_ended_at__isnull=True)
    conditions = {
        "work": Q(status__in=WORK),
        "waiting": Q(status__in=WAITING),
        "paused": Q(status__in=WORK, paused_at__isnull=False),
        "day_four": running
        & Q(_has(ClockKind.WARNED_DAY_FOUR))
        & ~Q(_has(ClockKind.WARNED_DAY_SIX, ClockKind.BREACHED)),
        "day_six": running & Q(_has(ClockKind.WARNED_DAY_SIX)) & ~Q(_has(ClockKind.BREACHED)),
        "breached": Q(status__in=WORK) & Q(_has(ClockKind.BREACHED)),
        "decided": _decided_since(month_start(at)),
        "closed": Q(closed_at__isnull=False),
        "all": Q(),
    }
    return conditions[view] if view in conditions else Q(status=view)


def _decided_since(moment: dt.datetime) -> Q:
    return Q(decided_at__gte=moment) | Q(status="NOT_ACCEPTED", closed_at__gte=moment)


def in_place(place: int | None) -> Q:
    """Condition of a place (所在地条件): a county-level authority, or a whole city by its code."""
    if place is None:
        return Q()
    if place % 100 == 0:
        return Q(authority_no__gte=place, authority_no__lt=place + 100)
    return Q(authority_no=place)


def worklist_of(by: Actor, asked: Asked, *, at: dt.datetime) -> QuerySet[LicenceApplication]:
    """Applications within the actor's reach (许可申请办理列表), fit for keyset paging.

    What is under way stands by remaining time, late first and paused last; what is not, newest first. The term is a
    number or a credit code exactly, else part of the shop's name.
    """
    found = applications_of(by).filter(in_place(asked.place), in_view(asked.view, at))
    reach = jurisdiction_of(by)
    if reach is not None and reach.high - reach.low == 1:
        # One authority named, not spanned: the index then hands its rows over in order, and nothing is sorted.
        found = found.filter(authority_no=reach.low)
    if asked.mode:
        found = found.filter(mode=asked.mode)
    if asked.mine:
        found = found.filter(assigned_to=by.actor_id)
    found = found.filter(named(asked.term))
    works = asked.view in ("work", "waiting", "paused", "day_four", "day_six", "breached") or asked.view in WORK
    return found.order_by("work_day", "id") if works else found.order_by("-id")


def named(term: str) -> Q:
    """Condition of a search (查询条件) over what a shop states."""
    text = term.strip()
    if not text:
        return Q()
    number = read_public_number(text)
    return Q(shop_name__icontains=text) | Q(credit_code=normalise(text)) | (Q(number=number) if number else Q())


def ledgers_of(applications: Iterable[LicenceApplication], *, at: dt.datetime) -> dict[int, Ledger]:
    """The clocks of many applications (多件计时账), by primary key, in three queries however many there are."""
    found = [one for one in applications if one.submitted_at is not None and one.authority_no is not None]
    events: dict[int, list[ClockEvent]] = {one.pk: [] for one in found}
    rows = ApplicationClock.objects.filter(application__in=events, kind__in=TURNING).order_by("at", "id")
    for row in rows:
        events[row.application_id].append(ClockEvent(row.kind, row.at, row.reason))
    calendar = load_calendar()
    hours = office_hours_of({one.authority_no for one in found if one.authority_no is not None})
    return {
        one.pk: read_ledger(events[one.pk], at=at, calendar=calendar, hours=hours[one.authority_no])
        for one in found
        if events[one.pk] and one.authority_no is not None
    }


def figures_of(by: Actor, *, at: dt.datetime) -> dict[str, int]:
    """How many applications stand in each view (辖区数字), in one query."""
    counted = ("waiting", "paused", "day_four", "day_six", "breached", "decided")
    found = LicenceApplication.objects.visible_to(by).aggregate(
        **{view: Count("pk", filter=in_view(view, at)) for view in counted}
    )
    return {view: int(number) for view, number in found.items()}


def figures_by_place(by: Actor, *, at: dt.datetime, cities: bool) -> Mapping[int, Mapping[str, int]]:
    """The same by county, or by city for the province (各地数字): code -> view -> number, in one query."""
    counted = ("work", "waiting", "paused", "day_four", "day_six", "breached", "decided")
    # Whole numbers divide to whole numbers in the database.
    place = F("authority_no") / 100 * 100 if cities else F("authority_no")
    rows = (
        LicenceApplication.objects.visible_to(by)
        .annotate(place=place)
        .order_by()
        .values("place")
        .annotate(**{f"n_{view}": Count("pk", filter=in_view(view, at)) for view in counted})
        .values_list("place", *(f"n_{view}" for view in counted))
    )
    return {int(row[0]): dict(zip(counted, map(int, row[1:]), strict=True)) for row in sorted(rows)}


def breaches_of(by: Actor, *, place: int | None = None, only_open: bool = False) -> QuerySet[ApplicationClock]:
    """Breaches raised on day 8 (超时上报), newest first, of applications the actor may see; fit for keyset paging."""
    seen = LicenceApplication.objects.visible_to(by).filter(in_place(place))
    if only_open:
        seen = seen.filter(status__in=WORK)
    found = ApplicationClock.objects.filter(kind=ClockKind.BREACHED, application__in=seen)
    return found.select_related("application").order_by("-id")


def filings_of(by: Actor, *, view: str = "", term: str = "", place: int | None = None) -> QuerySet[ShopFiling]:
    """Filings of shops within reach, newest first (开业备案列表), fit for keyset paging.

    view: asked (a correction is open), changed, late (filed after its day), ended, or empty for all in force.
    """
    of_it = ShopFilingChange.objects.filter(filing=OuterRef("pk"))
    newest = Subquery(of_it.order_by("-filed_at", "-id").values("filed_at")[:1])
    asking = Exists(Correction.objects.filter(filing=OuterRef("pk"), closed_at__isnull=True))
    found = (
        shop_filings_of(by).filter(in_place(place), named(term)).annotate(under_correction=asking, changed_at=newest)
    )
    conditions = {
        "asked": Q(asking),
        "changed": Q(Exists(of_it)),
        "late": Q(filed_late=True),
        "ended": Q(status="ENDED"),
        "all": Q(),
    }
    return found.filter(conditions.get(view, Q(status="FILED"))).order_by("-id")


def licence_list_of(
    by: Actor, *, status: str = "", term: str = "", place: int | None = None
) -> QuerySet[SpecialTradeLicence]:
    """Licences within reach, newest first (许可证列表), fit for keyset paging; with whether a change is asked for."""
    changing = Exists(LicenceChange.objects.filter(licence=OuterRef("pk"), status="REQUESTED"))
    found = SpecialTradeLicence.objects.visible_to(by).select_related("shop__organisation")
    found = found.annotate(change_asked=changing)
    if place is not None:
        span = (place, place + 100) if place % 100 == 0 else (place, place + 1)
        found = found.filter(shop__authority_no__gte=span[0], shop__authority_no__lt=span[1])
    if status == "change":
        found = found.filter(changing)
    elif status:
        found = found.filter(status=status)
    text = term.strip()
    if text:
        code = normalise(text)
        name = Q(shop__organisation__name__icontains=text) | Q(holder_name__icontains=text)
        found = found.filter(name | Q(number=text) | Q(shop__code=code) | Q(shop__credit_code=code))
    return found.order_by("-id")


def asked_of_licences(
    kind: type[LicenceChange] | type[SuspensionRequest] | type[RevocationProposal],
    by: Actor,
    *,
    waiting: str,
    everything: bool = False,
    term: str = "",
    place: int | None = None,
) -> QuerySet[Any]:
    """What is asked for or proposed for licences within reach (许可证事项列表), fit for keyset paging.

    waiting: the status that waits for the county; the oldest of these first, or with `everything` all, newest first.
    term: a number or a licence's number exactly, else part of the shop's name. place: as in_place.
    """
    found: QuerySet[Any] = (
        kind.objects.visible_to(by).select_related("licence__shop__organisation").filter(in_place(place))
    )
    text = term.strip()
    if text:
        number = read_public_number(text)
        shop = Q(licence__shop__organisation__name__icontains=text) | Q(licence__holder_name__icontains=text)
        found = found.filter(shop | Q(licence__number=text) | (Q(number=number) if number else Q()))
    return found.order_by("-id") if everything else found.filter(status=waiting).order_by("id")


def statuses_shown() -> Sequence[tuple[str, str]]:
    """Statuses an application in the hands of the police can have (可筛选状态)."""
    return [(one.name, str(one.label)) for one in APPLICATION.statuses if one.name != "DRAFT"]
