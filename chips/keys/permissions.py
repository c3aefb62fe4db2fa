"""Who may hold a ceremony (密钥仪式权限)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from chips.keys.models import KeyCeremony
from sealreg.accounts.models import User
from sealreg.accounts.permissions import check_may
from sealreg.accounts.roles import Permission
from sealreg.database.actor import Actor
from sealreg.errors import OutsideJurisdiction


def check_can_hold(actor: Actor) -> User:
    """Only a person with the permission (核对保管员), never a job of ours. Raises OutsideJurisdiction."""
    check_may(actor, Permission.KEEP_KEYS)
    if not isinstance(actor, User):
        raise OutsideJurisdiction
    return actor


def check_can_confirm(actor: Actor, ceremony: KeyCeremony) -> User:
    """Not who proposed it (核对第二人). Raises OutsideJurisdiction `second_person_needed`."""
    person = check_can_hold(actor)
    if person.pk == ceremony.proposed_by_id:
        raise OutsideJurisdiction(_("须由另一位保管员复核，提出人不能复核自己的仪式。"), code="second_person_needed")
    return person
