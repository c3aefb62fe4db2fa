"""The cast of the demonstration (演示人员): one-click sign-in. The access map keeps it out of every other setting."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from sealreg.accounts.browser import allowed_in_zone, open_session
from sealreg.accounts.demo import CAST, DEMO_PASSWORD
from sealreg.accounts.models import SecondFactor, User
from sealreg.accounts.second_factor import STEP, code_at
from sealreg.clock import real_now
from sealreg.errors import NotFound
from sealreg.portal.views.sign_in import landing


@dataclass(frozen=True, slots=True)
class _Member:
    user: User
    code: str


def _cast() -> dict[str, User]:
    names = [player.username for player in CAST]
    found = {user.username: user for user in User.objects.with_place().filter(username__in=names, is_active=True)}
    return {name: found[name] for name in names if name in found and allowed_in_zone(found[name])}


@never_cache
@require_GET
def demo(request: HttpRequest) -> HttpResponse:
    """Everyone of the cast with the present one-time password (演示人员)."""
    at = real_now()
    users = _cast()
    secrets = dict(SecondFactor.objects.filter(user__in=users.values()).values_list("user_id", "secret"))
    members = [
        _Member(user, code_at(str(secrets[user.pk]), at) if user.pk in secrets else "") for user in users.values()
    ]
    groups = [
        ("police", [member for member in members if member.user.role and member.user.role.zone == "police"]),
        ("internet", [member for member in members if member.user.role and member.user.role.zone == "internet"]),
    ]
    left = STEP - int(at.timestamp()) % STEP
    context = {"groups": groups, "password": DEMO_PASSWORD, "left": left}
    return render(request, "portal/demo.html", context)


@require_POST
def demo_sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in as one of the cast (一键登录). Raises NotFound for anyone else."""
    user = _cast().get(request.POST.get("username", ""))
    if user is None:
        raise NotFound
    open_session(request, user, at=real_now(), second_factor=True)
    return redirect(landing(user, "/"))
