"""Keeping the clock of an application (许可时限计时): events are added, the due day is derived from them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db.models import Q, QuerySet

from licensing.choices import ClockKind
from licensing.clock import ClockEvent, Ledger, read_ledger
from licensing.models import ApplicationClock, LicenceApplication
from licensing.people import county_people, people_above, people_at
from sealreg.audit.services import record
from sealreg.clock import shanghai
from sealreg.database.actor import Actor, SystemActor
from sealreg.database.canonical import JSON
from sealreg.database.door import transaction
from sealreg.notices.services import tell
from sealreg.workdays.models import CalendarChange
from sealreg.workdays.selectors import load_calendar, office_hours

CLOCK = SystemActor("licence-clock")
TURNING = (ClockKind.STARTED, ClockKind.PAUSED, ClockKind.RESUMED, ClockKind.ENDED)


def ledger_of(application: LicenceApplication, *, at: dt.datetime) -> Ledger | None:
    """The clock of an application as it stands (计时账); None before it is handed in. Reads only."""
    if application.submitted_at is None or application.authority_no is None:
        return None
    rows = application.clock.filter(kind__in=TURNING).order_by("at", "id")
    events = [ClockEvent(row.kind, row.at, row.reason) for row in rows]
    return read_ledger(events, at=at, calendar=load_calendar(), hours=office_hours(application.authority_no))


def note(
    application: LicenceApplication,
    kind: ClockKind,
    *,
    at: dt.datetime,
    reason: str = "",
    facts: Mapping[str, JSON] | None = None,
) -> ApplicationClock:
    """Add one event to the clock (记计时事件), in the caller's transaction."""
    return ApplicationClock.objects.create(
        application=application, kind=kind, at=at, reason=reason[:200], facts=dict(facts or {})
    )


def settle(application: LicenceApplication, *, at: dt.datetime) -> Ledger:
    """Write down what the events now say (更新到期日), in the caller's transaction. Returns the ledger."""
    ledger = ledger_of(application, at=at)
    if ledger is None:
        raise ValueError("an application not handed in has no clock")
    fields = {
        "due_on": ledger.due_on,
        "due_at": ledger.due_at,
        "due_provisional": ledger.provisional,
        "due_calendar": ledger.calendar_version,
        "clock_ended_at": ledger.ended_at,
    }
    LicenceApplication.objects.filter(pk=application.pk).update(**fields)
    for name, value in fields.items():
        setattr(application, name, value)
    return ledger


def note_if_late(application: LicenceApplication, ledger: Ledger, *, at: dt.datetime) -> bool:
    """Raise a breach in the transaction of the act that stops the clock (当场记超时), where no look was before it.

    Who decides or asks for papers on the eighth day does so before the next look as often as after it.
    """
    late = ledger.binding and shanghai(at).date() > ledger.due_on
    if not late or application.clock.filter(kind=ClockKind.BREACHED).exists():
        return False
    _raise(application, ledger, by=CLOCK, at=at)
    return True


def running_applications() -> QuerySet[LicenceApplication]:
    """Applications whose clock is not ended (计时未停止的申请)."""
    return LicenceApplication.objects.filter(submitted_at__isnull=False, clock_ended_at__isnull=True)


def watch_clocks(*, by: Actor, at: dt.datetime) -> dict[str, int]:
    """Look at every running clock (巡查时限): moved due days, warnings on day 4 and 6, breaches raised from day 8.

    Repeating it changes nothing. Returns how many of each: moved, warned, breached.
    """
    done = {"moved": 0, "warned": 0, "breached": 0}
    version = load_calendar().version
    stale = running_applications().filter(~Q(due_calendar=version) | Q(due_calendar__isnull=True))
    for pk in list(stale.order_by("pk").values_list("pk", flat=True)):
        done["moved"] += _recompute(pk, by=by, at=at)
    # The earliest warning falls three working days before the due day, never more than three weeks of calendar days.
    until = shanghai(at).date() + dt.timedelta(days=21)
    near = running_applications().filter(paused_at__isnull=True, due_on__lte=until)
    for pk in list(near.order_by("pk").values_list("pk", flat=True)):
        warned, breached = _look(pk, by=by, at=at)
        done["warned"] += warned
        done["breached"] += breached
    return done


def _locked(pk: int) -> LicenceApplication | None:
    return running_applications().select_for_update(of=("self",)).filter(pk=pk).first()


def _recompute(pk: int, *, by: Actor, at: dt.datetime) -> int:
    with transaction(by):
        application = _locked(pk)
        if application is None:
            return 0
        before, version = application.due_on, application.due_calendar or 0
        ledger = settle(application, at=at)
        if application.paused_at is not None or before is None or before == ledger.due_on:
            return 0
        change = CalendarChange.objects.filter(version__gt=version).order_by("-version").first()
        reason = str(change.get_kind_display()) if change is not None else ""
        moved: dict[str, JSON] = {"from": before.isoformat(), "to": ledger.due_on.isoformat(), "change": reason}
        note(application, ClockKind.DUE_MOVED, at=at, reason=change.reason if change is not None else "", facts=moved)
        record(
            "licensing.due_moved", by=by, at=at, subject=_subject(application),
            authority_no=application.authority_no, facts=moved,
        )  # fmt: skip
        params = {
            "number": application.number, "from": before.isoformat(), "to": ledger.due_on.isoformat(),
        }  # fmt: skip
        tell(
            "licensing.due_moved", to=county_people(application.authority_no), at=at, params=params,
            link=police_link(application),
        )  # fmt: skip
        tell(
            "licensing.due_moved", to=people_at(application.organisation_id), at=at, params=params,
            link=shop_link(application),
        )  # fmt: skip
        return 1


def _look(pk: int, *, by: Actor, at: dt.datetime) -> tuple[int, int]:
    with transaction(by):
        application = _locked(pk)
        ledger = ledger_of(application, at=at) if application is not None else None
        if application is None or ledger is None or not ledger.running or not ledger.binding:
            return 0, 0
        known = set(application.clock.values_list("kind", flat=True))
        warned = 0
        for day, kind in ((4, ClockKind.WARNED_DAY_FOUR), (6, ClockKind.WARNED_DAY_SIX)):
            if ledger.day >= day and ledger.day <= ledger.limit and kind not in known:
                _warn(application, ledger, kind, at=at)
                warned = 1
        if ledger.day <= ledger.limit or ClockKind.BREACHED in known:
            return warned, 0
        _raise(application, ledger, by=by, at=at)
        return warned, 1


def _warn(application: LicenceApplication, ledger: Ledger, kind: ClockKind, *, at: dt.datetime) -> None:
    note(application, kind, at=at, facts={"day": ledger.day})
    tell(
        "licensing.clock_warning",
        to=county_people(application.authority_no),
        at=at,
        params={"number": application.number, "day": str(ledger.day), "due": ledger.due_on.isoformat()},
        link=police_link(application),
    )


def _raise(application: LicenceApplication, ledger: Ledger, *, by: Actor, at: dt.datetime) -> None:
    authority = application.authority_no or 0
    note(application, ClockKind.BREACHED, at=at, facts={"day": ledger.day, "due": ledger.due_on.isoformat()})
    record(
        "licensing.clock_breached", by=by, at=at, subject=_subject(application), authority_no=authority,
        facts={"due": ledger.due_on.isoformat()},
    )  # fmt: skip
    tell(
        "licensing.clock_breached",
        to=[*people_above(authority), *county_people(authority)],
        at=at,
        params={"number": application.number, "shop": application.shop_name, "due": ledger.due_on.isoformat()},
        link=police_link(application),
    )


def _subject(application: LicenceApplication) -> tuple[str, str]:
    return "licence_application", application.number


def police_link(application: LicenceApplication) -> str:
    """Where the police read on (公安端链接)."""
    return f"/police/licences/applications/{application.number}/"


def shop_link(application: LicenceApplication) -> str:
    """Where the shop reads on (企业端链接)."""
    return f"/shop/licence/applications/{application.number}/"
