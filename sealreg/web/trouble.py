"""What went wrong, as pages (出错页面): each says what happened, what to do, and gives back what was typed.

None of them asks the database anything, so the page for a stopped database is one of them.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import Any, TypedDict
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from sealreg.errors import DomainError, TooManyAttempts
from sealreg.web.cleaning import without_controls
from sealreg.web.context import site

_SECRET = re.compile(r"password|passwd|secret|token|otp|totp|recovery|second_factor|one_time", re.I)
_LONGEST = 200_000
RETRY_AFTER = 15

DATABASE_ERRORS = (OperationalError, InterfaceError)


@dataclass(frozen=True, slots=True)
class Advice:
    """What a page says (页面内容): title, sentences, and whether sending again is sensible."""

    title: str
    lines: tuple[str, ...]
    again: bool = False


class Kept(TypedDict):
    """What was typed, to be sent again (已填内容)."""

    path: str
    fields: list[tuple[str, str]]
    files: bool
    token: str


def kept_fields(request: HttpRequest) -> Kept | None:
    """What the person sent, without passwords and files (已填内容); None when there is nothing or it cannot be read."""
    if request.method != "POST":
        return None
    try:
        posted, files = request.POST, request.FILES
    except (RequestDataTooBig, TooManyFieldsSent, UnreadablePostError, SuspiciousOperation, BadRequest, ValueError):
        return None
    fields = [
        (name, without_controls(value))
        for name, values in posted.lists()
        if name != "csrfmiddlewaretoken" and not _SECRET.search(name)
        for value in values
        if isinstance(value, str)
    ]
    if not fields or sum(len(name) + len(value) for name, value in fields) > _LONGEST:
        return None
    return {"path": request.get_full_path(), "fields": fields, "files": bool(files), "token": get_token(request)}


def page(request: HttpRequest, status: int, advice: Advice, *, retry_after: int | None = None) -> HttpResponse:
    """An error page (出错页面) in the reader's language, without the database and without the rest of the frame."""
    kept = kept_fields(request) if advice.again else None
    context: dict[str, Any] = {
        **site(request),
        "advice": advice,
        "status": status,
        "kept": kept,
        "retry_after": retry_after,
        "may_look_again": request.method in ("GET", "HEAD"),
        "back": _page_before(request),
    }
    name = "errors/fragment.html" if request.headers.get("HX-Request") else "errors/page.html"
    response = HttpResponse(render_to_string(name, context), status=status)
    response["Cache-Control"] = "no-store"
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    return response


def _page_before(request: HttpRequest) -> str:
    """Path of our own page that led here, empty when there was none or it is this one."""
    try:
        if request.method != "GET" or not _came_from_us(request):
            return ""
    except SuspiciousOperation:  # of a host that is not ours, this very page tells
        return ""
    before = urlsplit(request.headers.get("Referer") or "")
    target = f"{before.path}?{before.query}" if before.query else before.path
    return "" if before.path in ("", request.path) else target


def domain_error_page(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The page for an error of the domain that no form took (业务错误页)."""
    titles = {
        400: _("操作未能完成"),
        403: _("没有办理权限"),
        404: _("没有找到"),
        409: _("内容已有变化"),
        422: _("不符合规定"),
        429: _("操作过于频繁"),
        503: _("服务暂时不可用"),
    }
    lines = [str(error.message), *(str(message) for message in error.fields.values())]
    retry_after = RETRY_AFTER if error.status == 503 else None
    if isinstance(error, TooManyAttempts):
        retry_after = error.retry_after
        minutes = max(1, -(-error.retry_after // 60))
        lines.append(_("请在 %(minutes)d 分钟后再试。") % {"minutes": minutes})
    advice = Advice(
        titles.get(error.status, titles[400]), tuple(dict.fromkeys(lines)), again=error.status in (409, 422, 429, 503)
    )
    return page(request, error.status, advice, retry_after=retry_after)


def unavailable_page(request: HttpRequest) -> HttpResponse:
    """The page for a database that does not answer (服务恢复中): advice, a time to come back, and what was typed."""
    advice = Advice(
        _("系统正在恢复，请稍后再试"),
        (
            _("系统暂时无法读取数据，通常在一分钟内恢复，无需重新登录。"),
            _("已经受理的业务不受影响，时限按系统恢复后的记录计算。"),
        ),
        again=True,
    )
    return page(request, 503, advice, retry_after=RETRY_AFTER)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: the request could not be read (请求无法识别)."""
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent):
        lines = (_("请减少一次填写的内容，文件请用上传按钮提交。"), _("按浏览器的“返回”可以回到刚才的页面。"))
        return page(request, 413, Advice(_("提交的内容过大"), lines))
    return page(
        request, 400, Advice(_("请求无法识别"), (_("链接可能不完整，或页面停留过久。请返回上一页，刷新后再试。"),))
    )


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: not this person, not here (没有权限)."""
    lines = (
        _("您当前的角色不能查看或办理这一事项。"),
        _("如果这是您的职责，请向本单位管理员说明，由系统管理员调整角色。"),
    )
    return page(request, 403, Advice(_("没有办理权限"), lines))


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: nothing here, or nothing this person may know of (没有找到)."""
    lines = (
        _("您要找的页面不存在，或不在您的管辖范围内。"),
        _("如果是手工输入的网址，请核对；如果是复制的网址，请确认已复制完整。"),
    )
    return page(request, 404, Advice(_("没有找到"), lines))


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 when the database is what failed (系统出错)."""
    if isinstance(sys.exc_info()[1], DATABASE_ERRORS):
        return unavailable_page(request)
    lines = (
        _("系统出现错误，已自动记录。您没有做错什么。"),
        _("请稍后再试；如仍未解决，请把页面下方的访问编号告诉管理单位。"),
    )
    return page(request, 500, Advice(_("系统出现错误"), lines, again=True))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form that cannot be trusted (页面已过期).

    The typed fields come back only if the browser says that the form was ours: a form of another site must not
    become ours by one click.
    """
    lines = (_("这个页面停留过久，或浏览器没有保存 Cookie，为保护您的账号，刚才的提交没有执行。"),)
    return page(request, 403, Advice(_("页面已过期"), lines, again=_came_from_us(request)))


def _came_from_us(request: HttpRequest) -> bool:
    origin = request.headers.get("Origin") or request.headers.get("Referer") or ""
    if not origin or origin == "null":
        return False
    secure = request.is_secure() and not settings.DEBUG
    return url_has_allowed_host_and_scheme(origin, {request.get_host()}, require_https=secure)
