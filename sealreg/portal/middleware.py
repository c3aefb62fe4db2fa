"""The gate before every view (访问闸): zone, demonstration, sign-in, permission, due password; then no-store.

Behind it, who has a territory is held to it by the database as well (docs/adr/0013-walls-between-counties.md).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from sealreg.accounts.jurisdiction import Jurisdiction, jurisdiction_of
from sealreg.accounts.models import User
from sealreg.accounts.passwords import is_too_old
from sealreg.clock import real_now
from sealreg.database.territory import confined, start_unconfined
from sealreg.portal.access import Demo, Rule, SignedIn, allows, rule_for
from sealreg.portal.kept import keep_form

log = logging.getLogger(__name__)


class AccessMiddleware:
    """Asks the map before any view runs (按访问规则放行)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if isinstance(request.user, User):
            # What a signed-in person saw must not come back from a shared computer's cache.
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        match = request.resolver_match
        name = match.view_name if match else ""
        rule = rule_for(name)
        if rule is None:
            log.error("route %s has no row in the access map: refused", name)
            raise PermissionDenied
        if (rule.zone == "police" and settings.ZONE == "internet") or (isinstance(rule, Demo) and not settings.DEMO):
            raise Http404
        user = request.user if isinstance(request.user, User) else None
        if not allows(rule, user.role if user else None, signed_in=user is not None):
            if user is None:
                return self._to_sign_in(request)
            log.warning("refused: user %s, route %s", user.number, name)
            raise PermissionDenied
        return self._password_first(request, user, rule)

    @staticmethod
    def _password_first(request: HttpRequest, user: User | None, rule: Rule) -> HttpResponseBase | None:
        """Everything but the way out waits until a due password is changed."""
        gated = not isinstance(rule, SignedIn) or not rule.while_due
        if user is None or not gated or not _needs_sign_in(rule):
            return None
        if user.must_change_password or is_too_old(user, at=real_now()):
            return _redirect(request, reverse("change_password"))
        return None

    @staticmethod
    def _to_sign_in(request: HttpRequest) -> HttpResponse:
        target = keep_form(request) if request.method == "POST" else request.get_full_path()
        return _redirect(request, f"{reverse('sign_in')}?{urlencode({'next': target})}")


class TerritoryMiddleware:
    """Holds the database to the territory of the person who asks (限定数据库管辖范围).

    Not on pages that are everyone's: an officer checks a seal of another county as anybody does.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        start_unconfined()
        with ExitStack() as stack:
            request.territory_ends = stack  # type: ignore[attr-defined]
            response = self.get_response(request)
        reach: Jurisdiction | None = getattr(request, "territory", None)
        # A file holds no query; rows that are written out while they are read do.
        if reach is not None and isinstance(response, StreamingHttpResponse) and not isinstance(response, FileResponse):
            response.streaming_content = _within(reach, cast("Iterator[bytes]", response.streaming_content))
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        match = request.resolver_match
        rule = rule_for(match.view_name) if match else None
        reach = jurisdiction_of(request.user) if isinstance(request.user, User) else None
        if rule is not None and reach is not None and _needs_sign_in(rule):
            request.territory = reach  # type: ignore[attr-defined]
            request.territory_ends.enter_context(confined(reach.low, reach.high))  # type: ignore[attr-defined]


def _within(reach: Jurisdiction, content: Iterator[bytes]) -> Iterator[bytes]:
    with confined(reach.low, reach.high):
        yield from content


def _needs_sign_in(rule: Rule) -> bool:
    return not allows(rule, None, signed_in=False)


def _redirect(request: HttpRequest, url: str) -> HttpResponse:
    # A fragment must not receive a whole page: htmx is told to leave.
    return HttpResponseClientRedirect(url) if request.headers.get("HX-Request") else HttpResponseRedirect(url)
