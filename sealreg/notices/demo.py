"""The demonstration's inboxes (演示通知): what is old has been read, so that what is new stands out."""

from __future__ import annotations

import datetime as dt

from django.db.models import QuerySet

from sealreg.accounts.models import User
from sealreg.database.actor import SystemActor
from sealreg.database.door import transaction
from sealreg.notices.models import Notice

_LOADER = SystemActor("load-demo")
UNREAD = 3


def settle_inboxes(users: QuerySet[User], *, at: dt.datetime, skip: str = "chips.") -> None:
    """Mark all but each person's newest notices read (旧通知置为已读). skip: templates that all count as old."""
    with transaction(_LOADER):
        for user in users:
            inbox = Notice.objects.filter(user=user, read_at__isnull=True, at__lte=at)
            newest = (
                inbox.exclude(template__startswith=skip).order_by("-at", "-id").values_list("pk", flat=True)[:UNREAD]
            )
            inbox.exclude(pk__in=list(newest)).update(read_at=at)
