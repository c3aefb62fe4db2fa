"""Acts on users and their places (用户与任职办理)."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from sealreg.accounts import throttles
from sealreg.accounts.models import Membership, Organisation, RecoveryCode, RoleRequest, SecondFactor, Session, User
from sealreg.accounts.passwords import check_password_rules, clean_password
from sealreg.accounts.permissions import check_may, check_may_place, check_may_register, check_not_oneself
from sealreg.accounts.roles import ROLES, Permission, Role
from sealreg.accounts.usernames import USERNAME_FORM, clean_username
from sealreg.audit.services import record
from sealreg.database.actor import Actor, label
from sealreg.database.door import transaction
from sealreg.database.numbers import new_public_number
from sealreg.errors import Conflict, RuleBroken, Text


def create_user(
    *,
    username: str,
    name: str,
    by: Actor,
    at: datetime,
    password: str,
    email: str = "",
    phone: str | None = None,
    number: str | None = None,
) -> User:
    """Register a person (登记用户), who must change the password at the first sign-in.

    Raises OutsideJurisdiction without the permission; RuleBroken for a bad or taken user name or password.
    """
    check_may_register(by)
    user = User(
        number=number or new_public_number(),
        username=clean_username(username),
        name=name.strip(),
        email=email.strip(),
        phone=phone or None,
        must_change_password=True,
        password_changed_at=at,
        created_at=at,
    )
    if not USERNAME_FORM.fullmatch(user.username):
        raise _wrong("username", _("用户名为 3 至 40 个小写字母、数字、点、横线或下划线，字母开头。"), "username_form")
    if not user.name:
        raise _wrong("name", _("请填写姓名。"), "name_missing")
    _set(user, password)
    with transaction(by):
        if User.objects.filter(username=user.username).exists():
            raise _wrong("username", _("这个用户名已有人使用，请换一个。"), "username_taken")
        try:
            user.save(force_insert=True)
        except IntegrityError as error:
            raise _wrong("username", _("这个用户名已有人使用，请换一个。"), "username_taken") from error
        record("accounts.user_created", by=by, at=at, subject=("user", user.number), facts={"username": user.username})
    return user


def set_password(user: User, password: str, *, by: Actor, at: datetime) -> None:
    """Set a password (设置密码): by the person, or a temporary one by an administrator. Every session of the user ends.

    Raises RuleBroken with the broken rules at the field `password`; OutsideJurisdiction without the permission.
    """
    own = isinstance(by, User) and by.pk == user.pk
    if not own:
        check_may_place(by, user.organisation, user.membership.role if user.membership else "")
    if own and user.check_password(clean_password(password)):
        raise _wrong("password", _("新密码不能与现在的密码相同。"), "password_same")
    _set(user, password)
    user.must_change_password = not own
    user.password_changed_at = at
    with transaction(by):
        user.save(update_fields=["password", "must_change_password", "password_changed_at"])
        Session.objects.filter(user=user).delete()
        event = "accounts.password_changed" if own else "accounts.password_reset"
        record(event, by=by, at=at, subject=("user", user.number))


def grant_role(
    user: User,
    *,
    organisation: Organisation | None,
    role: str,
    reason: str,
    by: Actor,
    at: datetime,
    confirmed_by: User | None = None,
) -> Membership:
    """Give a person a place (授予角色): never to oneself, with a reason, by two persons where the role is sensitive.

    Raises RuleBroken for an unsuitable role or missing reason, or `second_person_needed`; OutsideJurisdiction without
    the permission or for oneself; Conflict `has_role` when the person holds a place that must be ended first.
    Source: reliability, T9 (four eyes for role grants).
    """
    check_may_place(by, organisation, role)
    check_not_oneself(by, user)
    kind = _check_role_fits(role, organisation)
    reason = _reason(reason)
    if kind.needs_second_factor and isinstance(by, User):
        if confirmed_by is None:
            raise RuleBroken(_("这个角色须由另一位管理员复核后授予。"), code="second_person_needed")
        check_may(confirmed_by, Permission.CONFIRM_ROLES)
        check_not_oneself(confirmed_by, user)
        check_not_oneself(confirmed_by, by)
    with transaction(by):
        User.objects.select_for_update().get(pk=user.pk)
        if Membership.objects.filter(user=user, ended_at__isnull=True).exists():
            raise Conflict(_("该用户已有角色，请先终止原角色。一人同时只能有一个角色。"), code="has_role")
        membership = Membership.objects.create(
            user=user,
            organisation=organisation,
            role=role,
            reason=reason,
            granted_by=label(by),
            confirmed_by=label(confirmed_by) if confirmed_by else "",
            granted_at=at,
        )
        facts = {"role": role, "organisation": organisation.number if organisation else ""}
        record("accounts.role_granted", by=by, at=at, subject=("user", user.number), facts=facts)
    user.forget_place()
    return membership


def end_membership(membership: Membership, *, reason: str, by: Actor, at: datetime) -> None:
    """End a person's place (终止角色); takes effect at the person's next request, whose sessions end.

    Raises OutsideJurisdiction without the permission or for oneself; Conflict when it has ended already.
    """
    check_may_place(by, membership.organisation, membership.role)
    check_not_oneself(by, membership.user)
    reason = _reason(reason)
    with transaction(by):
        ended = Membership.objects.filter(pk=membership.pk, ended_at__isnull=True).update(
            ended_at=at, ended_by=label(by), end_reason=reason
        )
        if not ended:
            raise Conflict
        Session.objects.filter(user=membership.user).delete()
        subject = ("user", membership.user.number)
        record("accounts.role_ended", by=by, at=at, subject=subject, facts={"role": membership.role})
    membership.refresh_from_db()
    membership.user.forget_place()


def ask_role(user: User, *, organisation: Organisation, role: str, reason: str, by: User, at: datetime) -> RoleRequest:
    """Ask for a role that a second administrator confirms (提出角色申请).

    Raises what `grant_role` raises, and Conflict `request_open` while another request for the person is open.
    """
    check_may(by, Permission.MANAGE_USERS)
    check_not_oneself(by, user)
    _check_role_fits(role, organisation)
    reason = _reason(reason)
    with transaction(by):
        User.objects.select_for_update().get(pk=user.pk)
        if RoleRequest.objects.filter(user=user, decided_at__isnull=True).exists():
            raise Conflict(_("该用户已有一份待复核的角色申请。"), code="request_open")
        if Membership.objects.filter(user=user, ended_at__isnull=True).exists():
            raise Conflict(_("该用户已有角色，请先终止原角色。一人同时只能有一个角色。"), code="has_role")
        request = RoleRequest.objects.create(
            user=user, organisation=organisation, role=role, reason=reason, asked_by=by, asked_at=at
        )
        facts = {"role": role, "organisation": organisation.number}
        record("accounts.role_asked", by=by, at=at, subject=("user", user.number), facts=facts)
    return request


def confirm_role(request: RoleRequest, *, by: User, at: datetime) -> Membership:
    """Confirm a role request (复核同意): the role is granted in the same transaction.

    Raises OutsideJurisdiction for the asker and for the person concerned; Conflict when it is decided already.
    """
    with transaction(by):
        locked = _open_request(request, by)
        membership = grant_role(
            locked.user,
            organisation=locked.organisation,
            role=locked.role,
            reason=locked.reason,
            by=locked.asked_by,
            at=at,
            confirmed_by=by,
        )
        _close(locked, by=by, at=at, granted=True, answer="")
    return membership


def refuse_role(request: RoleRequest, *, reason: str, by: User, at: datetime) -> None:
    """Refuse a role request with a reason (复核不同意). Raises as `confirm_role`."""
    reason = _reason(reason)
    with transaction(by):
        locked = _open_request(request, by)
        _close(locked, by=by, at=at, granted=False, answer=reason)
        subject = ("user", locked.user.number)
        record("accounts.role_refused", by=by, at=at, subject=subject, facts={"role": locked.role})


def lock_user(user: User, *, reason: str, by: Actor, at: datetime) -> None:
    """Switch an account off and end its sessions (锁定账号). Raises OutsideJurisdiction; Conflict when already off."""
    check_may(by, Permission.UNLOCK_USERS)
    check_not_oneself(by, user)
    reason = _reason(reason)
    with transaction(by):
        if not User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
            raise Conflict
        Session.objects.filter(user=user).delete()
        record("accounts.user_locked", by=by, at=at, subject=("user", user.number), facts={"reason": reason})
    user.is_active = False


def unlock_user(user: User, *, reason: str, by: Actor, at: datetime) -> None:
    """Let a person sign in again (解锁账号): switches the account on and forgets the wrong tries."""
    check_may(by, Permission.UNLOCK_USERS)
    check_not_oneself(by, user)
    reason = _reason(reason)
    with transaction(by):
        User.objects.filter(pk=user.pk).update(is_active=True)
        throttles.forget(throttles.ACCOUNT, throttles.account_name(user.username))
        throttles.forget(throttles.SECOND, user.number)
        record("accounts.user_unlocked", by=by, at=at, subject=("user", user.number), facts={"reason": reason})
    user.is_active = True


def reset_second_factor(user: User, *, reason: str, by: Actor, at: datetime) -> None:
    """Remove a lost second factor (重置动态口令); the person enrols a new one at the next sign-in."""
    check_may(by, Permission.UNLOCK_USERS)
    check_not_oneself(by, user)
    reason = _reason(reason)
    with transaction(by):
        SecondFactor.objects.filter(user=user).delete()
        RecoveryCode.objects.filter(user=user).delete()
        Session.objects.filter(user=user).delete()
        record("accounts.second_factor_reset", by=by, at=at, subject=("user", user.number), facts={"reason": reason})


def _check_role_fits(role: str, organisation: Organisation | None) -> type[Role]:
    kind = ROLES.get(role)
    if kind is None:
        raise _wrong("role", _("请选择列表中的角色。"), "role_unknown")
    if organisation is None:
        if kind.kinds:
            raise _wrong("organisation", _("请选择机构。"), "organisation_missing")
        return kind
    if not organisation.is_active:
        raise _wrong("organisation", _("该机构已停用，请选择在用的机构。"), "organisation_off")
    unit = getattr(organisation, "police_unit", None)
    level = unit.level if unit else None
    if organisation.kind not in kind.kinds or (kind.level is not None and kind.level != level):
        raise _wrong("role", _("该机构的人员不能担任这个角色，请重新选择。"), "role_unsuitable")
    return kind


def _open_request(request: RoleRequest, by: User) -> RoleRequest:
    check_may(by, Permission.CONFIRM_ROLES)
    locked = (
        RoleRequest.objects.select_for_update(of=("self",))
        .select_related("user", "asked_by", "organisation")
        .get(pk=request.pk)
    )
    check_not_oneself(by, locked.user)
    check_not_oneself(by, locked.asked_by)
    if locked.decided_at is not None:
        raise Conflict(_("这份申请已经复核，请查看最新结果。"), code="request_decided")
    return locked


def _close(request: RoleRequest, *, by: User, at: datetime, granted: bool, answer: str) -> None:
    request.decided_by, request.decided_at, request.granted, request.answer = by, at, granted, answer
    request.save(update_fields=["decided_by", "decided_at", "granted", "answer"])


def _set(user: User, password: str) -> None:
    password = clean_password(password)
    broken = check_password_rules(password, user)
    if broken:
        raise _wrong("password", "".join(broken), "password_weak")
    user.set_password(password)


def _reason(text: str) -> str:
    text = text.strip()
    if not text:
        raise _wrong("reason", _("请写明理由。"), "reason_missing")
    if len(text) > 200:
        raise _wrong("reason", _("理由最多 200 个字。"), "reason_too_long")
    return text


def _wrong(field: str, message: Text, code: str) -> RuleBroken:
    return RuleBroken(message, code=code, fields={field: message})
