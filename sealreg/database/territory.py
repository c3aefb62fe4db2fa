"""Whose rows a connection may reach (连接的管辖范围): a setting of PostgreSQL that the row policies read.

Unset, the code is trusted and sees what its queries ask for: workers, shops, banks, the public. Set to a half-open
range of authority numbers, rows outside do not exist (sealreg/database/walls.py). A connection outlives a request, so
what is set on it is noted on it, and compared whenever a thread takes a connection up.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

log = logging.getLogger(__name__)

SETTING = "sealreg.territory"
_NOTE = "_sealreg_territory"
_UNSURE = "?"  # being changed: neither value may be relied on


class _Wanted(threading.local):
    def __init__(self) -> None:
        self.held: list[list[str]] = []

    @property
    def value(self) -> str:
        return self.held[-1][0] if self.held else ""


_wanted = _Wanted()


@contextmanager
def confined(low: int, high: int) -> Iterator[None]:
    """Within the block this thread reaches rows of authorities from `low` up to, not including, `high` only (限定范围).

    Raises ValueError for an empty range: it would stand for nothing, and nothing is not the same as unset.
    """
    if not 0 <= low < high:
        raise ValueError(f"no territory: {low}-{high}")
    with _held(f"{low}-{high}"):
        yield


@contextmanager
def unconfined() -> Iterator[None]:
    """Within the block this thread reaches all rows, as trusted code does (不限定范围): for one act the law asks for.

    Each use is named in docs/adr/0013 and has a test of what it does not let through.
    """
    with _held(""):
        yield


@contextmanager
def _held(value: str) -> Iterator[None]:
    mine = [value]
    _wanted.held.append(mine)
    try:
        _fit(connection)
        yield
    finally:
        # A generator that was given up ends when it is collected, in the midst of anything, on any thread: what holds
        # by then is not its own to take back.
        _wanted.held[:] = [one for one in _wanted.held if one is not mine]
        _leave()


def start_unconfined() -> None:
    """Begin with nothing set (从未限定开始), whatever an answer that nobody finished reading left to this thread."""
    if _wanted.held:
        log.error("a territory was left to this thread: %s", _wanted.value)
        _wanted.held.clear()
        _leave()


def _leave() -> None:
    try:
        _fit(connection)
    except Exception:
        # A connection that cannot be told to forget must not be handed on. Django gives a pooled one back to the pool,
        # which drops it only when it is closed already.
        log.exception("the territory could not be taken back: connection closed")
        _end(connection)


def _end(wrapper: Any) -> None:
    if wrapper.connection is not None:
        wrapper.connection.close()
        wrapper.close()


def _fit(wrapper: Any) -> None:
    """Bring the open connection to what this thread wants; one that is not open yet is met by `_taken_up`."""
    raw = wrapper.connection
    if raw is None or raw.closed or getattr(raw, _NOTE, "") == _wanted.value:
        return
    setattr(raw, _NOTE, _UNSURE)
    value = _wanted.value
    # Past Django's cursors: this is no query of the view, neither watched nor counted as one.
    with wrapper.wrap_database_errors:
        raw.execute("SELECT set_config(%s, %s, false)", [SETTING, value])
    setattr(raw, _NOTE, value)


def _taken_up(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    if connection.alias != DEFAULT_DB_ALIAS:
        return
    try:
        _fit(connection)
    except Exception:
        _end(connection)
        raise


connection_created.connect(_taken_up, dispatch_uid="sealreg.database.territory")
