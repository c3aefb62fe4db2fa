"""Password rules (密码规则): length, kinds of character, common list, not the user name, age."""

from __future__ import annotations

import secrets
import unicodedata
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator, validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sealreg.accounts.models import User

LONGEST = 128


def clean_password(typed: str) -> str:
    """One form of what was typed (统一密码写法): full width and half width are the same key on a Chinese keyboard."""
    return unicodedata.normalize("NFKC", typed)


def check_password_rules(password: str, user: User) -> list[str]:
    """Sentences for every rule the password breaks (核对密码规则); empty when it is good."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        return list(error.messages)
    return []


def is_too_old(user: User, *, at: datetime) -> bool:
    """Whether the password must be changed by its age (密码是否到期). PASSWORD_MAX_AGE_DAYS = 0 turns the rule off."""
    days: int = settings.PASSWORD_MAX_AGE_DAYS
    return bool(days) and (user.password_changed_at is None or at - user.password_changed_at > timedelta(days=days))


def new_temporary_password() -> str:
    """A first password to hand over (临时密码), 16 characters without look-alikes; changed at the first sign-in."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    groups = ["".join(secrets.choice(letters) for _i in range(5)) for _g in range(3)]
    return f"{groups[0].capitalize()}-{groups[1]}-{groups[2]}{secrets.choice('23456789')}A"


class LengthRule:
    """密码长度: at least `shortest` characters."""

    def __init__(self, shortest: int = 12) -> None:
        self.shortest = shortest

    def validate(self, password: str, user: object = None) -> None:
        if len(password) < self.shortest:
            raise ValidationError(self.get_help_text(), code="password_too_short")
        if len(password) > LONGEST:
            raise ValidationError(_("密码最长 %(count)d 个字符。") % {"count": LONGEST}, code="password_too_long")

    def get_help_text(self) -> str:
        return ngettext("密码至少 %(count)d 个字符。", "密码至少 %(count)d 个字符。", self.shortest) % {
            "count": self.shortest
        }


class KindsRule:
    """密码复杂度: at least `kinds` of upper case, lower case, digits and other characters; 0 turns the rule off."""

    def __init__(self, kinds: int = 3) -> None:
        self.kinds = kinds

    def validate(self, password: str, user: object = None) -> None:
        found = {_kind_of(character) for character in password}
        if len(found) < self.kinds:
            raise ValidationError(self.get_help_text(), code="password_too_plain")

    def get_help_text(self) -> str:
        return _("大写字母、小写字母、数字、其他字符中至少包含 %(kinds)d 种。") % {"kinds": self.kinds}


def _kind_of(character: str) -> str:
    if character.isupper():
        return "upper"
    if character.islower():
        return "lower"
    return "digit" if character.isdigit() else "other"


class CommonRule(CommonPasswordValidator):
    """常见密码: not one of the twenty thousand that are tried first."""

    def get_error_message(self) -> str:
        return _("这个密码太常见，容易被猜到，请换一个。")

    def get_help_text(self) -> str:
        return _("不能是常见密码。")


class NameRule:
    """不含用户名: the password neither holds the user name nor is part of it."""

    def validate(self, password: str, user: object = None) -> None:
        name = getattr(user, "username", "").lower()
        typed = password.lower()
        if name and (name in typed or typed in name):
            raise ValidationError(_("密码不能包含用户名。"), code="password_like_username")

    def get_help_text(self) -> str:
        return _("不能包含用户名。")
