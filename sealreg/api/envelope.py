"""One shape for every refusal (错误应答): {"code", "message", "fields", "request_id"}."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from psycopg_pool import PoolTimeout
from rest_framework import exceptions
from rest_framework.response import Response

from sealreg.api.codes import Code
from sealreg.api.wire import write_json
from sealreg.audit.context import current_request_id
from sealreg.errors import DomainError, TooManyAttempts

logger = logging.getLogger("sealreg.api")

# DRF's own classes, with the code each answers with unless it brings one of ours.
_FRAMEWORK: dict[type[exceptions.APIException], Code] = {
    exceptions.ParseError: Code.REQUEST_MALFORMED,
    exceptions.NotAuthenticated: Code.NOT_AUTHENTICATED,
    exceptions.AuthenticationFailed: Code.KEY_UNKNOWN,
    exceptions.PermissionDenied: Code.PERMISSION_DENIED,
    exceptions.NotFound: Code.NOT_FOUND,
    exceptions.MethodNotAllowed: Code.METHOD_NOT_ALLOWED,
    exceptions.NotAcceptable: Code.NOT_ACCEPTABLE,
    exceptions.UnsupportedMediaType: Code.UNSUPPORTED_MEDIA_TYPE,
    exceptions.Throttled: Code.TOO_MANY_REQUESTS,
}
# For answers made outside the interface's own views.
_BY_STATUS = {
    400: Code.REQUEST_MALFORMED,
    403: Code.PERMISSION_DENIED,
    404: Code.NOT_FOUND,
    405: Code.METHOD_NOT_ALLOWED,
    413: Code.BODY_TOO_LARGE,
    429: Code.TOO_MANY_REQUESTS,
    503: Code.SERVICE_UNAVAILABLE,
}
_SECONDS_UNTIL_BACK = "5"


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal before it is written (错误). fields: path of the field -> sentence; facts: details for programs."""

    status: int
    code: str
    message: str
    fields: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, object]:
        """The envelope (应答内容)."""
        envelope: dict[str, object] = {
            "code": self.code,
            "message": self.message,
            "fields": dict(self.fields),
            "request_id": current_request_id(),
        }
        if self.facts:
            envelope["facts"] = dict(self.facts)
        return envelope


def _of(code: Code, status: int, **more: Any) -> Problem:
    return Problem(status, code.value, str(code.label), **more)


def _flatten(detail: Any, path: str = "") -> dict[str, str]:
    """DRF's nested errors as one level: `items.3.seal_code` -> its first sentence."""
    if isinstance(detail, Mapping):
        parts = {str(name): part for name, part in detail.items()}
    elif isinstance(detail, Sequence) and not isinstance(detail, str):
        if not any(isinstance(part, Mapping | list) for part in detail):
            return {path: str(detail[0])} if detail else {}
        parts = {str(index): part for index, part in enumerate(detail)}
    else:
        return {path: str(detail)}
    flat: dict[str, str] = {}
    for name, part in parts.items():
        flat |= _flatten(part, f"{path}.{name}" if path else name)
    return flat


def _of_framework(error: exceptions.APIException) -> Problem:
    if isinstance(error, exceptions.ValidationError):
        return _of(Code.INVALID_INPUT, HTTPStatus.BAD_REQUEST, fields=_flatten(error.detail))
    code = _FRAMEWORK.get(type(error), Code.INTERNAL_ERROR)
    own = getattr(error.detail, "code", None)
    if own in Code.values:
        code = Code(own)
    headers: dict[str, str] = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]
    wait: float | None = getattr(error, "wait", None)
    if isinstance(error, exceptions.Throttled) and wait is not None:
        headers["Retry-After"] = str(max(1, math.ceil(wait)))
    return _of(code, error.status_code, headers=headers)


def problem_of(error: BaseException) -> Problem:
    """What the caller is told of any exception (错误说明). Only ours to fix becomes 500, and says nothing of itself."""
    if isinstance(error, DomainError):
        headers = {"Retry-After": str(error.retry_after)} if isinstance(error, TooManyAttempts) else {}
        fields = {name: str(text) for name, text in error.fields.items()}
        return Problem(error.status, error.reason, str(error.message), fields, error.facts, headers)
    if isinstance(error, exceptions.APIException):
        return _of_framework(error)
    if isinstance(error, Http404):
        return _of(Code.NOT_FOUND, HTTPStatus.NOT_FOUND)
    if isinstance(error, PermissionDenied):
        return _of(Code.PERMISSION_DENIED, HTTPStatus.FORBIDDEN)
    if isinstance(error, RequestDataTooBig):
        return _of(Code.BODY_TOO_LARGE, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    if isinstance(error, SuspiciousOperation | UnreadablePostError):
        return _of(Code.REQUEST_MALFORMED, HTTPStatus.BAD_REQUEST)
    if isinstance(error, OperationalError | InterfaceError | PoolTimeout):
        logger.error("the database does not answer: %s", error)
        headers = {"Retry-After": _SECONDS_UNTIL_BACK}
        return _of(Code.SERVICE_UNAVAILABLE, HTTPStatus.SERVICE_UNAVAILABLE, headers=headers)
    return _of(Code.INTERNAL_ERROR, HTTPStatus.INTERNAL_SERVER_ERROR)


def answer_error(error: Exception, context: Mapping[str, Any]) -> Response:
    """DRF's exception handler (异常处理): every exception becomes an envelope; an unexpected one is logged in full."""
    problem = problem_of(error)
    if problem.code == Code.INTERNAL_ERROR:
        logger.error("unexpected error", exc_info=error)
    return Response(problem.body(), status=problem.status, headers=dict(problem.headers))


def answer_instead(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The envelope in place of a page made outside the interface's views (替换错误页面), e.g. for an unknown path."""
    status = response.status_code
    fallback = Code.INTERNAL_ERROR if status >= HTTPStatus.INTERNAL_SERVER_ERROR else Code.REQUEST_MALFORMED
    problem = _of(_BY_STATUS.get(status, fallback), status)
    answer = HttpResponse(write_json(problem.body()), status=status, content_type="application/json")
    for header in ("Allow", "Retry-After", "Vary", "Content-Language"):
        if header in response:
            answer[header] = response[header]
    return answer
