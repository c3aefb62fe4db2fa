"""Proving who one is (登录): password, then second factor; each try counted first, recorded, and answered alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from sealreg.accounts import throttles
from sealreg.accounts.models import AttemptResult, AttemptStep, SignInAttempt, User
from sealreg.accounts.passwords import clean_password
from sealreg.accounts.second_factor import accept_code, accept_recovery_code
from sealreg.accounts.usernames import clean_username
from sealreg.audit.services import record
from sealreg.database.actor import Actor, SystemActor
from sealreg.database.door import transaction
from sealreg.errors import RuleBroken, TooManyAttempts

_GATE = SystemActor("sign-in")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a try comes from (来源): network address as text, browser's self-description."""

    address: str | None = None
    agent: str = ""


def check_password(username: str, password: str, *, origin: Origin, at: datetime) -> User:
    """The person whom user name and password name (核对用户名密码).

    at: real time. An unknown name, a wrong password and a locked account get the same words after the same hashing.
    Raises RuleBroken `sign_in_failed`; TooManyAttempts while the account or the address is paused.
    """
    name = clean_username(username)
    account, address = throttles.account_name(name), throttles.address_name(origin.address)
    by_address = throttles.take(throttles.ADDRESS, address, at=at)
    if by_address.wait:
        raise _paused(by_address.wait)
    by_account = throttles.take(throttles.ACCOUNT, account, at=at)
    if by_account.wait:
        raise _paused(by_account.wait)
    user = User.objects.with_place().filter(username=name).first()
    attempt = _attempt(account, user, AttemptStep.PASSWORD, origin, at)
    typed = clean_password(password)
    if user is None:
        make_password(typed)  # as much work as for a known name, so that time does not tell
    if user is None or not user.check_password(typed) or not user.is_active:
        _write(attempt, AttemptResult.WRONG, paused=by_account.last)
        raise RuleBroken(_("用户名或密码不正确，请核对后重试。"), code="sign_in_failed")
    throttles.forget(throttles.ACCOUNT, account)
    throttles.give_back(throttles.ADDRESS, address)
    _write(attempt, AttemptResult.PASSED)
    return user


def check_second_factor(user: User, typed: str, *, origin: Origin, at: datetime, recovery: bool = False) -> None:
    """Check and spend a code of the second factor, or a recovery code (核对动态口令).

    Raises RuleBroken `wrong_code`; TooManyAttempts after five wrong ones.
    """
    step = AttemptStep.RECOVERY if recovery else AttemptStep.SECOND_FACTOR
    attempt, last = _counted(user, step, origin, at)
    if not (accept_recovery_code(user, typed, at=at) if recovery else accept_code(user, typed, at=at)):
        _write(attempt, AttemptResult.WRONG, paused=last)
        if recovery:
            raise RuleBroken(_("恢复码不正确或已经用过，请核对后重试。"), code="wrong_code")
        raise RuleBroken(_("口令不正确或已经用过，请等认证器显示新的口令后重试。"), code="wrong_code")
    throttles.forget(throttles.SECOND, user.number)
    _write(attempt, AttemptResult.PASSED)


def check_again(user: User, password: str, *, origin: Origin, at: datetime) -> None:
    """Ask the signed-in person for the password once more before a sensitive act (再次确认身份).

    Raises RuleBroken `wrong_password`; TooManyAttempts after five wrong ones.
    """
    attempt, last = _counted(user, AttemptStep.CONFIRM, origin, at)
    if not user.check_password(clean_password(password)):
        _write(attempt, AttemptResult.WRONG, paused=last)
        raise RuleBroken(_("密码不正确，请重新输入。"), code="wrong_password")
    throttles.forget(throttles.SECOND, user.number)
    _write(attempt, AttemptResult.PASSED)


def signed_in(user: User, *, at: datetime) -> None:
    """Write that a session begins (记录登录)."""
    with transaction(user):
        record("accounts.signed_in", by=user, at=at, subject=("user", user.number))


def signed_out(user: User, *, at: datetime) -> None:
    """Write that a session is ended by its owner (记录退出)."""
    with transaction(user):
        record("accounts.signed_out", by=user, at=at, subject=("user", user.number))


def _counted(user: User, step: AttemptStep, origin: Origin, at: datetime) -> tuple[SignInAttempt, bool]:
    """Count a try of a known person before it is checked; also says whether it is the last one for a while."""
    taken = throttles.take(throttles.SECOND, user.number, at=at)
    if taken.wait:
        raise _paused(taken.wait)
    return _attempt(throttles.account_name(user.username), user, step, origin, at), taken.last


def _attempt(account: str, user: User | None, step: AttemptStep, origin: Origin, at: datetime) -> SignInAttempt:
    return SignInAttempt(
        at=at,
        name_digest=bytes.fromhex(account),
        user=user,
        step=step,
        address=origin.address,
        agent=origin.agent,
    )


def _write(attempt: SignInAttempt, result: AttemptResult, *, paused: bool = False) -> None:
    """Keep the try and audit what failed; tries refused during a pause are only counted, or they would flood both."""
    attempt.result = result
    user = attempt.user
    by: Actor = user if user is not None else _GATE
    subject = ("user", user.number) if user is not None else ("account", bytes(attempt.name_digest).hex())
    with transaction(by):
        attempt.save(force_insert=True)
        if result == AttemptResult.WRONG:
            record("accounts.sign_in_failed", by=by, at=attempt.at, subject=subject, facts={"step": attempt.step})
        elif attempt.step == AttemptStep.RECOVERY:
            record("accounts.recovery_code_used", by=by, at=attempt.at, subject=subject)
        if paused:
            record("accounts.sign_in_paused", by=by, at=attempt.at, subject=subject, facts={"step": attempt.step})


def _paused(wait: int) -> TooManyAttempts:
    minutes = (wait + 59) // 60
    message = ngettext_lazy(
        "尝试次数过多，请 %(minutes)d 分钟后再试；如忘记密码，请与本单位的管理员联系。",
        "尝试次数过多，请 %(minutes)d 分钟后再试；如忘记密码，请与本单位的管理员联系。",
        "minutes",
    )
    return TooManyAttempts(message % {"minutes": minutes}, retry_after=wait)
