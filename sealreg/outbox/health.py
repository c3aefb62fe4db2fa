"""How the queue is doing (队列状况): for `doctor`, `/readyz` and the operator's page."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from sealreg.outbox import alarms

_BEAT = """
INSERT INTO outbox_relayheartbeat (relay, beat_at) VALUES (%s, statement_timestamp())
ON CONFLICT (relay) DO UPDATE SET beat_at = EXCLUDED.beat_at
"""
_PRUNE = "DELETE FROM outbox_relayheartbeat WHERE beat_at < statement_timestamp() - interval '1 day'"
_HEALTH = """
SELECT count(*) FILTER (WHERE state = 'PENDING'),
       count(*) FILTER (WHERE state = 'PARKED'),
       coalesce(extract(epoch FROM statement_timestamp() - min(owed_at) FILTER (WHERE state = 'PENDING')), 0),
       (SELECT extract(epoch FROM statement_timestamp() - max(beat_at)) FROM outbox_relayheartbeat)
FROM outbox_outboxdelivery WHERE state IN ('PENDING', 'PARKED')
"""


@dataclass(frozen=True, slots=True)
class QueueHealth:
    """Counts, and ages in seconds (队列状况). `relay_silent_for` is None when no relay has ever run."""

    pending: int
    parked: int
    oldest_pending: int
    relay_silent_for: int | None

    @property
    def waits_too_long(self) -> bool:
        return self.oldest_pending > settings.OUTBOX_MAX_AGE


def queue_health() -> QueueHealth:
    """Look at the queue (查看队列)."""
    with connection.cursor() as cursor:
        cursor.execute(_HEALTH)
        pending, parked, oldest, silent = cursor.fetchone()
    return QueueHealth(pending, parked, int(oldest), None if silent is None else int(silent))


def beat(kind: str) -> None:
    """Sign of life of one relay (心跳), and a look at the oldest pending delivery while at it.

    kind: "loop" or "celery"; the machine's name is added.
    """
    with connection.cursor() as cursor:
        cursor.execute(_BEAT, [f"{kind}:{socket.gethostname()}"[:120]])
        cursor.execute(_PRUNE)
    health = queue_health()
    if health.waits_too_long:
        alarms.waiting_too_long(health.oldest_pending)
