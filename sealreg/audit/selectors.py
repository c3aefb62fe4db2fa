"""Searching the trail (查询审计): newest first by (at, id), the order every index ends with."""

from __future__ import annotations

import datetime as dt
from typing import TypeVar

from django.db.models import QuerySet

from sealreg.audit.models import AuditEvent, ReadLog, Trace

Row = TypeVar("Row", bound=Trace)


def _narrow(
    rows: QuerySet[Row],
    subject: tuple[str, str] | None,
    actor: tuple[str, str] | None,
    since: dt.datetime | None,
    until: dt.datetime | None,
) -> QuerySet[Row]:
    if subject is not None:
        rows = rows.filter(subject_kind=subject[0], subject_id=subject[1])
    if actor is not None:
        rows = rows.filter(actor_kind=actor[0], actor_id=actor[1])
    if since is not None:
        rows = rows.filter(at__gte=since)
    if until is not None:
        rows = rows.filter(at__lt=until)
    return rows.order_by("-at", "-id")


def search_events(
    *,
    subject: tuple[str, str] | None = None,
    actor: tuple[str, str] | None = None,
    event: str = "",
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
) -> QuerySet[AuditEvent]:
    """Acts (审计事件), narrowed by subject and actor as (kind, id), event and half-open span [since, until)."""
    rows = AuditEvent.objects.filter(event=event) if event else AuditEvent.objects.all()
    return _narrow(rows, subject, actor, since, until)


def search_reads(
    *,
    subject: tuple[str, str] | None = None,
    actor: tuple[str, str] | None = None,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
) -> QuerySet[ReadLog]:
    """Looks at personal data (查阅日志), narrowed like `search_events`."""
    return _narrow(ReadLog.objects.all(), subject, actor, since, until)


def last_act_on(subject: tuple[str, str]) -> AuditEvent | None:
    """The newest act on one subject (最近一次办理); None when there is none."""
    return search_events(subject=subject).first()
