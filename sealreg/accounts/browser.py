"""A person's browser (浏览器会话): opening, watching and ending sessions. All moments here are real time."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import ParamSpec
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import SESSION_KEY, login, update_session_auth_hash
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from sealreg.accounts.models import Session, User
from sealreg.accounts.roles import Role
from sealreg.accounts.sign_in import Origin, signed_in
from sealreg.audit.services import record
from sealreg.clock import real_now
from sealreg.database.door import transaction

P = ParamSpec("P")
BACKEND = "sealreg.accounts.backend.AccountsBackend"
FIRST_STEP_LASTS = timedelta(minutes=5)
RECENT = timedelta(minutes=10)
_FIRST_STEP = "first_step"


def origin_of(request: HttpRequest) -> Origin:
    """Where a request comes from (请求来源). Forwarded addresses count only behind so many proxies of ours."""
    address = request.META.get("REMOTE_ADDR") or None
    hops = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    trusted: int = settings.TRUSTED_PROXIES
    if trusted and len(hops) >= trusted:
        address = hops[-trusted]
    agent = request.META.get("HTTP_USER_AGENT", "").replace("\x00", "")[:200]
    return Origin(address=_address(address), agent=agent)


def _address(text: str | None) -> str | None:
    try:
        return str(ipaddress.ip_address(text or ""))
    except ValueError:
        return None


def needs_second_factor(user: User) -> bool:
    """Whether the present role asks for a second factor (角色是否须动态口令)."""
    return user.role is not None and user.role.needs_second_factor


def allowed_in_zone(user: User) -> bool:
    """Whether the person's role works in this zone (本区域是否可用): police roles do not exist on the internet side."""
    return not (settings.ZONE == "internet" and user.role is not None and user.role.zone == "police")


def remember_first_step(request: HttpRequest, user: User, *, at: datetime, target: str) -> None:
    """The password was right; wait for the second factor (记住第一步). The session key changes."""
    request.session.cycle_key()
    request.session[_FIRST_STEP] = {"user": user.pk, "at": at.isoformat(), "next": target}


def first_step(request: HttpRequest, *, at: datetime) -> tuple[User, str] | None:
    """Who has passed the first step in this browser within five minutes, and where to go then (取第一步)."""
    kept = request.session.get(_FIRST_STEP)
    if not kept or not timedelta(0) <= at - datetime.fromisoformat(kept["at"]) <= FIRST_STEP_LASTS:
        return None
    user = User.objects.with_place().filter(pk=kept["user"], is_active=True).first()
    return (user, kept["next"]) if user is not None else None


def open_session(request: HttpRequest, user: User, *, at: datetime, second_factor: bool) -> None:
    """Begin a session (建立会话): new key, and for roles with a second factor the only one of that person."""
    request.session.pop(_FIRST_STEP, None)
    limits = user.role or Role
    login(request, user, backend=BACKEND)
    origin = origin_of(request)
    request.session.update(
        {
            "signed_in_at": at.isoformat(),
            "seen_at": at.isoformat(),
            "confirmed_at": at.isoformat(),
            "second_factor": second_factor,
            "address": origin.address,
            "agent": origin.agent,
        }
    )
    request.session.set_expiry(int(limits.absolute.total_seconds()))
    if needs_second_factor(user):
        Session.objects.filter(user=user).exclude(session_key=request.session.session_key).delete()
    signed_in(user, at=at)


def why_ended(request: HttpRequest, *, at: datetime) -> str:
    """Why a signed-in session may go on no longer (会话终止原因): idle, absolute, changed, zone; empty when it may."""
    user, session = request.user, request.session
    if not isinstance(user, User):
        return "changed"
    limits = user.role or Role
    if at - datetime.fromisoformat(session["seen_at"]) > limits.idle:
        return "idle"
    if at - datetime.fromisoformat(session["signed_in_at"]) > limits.absolute:
        return "absolute"
    if needs_second_factor(user) and not session.get("second_factor"):
        return "changed"
    return "" if allowed_in_zone(user) else "zone"


def is_recent(request: HttpRequest, *, at: datetime, within: timedelta = RECENT) -> bool:
    """Whether the person has proved himself within the span (近期是否确认过身份)."""
    kept = request.session.get("confirmed_at")
    return kept is not None and at - datetime.fromisoformat(kept) <= within


def confirmed(request: HttpRequest, *, at: datetime) -> None:
    """The person has just proved himself again (记住已确认身份). The session key changes."""
    request.session.cycle_key()
    request.session["confirmed_at"] = at.isoformat()


def require_recent_authentication(view: Callable[P, HttpResponseBase]) -> Callable[P, HttpResponseBase]:
    """Ask for the password once more before a sensitive act (敏感操作前再次确认身份), unless proved within ten minutes.

    A form that was opened in time may still be sent within half an hour, so that nothing typed is lost.
    """

    @wraps(view)
    def asking(*args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        request = args[0]
        if not isinstance(request, HttpRequest):
            raise TypeError("the first argument of a view is the request")
        span = RECENT if request.method in ("GET", "HEAD") else RECENT * 3
        if is_recent(request, at=real_now(), within=span):
            return view(*args, **kwargs)
        target = request.get_full_path() if request.method == "GET" else request.path
        return HttpResponseRedirect(f"{reverse('confirm_identity')}?{urlencode({'next': target})}")

    return asking


def own_sessions(user: User) -> list[Session]:
    """Where the person is signed in (本人会话), latest first."""
    return list(Session.objects.filter(user=user, expire_date__gt=real_now()).order_by("-seen_at"))


def keep_after_password_change(request: HttpRequest, user: User, *, at: datetime) -> None:
    """Go on in this browser after one's own password was changed (改密后保持登录); all others were ended with it."""
    update_session_auth_hash(request, user)
    request.session["confirmed_at"] = at.isoformat()


def end_all_sessions(request: HttpRequest, user: User, *, at: datetime) -> None:
    """Sign the person out everywhere (全部退出), here too."""
    with transaction(user):
        Session.objects.filter(user=user).delete()
        record("accounts.sessions_ended", by=user, at=at, subject=("user", user.number))
    request.session.flush()


class SessionRulesMiddleware:
    """Ends a session whose time or right has run out, and notes that it is in use (会话规则).

    A signed-in request costs two queries: the session, and the person with membership, organisation and police unit.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        ended = owner = ""
        if SESSION_KEY in request.session:
            at = real_now()
            ended = why_ended(request, at=at)
            if ended:
                owner = request.user.number if isinstance(request.user, User) else ""
                request.session.flush()
                request.user = AnonymousUser()
            elif at - datetime.fromisoformat(request.session["seen_at"]) > timedelta(minutes=1):
                request.session["seen_at"] = at.isoformat()
        request.session_ended, request.session_owner = ended, owner  # type: ignore[attr-defined]
        return self.get_response(request)
