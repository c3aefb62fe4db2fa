"""The only reader of the system clock (系统时钟).

Domain functions never call this: they are given `at`. Views, commands and workers read the time here and pass it down,
so that a demonstration or a test can move the domain's time without moving that of signatures, second factors or leases
(those use `real_now`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")

_fixed: ContextVar[dt.datetime | None] = ContextVar("sealreg_fixed_time", default=None)
_offset: Callable[[], dt.timedelta] = dt.timedelta


def real_now() -> dt.datetime:
    """The machine's time (真实时间), aware, in Asia/Shanghai. For protection and leases, never for the domain."""
    return dt.datetime.now(SHANGHAI)


def now() -> dt.datetime:
    """The domain's time (业务时间), aware, in Asia/Shanghai."""
    fixed = _fixed.get()
    return fixed if fixed is not None else real_now() + _offset()


def moved_by() -> dt.timedelta:
    """How far the domain's time is ahead of the machine's (演示时钟偏移): zero wherever no demonstration moved it."""
    return _offset()


def today() -> dt.date:
    """The domain's date (业务日期) in Asia/Shanghai."""
    return now().date()


def shanghai(moment: dt.datetime) -> dt.datetime:
    """Any aware moment as Shanghai time (北京时间). Raises ValueError for a naive one: its meaning would be a guess."""
    if moment.tzinfo is None:
        raise ValueError("a naive datetime has no moment")
    return moment.astimezone(SHANGHAI)


@contextmanager
def fixed_at(moment: dt.datetime) -> Iterator[None]:
    """Hold the domain's time at one moment (固定业务时间) in this context, for tests and replays."""
    token = _fixed.set(shanghai(moment))
    try:
        yield
    finally:
        _fixed.reset(token)


def shift_by(offset: Callable[[], dt.timedelta]) -> None:
    """Install the demonstration's clock shift (演示时钟). Local settings only; production never calls it."""
    global _offset
    _offset = offset
