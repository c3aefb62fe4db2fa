"""One number per request (请求编号): in the answer, on error pages, in audit rows and in every log line."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from sealreg.audit.context import current_request_id, within_request
from sealreg.database.numbers import ALPHABET

HEADER = "X-Request-ID"
_ACCEPTED = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{7,63}")


def new_request_id() -> str:
    """16 characters a person can read out over the telephone (新编号), 80 random bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(16))


class RequestIdMiddleware:
    """Names the request before anything else happens to it (请求编号). A proxy's number counts only behind ours."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get(HEADER, "") if settings.TRUSTED_PROXIES else ""
        number = given if _ACCEPTED.fullmatch(given) else new_request_id()
        request.request_id = number  # type: ignore[attr-defined]
        with within_request(number):
            response = self.get_response(request)
        response.headers.setdefault(HEADER, number)
        return response


class RequestIdFilter(logging.Filter):
    """Adds `request_id` to log records (日志请求编号); a dash outside requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request_id() or "-"
        return True
