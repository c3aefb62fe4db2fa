"""Filings on the police workbench (公安工作台): looked at afterwards, returned by the county; nobody approves.

The list is what the jurisdiction's units filed and what its shops filed for units elsewhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from functools import cache
from typing import cast

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from filing.models import SealFiling
from filing.oversight import in_view, overseen
from filing.police_forms import OversightFilter
from filing.states import FILING
from filing.stock_outs import paused_among
from filing.views.shop import TONES
from sealreg.accounts.jurisdiction import WHOLE_PROVINCE, Jurisdiction, jurisdiction_of
from sealreg.accounts.models import User
from sealreg.audit.services import record_read
from sealreg.clock import now
from sealreg.database.plans import custom_plans
from sealreg.regions.selectors import full_name_of, name_of
from sealreg.web.components import Counter, Deadline, Status, deadline
from sealreg.web.export import Format, export
from sealreg.web.paging import count_up_to, paginate
from sealreg.web.place import place_facts
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column, Table

PAGE_SIZE = 50
COUNT_LIMIT = 200
EXPORT_LIMIT = 20_000


def _columns(at: dt.datetime, reach: Jurisdiction | None, paused: Collection[int] = ()) -> list[Column[SealFiling]]:
    @cache
    def words(status: str) -> str:
        return str(FILING.status(status).label)

    def state(filing: SealFiling) -> Status:
        if getattr(filing, "under_return", False):
            return Status(_("退回更正中"), "waiting")
        return Status(words(filing.status), TONES[filing.status])

    def limit(filing: SealFiling) -> Deadline | Status | None:
        if filing.pk in paused:
            return Status(_("缺货，暂停计时"), "waiting")
        if filing.status != "SUBMITTED" or filing.due_at is None:
            return None
        return deadline(filing.due_at, at=at)

    @cache
    def place(area: int) -> str:
        """The county alone within one's own city."""
        near = reach is not None and reach.high - reach.low <= 100 and area // 100 == reach.low // 100
        return name_of(area) if near else full_name_of(area)

    return [
        Column(
            _("备案编号"),
            lambda filing: filing.number,
            kind="code",
            link=lambda filing: reverse("police_filing", args=[filing.number]),
        ),
        Column(_("单位名称"), lambda filing: filing.unit.name if filing.unit else ""),
        Column(_("状态"), state),
        Column(_("办结时限"), limit),
        Column(_("单位所在地"), lambda filing: place(filing.unit.area) if filing.unit else ""),
        Column(_("刻章企业"), lambda filing: str(filing.shop.organisation)),
        Column(_("印章"), lambda filing: getattr(filing, "seal_count", 0), kind="number"),
        Column(_("提交时间"), lambda filing: filing.submitted_at, kind="moment"),
    ]


@never_cache
@require_GET
def police_home(request: HttpRequest) -> HttpResponseBase:
    """Filings within reach, newest first (公安工作台); `export=csv|xlsx` downloads what the filter asks for."""
    user, at = signed_in_user(request), now()
    reach = jurisdiction_of(user)
    form = OversightFilter(request.GET, reach=reach)
    form.is_valid()
    asked = form.cleaned_data
    query = request.GET.copy()
    for name in ("cursor", "export"):
        query.pop(name, None)
    with custom_plans():
        found = overseen(
            user,
            at=at,
            view=asked.get("view") or "",
            authority_no=asked.get("county"),
            term=asked.get("q") or "",
        )
        if request.GET.get("export") not in ("csv", "xlsx"):
            page = paginate(found, request.GET, size=PAGE_SIZE, count=count_up_to(found, COUNT_LIMIT))
            counters = _counters(user, at)
    if request.GET.get("export") in ("csv", "xlsx"):

        def rows() -> Iterator[SealFiling]:
            with custom_plans():
                yield from found[: EXPORT_LIMIT + 1].iterator(chunk_size=1_000)

        # A list taken away in one file is a look at many units, so it stands in the read log.
        record_read(
            by=user, at=at, subject=("filing_list", user.number), fields=("export",), purpose=_("导出辖区备案列表")
        )
        return export(
            _columns(at, WHOLE_PROVINCE),
            rows(),
            name=_("辖区公章刻制备案"),
            form=cast("Format", request.GET["export"]),
            most=EXPORT_LIMIT,
        )
    due = {filing.pk for filing in page.rows if filing.due_at and filing.status == "SUBMITTED"}
    paused = paused_among(list(due))
    late = {filing.pk for filing in page.rows if filing.pk in due - paused and filing.due_at and filing.due_at < at}
    context = {
        "facts": place_facts(user),
        "filters": form,
        "counters": counters,
        "table": Table(
            columns=_columns(at, reach, paused),
            rows=page.rows,
            caption=_("辖区公章刻制备案"),
            late=lambda filing: filing.pk in late,
        ),
        "page": page,
        "query": query.urlencode(),
        "narrowed": any(request.GET.get(name) for name in ("q", "view", "county")),
    }
    return render(request, "filing/police/home.html", context)


def _counters(user: User, at: dt.datetime) -> list[Counter]:
    here = reverse("police_home")

    def figure(view: str) -> tuple[int, str]:
        count = count_up_to(in_view(user, view, at=at))
        return count.value, f"{count.value:,}+" if count.at_least else str(count.value)

    late, late_shown = figure("overdue")
    answered, answered_shown = figure("answered")
    disavowed, disavowed_shown = figure("disavowed")
    return [
        Counter(_("制作中"), figure("making")[1], f"{here}?view=making"),
        Counter(_("已超时未办结"), late_shown, f"{here}?view=overdue", "late" if late else ""),
        Counter(_("退回更正中"), figure("returned")[1], f"{here}?view=returned"),
        Counter(_("已答复，待核对"), answered_shown, f"{here}?view=answered", "soon" if answered else ""),
        Counter(_("单位声明非本人办理"), disavowed_shown, f"{here}?view=disavowed", "late" if disavowed else ""),
    ]
