"""Reading papers and sending files in pieces (材料查阅与续传). Plain answers: pages are drawn on the floors above."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.http.request import RawPostDataException
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from sealreg import clock
from sealreg.accounts.models import User
from sealreg.attachments import uploads
from sealreg.attachments.models import Attachment, Upload
from sealreg.attachments.selectors import read_content, visible_attachment
from sealreg.attachments.services import store_upload
from sealreg.audit.context import current_request_id
from sealreg.errors import DomainError, NotFound, RuleBroken

P = ParamSpec("P")
R = TypeVar("R", bound=HttpResponseBase)

# The file is not one of our pages: it may run nothing, load nothing, be framed by nothing.
_SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"
_RANGE = re.compile(r"^bytes (\d{1,10})-(\d{1,10})/(\d{1,10})$")
_LONGEST_ANNOUNCEMENT = 8 * 1024


def _actor(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) and request.user.is_active else None


def _serve(request: HttpRequest, number: str, *, inline: bool) -> HttpResponseBase:
    user = _actor(request)
    if user is None:
        return redirect_to_login(request.get_full_path())
    try:
        attachment = visible_attachment(number, by=user)
    except NotFound as error:
        raise Http404 from error
    stored = attachment.file
    if inline and not stored.media_type.startswith("image/"):
        raise Http404
    content = read_content(attachment, by=user, at=clock.now())
    disposition = content_disposition_header(as_attachment=not inline, filename=attachment.original_name)
    return HttpResponse(
        content,
        content_type=stored.media_type,
        headers={
            "Content-Disposition": disposition or "attachment",
            "Content-Security-Policy": _SANDBOX,
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "no-store, private",
        },
    )


@require_safe
def attachment_download(request: HttpRequest, number: str) -> HttpResponseBase:
    """A paper as a file to save (下载材料)."""
    return _serve(request, number, inline=False)


@require_safe
def attachment_preview(request: HttpRequest, number: str) -> HttpResponseBase:
    """A paper that is an image, to look at (预览图片)."""
    return _serve(request, number, inline=True)


def _refusal(error: DomainError) -> JsonResponse:
    answer = {
        "code": error.reason,
        "message": str(error.message),
        "fields": {name: str(text) for name, text in error.fields.items()},
        "request_id": current_request_id(),
        **error.facts,
    }
    return JsonResponse(answer, status=error.status, json_dumps_params={"ensure_ascii": False})


def _for_senders(
    view: Callable[Concatenate[HttpRequest, User, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Only signed-in senders; domain errors as JSON; never cached."""

    @wraps(view)
    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        user = _actor(request)
        if user is None:
            response: HttpResponse = JsonResponse(
                {"code": "not_signed_in", "message": _("登录已过期，请重新登录后继续上传。"), "fields": {},
                 "request_id": current_request_id()},
                status=401,
            )  # fmt: skip
        else:
            try:
                response = view(request, user, *args, **kwargs)
            except DomainError as error:
                response = _refusal(error)
        response["Cache-Control"] = "no-store, private"
        return response

    return answer


def _upload_answer(upload: Upload, *, status: int = 200) -> JsonResponse:
    attachment = upload.attachment
    answer = {
        "number": upload.number,
        "size": upload.size,
        "received": upload.received,
        "piece": uploads.PIECE,
        "url": reverse("upload_chunk", args=[upload.number]),
        "attachment": attachment.number if attachment else None,
    }
    response = JsonResponse(answer, status=status)
    response["Upload-Offset"] = str(upload.received)
    return response


def _attachment_answer(attachment: Attachment) -> JsonResponse:
    stored = attachment.file
    is_image = stored.media_type.startswith("image/")
    answer = {
        "attachment": attachment.number,
        "name": attachment.original_name,
        "kind": attachment.kind,
        "size": stored.size,
        "media_type": stored.media_type,
        "url": reverse("attachment_download", args=[attachment.number]),
        "preview": reverse("attachment_preview", args=[attachment.number]) if is_image else None,
    }
    return JsonResponse(answer, status=201, json_dumps_params={"ensure_ascii": False})


def _announced(request: HttpRequest) -> dict[str, str]:
    if request.content_type != "application/json":
        return {name: str(request.POST.get(name, "")) for name in ("kind", "name", "size", "sha256")}
    try:
        told = json.loads(request.body) if len(request.body) <= _LONGEST_ANNOUNCEMENT else None
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise RuleBroken(_("请求内容不是有效的 JSON。"), code="upload_announcement")
    return {name: str(told.get(name, "")) for name in ("kind", "name", "size", "sha256")}


@require_POST
@_for_senders
def upload_create(request: HttpRequest, user: User) -> HttpResponse:
    """Announce a file to come in pieces, or send a small one whole (开始上传).

    JSON or form fields kind, name, size, sha256 (optional): 201 with the number and the offset. A multipart form with
    the file itself in `file`: 201 with the paper.
    """
    whole = request.FILES.get("file")
    at = clock.now()
    if whole is not None:
        kind = str(request.POST.get("kind", ""))
        return _attachment_answer(store_upload(whole, kind=kind, by=user, at=at))
    told = _announced(request)
    if not re.fullmatch(r"[0-9]{1,10}", told["size"]):
        raise RuleBroken(_("文件大小应为整数（字节）。"), code="upload_size_form")
    upload = uploads.start_upload(
        kind=told["kind"], size=int(told["size"]), name=told["name"], sha256=told["sha256"], by=user, at=at
    )
    return _upload_answer(upload, status=201)


@require_http_methods(["GET", "PATCH", "DELETE"])
@_for_senders
def upload_chunk(request: HttpRequest, user: User, number: str) -> HttpResponse:
    """Where the upload stands (GET), its next piece (PATCH with Content-Range), or giving it up (DELETE) (续传)."""
    at = clock.now()
    upload = uploads.find_upload(number, by=user, at=at)
    if request.method == "GET":
        return _upload_answer(upload)
    if request.method == "DELETE":
        uploads.drop_upload(upload, by=user)
        return HttpResponse(status=204)
    told = _RANGE.match(request.headers.get("Content-Range", ""))
    length = request.META.get("CONTENT_LENGTH") or "0"
    start, end, size = (int(part) for part in told.groups()) if told else (0, 0, 0)
    if told is None or size != upload.size or not length.isdigit() or int(length) != end - start + 1:
        raise RuleBroken(_("分片的位置与长度不符（Content-Range）。请刷新页面后重试。"), code="upload_range")
    if int(length) > uploads.PIECE:
        raise RuleBroken(_("上传的分片长度不正确。请刷新页面后重试。"), code="upload_piece_length")
    try:
        piece = request.body
    except (OSError, RawPostDataException) as error:
        # The line broke in mid-piece; the sender asks for the offset and goes on.
        raise RuleBroken(_("上传中断，将从中断处继续。"), code="upload_interrupted") from error
    if len(piece) != int(length):
        raise RuleBroken(_("上传中断，将从中断处继续。"), code="upload_interrupted")
    return _upload_answer(uploads.receive_piece(upload, start=start, piece=piece, by=user, at=at))


@require_POST
@_for_senders
def upload_complete(request: HttpRequest, user: User, number: str) -> HttpResponse:
    """Finish: the pieces become a paper (完成上传). 201 with the paper, the same one when asked again."""
    at = clock.now()
    return _attachment_answer(uploads.finish_upload(uploads.find_upload(number, by=user, at=at), by=user, at=at))
