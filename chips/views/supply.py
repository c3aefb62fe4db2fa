"""What supply rests on, and the figures others may read (供应依据与汇总)."""

from __future__ import annotations

import datetime as dt
from typing import cast

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from chips import plots
from chips.chapter import ChipMonth, chip_months
from chips.forms import AgreementForm, EndAgreementForm, PilotForm, PriceForm
from chips.logistics.supply import end_agreement, register_agreement, set_price, start_pilot
from chips.models import ChipAgreement, ChipPilot, ChipPrice
from chips.permissions import check_is_province_operator
from chips.selectors import totals
from chips.views.pages import Act, Acts, Listed, Section, Shown, download_one, show
from chips.views.words import counts_facts, yuan
from sealreg.accounts.jurisdiction import WHOLE_PROVINCE, jurisdiction_of
from sealreg.clock import now
from sealreg.regions.selectors import name_of
from sealreg.web.components import Counter, Fact, NavItem
from sealreg.web.export import Format, export
from sealreg.web.once import OnceForm
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column, Table

_MONTHS, _SHOWN = 12, 50


def _last_day(price: ChipPrice) -> dt.date | None:
    """The span ends before its upper bound, on which the next price begins."""
    after: dt.date | None = price.in_force.upper
    return after - dt.timedelta(days=1) if after is not None else None


def _price_columns() -> list[Column[ChipPrice]]:
    return [
        Column(_("执行日期"), lambda row: row.in_force.lower, kind="date"),
        Column(_("截止日期"), _last_day, kind="date"),
        Column(_("单价"), lambda row: yuan(row.unit_price_fen)),
        Column(_("定价文件"), lambda row: row.document),
        Column(_("说明"), lambda row: _("演示虚构") if row.is_fictitious else ""),
    ]


def _agreement_columns() -> list[Column[ChipAgreement]]:
    return [
        Column(_("协议编号"), lambda row: row.number),
        Column(_("签约单位"), lambda row: row.party_name),
        Column(_("协议事项"), lambda row: row.subject),
        Column(_("签订日期"), lambda row: row.signed_on, kind="date"),
        Column(_("终止日期"), lambda row: row.ended_on, kind="date"),
        Column(_("说明"), lambda row: _("演示虚构") if row.is_fictitious else ""),
    ]


def _pilot_columns() -> list[Column[ChipPilot]]:
    return [
        Column(_("地市"), lambda row: name_of(row.city * 100)),
        Column(_("试点开始日期"), lambda row: row.from_on, kind="date"),
    ]


@never_cache
@require_http_methods(["GET", "POST"])
def chip_supply(request: HttpRequest) -> HttpResponseBase:
    """Prices, agreements and pilots (价格、协议和试点)."""
    user = signed_in_user(request)
    check_is_province_operator(user)
    here = reverse("chip_supply")

    def price(form: OnceForm, at: dt.datetime) -> str:
        data = form.cleaned_data
        set_price(int(data["yuan"] * 100), from_on=data["from_on"], document=data["document"], by=user, at=at)
        return here

    def agreement(form: OnceForm, at: dt.datetime) -> str:
        data = form.cleaned_data
        register_agreement(
            data["number"], party_name=data["party_name"], subject=data["subject"], signed_on=data["signed_on"],
            by=user, at=at,
        )  # fmt: skip
        return here

    def ended(form: OnceForm, at: dt.datetime) -> str:
        end_agreement(form.cleaned_data["agreement"], on=form.cleaned_data["ended_on"], by=user, at=at)
        return here

    def pilot(form: OnceForm, at: dt.datetime) -> str:
        start_pilot(form.cleaned_data["city"], from_on=form.cleaned_data["from_on"], by=user, at=at)
        return here

    acts = Acts(
        request, user,
        [
            Act("price", _("登记部定价"), _("登记价格"), PriceForm, price, _("价格已登记，原价格至前一日止。")),
            Act("agreement", _("登记协议"), _("登记协议"), AgreementForm, agreement, _("协议已登记。")),
            Act("ended", _("登记协议终止"), _("登记终止"), EndAgreementForm, ended, _("终止日期已登记。"),
                intro=_("终止日期之后，不能再依据该协议分配批次。")),
            Act("pilot", _("登记试点地市"), _("登记试点"), PilotForm, pilot, _("试点已登记。")),
        ],
    )  # fmt: skip
    if (gone := acts.carry_out()) is not None:
        return gone
    lists = [
        Listed("price", _("部定价"), _price_columns(), ChipPrice.objects.order_by("-in_force"),
               _("还没有登记价格，企业不能订购。")),
        Listed("agreement", _("协议"), _agreement_columns(), ChipAgreement.objects.order_by("-signed_on", "-id"),
               _("还没有登记协议，不能分配批次。")),
        Listed("pilot", _("试点地市"), _pilot_columns(), ChipPilot.objects.order_by("city"), _("没有试点地市。")),
    ]  # fmt: skip
    if (file := download_one(request, lists)) is not None:
        return file
    forms = {"agreement": ("agreement", "ended")}
    sections = [one.section(most=_SHOWN, blocks=acts.blocks(*forms.get(one.name, (one.name,)))) for one in lists]
    return show(request, Shown(_("价格、协议和试点"), sections, back_url=reverse("operator_chips")), acts)


@never_cache
@require_GET
def chip_totals(request: HttpRequest) -> HttpResponseBase:
    """The chips of one's ground in figures, for police, readers and the association (芯片汇总)."""
    user = signed_in_user(request)
    where = jurisdiction_of(user) or WHOLE_PROVINCE
    found = totals(where)
    months = chip_months(where, months=_MONTHS, until=now())
    columns: list[Column[ChipMonth]] = [
        Column(_("月份"), lambda row: row.month, kind="code"),
        Column(_("订购"), lambda row: row.ordered, kind="number"),
        Column(_("已发放"), lambda row: row.granted, kind="number"),
        Column(_("企业收到"), lambda row: row.received, kind="number"),
        Column(_("已封装"), lambda row: row.mounted, kind="number"),
        Column(_("装入印章数"), lambda row: row.bound, kind="number"),
        Column(_("受训企业"), lambda row: row.trained, kind="number"),
    ]
    if request.GET.get("export") in ("csv", "xlsx"):
        return export(columns, months, name=_("芯片汇总"), form=cast("Format", request.GET["export"]))
    counters = [
        Counter(_("订购"), found.ordered),
        Counter(_("已发放"), found.granted),
        Counter(_("各企业库存"), found.in_shops),
        Counter(_("已装入印章"), found.bound),
    ]
    facts = [*counts_facts(dict(found.by_status)), Fact(_("其中试点期装入印章的"), found.pilot_bound)]
    about = [
        Fact(_("在册企业"), found.shops),
        Fact(_("参加过芯片培训的企业"), found.trained),
    ]
    sections = [
        Section(
            plot=plots.bars([(plots.month(row.month), row.bound) for row in months], title=_("近12个月装入印章的芯片"))
        ),
        Section(_("月报数字"), table=Table(columns, months, _("月报数字"))),
        Section(_("各状态数量"), facts=facts),
        Section(_("刻制企业"), facts=about),
    ]
    links = [NavItem(_("导出 Excel"), "?export=xlsx"), NavItem(_("导出 CSV"), "?export=csv")]
    lead = _("只列汇总数，不含企业和芯片明细。随历史备案带入的芯片没有订单，不计入订购和发放。")
    return show(request, Shown(_("芯片汇总"), sections, lead=lead, counters=counters, links=links))
