"""How a session finds its person again (会话取用户): the place comes along in the same query."""

from __future__ import annotations

from django.contrib.auth.backends import BaseBackend

from sealreg.accounts.models import User


class AccountsBackend(BaseBackend):
    """Loads the signed-in person (身份后端). Proving who one is stands in sign_in, not here."""

    def get_user(self, user_id: int) -> User | None:
        return User.objects.with_place().filter(pk=user_id, is_active=True).first()
