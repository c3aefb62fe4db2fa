"""Letting a signed call in by one statement (快速准入), for calls that come by the thousand.

The same rules in the same order as ClientAuthentication, IsClient and CallerThrottle: window, key, signature, nonce,
scope, rate. What they ask in four statements is asked in one, together with what the call itself wants to read.

That statement's commit does not wait for the disk, so that callers do not queue at their bucket's row. Whatever the
call then keeps must be committed with waiting: the log is written in order, so the nonce is on the disk before the
answer leaves. A call that keeps nothing may be repeated after a crash within that second, and is refused as before.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from rest_framework.exceptions import PermissionDenied, Throttled

from sealreg.api.authentication import check_signature, read_authorization, refuse
from sealreg.api.choices import Algorithm, Scope
from sealreg.api.codes import Code
from sealreg.api.selectors import live_key
from sealreg.api.signing import SCHEMES, SignedHeader
from sealreg.api.throttling import Rate
from sealreg.clock import real_now
from sealreg.database.prepared import fetch_row

_ADMIT = """
WITH live AS (
  SELECT c.id, o.id AS organisation_id, o.number AS organisation, o.kind, %(scope)s = ANY(c.scopes) AS allowed
  FROM api_apikey k
  JOIN api_apiclient c ON c.id = k.client_id
  JOIN accounts_organisation o ON o.id = c.organisation_id
  WHERE k.number = %(key)s AND c.number = %(client)s AND k.public_key = %(public)s AND k.revoked_at IS NULL
    AND c.is_active AND o.is_active
), used AS (
  INSERT INTO api_usednonce (client_id, nonce, used_at) SELECT id, %(nonce)s, %(now)s FROM live
  ON CONFLICT (client_id, nonce) DO NOTHING RETURNING client_id
), taken AS (
  INSERT INTO api_ratebucket AS bucket (key, spread_to)
  SELECT %(bucket)s, %(now)s::timestamptz + %(step)s::interval FROM live WHERE allowed AND EXISTS (SELECT FROM used)
  ON CONFLICT (key) DO UPDATE SET spread_to = CASE
    WHEN bucket.spread_to - %(now)s::timestamptz > %(ahead)s::interval THEN bucket.spread_to
    ELSE GREATEST(bucket.spread_to, %(now)s::timestamptz) + %(step)s::interval END
  RETURNING old.spread_to
)
SELECT live.organisation_id, live.organisation, live.kind, live.allowed, EXISTS (SELECT FROM used),
  (SELECT spread_to FROM taken), set_config('synchronous_commit', 'off', true){columns}
FROM live{joined}
"""
_OWN = 7  # columns of the statement's own before those the call asked for
_MOST_KEYS = 10_000


@dataclass(frozen=True, slots=True)
class Reading:
    """What a call reads with its admission (随准入读取). sql: one row at most, of `columns`, with named parameters."""

    columns: tuple[str, ...]
    sql: str

    def admission(self) -> str:
        """The whole statement (完整语句)."""
        columns = "".join(f", wanted.{name}" for name in self.columns)
        return _ADMIT.format(columns=columns, joined=f" LEFT JOIN LATERAL ({self.sql}) wanted ON true")


@dataclass(frozen=True, slots=True)
class Admitted:
    """A call that may go on (已准入调用). wanted: the row of the Reading, all None when there is none."""

    client: str
    organisation_id: int
    organisation: str
    kind: str
    algorithm: Algorithm
    wanted: tuple[Any, ...]


# A key's number never gets another public key; whether it still counts is asked at each call.
_public_keys: dict[tuple[str, str], tuple[Algorithm, bytes]] = {}


def _public_key(header: SignedHeader) -> bytes:
    name = (header.client, header.key)
    known = _public_keys.get(name)
    if known is None:
        key = live_key(header.client, header.key)
        if key is None:
            raise refuse(Code.KEY_UNKNOWN)
        if len(_public_keys) >= _MOST_KEYS:
            _public_keys.clear()
        known = _public_keys[name] = (Algorithm(key.algorithm), bytes(key.public_key or b""))
    algorithm, public = known
    if algorithm != header.algorithm:
        raise refuse(Code.KEY_UNKNOWN)
    return public


def is_signed(request: HttpRequest) -> bool:
    """Whether the call names one of our signature schemes (是否签名调用)."""
    return request.META.get("HTTP_AUTHORIZATION", "").partition(" ")[0] in SCHEMES


def admit(request: HttpRequest, *, scope: Scope, statement: str, params: Mapping[str, Any]) -> Admitted:
    """Let a signed call in (准入). statement: of Reading.admission(); params: those the reading names.

    The nonce is used up by whatever call has a right signature, in a commit of its own. Raises AuthenticationFailed,
    PermissionDenied or Throttled as the slow way does.
    """
    now = real_now()
    header = read_authorization(request, now)
    public = _public_key(header)
    check_signature(request, header, public)
    rate = Rate(*settings.API_RATES["client"])
    step = dt.timedelta(seconds=1 / rate.per_second)
    ahead = step * (rate.burst - 1)
    row = fetch_row(
        statement,
        {
            "client": header.client,
            "key": header.key,
            "public": public,
            "nonce": header.nonce,
            "now": now,
            "scope": scope.value,
            "bucket": f"client:{header.client}",
            "step": step,
            "ahead": ahead,
            **params,
        },
    )
    if row is None:
        raise refuse(Code.KEY_UNKNOWN)
    organisation_id, organisation, kind, allowed, fresh, spread_to, _committing = row[:_OWN]
    if not fresh:
        raise refuse(Code.NONCE_USED)
    if not allowed:
        raise PermissionDenied
    if spread_to is not None and spread_to - now > ahead:
        raise Throttled(wait=math.ceil((spread_to - now - ahead).total_seconds()))
    return Admitted(header.client, organisation_id, organisation, kind, header.algorithm, row[_OWN:])
