"""The state tables of keys at work (密钥状态推进): whom each move tells."""

from __future__ import annotations

from django.urls import reverse

from chips.keys.models import KeyCeremony, KeyVersion
from chips.keys.selectors import custodians
from chips.keys.states import CEREMONY, CUSTODIAN, KEY_VERSION
from sealreg.accounts.models import User
from sealreg.accounts.roles import ROLES, Permission
from sealreg.notices.recipients import Recipient
from sealreg.workflow import registry
from sealreg.workflow.registry import Telling
from sealreg.workflow.table import Move


def _people(party: str) -> list[Recipient]:
    if party == CUSTODIAN:
        return [Recipient(user=user) for user in custodians()]
    roles = [key for key, role in ROLES.items() if role.may(Permission.HANDLE_CHIPS)]
    staff = User.objects.filter(is_active=True, memberships__ended_at__isnull=True, memberships__role__in=roles)
    return [Recipient(user=user) for user in staff.distinct().order_by("pk")]


def _of_key(key: KeyVersion, party: str, move: Move) -> Telling:
    params = {"number": key.number, "version": str(key.key_version)}
    return Telling(to=_people(party), params=params, link=reverse("operator_keys"))


def _of_ceremony(ceremony: KeyCeremony, party: str, move: Move) -> Telling:
    link = reverse("operator_ceremony", args=[ceremony.number])
    return Telling(to=_people(party), params={"number": ceremony.number}, link=link)


registry.register(KEY_VERSION, audience=_of_key, subject=lambda key: ("key", key.number))
registry.register(CEREMONY, audience=_of_ceremony, subject=lambda ceremony: ("ceremony", ceremony.number))
