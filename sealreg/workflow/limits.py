"""Time limits that run in a status (办理时限), in office time of the authority concerned."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Protocol

from sealreg.workdays.calendar import DueMoment, Pause
from sealreg.workdays.selectors import load_calendar, office_hours


class Amount(Protocol):
    """How long (限额): office minutes, or working days when minutes are 0. `workdays.amounts.WorkAmount` is one."""

    @property
    def minutes(self) -> int: ...

    @property
    def days(self) -> int: ...


_limits: dict[str, Amount] = {}


def register(name: str, amount: Amount) -> None:
    """Make a limit known under the name a Status gives (登记时限). Raises ValueError for a taken name."""
    if name in _limits:
        raise ValueError(f"the limit {name} is already registered")
    _limits[name] = amount


def known(name: str) -> bool:
    """Whether a limit exists (是否有此时限)."""
    return name in _limits


def limit_by_name(name: str) -> Amount:
    """The amount of a limit (取时限). Raises LookupError: a fault in the code."""
    try:
        return _limits[name]
    except KeyError:
        raise LookupError(f"no time limit {name!r}") from None


def due_moment(name: str, *, start: dt.datetime, authority_no: int, pauses: Iterable[Pause] = ()) -> DueMoment:
    """When a limit that started at `start` ends (到期时间), by today's calendar and the authority's office hours.

    pauses: spans that do not count, for limits in office minutes. Raises LookupError for an unknown limit, ValueError
    for pauses with a limit in working days.
    """
    amount = limit_by_name(name)
    calendar, hours = load_calendar(), office_hours(authority_no)
    if amount.minutes:
        return calendar.add_work_time(start, amount.minutes, hours, pauses)
    if tuple(pauses):
        raise ValueError("a limit in working days has no pauses by the minute")
    return calendar.due_after_working_days(start, amount.days, hours)
