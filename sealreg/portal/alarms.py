"""Alarms of the queue reach the operators' inbox (告警通知)."""

from __future__ import annotations

from django.urls import reverse

from sealreg.accounts.models import User
from sealreg.accounts.roles import ROLES, Permission
from sealreg.clock import now
from sealreg.database.actor import SystemActor
from sealreg.database.door import transaction
from sealreg.notices.recipients import Recipient
from sealreg.notices.services import tell
from sealreg.outbox.alarms import Alarm
from sealreg.portal.notice_templates import MESSAGE_PARKED, QUEUE_WAITING

ACTOR = SystemActor("outbox-alarm")


def operators() -> list[User]:
    """Who looks after the exchange of messages (运维人员)."""
    roles = [key for key, role in ROLES.items() if role.may(Permission.HANDLE_CHIPS)]
    found = User.objects.filter(is_active=True, memberships__ended_at__isnull=True, memberships__role__in=roles)
    return list(found.distinct())


def tell_operators(alarm: Alarm) -> None:
    """Write an alarm of the queue into the operators' inboxes (通知运维人员)."""
    to = [Recipient(user=user) for user in operators()]
    if alarm.kind.startswith("outbox.parked:"):
        template, params = MESSAGE_PARKED, {"subscriber": str(alarm.facts.get("subscriber", ""))}
    elif alarm.kind == "outbox.waiting":
        minutes = int(str(alarm.facts.get("oldest_seconds", 0))) // 60
        template, params = QUEUE_WAITING, {"minutes": str(minutes)}
    else:
        return
    with transaction(ACTOR):
        tell(template.id, to=to, at=now(), params=params, link=reverse("operator_parked"))
