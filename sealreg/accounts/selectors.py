"""Looking people up (用户查询): each list narrowed to what the asker may know of."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q, QuerySet

from sealreg.accounts.models import Membership, Organisation, RoleRequest, SignInAttempt, User, UserQuerySet
from sealreg.accounts.roles import ROLES, Permission
from sealreg.accounts.usernames import clean_username
from sealreg.database.actor import Actor
from sealreg.errors import NotFound

_KEEPERS = (Permission.MANAGE_USERS, Permission.CONFIRM_ROLES, Permission.UNLOCK_USERS)


def users_visible_to(actor: Actor) -> UserQuerySet:
    """The people the actor may look up (可查用户): everyone for those who keep accounts, else oneself alone."""
    if not isinstance(actor, User):
        return User.objects.with_place().none()
    if any(actor.may(permission) for permission in _KEEPERS):
        return User.objects.with_place()
    return User.objects.with_place().filter(pk=actor.pk)


def search_users(actor: Actor, *, text: str = "", role: str = "", active: bool | None = None) -> UserQuerySet:
    """People by part of user name or name, by role, by whether they may sign in (检索用户), in order of user name."""
    found = users_visible_to(actor)
    if text:
        found = found.filter(Q(username__contains=clean_username(text)) | Q(name__contains=text))
    if role:
        found = found.filter(memberships__role=role, memberships__ended_at__isnull=True)
    if active is not None:
        found = found.filter(is_active=active)
    return found.order_by("username")


def user_for(actor: Actor, number: str) -> User:
    """One person by number (取用户). Raises NotFound, also for one the actor may not know of."""
    found = users_visible_to(actor).filter(number=number).first()
    if found is None:
        raise NotFound
    return found


def number_of(username: str) -> str | None:
    """The number behind a user name (按用户名取编号), None for an unknown one."""
    return User.objects.filter(username=clean_username(username)).values_list("number", flat=True).first()


def holders_of(role: str) -> Sequence[User]:
    """Everyone who holds a role now and may sign in (角色现任人员)."""
    return list(User.objects.filter(memberships__role=role, memberships__ended_at__isnull=True, is_active=True))


def places_of(user: User) -> Sequence[Membership]:
    """Every place a person has held (任职经历), latest first."""
    return list(user.memberships.select_related("organisation").order_by("-granted_at", "-pk"))


def organisations_for(*, text: str, limit: int = 20) -> Sequence[Organisation]:
    """Organisations in use whose name holds the text (检索机构), police units with their level."""
    found = Organisation.objects.filter(is_active=True).select_related("police_unit")
    return list(found.filter(Q(name__contains=text) | Q(name_en__icontains=text)).order_by("name")[:limit])


def open_requests(actor: Actor) -> QuerySet[RoleRequest]:
    """Role requests still to be confirmed (待复核角色申请), oldest first; none for who takes no part in granting."""
    found = RoleRequest.objects.select_related("user", "organisation", "asked_by").filter(decided_at__isnull=True)
    if not isinstance(actor, User) or not any(actor.may(permission) for permission in _KEEPERS):
        return found.none()
    return found.order_by("asked_at", "pk")


def request_for(actor: Actor, number: str) -> RoleRequest:
    """One open role request (取角色申请). Raises NotFound."""
    found = open_requests(actor).filter(number=number).first()
    if found is None:
        raise NotFound
    return found


def attempts_of(user: User, *, limit: int = 20) -> Sequence[SignInAttempt]:
    """The person's own sign-in history (本人登录记录), latest first."""
    return list(SignInAttempt.objects.filter(user=user).order_by("-at", "-pk")[:limit])


def role_label(key: str) -> str:
    """A role's words (角色名称); the bare key for one that no longer exists."""
    return str(ROLES[key].label) if key in ROLES else key
