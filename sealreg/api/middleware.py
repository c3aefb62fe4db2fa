"""Around every call (接口外层): JSON even where no view answered, and the answer's signature."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse

from sealreg.api.choices import Algorithm
from sealreg.api.crypto import b64
from sealreg.api.envelope import answer_instead
from sealreg.api.signer import signers
from sealreg.api.signing import SCHEME_OF, answer_text
from sealreg.audit.context import current_request_id, within_request

_OURS = re.compile(r"/api(/|$)|/\.well-known/jwks\.json$")


class ApiMiddleware:
    """Envelope and `Sealreg-Signature` for paths of the interface (接口中间件); others pass untouched."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not _OURS.match(request.path_info):
            return self.get_response(request)
        if current_request_id():
            return self._answer(request)
        with within_request(uuid.uuid4().hex):
            return self._answer(request)

    def _answer(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        kind = response.get("Content-Type", "").partition(";")[0]
        if response.status_code >= HTTPStatus.BAD_REQUEST and kind != "application/json":
            response = answer_instead(request, response)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("X-Request-ID", current_request_id())
        algorithm: Algorithm | None = getattr(request, "answer_algorithm", None)
        if algorithm is not None and algorithm in signers():
            self._sign(response, algorithm, request.answer_nonce)  # type: ignore[attr-defined]
        return response

    @staticmethod
    def _sign(response: HttpResponse, algorithm: Algorithm, nonce: str) -> None:
        signer = signers()[algorithm]
        signature = signer.sign(answer_text(response.status_code, nonce, response.content))
        response["Sealreg-Signature"] = (
            f'{SCHEME_OF[algorithm]} key="{signer.kid}",nonce="{nonce}",sig="{b64(signature)}"'
        )
