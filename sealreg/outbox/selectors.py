"""What the operator sees of the queue (待发消息查询)."""

from __future__ import annotations

import datetime as dt

from django.db.models import QuerySet

from sealreg.errors import NotFound
from sealreg.outbox.models import DeliveryState, OutboxDelivery


def parked_deliveries(*, subscriber: str = "") -> QuerySet[OutboxDelivery]:
    """What waits for a person (停放的投递), newest first, each with its message."""
    rows = OutboxDelivery.objects.filter(state=DeliveryState.PARKED).select_related("message")
    return (rows.filter(subscriber=subscriber) if subscriber else rows).order_by("-id")


def retried_deliveries() -> QuerySet[OutboxDelivery]:
    """What failed and is tried again by itself (等待重发的投递), the next first, each with its message."""
    rows = OutboxDelivery.objects.filter(state=DeliveryState.PENDING).exclude(last_error_code="")
    return rows.select_related("message").order_by("next_at", "id")


def next_try(subscriber: str, record: tuple[str, str]) -> dt.datetime | None:
    """When what is owed to a subscriber for one record is tried next (下次发送时间); None when nothing waits."""
    rows = OutboxDelivery.objects.filter(
        subscriber=subscriber, record_kind=record[0], record_id=record[1], state=DeliveryState.PENDING
    )
    return rows.order_by("next_at").values_list("next_at", flat=True).first()


def delivery_by_number(number: str) -> OutboxDelivery:
    """One delivery with its message (按编号取投递). Raises NotFound."""
    found = OutboxDelivery.objects.select_related("message").filter(number=number).first()
    if found is None:
        raise NotFound
    return found


def held_up_by(delivery: OutboxDelivery) -> int:
    """How many later acts on the same record wait for this one (受阻后续消息数)."""
    later = OutboxDelivery.objects.filter(
        subscriber=delivery.subscriber, record_kind=delivery.record_kind, record_id=delivery.record_id,
        version__gte=delivery.version, state=DeliveryState.PENDING,
    )  # fmt: skip
    return later.count()
