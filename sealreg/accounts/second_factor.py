"""Time-based one-time passwords (动态口令), RFC 6238: SHA-1, 6 digits, 30 seconds, each code once."""

from __future__ import annotations

import base64
import hmac
import secrets
import unicodedata
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.utils.translation import gettext_lazy as _

from sealreg.accounts.models import RecoveryCode, SecondFactor, User
from sealreg.audit.services import record
from sealreg.database.door import transaction
from sealreg.database.numbers import ALPHABET
from sealreg.database.personal import blind_index
from sealreg.errors import Conflict, RuleBroken

STEP = 30
DIGITS = 6
RECOVERY_CODES = 10
_LOOKALIKE = str.maketrans({"O": "0", "I": "1", "L": "1"})


def new_secret() -> str:
    """A fresh 160-bit secret in base32 (新密钥)."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def _generator(secret: str) -> TOTP:
    # RFC 6238 as authenticator apps speak it: SHA-1 here is an HMAC, not a signature.
    return TOTP(base64.b32decode(secret), DIGITS, SHA1(), STEP)  # noqa: S303


def code_at(secret: str, moment: datetime) -> str:
    """The code valid at a moment (某时刻的口令)."""
    return _generator(secret).generate(int(moment.timestamp())).decode()


def enrolment_link(user: User, secret: str, *, issuer: str) -> str:
    """The otpauth link that an authenticator app scans (启用链接)."""
    return _generator(secret).get_provisioning_uri(user.username, issuer)


def clean_code(typed: str) -> str:
    """What was meant (规范口令): half width, without blanks and hyphens, upper case."""
    text = unicodedata.normalize("NFKC", typed).upper()
    return "".join(character for character in text if character.isalnum())


def matching_step(secret: str, typed: str, *, at: datetime) -> int | None:
    """The time step whose code was typed (匹配的时间步), one step of clock error allowed either way; None if wrong."""
    code = clean_code(typed).encode()
    now = int(at.timestamp()) // STEP
    generator = _generator(secret)
    found = None
    for step in (now - 1, now, now + 1):
        if hmac.compare_digest(generator.generate(step * STEP), code):
            found = step
    return found


def accept_code(user: User, typed: str, *, at: datetime) -> bool:
    """Check a code and spend it (核对口令). The update is a compare-and-set, so two requests cannot use one code."""
    factor = SecondFactor.objects.filter(user=user).first()
    if factor is None:
        return False
    step = matching_step(factor.secret, typed, at=at)
    if step is None:
        return False
    return SecondFactor.objects.filter(user=user, last_step__lt=step).update(last_step=step) == 1


def accept_recovery_code(user: User, typed: str, *, at: datetime) -> bool:
    """Check a recovery code and spend it (核对恢复码)."""
    digest = _digest(user, clean_code(typed).translate(_LOOKALIKE))
    return RecoveryCode.objects.filter(user=user, digest=digest, used_at__isnull=True).update(used_at=at) == 1


def has_second_factor(user: User) -> bool:
    """Whether a second factor is enrolled (是否已启用)."""
    return SecondFactor.objects.filter(user=user).exists()


def enrol(user: User, *, secret: str, typed: str, at: datetime) -> list[str]:
    """Enrol or replace the second factor after a first right code (启用动态口令).

    Returns the recovery codes, shown once.

    Raises RuleBroken `wrong_code`.
    """
    step = matching_step(secret, typed, at=at)
    if step is None:
        raise RuleBroken(_("口令不正确，请输入认证器当前显示的 6 位数字，并核对手机时间。"), code="wrong_code")
    with transaction(user):
        SecondFactor.objects.update_or_create(
            user=user, defaults={"secret": secret, "enrolled_at": at, "last_step": step}
        )
        codes = _replace_recovery_codes(user, at=at)
        record("accounts.second_factor_enrolled", by=user, at=at, subject=("user", user.number))
    return codes


def renew_recovery_codes(user: User, *, at: datetime) -> list[str]:
    """New recovery codes; the old ones end (更换恢复码). Raises Conflict when there is no second factor."""
    if not has_second_factor(user):
        raise Conflict(_("您尚未启用动态口令，不需要恢复码。"), code="no_second_factor")
    with transaction(user):
        codes = _replace_recovery_codes(user, at=at)
        record("accounts.recovery_codes_renewed", by=user, at=at, subject=("user", user.number))
    return codes


def recovery_codes_left(user: User) -> int:
    """How many recovery codes are unused (剩余恢复码)."""
    return RecoveryCode.objects.filter(user=user, used_at__isnull=True).count()


def _replace_recovery_codes(user: User, *, at: datetime) -> list[str]:
    RecoveryCode.objects.filter(user=user).delete()
    codes = ["".join(secrets.choice(ALPHABET) for _i in range(12)) for _c in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, digest=_digest(user, code), created_at=at) for code in codes
    )
    return [f"{code[:4]}-{code[4:8]}-{code[8:]}" for code in codes]


def _digest(user: User, code: str) -> bytes:
    # 60 random bits under a key that the database does not hold: a slow hash would add nothing.
    return blind_index(f"{user.number}:{code}", purpose="accounts.recovery_code")
