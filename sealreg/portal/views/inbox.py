"""Inbox (通知): one's own notices, in words; reading is a click, never a side effect of looking."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sealreg.clock import now, shanghai
from sealreg.notices.models import Notice
from sealreg.notices.selectors import inbox as notices_of
from sealreg.notices.selectors import notice_for, unread_count
from sealreg.notices.services import mark_all_read, mark_read
from sealreg.notices.templates import Wording, word
from sealreg.web.paging import paginate
from sealreg.web.signed_in import signed_in_user

PAGE_SIZE = 50
ALIKE_FROM = 3


@dataclass(frozen=True, slots=True)
class _Line:
    """One notice, or several alike that came on one day and lead nowhere, such as one for every chip of a delivery."""

    notice: Notice
    words: Wording
    alike: tuple[tuple[Notice, Wording], ...] = ()


def _lines(rows: Sequence[Notice]) -> list[_Line]:
    lines = []
    for _key, run in groupby(rows, key=_kind):
        found = [(notice, word(notice.template, notice.params)) for notice in run]
        if len(found) >= ALIKE_FROM and not found[0][0].link:
            lines.append(_Line(*found[0], alike=tuple(found)))
        else:
            lines += [_Line(*each) for each in found]
    return lines


def _kind(notice: Notice) -> tuple[str, dt.date, bool, bool]:
    return notice.template, shanghai(notice.at).date(), notice.read_at is None, bool(notice.link)


@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """The reader's notices, newest first (通知)."""
    user = signed_in_user(request)
    page = paginate(notices_of(user), request.GET, size=PAGE_SIZE)
    context = {"lines": _lines(page.rows), "page": page, "unread": unread_count(user)}
    return render(request, "portal/inbox.html", context)


@require_POST
def notice(request: HttpRequest, number: str) -> HttpResponse:
    """Mark one notice read and go where it points (打开通知)."""
    user = signed_in_user(request)
    found = mark_read(notice_for(user, number), by=user, at=now())
    return redirect(found.link or "inbox")


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark all read, or those whose numbers are sent (标为已读)."""
    user, at = signed_in_user(request), now()
    numbers = request.POST.getlist("number")[:PAGE_SIZE]
    if not numbers:
        mark_all_read(user, by=user, at=at)
        messages.success(request, _("通知已全部标为已读。"))
    for found in notices_of(user).filter(number__in=[number for number in numbers if "\0" not in number]):
        mark_read(found, by=user, at=at)
    return redirect("inbox")
