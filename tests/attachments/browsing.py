"""A signed-in browser for these tests (已登录浏览器)."""

from __future__ import annotations

from django.test import Client

from sealreg.accounts.browser import BACKEND
from sealreg.accounts.models import User
from sealreg.clock import real_now


def browser(user: User, **options: object) -> Client:
    client = Client(**options)
    client.force_login(user, backend=BACKEND)
    session = client.session
    at = real_now().isoformat()
    session.update({"signed_in_at": at, "seen_at": at, "confirmed_at": at, "second_factor": True})
    session.save()
    return client
