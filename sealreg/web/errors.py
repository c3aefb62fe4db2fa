"""From errors to pages (错误映射): the one place where the domain's errors get an HTTP meaning for people."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from sealreg.errors import DomainError
from sealreg.web.trouble import DATABASE_ERRORS, domain_error_page, unavailable_page

log = logging.getLogger(__name__)


class ErrorPagesMiddleware:
    """Turns what a view let through into a page (错误页面). Interfaces for programs answer for themselves, outside."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, DomainError):
            log.info("domain error %s on %s", exception.reason, request.path)
            return domain_error_page(request, exception)
        if isinstance(exception, DATABASE_ERRORS):
            log.error("database does not answer: %s", exception)
            return unavailable_page(request)
        return None
