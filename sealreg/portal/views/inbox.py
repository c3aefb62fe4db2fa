"""Inbox (通知): one's own notices, in words; reading is a click, never a side effect of looking."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sealreg.clock import now
from sealreg.notices.models import Notice
from sealreg.notices.selectors import inbox as notices_of
from sealreg.notices.selectors import notice_for, unread_count
from sealreg.notices.services import mark_all_read, mark_read
from sealreg.notices.templates import Wording, word
from sealreg.web.paging import paginate
from sealreg.web.signed_in import signed_in_user


@dataclass(frozen=True, slots=True)
class _Line:
    notice: Notice
    words: Wording


@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """The reader's notices, newest first (通知)."""
    user = signed_in_user(request)
    page = paginate(notices_of(user), request.GET, size=20)
    lines = [_Line(notice, word(notice.template, notice.params)) for notice in page.rows]
    return render(request, "portal/inbox.html", {"lines": lines, "page": page, "unread": unread_count(user)})


@require_POST
def notice(request: HttpRequest, number: str) -> HttpResponse:
    """Mark one notice read and go where it points (打开通知)."""
    user = signed_in_user(request)
    found = mark_read(notice_for(user, number), by=user, at=now())
    return redirect(found.link or "inbox")


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark all read (全部标为已读)."""
    user = signed_in_user(request)
    mark_all_read(user, by=user, at=now())
    messages.success(request, _("通知已全部标为已读。"))
    return redirect("inbox")
