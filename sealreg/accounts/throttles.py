"""Counting tries (尝试计数) in PostgreSQL: a try is counted before it is checked, so parallel tries cannot slip by."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F

from sealreg.accounts.models import Throttle, User
from sealreg.database.personal import blind_index


@dataclass(frozen=True, slots=True)
class Limit:
    """So many tries in a window, then a pause (限额)."""

    kind: str
    tries: int
    window: timedelta
    pause: timedelta


ACCOUNT = Limit("account", 5, timedelta(minutes=15), timedelta(minutes=15))
SECOND = Limit("second", 5, timedelta(minutes=15), timedelta(minutes=15))
ADDRESS = Limit("address", 50, timedelta(hours=1), timedelta(hours=1))

_TAKE = """
INSERT INTO accounts_throttle AS t (key, tries, since, locked_until) VALUES (%(key)s, 1, %(at)s, NULL)
ON CONFLICT (key) DO UPDATE SET
  tries = CASE WHEN {over} THEN 1 ELSE t.tries + 1 END,
  since = CASE WHEN {over} THEN %(at)s ELSE t.since END,
  locked_until = CASE WHEN {over} THEN NULL WHEN t.tries + 1 = %(limit)s THEN %(until)s ELSE t.locked_until END
RETURNING tries, locked_until
""".format(over="(t.locked_until <= %(at)s OR (t.locked_until IS NULL AND t.since <= %(since)s))")


@dataclass(frozen=True, slots=True)
class Taken:
    """A counted try (已计一次): wait is 0 when it may be checked, else seconds; last when it reached the limit."""

    wait: int
    last: bool


def take(limit: Limit, name: str, *, at: datetime) -> Taken:
    """Count one try (计一次). at: real time, never the demonstration's."""
    values: dict[str, Any] = {
        "key": f"{limit.kind}:{name}",
        "at": at,
        "since": at - limit.window,
        "limit": limit.tries,
        "until": at + limit.pause,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        tries, until = cursor.fetchone()
    if tries <= limit.tries:
        return Taken(wait=0, last=tries == limit.tries)
    return Taken(wait=max(1, int((until - at).total_seconds())), last=False)


def give_back(limit: Limit, name: str) -> None:
    """Uncount a try that succeeded (成功不计): an office behind one address must not lock itself out."""
    Throttle.objects.filter(key=f"{limit.kind}:{name}", tries__gt=0).update(tries=F("tries") - 1, locked_until=None)


def forget(limit: Limit, name: str) -> None:
    """Start counting anew (清零)."""
    Throttle.objects.filter(key=f"{limit.kind}:{name}").delete()


def locked_until(user: User, *, at: datetime) -> datetime | None:
    """Until when this person's sign-in is paused by wrong tries (锁定至), None when it is not."""
    keys = [f"{ACCOUNT.kind}:{account_name(user.username)}", f"{SECOND.kind}:{user.number}"]
    moments = Throttle.objects.filter(key__in=keys, locked_until__gt=at).values_list("locked_until", flat=True)
    return max((moment for moment in moments if moment is not None), default=None)


def account_name(username: str) -> str:
    """The counted name of an account, known or not (账号计数名): a keyed digest of the user name."""
    return blind_index(username, purpose="accounts.username").hex()


def address_name(address: str | None) -> str:
    """The counted name of a network address (地址计数名): an IPv6 customer owns a whole /64."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)


def sweep(*, at: datetime) -> int:
    """Remove counts that no longer say anything (清理过期计数); returns how many."""
    return Throttle.objects.filter(since__lt=at - timedelta(days=1)).delete()[0]
