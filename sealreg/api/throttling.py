"""How often a caller may call (限流): one statement in PostgreSQL per call, so that every process counts together."""

from __future__ import annotations

import datetime as dt
import ipaddress
import math
from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from sealreg.api.authentication import client_of
from sealreg.clock import real_now

# Token bucket in the form of one moment: calls already made are spread at the even rate, up to `spread_to`. A call is
# refused when that lies further ahead than the burst allows; RETURNING old tells both whether and how long to wait.
_TAKE = """
INSERT INTO api_ratebucket AS bucket (key, spread_to) VALUES (%(key)s, %(now)s + %(step)s::interval)
ON CONFLICT (key) DO UPDATE SET spread_to = CASE
    WHEN bucket.spread_to - %(now)s > %(ahead)s::interval THEN bucket.spread_to
    ELSE GREATEST(bucket.spread_to, %(now)s) + %(step)s::interval END
RETURNING old.spread_to
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """An even rate with a burst (速率). per_second: calls per second; burst: calls that may come at once."""

    per_second: float
    burst: int


def take(key: str, rate: Rate, *, at: dt.datetime) -> dt.timedelta | None:
    """Count one call of `key` (计一次调用). None when it may go on, else how long to wait. at: the real time."""
    step = dt.timedelta(seconds=1 / rate.per_second)
    ahead = step * (rate.burst - 1)
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKE, {"key": key, "now": at, "step": f"{step.total_seconds()} s", "ahead": f"{ahead.total_seconds()} s"}
        )
        (before,) = cursor.fetchone()
    if before is None or before - at <= ahead:
        return None
    wait: dt.timedelta = before - at - ahead
    return wait


def caller_network(address: str) -> str:
    """The network an anonymous caller is counted by (来源网络): the address itself, for IPv6 its /64."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


class CallerThrottle(BaseThrottle):
    """Counts a client by its number, anyone else by network (按调用方限流)."""

    _wait: dt.timedelta | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:
        client = client_of(request)
        if client is not None:
            kind, key = ("sandbox" if client.is_sandbox else "client"), f"client:{client.number}"
        else:
            kind, key = "public", f"net:{caller_network(request.META.get('REMOTE_ADDR', ''))}"
        self._wait = take(key, Rate(*settings.API_RATES[kind]), at=real_now())
        return self._wait is None

    def wait(self) -> float | None:
        return None if self._wait is None else math.ceil(self._wait.total_seconds())
