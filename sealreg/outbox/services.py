"""Owing a fact to other systems (登记待发)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db import connection, transaction

from sealreg.database.canonical import JSON, digest, plain
from sealreg.outbox import nudge, registry
from sealreg.outbox.errors import DifferentPayload
from sealreg.outbox.models import OutboxDelivery, OutboxMessage


def owe(
    topic: str, *, record: tuple[str, str], version: int, at: dt.datetime, payload: Mapping[str, JSON]
) -> OutboxMessage:
    """Owe one fact to every subscriber of its topic, in the caller's transaction (登记待发).

    record: (kind, public id). version: the record's, so that receivers see its acts in order. payload: without
    personal data; "schema" is added. Owing the same again is harmless. Raises DifferentPayload when the same topic,
    record and version was owed with other content, RuntimeError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a fact is owed in the transaction that makes it true")
    if at.tzinfo is None:
        raise ValueError("a naive datetime has no moment")
    content = plain({"schema": f"{topic}/1", **payload})
    sha256 = digest(content)
    key = f"{topic}:{record[0]}:{record[1]}:{version}"
    message = OutboxMessage(
        key=key, topic=topic, record_kind=record[0], record_id=record[1],
        version=version, payload=content, sha256=sha256, at=at,
    )  # fmt: skip
    OutboxMessage.objects.bulk_create([message], ignore_conflicts=True)
    kept = OutboxMessage.objects.get(key=key)
    if kept.sha256 != sha256:
        raise DifferentPayload(key)
    OutboxDelivery.objects.bulk_create(
        [
            OutboxDelivery(
                message=kept, subscriber=subscriber, record_kind=record[0], record_id=record[1], version=version
            )
            for subscriber in registry.subscribers_of(topic)
        ],
        ignore_conflicts=True,
    )
    transaction.on_commit(nudge.ring, robust=True)
    return kept
