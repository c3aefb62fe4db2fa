"""Who may manage whom (用户管理权限): each check raises, the pages ask the same check for their buttons."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sealreg.accounts.models import User
from sealreg.accounts.roles import Permission
from sealreg.database.actor import Actor
from sealreg.errors import OutsideJurisdiction


def check_may(actor: Actor, permission: Permission) -> None:
    """Refuse who lacks the permission (核对权限). Jobs of the system act without a role. Raises OutsideJurisdiction."""
    if actor.actor_kind == "system":
        return
    if not isinstance(actor, User) or not actor.is_active or not actor.may(permission):
        raise OutsideJurisdiction


def check_not_oneself(actor: Actor, user: User) -> None:
    """Nobody grants, ends, locks or resets for himself (不得为本人办理). Raises OutsideJurisdiction `own_account`."""
    if isinstance(actor, User) and actor.pk == user.pk:
        raise OutsideJurisdiction(_("不能为自己办理此事项，请由其他管理员办理。"), code="own_account")
