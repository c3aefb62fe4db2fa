"""Calling for help (告警): a log line, the operators' command and whoever listens, at most once per kind and span."""

from __future__ import annotations

import json
import logging
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from sealreg.database.canonical import JSON

logger = logging.getLogger("sealreg.alarms")

QUIET_SECONDS = 600
COMMAND_SECONDS = 5

# The database decides who raises it, so that ten relays do not call ten times.
_RAISE = """
INSERT INTO outbox_raisedalarm (kind, raised_at) VALUES (%s, statement_timestamp())
ON CONFLICT (kind) DO UPDATE SET raised_at = EXCLUDED.raised_at
WHERE outbox_raisedalarm.raised_at < statement_timestamp() - make_interval(secs => %s)
"""


@dataclass(frozen=True, slots=True)
class Alarm:
    """What is wrong (告警). kind: stable name with its place; facts: JSON without personal data."""

    kind: str
    facts: Mapping[str, JSON]


_listeners: list[Callable[[Alarm], None]] = []


def listen(listener: Callable[[Alarm], None]) -> None:
    """Be told of every alarm (接收告警), e.g. to write a notice to the operators."""
    if listener not in _listeners:
        _listeners.append(listener)


def raise_alarm(kind: str, facts: Mapping[str, JSON]) -> bool:
    """Raise one alarm (发出告警) unless the same kind was raised within ten minutes. Returns whether it was raised.

    No hearer's failure reaches the caller: an alarm must not stop the work it is about.
    """
    kind = kind[:60]
    with connection.cursor() as cursor:
        cursor.execute(_RAISE, [kind, QUIET_SECONDS])
        if cursor.rowcount != 1:
            return False
    alarm = Alarm(kind, facts)
    logger.error("alarm %s %s", kind, json.dumps(dict(facts), ensure_ascii=False, sort_keys=True))
    for hearer in (_run_command, *_listeners):
        try:
            hearer(alarm)
        except Exception:
            logger.exception("alarm %s: a hearer failed", kind)
    return True


def _run_command(alarm: Alarm) -> None:
    if settings.ALERT_COMMAND:
        text = json.dumps({"kind": alarm.kind, "facts": dict(alarm.facts)}, ensure_ascii=False)
        subprocess.run(
            settings.ALERT_COMMAND, input=text.encode(), timeout=COMMAND_SECONDS, check=True, capture_output=True
        )


def parked(subscriber: str, topic: str, code: str) -> None:
    """A delivery was set aside for a person (有消息被停放)."""
    raise_alarm(f"outbox.parked:{subscriber}", {"subscriber": subscriber, "topic": topic, "code": code})


def waiting_too_long(seconds: int) -> None:
    """The oldest pending delivery is older than the limit (积压超时)."""
    raise_alarm("outbox.waiting", {"oldest_seconds": seconds, "limit_seconds": settings.OUTBOX_MAX_AGE})
