"""Chips on watch (重点关注芯片): signs of a copy or of theft are kept, and people are told. Nothing is destroyed."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q
from django.urls import reverse

from chips.logistics.alarms import raise_alarm
from chips.models import AlarmKind, Chip
from sealreg.accounts.models import User
from sealreg.accounts.roles import ROLES, Permission
from sealreg.audit.services import record
from sealreg.database.actor import Actor
from sealreg.database.canonical import JSON
from sealreg.database.door import transaction
from sealreg.notices.recipients import Recipient
from sealreg.notices.services import tell

# A chip in one of these states should be in nobody's reader.
ALARMING = ("LOST", "STOLEN", "SCRAPPED", "DESTROYED")


def suspect_copy(chip: Chip, *, by: Actor, at: dt.datetime, facts: dict[str, JSON]) -> None:
    """A counter came that was used before (疑似复制). Every such event is kept; people are told of the first."""
    with transaction(by):
        first = Chip.objects.filter(pk=chip.pk, watched_at__isnull=True).update(watched_at=at)
        record("chips.copy_suspected", by=by, at=at, subject=("chip", chip.uid), facts=facts)
        if first:
            tell("chips.copy_suspected", to=_watchers(chip), at=at, params={"uid": chip.uid}, link=_page(chip))


def note_unusable(chip: Chip, *, by: Actor, at: dt.datetime, facts: dict[str, JSON]) -> None:
    """A lost or stolen chip was put into a reader (异常芯片出现)."""
    with transaction(by):
        record("chips.alarming_chip_seen", by=by, at=at, subject=("chip", chip.uid), facts=facts)
        tell("chips.alarming_chip_seen", to=_watchers(chip), at=at, params={"uid": chip.uid}, link=_page(chip))


def note_other_record(chip: Chip, *, by: Actor, at: dt.datetime, facts: dict[str, JSON]) -> None:
    """A genuine chip holds another record than the register (芯片与备案记录不符): one of the two was altered.

    Refused, kept, told to the police of the shop's ground; neither side is put right by itself.
    """
    with transaction(by):
        first = raise_alarm(
            AlarmKind.MISMATCH, chip.uid, by=by, at=at, shop=chip.shop,
            facts={"register": chip.status, "why": "record_mismatch"},
        )  # fmt: skip
        record("chips.record_mismatch", by=by, at=at, subject=("chip", chip.uid), facts=facts)
        if first:
            tell("chips.record_mismatch", to=_watchers(chip), at=at, params={"uid": chip.uid}, link=_page(chip))


def note_jump(chip: Chip, *, by: Actor, at: dt.datetime, facts: dict[str, JSON]) -> None:
    """A counter went far ahead (计数跳变): still genuine, kept for review."""
    record("chips.counter_jumped", by=by, at=at, subject=("chip", chip.uid), facts=facts)


def _page(chip: Chip) -> str:
    """Where both police and operator see what the chip is and where it sits."""
    return f"{reverse('chip_watched')}?uid={chip.uid}"


def _watchers(chip: Chip) -> list[Recipient]:
    """The police of the shop's ground, who look into it, and the operator's staff."""
    roles = [key for key, role in ROLES.items() if role.may(Permission.HANDLE_CHIPS)]
    holders = Q(memberships__role__in=roles)
    if chip.shop is not None:
        officers = [key for key, role in ROLES.items() if role.may(Permission.RETURN_FILINGS)]
        ground = Q(memberships__organisation__police_unit__authority_no=chip.shop.authority_no)
        holders |= Q(memberships__role__in=officers) & ground
    users = User.objects.filter(holders, is_active=True, memberships__ended_at__isnull=True)
    return [Recipient(user=user) for user in users.distinct().order_by("pk")]
