"""A browser in which somebody is signed in (已登录的浏览器), without walking through the sign-in pages."""

from __future__ import annotations

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.test import Client

from sealreg.accounts import browser
from sealreg.accounts.models import User
from sealreg.clock import real_now


def client_of(user: User) -> Client:
    """A client with a session as the sign-in pages would open it (已登录客户端)."""
    client = Client()
    request = HttpRequest()
    session: SessionBase = client.session
    request.session = session  # type: ignore[assignment]
    request.META["REMOTE_ADDR"] = "127.0.0.1"
    browser.open_session(request, user, at=real_now(), second_factor=True)
    request.session.save()
    client.cookies["sessionid"] = request.session.session_key or ""
    return client
