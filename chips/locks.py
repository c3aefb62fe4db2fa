"""Doing something alone (独占): one connection at a time, and a killed process lets go by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

FILLING, WRITING = 0x43484950, 0x43415244  # "CHIP", "CARD"


def hold(space: int, number: int) -> bool:
    """Have the thing alone to the end of the caller's transaction (事务内独占); False while another has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", _key(space, number))
        (mine,) = cursor.fetchone()
    return bool(mine)


def _key(space: int, number: int) -> list[int]:
    return [space, number % 2**31]


@contextmanager
def alone(space: int, number: int) -> Iterator[bool]:
    """Whether this connection alone has the thing (是否独占). The lock goes with the connection."""
    key = _key(space, number)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
        (mine,) = cursor.fetchone()
        try:
            yield mine
        finally:
            if mine:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)
