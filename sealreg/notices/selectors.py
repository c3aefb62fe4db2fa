"""A user's inbox (收件箱): only ever the reader's own."""

from __future__ import annotations

from django.db.models import QuerySet

from sealreg.accounts.models import User
from sealreg.errors import NotFound
from sealreg.notices.models import AddressKind, Notice, OutsideAddress

COUNTED_UP_TO = 100


def inbox(user: User) -> QuerySet[Notice]:
    """The user's notices (收件箱), newest first by (at, id)."""
    return Notice.objects.filter(user=user).order_by("-at", "-id")


def unread_count(user: User) -> int:
    """How many are unread (未读数), counted up to 100: a badge shows 99+ at most."""
    return Notice.objects.filter(user=user, read_at__isnull=True)[:COUNTED_UP_TO].count()


def notice_for(user: User, number: str) -> Notice:
    """One notice of the user's own inbox (取本人通知). Raises NotFound, also for another's."""
    found = Notice.objects.filter(user=user, number=number).first()
    if found is None:
        raise NotFound
    return found


def address_of(kind: AddressKind, *, user_number: str = "", address_number: str = "") -> str:
    """Where a message goes now (发送地址); empty when the user is gone, locked or has none of the kind."""
    if address_number:
        address = OutsideAddress.objects.filter(number=address_number, kind=kind).first()
        return str(address.value) if address else ""
    user = User.objects.filter(number=user_number, is_active=True).first()
    if user is None:
        return ""
    return user.email if kind is AddressKind.EMAIL else str(user.phone or "")
