"""Who calls (接口身份认证): signed requests of clients, bearer secrets of the sandbox."""

from __future__ import annotations

import datetime as dt
import re

from django.db import connection
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from sealreg.api.choices import Algorithm
from sealreg.api.codes import Code
from sealreg.api.crypto import SUITES
from sealreg.api.models import ApiClient, ApiKey
from sealreg.api.selectors import live_key, live_sandbox_key
from sealreg.api.signing import (
    SCHEMES,
    WINDOW_SECONDS,
    HeaderMalformed,
    SignedHeader,
    parse_header,
    request_target,
    request_text,
)
from sealreg.clock import real_now

_SECRET = re.compile(r"sk_test_[A-Za-z0-9]{32}", re.ASCII)
CHALLENGE = "SEALREG1-ES256"  # of WWW-Authenticate
_USE_NONCE = """
INSERT INTO api_usednonce (client_id, nonce, used_at) VALUES (%s, %s, %s)
ON CONFLICT (client_id, nonce) DO NOTHING RETURNING id
"""


def refuse(code: Code) -> AuthenticationFailed:
    """The refusal with this code (拒绝)."""
    return AuthenticationFailed(code.label, code=code.value)


def _target(request: HttpRequest) -> str:
    return request_target(request.path, request.META.get("QUERY_STRING", ""))


def _use_nonce(client: ApiClient, nonce: str) -> bool:
    """Whether this is the nonce's first use; committed at once, so that no later failure frees it again."""
    with connection.cursor() as cursor:
        cursor.execute(_USE_NONCE, [client.pk, nonce, real_now()])
        return cursor.fetchone() is not None


def read_authorization(request: HttpRequest, now: dt.datetime) -> SignedHeader:
    """The header of a signed call, well-formed and of our time (读取签名请求头). Raises AuthenticationFailed.

    Leaves on the request what the answer's signature needs, so that refusals are signed as well.
    """
    scheme, _space, rest = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    try:
        header = parse_header(scheme, rest)
    except HeaderMalformed as error:
        raise refuse(Code.AUTHORIZATION_MALFORMED) from error
    if header.algorithm not in SUITES:
        raise refuse(Code.ALGORITHM_UNAVAILABLE)
    request.answer_algorithm = header.algorithm  # type: ignore[attr-defined]
    request.answer_nonce = header.nonce  # type: ignore[attr-defined]
    if abs(now.timestamp() - header.ts) > WINDOW_SECONDS:
        raise refuse(Code.TIMESTAMP_OUTSIDE_WINDOW)
    return header


def check_signature(request: HttpRequest, header: SignedHeader, public: bytes) -> None:
    """The signature covers this very request (核对签名). public: 64 bytes. Raises AuthenticationFailed."""
    text = request_text(request.method or "", _target(request), header.ts, header.nonce, request.body)
    if not SUITES[header.algorithm].verify(public, text, header.signature):
        raise refuse(Code.SIGNATURE_WRONG)


class ClientAuthentication(BaseAuthentication):
    """`Authorization: SEALREG1-ES256 …`, `SEALREG1-SM2 …` or `Bearer sk_test_…` (docs/api/signing.md).

    Leaves on the HTTP request what the answer's signature needs: `answer_algorithm` and `answer_nonce`.
    """

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE

    def authenticate(self, request: Request) -> tuple[ApiClient, ApiKey] | None:
        header = request.META.get("HTTP_AUTHORIZATION")
        if header is None:
            return None
        scheme, _space, rest = header.partition(" ")
        if scheme == "Bearer":
            return self._sandbox(request, rest)
        if scheme in SCHEMES:
            return self._signed(request._request)
        raise refuse(Code.AUTHORIZATION_MALFORMED)

    def _sandbox(self, request: Request, secret: str) -> tuple[ApiClient, ApiKey]:
        if not _SECRET.fullmatch(secret):
            raise refuse(Code.AUTHORIZATION_MALFORMED)
        key = live_sandbox_key(secret)
        if key is None:
            raise refuse(Code.KEY_UNKNOWN)
        request._request.answer_algorithm = Algorithm.ES256  # type: ignore[attr-defined]
        request._request.answer_nonce = ""  # type: ignore[attr-defined]
        return key.client, key

    def _signed(self, request: HttpRequest) -> tuple[ApiClient, ApiKey]:
        header = read_authorization(request, real_now())
        key = live_key(header.client, header.key)
        if key is None or key.algorithm != header.algorithm:
            raise refuse(Code.KEY_UNKNOWN)
        check_signature(request, header, bytes(key.public_key or b""))
        if not _use_nonce(key.client, header.nonce):
            raise refuse(Code.NONCE_USED)
        return key.client, key


def client_of(request: Request) -> ApiClient | None:
    """The client that calls (调用方); None for an open call. DRF calls whoever calls `user`."""
    caller: object = request.user
    return caller if isinstance(caller, ApiClient) else None


class IsClient(BasePermission):
    """Only a known client, with the scope the view names in `scope`, if any (须为已登记调用方)."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        client, scope = client_of(request), getattr(view, "scope", None)
        return client is not None and (scope is None or scope in client.scopes)
