"""Reading comfort (阅读方式): the text size a reader chose, kept in a cookie."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_POST

COOKIE = "sealreg_text_size"
TEXT_SIZES = (
    ("100", pgettext_lazy("text size", "标准"), "s"),
    ("125", pgettext_lazy("text size", "大"), "m"),
    ("150", pgettext_lazy("text size", "特大"), "l"),
)
_KNOWN = frozenset(size for size, _name, _class in TEXT_SIZES)


def text_size_of(request: HttpRequest) -> str:
    """The chosen size in per cent (字号), "100" unless a known one was chosen."""
    chosen = request.COOKIES.get(COOKIE, "100")
    return chosen if chosen in _KNOWN else "100"


@require_POST
def set_text_size(request: HttpRequest) -> HttpResponse:
    """Keep the reader's text size (切换字号) for a year and return to the page."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = "/"
    response = HttpResponseRedirect(back)
    size = request.POST.get("size", "100")
    if size in _KNOWN:
        response.set_cookie(COOKIE, size, max_age=31_536_000, samesite="Lax", httponly=True, secure=request.is_secure())
    return response
