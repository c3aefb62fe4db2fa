"""Lists of what is asked for or proposed for licences (许可证事项列表): changes, pauses, revocations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from licensing.models import LicenceChange, RevocationProposal, SuspensionRequest
from licensing.police_filters import RequestFilter
from licensing.views.police_licences import EXPORT_LIMIT, PAGE_SIZE, tabs_of
from licensing.work_selectors import asked_of_licences
from sealreg.accounts.jurisdiction import jurisdiction_of
from sealreg.web.export import Format, export
from sealreg.web.paging import count_up_to, paginate
from sealreg.web.place import place_facts
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column, Table

COUNT_LIMIT = 1_000


def requests_page(
    request: HttpRequest,
    kind: type[LicenceChange] | type[SuspensionRequest] | type[RevocationProposal],
    columns: list[Column[Any]],
    *,
    waiting: str,
    title: str,
    intro: str,
    nothing: str,
    advice: str,
) -> HttpResponseBase:
    """What waits for the county, the oldest first; `all` shows what is over too (待办列表).

    `export=csv|xlsx` downloads what the filter asks for.
    """
    user = signed_in_user(request)
    form = RequestFilter(request.GET, reach=jurisdiction_of(user))
    form.is_valid()
    asked = form.cleaned_data
    found = asked_of_licences(
        kind, user, waiting=waiting, everything=bool(asked.get("all")), term=asked.get("q") or "",
        place=asked.get("county"),
    )  # fmt: skip
    if request.GET.get("export") in ("csv", "xlsx"):

        def rows() -> Iterator[Any]:
            yield from found[: EXPORT_LIMIT + 1].iterator(chunk_size=1_000)

        return export(columns, rows(), name=title, form=cast("Format", request.GET["export"]), most=EXPORT_LIMIT)
    page = paginate(found, request.GET, size=PAGE_SIZE, count=count_up_to(found, COUNT_LIMIT))
    query = request.GET.copy()
    for name in ("cursor", "export"):
        query.pop(name, None)
    context = {
        "tabs": tabs_of(request),
        "title": title,
        "intro": intro,
        "here": request.path,
        "filters": form,
        "facts": place_facts(user),
        "page": page,
        "query": query.urlencode(),
        "table": Table(columns=columns, rows=page.rows, caption=title),
        "nothing": nothing,
        "advice": advice,
    }
    return render(request, "licensing/police/list.html", context)
