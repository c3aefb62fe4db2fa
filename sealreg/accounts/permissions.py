"""Who may manage whom (用户管理权限): each check raises, the pages ask the same check for their buttons."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sealreg.accounts.models import Organisation, User
from sealreg.accounts.roles import Permission
from sealreg.database.actor import Actor
from sealreg.errors import OutsideJurisdiction


def check_may(actor: Actor, permission: Permission) -> None:
    """Refuse who lacks the permission (核对权限). Jobs of the system act without a role. Raises OutsideJurisdiction."""
    if actor.actor_kind == "system":
        return
    if not isinstance(actor, User) or not actor.is_active or not actor.may(permission):
        raise OutsideJurisdiction


# What a shop's manager gives and takes within the own shop; anything else is the administrators'.
SHOP_STAFF = ("shop_clerk", "shop_manager")


def check_may_register(actor: Actor) -> None:
    """Who may make an account: administrators, and managers for their shop (登记用户). Raises OutsideJurisdiction."""
    if not (isinstance(actor, User) and actor.is_active and actor.may(Permission.RUN_SHOP)):
        check_may(actor, Permission.MANAGE_USERS)


def check_may_place(actor: Actor, organisation: Organisation | None, role: str) -> None:
    """Who may give, end or reset this place: administrators, and managers in their own shop (任职管理).

    Raises OutsideJurisdiction.
    """
    own = isinstance(actor, User) and organisation is not None and actor.organisation == organisation
    if not (
        own and role in SHOP_STAFF and isinstance(actor, User) and actor.is_active and actor.may(Permission.RUN_SHOP)
    ):
        check_may(actor, Permission.MANAGE_USERS)


def check_not_oneself(actor: Actor, user: User) -> None:
    """Nobody grants, ends, locks or resets for himself (不得为本人办理). Raises OutsideJurisdiction `own_account`."""
    if isinstance(actor, User) and actor.pk == user.pk:
        raise OutsideJurisdiction(_("不能为自己办理此事项，请由其他管理员办理。"), code="own_account")
