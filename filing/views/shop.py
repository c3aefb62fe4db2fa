"""The shop's workbench (刻章企业工作台): what waits for it, by deadline."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from functools import cache
from types import MappingProxyType
from typing import cast

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from filing.counters import offered
from filing.drafting import draft_titles
from filing.models import SealFiling
from filing.shop_forms import WorkFilter
from filing.states import FILING
from filing.stock_outs import paused_among
from filing.work import SOON, work_counts, work_of
from licensing.models import EngravingShop
from sealreg.accounts.models import User
from sealreg.clock import now
from sealreg.web.components import Counter, Deadline, Status, Tone, deadline
from sealreg.web.export import Format, export
from sealreg.web.paging import count_up_to, paginate
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column, Table

PAGE_SIZE = 50
COUNT_LIMIT = 200
EXPORT_LIMIT = 20_000

TONES: dict[str, Tone] = {
    "DRAFT": "quiet",
    "SUBMITTED": "progress",
    "FILED": "done",
    "WITHDRAWN": "quiet",
    "INVALIDATED": "stopped",
}


def shop_of(user: User) -> EngravingShop | None:
    """The engraving shop a person works for (所在刻章企业), None where the organisation is not on the register."""
    if user.organisation is None:
        return None
    return EngravingShop.objects.select_related("organisation").filter(pk=user.organisation.pk).first()


def _columns(
    at: dt.datetime, paused: Collection[int] = (), titles: Mapping[int, str] = MappingProxyType({})
) -> list[Column[SealFiling]]:
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
        return deadline(filing.due_at, at=at, soon=SOON)

    return [
        Column(_("备案编号"), lambda filing: filing.number, kind="code", link=_address),
        Column(
            _("单位名称"),
            lambda filing: filing.unit.name if filing.unit else titles.get(filing.pk) or _("尚未选定单位"),
        ),
        Column(_("状态"), state),
        Column(_("办结时限"), limit),
        Column(_("印章"), lambda filing: getattr(filing, "seal_count", 0) or None, kind="number"),
        Column(_("提交时间"), lambda filing: filing.submitted_at, kind="moment"),
    ]


def _address(filing: SealFiling) -> str:
    return reverse("shop_draft" if filing.status == "DRAFT" else "shop_filing", args=[filing.number])


@never_cache
@require_GET
def shop_home(request: HttpRequest) -> HttpResponseBase:
    """The shop's filings by deadline (刻章企业工作台); `export=csv|xlsx` downloads what the filter asks for."""
    user, at = signed_in_user(request), now()
    form = WorkFilter(request.GET)
    form.is_valid()
    stage = form.cleaned_data.get("stage") or ""
    found = work_of(user, at=at, stage=stage, term=form.cleaned_data.get("q") or "")
    if request.GET.get("export") in ("csv", "xlsx"):
        rows = found[: EXPORT_LIMIT + 1].iterator(chunk_size=1_000)
        return export(
            _columns(at), rows, name=_("公章刻制备案"), form=cast("Format", request.GET["export"]), most=EXPORT_LIMIT
        )
    page = paginate(found, request.GET, size=PAGE_SIZE, count=count_up_to(found, COUNT_LIMIT))
    query = request.GET.copy()
    for name in ("cursor", "export"):
        query.pop(name, None)
    due = {filing.pk for filing in page.rows if filing.due_at and filing.status == "SUBMITTED"}
    paused = paused_among(list(due))
    late = {filing.pk for filing in page.rows if filing.pk in due - paused and filing.due_at and filing.due_at < at}
    context = {
        "shop": shop_of(user),
        "filters": form,
        "counters": [*_counters(work_counts(user, at=at)), *offered(user)],
        "table": Table(
            columns=_columns(at, paused, draft_titles(page.rows)),
            rows=page.rows,
            caption=_("公章刻制备案"),
            late=lambda filing: filing.pk in late,
        ),
        "page": page,
        "query": query.urlencode(),
        "narrowed": bool(stage or request.GET.get("q")),
    }
    return render(request, "filing/shop/home.html", context)


def _counters(counts: dict[str, int]) -> list[Counter]:
    here = reverse("shop_home")
    return [
        Counter(_("草稿"), counts["draft"], f"{here}?stage=draft"),
        Counter(_("制作中"), counts["making"], f"{here}?stage=making"),
        Counter(_("即将到期或已超时"), counts["due"], f"{here}?stage=due", "late" if counts["due"] else ""),
        Counter(_("待领取"), counts["ready"], f"{here}?stage=ready"),
        Counter(_("退回待更正"), counts["returned"], f"{here}?stage=returned", "soon" if counts["returned"] else ""),
    ]
