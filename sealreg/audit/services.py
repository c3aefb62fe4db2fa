"""Writing the audit (记录审计): one row per act and one per look at personal data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TypedDict

from sealreg.audit.context import current_request_id
from sealreg.audit.models import AuditEvent, ReadLog
from sealreg.database.actor import Actor
from sealreg.database.canonical import JSON, plain


class _Trace(TypedDict):
    actor_kind: str
    actor_id: str
    actor_name: str
    subject_kind: str
    subject_id: str
    at: dt.datetime
    request_id: str


def _trace(by: Actor, subject: tuple[str, str], at: dt.datetime) -> _Trace:
    if at.tzinfo is None:
        raise ValueError("a naive datetime has no moment")
    return {
        "actor_kind": by.actor_kind,
        "actor_id": by.actor_id,
        "actor_name": by.actor_name.replace("\x00", "\ufffd")[:80],
        "subject_kind": subject[0],
        "subject_id": subject[1].replace("\x00", "\ufffd"),
        "at": at,
        "request_id": current_request_id(),
    }


def record(
    event: str,
    *,
    by: Actor,
    at: dt.datetime,
    subject: tuple[str, str],
    authority_no: int | None = None,
    facts: Mapping[str, JSON] | None = None,
) -> AuditEvent:
    """Write one act (记录事件) in the caller's transaction, or on its own where there is none.

    event: "<app>.<past participle>", with a presenter. subject: (kind, public id). facts: JSON, never personal data.
    """
    return AuditEvent.objects.create(
        **_trace(by, subject, at), event=event, authority_no=authority_no, facts=plain(facts or {})
    )


def record_read(
    *, by: Actor, at: dt.datetime, subject: tuple[str, str], fields: Sequence[str], purpose: str
) -> ReadLog:
    """Write one look at personal data (记录查阅): who read which fields of whom, and why.

    Raises ValueError without a field or a purpose: a look without them must not happen.
    """
    reason = purpose.replace("\x00", "\ufffd").strip()[:200]
    if not fields or not reason:
        raise ValueError("a look at personal data names its fields and its purpose")
    return ReadLog.objects.create(**_trace(by, subject, at), fields=list(fields), purpose=reason)
