"""The queue's own SQL (队列): claim, mark, give back. Only the database's clock is read, for workers' clocks differ."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass

from django.db import connection
from django.db.models import F, QuerySet, Value
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now

from sealreg.database.canonical import PlainJSON
from sealreg.outbox.models import DeliveryState, OutboxDelivery
from sealreg.outbox.registry import Policy

TEXT_LIMIT = 300

# One record's acts reach a subscriber in order: a later version waits for every earlier one that is unfinished, parked
# ones included. The lease is written with the claim, so next_at alone says what is due.
_CLAIM = """
WITH due AS MATERIALIZED (
  SELECT d.id FROM outbox_outboxdelivery d
  WHERE d.state = 'PENDING' AND d.subscriber = %(subscriber)s AND d.next_at <= statement_timestamp()
    AND NOT EXISTS (
      SELECT 1 FROM outbox_outboxdelivery e
      WHERE e.subscriber = d.subscriber AND e.record_kind = d.record_kind AND e.record_id = d.record_id
        AND e.state IN ('PENDING', 'PARKED') AND (e.version, e.id) < (d.version, d.id))
  ORDER BY d.next_at, d.id
  LIMIT %(limit)s
  FOR UPDATE OF d SKIP LOCKED
)
UPDATE outbox_outboxdelivery d
SET attempts = d.attempts + 1, lease_token = d.lease_token + 1,
    lease_until = statement_timestamp() + make_interval(secs => %(lease)s),
    next_at = statement_timestamp() + make_interval(secs => %(lease)s)
FROM due, outbox_outboxmessage m
WHERE d.id = due.id AND m.id = d.message_id
RETURNING d.id, d.lease_token, d.attempts, d.subscriber, m.key, m.topic, m.record_kind, m.record_id, m.version,
          m.payload::text, m.sha256, d.owed_at
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """One delivery held by this relay until its lease ends (占用)."""

    id: int
    token: int
    attempt: int
    subscriber: str
    key: str
    topic: str
    record: tuple[str, str]
    version: int
    payload: dict[str, PlainJSON]
    sha256: str


def claim(subscriber: str, policy: Policy, *, limit: int) -> list[Claim]:
    """Take up to `limit` due deliveries of one subscriber (领取), oldest first, each with a new fencing token.

    Rows another relay holds are skipped, not waited for. Outside a transaction the claim is committed on return.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"subscriber": subscriber, "limit": limit, "lease": policy.lease})
        rows = cursor.fetchall()
    rows.sort(key=lambda row: (row[11], row[0]))
    return [
        Claim(
            id=row[0], token=row[1], attempt=row[2], subscriber=row[3], key=row[4], topic=row[5],
            record=(row[6], row[7]), version=row[8],
            payload=json.loads(row[9]), sha256=row[10],
        )
        for row in rows
    ]  # fmt: skip


def _mine(held: Claim) -> QuerySet[OutboxDelivery]:
    """The delivery, if the claim still holds (持有校验): the token is the newest, no outcome is written."""
    return OutboxDelivery.objects.filter(id=held.id, lease_token=held.token, state=DeliveryState.PENDING)


def _in(seconds: float) -> CombinedExpression:
    return Now() + Value(dt.timedelta(seconds=seconds))


def mark_sent(held: Claim, *, reference: str) -> bool:
    """Write the success (标记送达). False when the lease passed to another: its outcome counts, not ours."""
    changed = _mine(held).update(
        state=DeliveryState.SENT, sent_at=Now(), lease_until=None, last_error_code="", last_error="",
        response_reference=printable(reference, limit=120),
    )  # fmt: skip
    return changed == 1


def put_off(held: Claim, *, code: str, text: str, delay: float) -> bool:
    """Write a failure to be tried again after `delay` seconds (推迟). False when the lease passed to another."""
    changed = _mine(held).update(
        next_at=_in(delay), lease_until=None, last_error_code=printable(code, limit=60), last_error=masked(text)
    )
    return changed == 1


def park(held: Claim, *, code: str, text: str) -> bool:
    """Set it aside for a person (停放). False when the lease passed to another."""
    changed = _mine(held).update(
        state=DeliveryState.PARKED, lease_until=None, last_error_code=printable(code, limit=60), last_error=masked(text)
    )
    return changed == 1


def give_back(held: Claim) -> bool:
    """Return what was claimed and not tried (归还): it counts as no attempt."""
    return _mine(held).update(attempts=F("attempts") - 1, lease_until=None, next_at=Now()) == 1


def printable(text: str, *, limit: int) -> str:
    """One line without control characters, at most `limit` long (可显示文本): other systems answer anything."""
    return "".join(character if character.isprintable() else " " for character in text).strip()[:limit]


_LONG_NUMBER = re.compile(r"\d[\d -]{5,}[\dXx]")
_MAIL = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+")


def masked(text: str) -> str:
    """An error text fit to be kept (脱敏): numbers of seven digits and more and addresses of mail become ***."""
    return _MAIL.sub("***", _LONG_NUMBER.sub("***", printable(text, limit=2000)))[:TEXT_LIMIT]
