"""Deciding on what was set aside (处理停放消息): send it again, or close it with a reason. Both are audited."""

from __future__ import annotations

import datetime as dt

from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from sealreg.audit.services import record
from sealreg.database.actor import Actor
from sealreg.database.door import transaction
from sealreg.errors import Conflict, RuleBroken
from sealreg.outbox.models import DeliveryState, OutboxDelivery
from sealreg.outbox.queue import masked

REASON_LIMIT = 200


def redrive(delivery: OutboxDelivery, *, by: Actor, at: dt.datetime, reason: str) -> OutboxDelivery:
    """Send a parked delivery again with all its attempts (重新发送).

    Raises RuleBroken without a reason, Conflict when it is no longer parked.
    """
    return _decide(DeliveryState.PENDING, delivery, by, at, reason)


def close(delivery: OutboxDelivery, *, by: Actor, at: dt.datetime, reason: str) -> OutboxDelivery:
    """Give up a parked delivery (关闭): it is kept, never sent, and later acts on the record go on.

    Raises RuleBroken without a reason, Conflict when it is no longer parked.
    """
    return _decide(DeliveryState.CLOSED, delivery, by, at, reason)


def _decide(state: DeliveryState, delivery: OutboxDelivery, by: Actor, at: dt.datetime, reason: str) -> OutboxDelivery:
    why = masked(reason)
    if not why:
        raise RuleBroken(code="reason_missing", fields={"reason": _("请写明处理理由。")})
    if len(reason.strip()) > REASON_LIMIT:
        raise RuleBroken(code="reason_too_long", fields={"reason": _("处理理由请控制在200字以内。")})
    with transaction(by):
        # The token grows, so that a relay still holding an old claim cannot write over the decision.
        changed = OutboxDelivery.objects.filter(pk=delivery.pk, state=DeliveryState.PARKED).update(
            state=state, attempts=0, next_at=Now(), lease_token=F("lease_token") + 1
        )
        if changed != 1:
            raise Conflict(_("这条消息已由他人处理，请返回列表查看。"))
        record(
            "outbox.redriven" if state is DeliveryState.PENDING else "outbox.closed",
            by=by, at=at, subject=("delivery", delivery.number),
            facts={"subscriber": delivery.subscriber, "topic": delivery.message.topic, "reason": why},
        )  # fmt: skip
    delivery.refresh_from_db()
    return delivery
