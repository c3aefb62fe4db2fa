"""HEAD on pages (只取响应头): every page that answers GET answers HEAD, with the same headers and no body.

Watchers of a site, link checkers and `curl -I` ask so. Views name GET alone, so it is put right here, once.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

# The interface refuses HEAD: its answers are signed with their body.
_PROGRAMS = re.compile(r"/api(/|$)|/\.well-known/")


class HeadMiddleware:
    """Lets a view answer HEAD as it answers GET (HEAD 中间件)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method != "HEAD" or _PROGRAMS.match(request.path_info):
            return self.get_response(request)
        request.method = "GET"
        try:
            response = self.get_response(request)
        finally:
            request.method = "HEAD"
        # A download that is made while it is sent is not made at all.
        if isinstance(response, StreamingHttpResponse):
            response.streaming_content = ()
        elif isinstance(response, HttpResponse):
            response.content = b""
        return response
