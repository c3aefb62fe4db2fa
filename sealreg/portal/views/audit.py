"""Audit pages (审计): search the log, export what is shown, and see who read whose personal data."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sealreg.accounts.roles import Permission
from sealreg.accounts.selectors import number_of
from sealreg.audit.actors import actor_words
from sealreg.audit.models import AuditEvent, ReadLog
from sealreg.audit.presenters import known_events, sentence_for
from sealreg.audit.selectors import search_events, search_reads
from sealreg.audit.services import record
from sealreg.clock import SHANGHAI, now
from sealreg.database.door import transaction
from sealreg.portal.forms import AuditFilter
from sealreg.web.export import export
from sealreg.web.paging import count_up_to, paginate
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column, Table

EXPORTED_AT_MOST = 100_000


def _event_columns() -> list[Column[AuditEvent]]:
    return [
        Column(_("时间"), lambda row: row.at, kind="moment"),
        Column(_("事件"), sentence_for),
        Column(_("操作人"), lambda row: actor_words(row.actor_name)),
        Column(_("操作人编号"), lambda row: row.actor_id, kind="code"),
        Column(_("对象编号"), lambda row: row.subject_id, kind="code"),
        Column(_("访问编号"), lambda row: row.request_id, kind="code"),
    ]


def _span(asked: dict[str, Any]) -> dict[str, dt.datetime | None]:
    """Whole Shanghai days, the last one included."""
    since, until = asked.get("since"), asked.get("until")
    return {
        "since": dt.datetime.combine(since, dt.time(), SHANGHAI) if since else None,
        "until": dt.datetime.combine(until + dt.timedelta(days=1), dt.time(), SHANGHAI) if until else None,
    }


def _event_words(event: str) -> str:
    """An event without its particulars, for the list of choices."""
    try:
        return sentence_for(AuditEvent(event=event, actor_name="…", subject_id="…", facts={}))
    except (KeyError, ValueError):
        return event


def _asked(request: HttpRequest) -> tuple[AuditFilter, dict[str, Any] | None]:
    """The filter, and the selectors' arguments; None while the filter holds a mistake, which must show nothing."""
    form = AuditFilter(request.GET, events=[(event, _event_words(event)) for event in known_events()])
    if not form.is_valid():
        return form, None
    asked = form.cleaned_data
    arguments: dict[str, Any] = dict(_span(asked))
    if asked["actor"]:
        number = number_of(asked["actor"])
        if number is None:
            form.add_error("actor", _("没有这个用户名，请核对。"))
            return form, None
        arguments["actor"] = ("user", number)
    if asked["subject"]:
        arguments["subject"] = ("user", asked["subject"])
    if asked["event"]:
        arguments["event"] = asked["event"]
    return form, arguments


@require_GET
def audit_log(request: HttpRequest) -> HttpResponse:
    """Search the audit log (审计日志)."""
    form, arguments = _asked(request)
    found = search_events(**arguments) if arguments is not None else AuditEvent.objects.none().order_by("-at", "-id")
    page = paginate(found, request.GET, count=count_up_to(found))
    query = request.GET.copy()
    query.pop("cursor", None)
    context = {
        "form": form,
        "page": page,
        "table": Table(columns=_event_columns(), rows=page.rows, caption=_("审计事件")),
        "query": query.urlencode(),
        "may_export": signed_in_user(request).may(Permission.EXPORT_AUDIT) and arguments is not None,
    }
    return render(request, "portal/audit_log.html", context)


@require_POST
def audit_export(request: HttpRequest) -> HttpResponseBase:
    """The events that the filter shows, as CSV (导出审计日志); the export itself is audited."""
    by = signed_in_user(request)
    _form, arguments = _asked(request)
    if arguments is None:
        return redirect("audit_log")
    with transaction(by):
        record("portal.audit_exported", by=by, at=now(), subject=("user", by.number))
    rows = search_events(**arguments)[:EXPORTED_AT_MOST].iterator(chunk_size=2_000)
    return export(_event_columns(), rows, name=_("审计日志"), form="csv")


@require_GET
def read_log(request: HttpRequest) -> HttpResponse:
    """Who read whose personal data, and why (个人信息查阅记录)."""
    form, arguments = _asked(request)
    found = ReadLog.objects.none().order_by("-at", "-id")
    if arguments is not None:
        arguments.pop("event", None)
        found = search_reads(**arguments)
    page = paginate(found, request.GET, count=count_up_to(found))
    table: Table[ReadLog] = Table(
        columns=[
            Column(_("时间"), lambda row: row.at, kind="moment"),
            Column(_("查阅人"), lambda row: actor_words(row.actor_name)),
            Column(_("查阅人编号"), lambda row: row.actor_id, kind="code"),
            Column(_("被查阅对象"), lambda row: row.subject_id, kind="code"),
            Column(_("查阅内容"), lambda row: "、".join(row.fields)),
            Column(_("目的"), lambda row: row.purpose),
        ],
        rows=page.rows,
        caption=_("个人信息查阅记录"),
    )
    del form.fields["event"]
    return render(request, "portal/read_log.html", {"form": form, "page": page, "table": table})
