"""What a shop asks of the county for its licence (企业对许可证的申请): the list of it, and taking one back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Protocol, TypeVar, cast

from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from licensing.idle_forms import CaseForm
from licensing.models import SpecialTradeLicence
from licensing.permissions import check_can_apply
from licensing.views.acting import act_page
from sealreg.accounts.models import User
from sealreg.web.export import Format, export
from sealreg.web.paging import count_up_to, paginate
from sealreg.web.tables import Column, Table

PAGE_SIZE = 50
COUNT_LIMIT = 500

Record = TypeVar("Record", bound=models.Model)


class Asked(Protocol):
    """A change or a pause that was asked for (企业申请)."""

    licence: SpecialTradeLicence
    version: int


def records_page(
    request: HttpRequest,
    found: models.QuerySet[Record],
    columns: Callable[[bool], list[Column[Record]]],
    *,
    title: str,
    nothing: str,
    advice: str,
) -> HttpResponseBase:
    """All of the shop's requests of one kind, newest first (申请记录); `export=csv|xlsx` downloads them.

    columns: for the page when called with True, without links for a file.
    """
    rows = found.order_by("-id")
    if request.GET.get("export") in ("csv", "xlsx"):
        form = cast("Format", request.GET["export"])
        return export(columns(False), rows.iterator(chunk_size=1_000), name=title, form=form)
    page = paginate(rows, request.GET, size=PAGE_SIZE, count=count_up_to(rows, COUNT_LIMIT))
    context = {
        "title": title,
        "page": page,
        "table": Table(columns=columns(True), rows=page.rows, caption=title),
        "nothing": nothing,
        "advice": advice,
    }
    return render(request, "licensing/shop/records.html", context)


def take_back_page(
    request: HttpRequest,
    asked: Asked,
    act: Callable[[int | None, dt.datetime], object],
    *,
    by: User,
    onward: str,
    title: str,
    lead: str,
    intro: str,
    done: str,
) -> HttpResponse:
    """Take one back, after one question (撤回). act: the service, given the version of the page and the moment."""
    check_can_apply(by, asked.licence.shop_id)
    form = CaseForm(request.POST if request.method == "POST" else None, initial={"version": asked.version})
    return act_page(
        request, form, lambda at: act(form.cleaned_data["version"], at), by=by, done=done, onward=onward,
        title=title, lead=lead, intro=intro, button=_("确认撤回"), serious=True,
    )  # fmt: skip
