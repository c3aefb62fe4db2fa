"""The same writing call twice has one effect and one answer (幂等): kept in PostgreSQL for 24 hours."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.db import OperationalError, connection
from django.http import HttpResponse, HttpResponseBase
from django.utils.translation import gettext_lazy as _
from psycopg.errors import LockNotAvailable
from rest_framework.request import Request
from rest_framework.response import Response

from sealreg.api.models import ApiClient, KeptAnswer
from sealreg.api.services import ANSWER_KEPT
from sealreg.clock import real_now
from sealreg.database.door import transaction
from sealreg.errors import Conflict, RuleBroken

_KEY = re.compile(r"[\x21-\x7e]{1,128}", re.ASCII)
_WAIT = "10s"
# The row is the lock: a second caller waits here until the first commits, then finds the answer.
_CLAIM = """
INSERT INTO api_keptanswer AS kept (client_id, key, fingerprint, code, location, body, kept_at)
VALUES (%(client)s, %(key)s, %(fingerprint)s, 0, '', '', %(now)s)
ON CONFLICT (client_id, key) DO UPDATE SET fingerprint = excluded.fingerprint, code = 0, kept_at = excluded.kept_at
  WHERE kept.kept_at < %(oldest)s
RETURNING id
"""


class _NotKept(Exception):
    """Carries an answer that must leave no trace (不保存的应答): ours was the failure, the caller shall try again."""

    def __init__(self, response: HttpResponseBase) -> None:
        self.response = response


def _fingerprint(request: Request) -> bytes:
    parts = (request.method or "", request.get_full_path())
    return hashlib.sha256("\n".join(parts).encode() + b"\n" + request._request.body).digest()


def _kept(client: ApiClient, key: str, fingerprint: bytes) -> HttpResponse:
    kept = KeptAnswer.objects.get(client=client, key=key)
    if bytes(kept.fingerprint) != fingerprint:
        raise Conflict(_("该 Idempotency-Key 已用于另一请求。请为新的请求使用新的值。"), code="idempotency_key_reused")
    response = HttpResponse(bytes(kept.body), status=kept.code, content_type="application/json")
    response["Idempotency-Replayed"] = "true"
    if kept.location:
        response["Location"] = kept.location
    return response


def answer_once(request: Request, client: ApiClient, act: Callable[[], Response]) -> HttpResponseBase:
    """Do `act` at most once per Idempotency-Key (只办一次). Returns its rendered answer, or the one kept.

    act: returns a rendered answer, refusals included. It runs inside the transaction that keeps the answer, so both
    happen or neither; an answer of 5xx undoes everything. Raises RuleBroken "idempotency_key_malformed", Conflict
    "idempotency_key_reused" or "idempotency_in_progress".
    """
    key = request.headers["Idempotency-Key"]
    if not _KEY.fullmatch(key):
        raise RuleBroken(_("Idempotency-Key 应为 1 至 128 个可见 ASCII 字符。"), code="idempotency_key_malformed")
    fingerprint, now = _fingerprint(request), real_now()
    claim: dict[str, Any] = {
        "client": client.pk,
        "key": key,
        "fingerprint": fingerprint,
        "now": now,
        "oldest": now - ANSWER_KEPT,
    }
    try:
        with transaction(client):
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('lock_timeout', %s, true)", [_WAIT])
                cursor.execute(_CLAIM, claim)
                claimed = cursor.fetchone()
                cursor.execute("SELECT set_config('lock_timeout', '0', true)")
            if claimed is None:
                return _kept(client, key, fingerprint)
            response = act()
            if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
                raise _NotKept(response)
            KeptAnswer.objects.filter(pk=claimed[0]).update(
                code=response.status_code, location=response.get("Location", ""), body=response.content
            )
            return response
    except _NotKept as lost:
        return lost.response
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise Conflict(
                _("同一请求正在办理中，请稍后用同一 Idempotency-Key 查询结果。"), code="idempotency_in_progress"
            ) from error
        raise
