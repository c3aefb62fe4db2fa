"""Telling people what happened (发出通知) and marking it read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from django.db import connection

from sealreg.accounts.models import User
from sealreg.database.actor import Actor
from sealreg.database.canonical import JSON
from sealreg.database.door import transaction
from sealreg.database.numbers import new_public_number
from sealreg.notices.models import AddressKind, Notice, OutsideAddress
from sealreg.notices.recipients import Recipient
from sealreg.notices.templates import EMAIL_TOPIC, SMS_TOPIC, NoticeTemplate, check_params, template_by_id
from sealreg.outbox.services import owe


def tell(template: str, *, to: Sequence[Recipient], at: dt.datetime, params: Mapping[str, str], link: str = "") -> None:
    """Tell recipients by template (发出通知), in the transaction of what happened.

    The inbox is written here; e-mail and SMS leave through the outbox by template and parameters, never as free text.
    params: exactly the places of the template, no personal data. link: a path of this site. Each is told once.
    Raises LookupError for an unknown template, ValueError for parameters or a link that do not fit, RuntimeError
    outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a notice is written in the transaction of what it tells")
    if link and (not link.startswith("/") or link.startswith("//")):
        raise ValueError("a notice links to a path of this site")
    chosen = template_by_id(template)
    check_params(chosen, params)
    users = {one.user.pk: one.user for one in to if one.user is not None}
    if "inbox" in chosen.channels:
        Notice.objects.bulk_create(
            Notice(user=user, template=template, params=dict(params), link=link, at=at) for user in users.values()
        )
    for user in users.values():
        _send_to_user(chosen, user, params, at)
    for email, language in {one.email: one.language for one in to if one.email}.items():
        if "email" in chosen.channels:
            _send_outside(chosen, AddressKind.EMAIL, email, language, params, at)
    for phone, language in {one.phone: one.language for one in to if one.phone}.items():
        if "sms" in chosen.channels:
            _send_outside(chosen, AddressKind.PHONE, phone, language, params, at)


def _send_to_user(template: NoticeTemplate, user: User, params: Mapping[str, str], at: dt.datetime) -> None:
    # The address itself is looked up when the message leaves: it may change until then, and stays out of the queue.
    if "email" in template.channels and user.email:
        _owe(EMAIL_TOPIC, template, params, {"user": user.number}, user.language, at)
    if "sms" in template.channels and user.phone:
        _owe(SMS_TOPIC, template, params, {"user": user.number}, user.language, at)


def _send_outside(
    template: NoticeTemplate, kind: AddressKind, value: str, language: str, params: Mapping[str, str], at: dt.datetime
) -> None:
    address = OutsideAddress.objects.create(kind=kind, value=value, at=at)
    topic = EMAIL_TOPIC if kind is AddressKind.EMAIL else SMS_TOPIC
    _owe(topic, template, params, {"address": address.number}, language, at)


def _owe(
    topic: str,
    template: NoticeTemplate,
    params: Mapping[str, str],
    to: Mapping[str, JSON],
    language: str,
    at: dt.datetime,
) -> None:
    payload: dict[str, JSON] = {"template": template.id, "params": dict(params), "to": to, "language": language}
    owe(topic, record=("dispatch", new_public_number()), version=1, at=at, payload=payload)


def mark_read(notice: Notice, *, by: Actor, at: dt.datetime) -> Notice:
    """Mark one notice read (标为已读); the first reading counts. `notice` comes from the reader's own inbox."""
    with transaction(by):
        Notice.objects.filter(pk=notice.pk, read_at__isnull=True, at__lte=at).update(read_at=at)
    notice.refresh_from_db()
    return notice


def mark_all_read(user: User, *, by: Actor, at: dt.datetime) -> int:
    """Mark a user's whole inbox up to `at` read (全部标为已读). Returns how many were unread."""
    with transaction(by):
        return Notice.objects.filter(user=user, read_at__isnull=True, at__lte=at).update(read_at=at)
