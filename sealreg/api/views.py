"""The base of every call, and the calls about the caller itself (接口视图)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import NotAuthenticated, NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sealreg.api.authentication import ClientAuthentication, IsClient, client_of
from sealreg.api.choices import Algorithm, Scope
from sealreg.api.crypto import jwk, write_public_pem
from sealreg.api.idempotency import answer_once
from sealreg.api.models import ApiClient, ApiKey
from sealreg.api.paging import Keyset, page_answer
from sealreg.api.selectors import keys_of, server_keys
from sealreg.api.serializers import KeyPageSerializer, KeySerializer, NewKeySerializer, WhoAmISerializer
from sealreg.api.services import add_key, revoke_key
from sealreg.api.signer import signers
from sealreg.api.throttling import CallerThrottle
from sealreg.clock import now, real_now

_WRITING = {"POST", "PUT", "PATCH", "DELETE"}
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="1–128 visible ASCII characters. The same key with the same body gives the same answer for 24 hours.",
)
CURSOR = OpenApiParameter("cursor", str, description="`next` of the page before.")
LIMIT = OpenApiParameter("limit", int, description="Rows per page, 1–200, usually 50.")


class ApiView(APIView):
    """Any call of the interface (接口调用): a signed client unless the view says otherwise.

    Set `scope` for what the client must be allowed to do. GET answers with SELECT only; a writing method that carries
    an Idempotency-Key is done once.
    """

    authentication_classes: tuple[type[ClientAuthentication], ...] = (ClientAuthentication,)
    permission_classes: tuple[type[IsClient], ...] = (IsClient,)
    throttle_classes = (CallerThrottle,)
    # HEAD and OPTIONS would answer without the signed body that every answer has.
    http_method_names = ("get", "post", "put", "patch", "delete")
    scope: Scope | None = None

    @property
    def client(self) -> ApiClient:
        """The caller (调用方); only in views for clients."""
        client = client_of(self.request)
        if client is None:
            raise NotAuthenticated
        return client

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.args, self.kwargs = args, kwargs
        self.request = call = self.initialize_request(request, *args, **kwargs)
        self.headers: dict[str, str] = self.default_response_headers

        def checked() -> HttpResponseBase:
            self.initial(call, *args, **kwargs)
            if call.method in _WRITING and "Idempotency-Key" in call.headers and (client := client_of(call)):
                return answer_once(call, client, lambda: self._finished(handled))
            return handled()

        def handled() -> HttpResponseBase:
            method = (call.method or "").lower()
            handler = getattr(self, method, None) if method in self.http_method_names else None
            answer: HttpResponseBase = (handler or self.http_method_not_allowed)(call, *args, **kwargs)
            return answer

        answer: HttpResponseBase = self._finished(checked)
        return answer

    def _finished(self, act: Callable[[], HttpResponseBase]) -> Any:
        try:
            response = act()
        except Exception as error:
            response = self.handle_exception(error)
        if isinstance(response, Response) and not response.is_rendered:
            response = self.finalize_response(self.request, response, *self.args, **self.kwargs)
            response.render()
        return response


class OpenView(ApiView):
    """A call that anyone may make (公开调用)."""

    authentication_classes = ()
    permission_classes = ()


class WhoAmIView(ApiView):
    """Who the caller is to us (调用方信息): the first call to make when setting up a client."""

    @extend_schema(responses=WhoAmISerializer)
    def get(self, request: Request) -> Response:
        """Client, key, scopes and the server's time."""
        key = cast("ApiKey", request.auth)
        organisation = self.client.organisation
        return Response(
            {
                "client": self.client.number,
                "name": self.client.name,
                "organisation": {"number": organisation.number, "name": organisation.name, "kind": organisation.kind},
                "sandbox": self.client.is_sandbox,
                "scopes": self.client.scopes,
                "key": {"number": key.number, "algorithm": key.algorithm, "created_at": key.created_at},
                "server_time": real_now(),
            }
        )


def key_content(key: ApiKey) -> dict[str, object]:
    """A key as the interface shows it (密钥内容)."""
    algorithm = Algorithm(key.algorithm)
    return {
        "number": key.number,
        "algorithm": algorithm.value,
        "public_key": None if key.public_key is None else write_public_pem(algorithm, bytes(key.public_key)),
        "created_at": key.created_at,
        "revoked_at": key.revoked_at,
    }


class KeysView(ApiView):
    """A client's own keys (本调用方的密钥)."""

    scope = Scope.KEYS
    keyset = Keyset("created_at")

    @extend_schema(parameters=[CURSOR, LIMIT], responses=KeyPageSerializer)
    def get(self, request: Request) -> Response:
        """All keys, newest first."""
        rows, cursor = self.keyset.page(keys_of(self.client), request)
        return page_answer([key_content(key) for key in rows], cursor)

    @extend_schema(parameters=[IDEMPOTENCY_KEY], request=NewKeySerializer, responses={201: KeySerializer})
    def post(self, request: Request) -> Response:
        """Register a second key before the first is revoked."""
        data = NewKeySerializer(data=request.data)
        data.is_valid(raise_exception=True)
        key = add_key(self.client, public_key=data.validated_data["public_key"], by=self.client, at=now())
        return Response(key_content(key), status=201)


class KeyView(ApiView):
    """One key of the client (单个密钥)."""

    scope = Scope.KEYS

    @extend_schema(parameters=[IDEMPOTENCY_KEY], request=None, responses={200: KeySerializer})
    def delete(self, request: Request, number: str) -> Response:
        """Revoke a key; it is refused from the next call on."""
        key = keys_of(self.client).filter(number=number).first()
        if key is None:
            raise NotFound
        return Response(key_content(revoke_key(key, by=self.client, at=now())))


class ServerKeysView(OpenView):
    """The public keys of our answers (应答公钥), RFC 7517, with the time each was in use."""

    @extend_schema(responses=OpenApiResponse(OpenApiTypes.OBJECT, description="JSON Web Key Set"))
    def get(self, request: Request) -> HttpResponse:
        """Keys in use and keys retired, so that old answers stay checkable."""
        keys: list[dict[str, object]] = []
        for row in server_keys():
            algorithm = Algorithm(row.algorithm)
            keys.append(
                jwk(algorithm, bytes(row.public_key))
                | {"kid": row.kid, "alg": algorithm.value, "use": "sig"}
                | {"used_from": row.used_from, "retired_at": row.retired_at}
            )
        published = {key["kid"] for key in keys}
        for algorithm, signer in signers().items():
            if signer.kid not in published:
                keys.append(
                    jwk(algorithm, signer.public)
                    | {"kid": signer.kid, "alg": algorithm.value, "use": "sig", "used_from": None, "retired_at": None}
                )
        return Response({"keys": keys}, headers={"Cache-Control": "public, max-age=300"})
