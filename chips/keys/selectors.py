"""Finding keys and ceremonies (查找密钥与仪式)."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet

from chips.keys.choices import KeyPurpose
from chips.keys.models import KeyCeremony, KeyMinute, KeyVersion
from sealreg.accounts.models import User
from sealreg.accounts.roles import ROLES, Permission
from sealreg.database.actor import Actor
from sealreg.errors import NotFound


def key_versions() -> Sequence[KeyVersion]:
    """Every version of every key (密钥版本清单), newest first within a purpose."""
    return list(KeyVersion.objects.order_by("purpose", "-key_version"))


def key_for(number: str) -> KeyVersion:
    """One version by its number (取密钥版本). Raises NotFound."""
    found = KeyVersion.objects.filter(number=number).first()
    if found is None:
        raise NotFound
    return found


def status_of(purpose: KeyPurpose, key_version: int) -> str | None:
    """Status of a version (密钥版本状态); None when the register has no such version."""
    rows = KeyVersion.objects.filter(purpose=purpose, key_version=key_version)
    return rows.values_list("status", flat=True).first()


def active_key(purpose: KeyPurpose) -> KeyVersion | None:
    """The version new batches use (在用版本)."""
    return KeyVersion.objects.filter(purpose=purpose, status="ACTIVE").first()


def next_version(purpose: KeyPurpose) -> int:
    """The lowest number no version of this purpose has had (下一版本号)."""
    last = KeyVersion.objects.filter(purpose=purpose).order_by("-key_version").first()
    return last.key_version + 1 if last else 1


def ceremonies_for(actor: Actor) -> QuerySet[KeyCeremony]:
    """Ceremonies, latest first (仪式清单)."""
    found = KeyCeremony.objects.all().visible_to(actor).select_related("key", "proposed_by", "confirmed_by")
    return found.order_by("-proposed_at", "-id")


def ceremony_for(actor: Actor, number: str) -> KeyCeremony:
    """One ceremony by its number (取仪式). Raises NotFound, also for who may not know of it."""
    found = ceremonies_for(actor).filter(number=number).first()
    if found is None:
        raise NotFound
    return found


def minutes_of(ceremony: KeyCeremony) -> Sequence[KeyMinute]:
    """The minutes in their order (仪式纪要)."""
    return list(ceremony.minutes.order_by("line"))


def custodians() -> QuerySet[User]:
    """Who may hold ceremonies (密钥保管员)."""
    roles = [key for key, role in ROLES.items() if role.may(Permission.KEEP_KEYS)]
    found = User.objects.filter(is_active=True, memberships__ended_at__isnull=True, memberships__role__in=roles)
    return found.distinct().order_by("pk")
