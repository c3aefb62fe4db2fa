"""The counter of an answer, compared and set in one statement (认证计数): each value passes at most once.

Two banks may ask one chip at the same moment and finish in the other order, so the lower counter of the two is taken
when its question was put before the higher answer came, within a minute, and within the last 32 values.
"""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass
from typing import Any

from django.db import connection

from chips.models import Chip

WINDOW = 32
OVERLAP = dt.timedelta(seconds=60)
LARGEST_STEP = 1_000

# Distances are clamped before they shift anything: PostgreSQL may evaluate them for rows that the condition refuses.
_TAKE = """
UPDATE chips_chip SET
  counter_window = CASE
    WHEN %(counter)s > last_counter + 31 THEN 1
    WHEN %(counter)s > last_counter
      THEN ((counter_window << LEAST(GREATEST(%(counter)s - last_counter, 0), 32)::int) | 1) & 4294967295
    ELSE counter_window | (1::bigint << LEAST(GREATEST(last_counter - %(counter)s, 0), 31)::int)
  END,
  counter_at = CASE WHEN %(counter)s > last_counter THEN %(at)s ELSE counter_at END,
  last_counter = GREATEST(last_counter, %(counter)s)
WHERE id = %(chip)s AND %(counter)s > 0 AND (
  %(counter)s > last_counter
  OR (
    last_counter - %(counter)s < 32
    AND (counter_window >> LEAST(GREATEST(last_counter - %(counter)s, 0), 31)::int) & 1 = 0
    AND counter_at >= %(asked_at)s AND %(at)s <= %(asked_at)s + %(overlap)s
  )
)
RETURNING old.last_counter
"""


class Step(enum.Enum):
    """How a counter stands to those before it (计数走势)."""

    ONWARD = enum.auto()
    JUMP = enum.auto()  # further than a chip is used between two checks of ours
    OUT_OF_ORDER = enum.auto()  # a parallel session, still unused
    REGRESS = enum.auto()  # used before, or too old: refused


@dataclass(frozen=True, slots=True)
class CounterTaken:
    """What became of a counter (计数核对结果). before: the highest until now, None where it was refused."""

    step: Step
    before: int | None


def take_counter(chip: Chip, counter: int, *, asked_at: dt.datetime, at: dt.datetime) -> CounterTaken:
    """Use a counter value up (登记计数). asked_at: when its challenge was issued; at: when the answer came."""
    words: dict[str, Any] = {
        "counter": counter,
        "chip": chip.pk,
        "asked_at": asked_at,
        "at": at,
        "overlap": OVERLAP,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, words)
        row = cursor.fetchone()
    if row is None:
        return CounterTaken(Step.REGRESS, None)
    before = int(row[0])
    if counter < before:
        return CounterTaken(Step.OUT_OF_ORDER, before)
    return CounterTaken(Step.JUMP if before and counter - before > LARGEST_STEP else Step.ONWARD, before)
