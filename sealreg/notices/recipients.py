"""Whom a notice reaches (通知对象)."""

from __future__ import annotations

from dataclasses import dataclass

from sealreg.accounts.models import User


@dataclass(frozen=True, slots=True)
class Recipient:
    """A user, or an address of a person without an account (通知对象): exactly one of the three.

    language: for addresses; a user is written to in the language of the account.
    """

    user: User | None = None
    email: str = ""
    phone: str = ""
    language: str = "zh-hans"

    def __post_init__(self) -> None:
        if sum((self.user is not None, bool(self.email), bool(self.phone))) != 1:
            raise ValueError("a recipient is one user, one e-mail address or one phone number")
