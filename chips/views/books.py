"""Stock, the ledger and its months (库存、保管账、月结)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from chips import chapter, plots
from chips.forms import MonthForm, PlainForm, SupplyForm
from chips.logistics import ledger, parties
from chips.logistics.closing import booked_by_kind, booked_stock, close_month, propose_month
from chips.logistics.ordering import free_ranges, supply_depot
from chips.models import (
    Chip,
    CustodyMonth,
    CustodyParty,
)
from chips.models.orders import city_served
from chips.permissions import check_is_province_operator
from chips.selectors import counts_by_status, stock_by_party
from chips.views.pages import Act, Acts, Section, Shown, download, exports, show
from chips.views.words import (
    counts_rows,
    serials,
)
from sealreg.accounts.jurisdiction import WHOLE_PROVINCE
from sealreg.clock import now
from sealreg.errors import NotFound
from sealreg.web.components import Counter, Fact, NavItem, Status
from sealreg.web.once import OnceForm
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column, Table

_FEW, _MONTHS, _BOOKS = 12, 12, 200


def _balance_columns(names: dict[int, str]) -> list[Column[ledger.Balance]]:
    return [
        Column(_("保管方"), lambda row: names.get(row.party, "")),
        Column(_("收入"), lambda row: row.received, kind="number"),
        Column(_("转出"), lambda row: row.forwarded, kind="number"),
        Column(_("已退回"), lambda row: row.returned, kind="number"),
        Column(_("装入印章数"), lambda row: row.consumed, kind="number"),
        Column(_("报废销毁"), lambda row: row.scrapped, kind="number"),
        Column(_("短少被盗"), lambda row: row.missing, kind="number"),
        Column(_("结存"), lambda row: row.on_hand, kind="number"),
        Column(_("差异"), lambda row: row.difference, kind="number"),
    ]


@never_cache
@require_http_methods(["GET", "POST"])
def chip_stock(request: HttpRequest) -> HttpResponseBase:
    """Stock, the ledger's balances and whether they agree (库存与账册)."""
    user = signed_in_user(request)
    party = parties.of_actor(user, make=request.method == "POST")
    whole = city_served(user) is None

    def supply(form: OnceForm, at: dt.datetime) -> str:
        data = form.cleaned_data
        sent = supply_depot(
            data["depot"], first_serial=data["first_serial"], last_serial=data["last_serial"], by=user, at=at,
            bag_seal=data["bag_seal"], way=data["way"],
        )  # fmt: skip
        return reverse("chip_consignment", args=[sent.number])

    act = Act("supply", _("调拨到地市仓库"), _("确认调拨"), SupplyForm, supply, _("已发出，由地市仓库清点收货。"))
    acts = Acts(request, user, [act] if whole else [])
    if (gone := acts.carry_out()) is not None:
        return gone
    shops = stock_by_party()
    ranges = [(serials(first, last), last - first + 1) for first, last in free_ranges(party)]
    columns: list[Column[Any]] = [
        Column(_("号段"), lambda row: row[0], kind="code"), Column(_("数量"), lambda row: row[1], kind="number"),
    ]  # fmt: skip
    sections = [
        Section(_("可发放号段"), table=Table(columns, ranges, _("可发放号段")), empty=_("本库存没有可发放的芯片。")),
    ]
    counters = [Counter(_("本库存可发放"), sum(count for _said, count in ranges))]
    links: list[NavItem] = []
    if whole:
        names = {one.pk: str(one) for one in CustodyParty.objects.select_related("organisation")}
        books = ledger.balances()
        if (file := download(request, _balance_columns(names), books, _("保管账余额"))) is not None:
            return file
        links = exports()
        wrong = ledger.problems()
        said = _("账册与登记不符%(n)d项，请查看告警并核实。") % {"n": len(wrong)} if wrong else ""
        counts = counts_by_status(Chip.objects.all())
        counters += _whole_counters(books, counts, wrong=len(wrong))
        fewest = sorted((stock, str(one)) for one, stock in shops)[:_FEW]
        months = chapter.chip_months(WHOLE_PROVINCE, months=_MONTHS, until=now())
        sections = [
            *([Section(warning=said)] if said else []),
            *sections,
            Section(blocks=acts.blocks("supply")),
            Section(plot=plots.bars([(name, stock) for stock, name in fewest],
                                    title=_("库存最少的仓库和企业（%(n)d家）") % {"n": _FEW})),
            Section(plot=plots.bars(counts_rows(counts),
                                    title=_("全部芯片，合计%(n)d枚") % {"n": sum(counts.values())})),
            Section(plot=plots.bars([(plots.month(one.month), one.bound) for one in months],
                                    title=_("逐月装入印章"))),
            Section(
                _("保管账"), text="" if said else _("账册与登记相符。"),
                table=Table(_balance_columns(names), books[:_BOOKS], _("保管账余额")), empty=_("账册还没有记录。"),
            ),
            *([Section(text=_("列出前%(n)d条，其余请导出查看。") % {"n": _BOOKS})] if len(books) > _BOOKS else []),
        ]  # fmt: skip
    shown = Shown(
        _("库存与账册"), sections, lead=str(party), counters=counters, links=links, back_url=reverse("operator_chips")
    )
    return show(request, shown, acts)


def _whole_counters(books: Sequence[ledger.Balance], counts: dict[str, int], *, wrong: int) -> list[Counter]:
    """The province at a glance: where the chips are, and that the two books agree (一览)."""
    differs = sum(abs(one.difference) for one in books) + wrong
    return [
        Counter(_("全部芯片"), sum(counts.values())),
        Counter(_("在途合计"), sum(counts.get(one, 0) for one in ("SHIPPED", "ISSUED", "RETURNING"))),
        Counter(_("各企业库存"), counts.get("SHOP_RECEIVED", 0) + counts.get("PACKAGED", 0)),
        Counter(_("账实差异"), differs, reverse("chip_alarms") if differs else "", "late" if differs else ""),
    ]


@never_cache
@require_http_methods(["GET", "POST"])
def chip_months(request: HttpRequest) -> HttpResponseBase:
    """Months of the ledger (月结)."""
    user = signed_in_user(request)
    check_is_province_operator(user)
    here = reverse("chip_months")
    open_month = CustodyMonth.objects.filter(closed_at__isnull=True).order_by("month").first()

    def propose(form: OnceForm, at: dt.datetime) -> str:
        data = form.cleaned_data
        propose_month(data["month"].replace(day=1), data["counted"], explanation=data["explanation"], by=user, at=at)
        return here

    def close(_form: OnceForm, at: dt.datetime) -> str:
        if open_month is None:
            raise NotFound
        close_month(open_month, by=user, at=at)
        return here

    acts = Acts(
        request, user,
        [
            Act("propose", _("提出月结"), _("提交"), MonthForm, propose, _("已提出，由另一人复核。"),
                intro=_("按下列账面数量与实物核对，填写盘点总数。")),
            Act("close", _("复核月结"), _("复核结账"), PlainForm, close, _("该月已结账。")),
        ],
    )  # fmt: skip
    if (gone := acts.carry_out()) is not None:
        return gone
    columns: list[Column[CustodyMonth]] = [
        Column(_("月份"), str, kind="code"),
        Column(_("盘点数量"), lambda row: row.counted, kind="number"),
        Column(_("账面数量"), lambda row: row.booked, kind="number"),
        Column(_("差异说明"), lambda row: row.explanation),
        Column(_("状态"), lambda row: Status(_("已结账"), "done") if row.closed_at else Status(_("待复核"), "waiting")),
        Column(_("结账时间"), lambda row: row.closed_at, kind="moment"),
    ]
    if (file := download(request, columns, CustodyMonth.objects.order_by("-month"), _("月结"))) is not None:
        return file
    rows = list(CustodyMonth.objects.order_by("-month")[:24])
    kept = [Fact(kind.label, n) for kind, n in booked_by_kind()]
    sections = [
        Section(table=Table(columns, rows, _("月结")), empty=_("还没有月结。")),
        Section(blocks=acts.blocks("close") if open_month else ()),
        Section(_("账面现有库存和在途"), facts=[*kept, Fact(_("合计"), booked_stock())], blocks=acts.blocks("propose")),
    ]
    shown = Shown(_("月结"), sections, links=exports(), back_url=reverse("operator_chips"))
    return show(request, shown, acts)
