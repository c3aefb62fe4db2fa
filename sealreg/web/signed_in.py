"""The person behind a request that the gate has let through (当前用户)."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from sealreg.accounts.models import User


def signed_in_user(request: HttpRequest) -> User:
    """The signed-in person (当前用户). Raises PermissionDenied where the access map should have refused already."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
