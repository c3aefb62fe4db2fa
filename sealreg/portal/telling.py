"""Acts on accounts together with the notices they owe (账号办理与通知), each pair in one transaction.

Accounts lie below notices and cannot tell anybody; here both are known.
"""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse

from sealreg.accounts import services
from sealreg.accounts.models import Organisation, RoleRequest, User
from sealreg.accounts.roles import ROLES
from sealreg.accounts.selectors import holders_of, role_label
from sealreg.database.door import transaction
from sealreg.notices.recipients import Recipient
from sealreg.notices.services import tell


def ask_or_grant_role(
    user: User, *, organisation: Organisation, role: str, reason: str, by: User, at: datetime
) -> RoleRequest | None:
    """Ask for a role that needs a second person, or grant one that does not (申请或授予角色). Returns the request."""
    with transaction(by):
        if not ROLES[role].needs_second_factor:
            services.grant_role(user, organisation=organisation, role=role, reason=reason, by=by, at=at)
            _tell_granted(user, role, at)
            return None
        asked = services.ask_role(user, organisation=organisation, role=role, reason=reason, by=by, at=at)
        tell(
            "portal.role_asked",
            to=[Recipient(user=keeper) for keeper in holders_of("security_administrator") if keeper.pk != by.pk],
            at=at,
            params={"asker": by.name, "number": asked.number},
            link=reverse("role_request", args=[asked.number]),
        )
        return asked


def confirm_role(asked: RoleRequest, *, by: User, at: datetime) -> None:
    """Confirm and tell the person (复核同意)."""
    with transaction(by):
        services.confirm_role(asked, by=by, at=at)
        _tell_granted(asked.user, asked.role, at)


def refuse_role(asked: RoleRequest, *, reason: str, by: User, at: datetime) -> None:
    """Refuse and tell the asker (复核不同意)."""
    with transaction(by):
        services.refuse_role(asked, reason=reason, by=by, at=at)
        params = {"number": asked.number, "reason": reason}
        tell("portal.role_refused", to=[Recipient(user=asked.asked_by)], at=at, params=params)


def reset_password(user: User, password: str, *, by: User, at: datetime) -> None:
    """Set a temporary password and tell the person (重置密码)."""
    with transaction(by):
        services.set_password(user, password, by=by, at=at)
        tell("portal.password_reset", to=[Recipient(user=user)], at=at, params={}, link=reverse("security"))


def reset_second_factor(user: User, *, reason: str, by: User, at: datetime) -> None:
    """Remove a second factor and tell the person (重置动态口令)."""
    with transaction(by):
        services.reset_second_factor(user, reason=reason, by=by, at=at)
        tell("portal.second_factor_reset", to=[Recipient(user=user)], at=at, params={}, link=reverse("security"))


def _tell_granted(user: User, role: str, at: datetime) -> None:
    params = {"role": role_label(role)}
    tell("portal.role_granted", to=[Recipient(user=user)], at=at, params=params, link=reverse("home"))
