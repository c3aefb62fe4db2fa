"""The operator's bench (运维芯片工作台): exceptions first, then orders, bags, stock."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from chips import plots
from chips.forms import GrantForm
from chips.list_forms import BagsFilter, OrdersFilter
from chips.logistics import parties
from chips.logistics.ordering import free_ranges, grant_chips, keeper_of
from chips.models import (
    Chip,
    ChipBatch,
    ChipOrder,
    Consignment,
)
from chips.models.orders import city_served
from chips.selectors import alarms_for, counts_by_status, order_for
from chips.states import ORDER
from chips.views.pages import Act, Acts, Section, Shown, download, exports, show
from chips.views.words import (
    alarm_columns,
    bag_columns,
    batch_columns,
    counts_rows,
    held_up,
    order_columns,
    serials,
    status_of,
    yuan,
)
from sealreg.accounts.models import User
from sealreg.accounts.roles import Permission
from sealreg.web.components import Counter, Fact, NavItem
from sealreg.web.once import OnceForm
from sealreg.web.paging import count_up_to, paginate
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column, Table
from sealreg.web.templatetags.ui import moment

_FEW = 8


def _is_institute(user: User) -> bool:
    return user.role is not None and user.role.may(Permission.INJECT_KEYS)


def _bags(user: User) -> Any:
    return (
        Consignment.objects.visible_to(user)
        .select_related("sender__organisation", "receiver__organisation")
        .order_by("-id")
    )


def menu(user: User) -> list[NavItem]:
    """Where one may go from here (芯片工作台菜单)."""
    names = [
        ("chip_batches", _("芯片批次")),
        ("chip_consignments", _("芯片交接单")),
        ("chip_endings", _("报废、被盗、找回")),
    ]
    if not _is_institute(user):
        names[1:1] = [("chip_orders", _("芯片订单"))]
        names += [
            ("chip_packagings", _("封装记录")),
            ("chip_stock", _("库存与账册")),
            ("chip_alarms", _("告警")),
            ("chip_watched", _("重点关注芯片")),
            ("chip_block_list", _("停用名单")),
            ("chip_trainings", _("芯片培训")),
        ]
        if city_served(user) is None:
            names += [("chip_supply", _("价格、协议和试点")), ("chip_months", _("月结"))]
    return [NavItem(label, reverse(name)) for name, label in names]


@never_cache
@require_GET
def operator_chips(request: HttpRequest) -> HttpResponse:
    """What waits, worst first (芯片工作台)."""
    user = signed_in_user(request)
    party = parties.of_actor(user, make=request.method == "POST")
    waiting = _bags(user).filter(receiver=party, status__in=("SENT", "COUNTED"))
    if _is_institute(user):
        batches = ChipBatch.objects.select_related("lot").exclude(status__in=("SHIPPED", "CANCELLED")).order_by("-id")
        counts = counts_by_status(Chip.objects.filter(holder=party))
        stages = dict(batches.order_by().values_list("status").annotate(n=Count("pk")))
        unsure = Chip.objects.filter(holder=party, status="UNCERTAIN").order_by("uid")
        unsure_columns: list[Column[Chip]] = [
            Column(_("芯片编号"), lambda row: row.uid, kind="code"),
            Column(
                _("批次号"), lambda row: row.batch_no, kind="code",
                link=lambda row: reverse("chip_batch", args=[row.batch_no]),
            ),
        ]  # fmt: skip
        stuck = [said for batch in batches.filter(status="RELEASED")[:_FEW] if (said := held_up(batch))]
        sections = [
            *(Section(warning=said) for said in stuck),
            Section(
                _("灌装待查"), table=Table(unsure_columns, list(unsure[:_FEW]), _("灌装待查芯片")),
                empty=_("没有灌装中断的芯片。"),
            ),
            Section(
                _("办理中的批次"), table=Table(batch_columns(), list(batches[:_FEW]), _("批次")),
                empty=_("没有办理中的批次。"),
            ),
            Section(
                _("待收货"), table=Table(bag_columns("chip_consignment"), list(waiting[:_FEW]), _("待收交接单")),
                empty=_("没有等待收货的交接单。"),
            ),
            Section(plot=plots.bars(counts_rows(counts),
                                    title=_("本机构芯片，合计%(n)d枚") % {"n": sum(counts.values())})),
        ]  # fmt: skip
        doubtful = counts.get("UNCERTAIN", 0)
        counters = [
            Counter(_("灌装待查"), doubtful, tone="late" if doubtful else ""),
            Counter(_("待放行"), stages.get("ALLOCATED", 0), f"{reverse('chip_batches')}?status=ALLOCATED"),
            Counter(_("灌装中"), stages.get("RELEASED", 0), f"{reverse('chip_batches')}?status=RELEASED"),
            Counter(_("待装箱"), stages.get("FILLED", 0), f"{reverse('chip_batches')}?status=FILLED"),
            Counter(_("待发运"), stages.get("PACKED", 0), f"{reverse('chip_batches')}?status=PACKED"),
        ]
    else:
        alarms = alarms_for(user).filter(settled_at__isnull=True).order_by("-id")
        orders = (
            ChipOrder.objects.visible_to(user)
            .select_related("shop__organisation")
            .filter(status__in=("PLACED", "PART_GRANTED"))
            .order_by("id")
        )
        sections = [
            Section(
                _("告警"), table=Table(alarm_columns(only_open=True), list(alarms[:_FEW]), _("未处理的告警")),
                empty=_("没有未处理的告警。"),
            ),
            Section(
                _("待收货"), table=Table(bag_columns("chip_consignment"), list(waiting[:_FEW]), _("待收交接单")),
                empty=_("没有等待收货的交接单。"),
            ),
            Section(
                _("待发放订单"), table=Table(order_columns("chip_order"), list(orders[:_FEW]), _("待发放订单")),
                empty=_("没有等待发放的订单。"),
            ),
        ]  # fmt: skip
        open_alarms = alarms.count()
        ready = Chip.objects.filter(holder=party, status="RECEIVED").count()
        counters = [
            Counter(_("未处理告警"), open_alarms, reverse("chip_alarms"), "late" if open_alarms else ""),
            Counter(_("待收交接单"), waiting.count(), reverse("chip_consignments")),
            Counter(_("待发放订单"), orders.count(), f"{reverse('chip_orders')}?status=waiting"),
            Counter(_("本库存可发放"), ready, reverse("chip_stock")),
        ]
    shown = Shown(_("芯片工作台"), sections, lead=str(party), counters=counters, links=menu(user))
    return show(request, shown)


@never_cache
@require_GET
def chip_orders(request: HttpRequest) -> HttpResponseBase:
    """Orders within reach (订单列表)."""
    user = signed_in_user(request)
    form = OrdersFilter(request.GET)
    found = form.narrow(ChipOrder.objects.visible_to(user).select_related("shop__organisation").order_by("-id"))
    columns = order_columns("chip_order")
    if (file := download(request, columns, found, _("芯片订单"))) is not None:
        return file
    page = paginate(found, request.GET, count=count_up_to(found))
    section = Section(table=Table(columns, page.rows, _("芯片订单")), page=page, empty=_("没有符合条件的订单。"))
    shown = Shown(
        _("芯片订单"), [section], back_url=reverse("operator_chips"), filters=form, reset_url=reverse("chip_orders"),
        links=exports(form.query),
    )  # fmt: skip
    return show(request, shown)


@never_cache
@require_http_methods(["GET", "POST"])
def chip_order(request: HttpRequest, number: str) -> HttpResponse:
    """One order, and the form that grants a range on it (发放)."""
    user = signed_in_user(request)
    order = order_for(user, number)
    party = keeper_of(user, make=request.method == "POST")

    def grant(form: OnceForm, at: dt.datetime) -> str:
        data = form.cleaned_data
        sent = grant_chips(
            order, first_serial=data["first_serial"], last_serial=data["last_serial"], bag_seal=data["bag_seal"],
            receiver_name=data["receiver_name"], way=data["way"], by=user, at=at,
        )  # fmt: skip
        return reverse("chip_consignment", args=[sent.number])

    ranges = free_ranges(party)

    def form(*data: Any, **given: Any) -> OnceForm:
        fitting = [one for one in ranges if one[1] - one[0] + 1 >= order.rest] or ranges
        offered = {}
        if fitting and order.rest:
            first, last = fitting[0]
            offered = {"first_serial": first, "last_serial": min(last, first + order.rest - 1)}
        return GrantForm(*data, initial=offered, **given)

    act = Act("grant", _("发放"), _("确认发放"), form, grant, _("已发放，请将封好的芯片交付运输。"))
    acts = Acts(request, user, [act])
    if (gone := acts.carry_out()) is not None:
        return gone
    bags = list(_bags(user).filter(order=order))
    none = _("还没有发放。")
    if order.granted and not bags:  # a depot does not see what the province's operator sent, and the other way round
        none = _("本单位没有发放；已发放的%(n)d枚由其他发放单位发出。") % {"n": order.granted}
    facts = [
        Fact(_("涉及企业"), str(order.shop.organisation)),
        Fact(_("状态"), status_of(ORDER, order.status).label),
        Fact(_("收货地址"), order.address),
        Fact(_("联系电话"), order.shop.phone),
        Fact(_("期望到货日期"), order.wanted_on.isoformat() if order.wanted_on else _("未注明")),
        Fact(_("单价"), yuan(order.unit_price_fen) + (_("（演示虚构）") if order.price.is_fictitious else "")),
        Fact(_("金额"), yuan(order.amount_fen)),
        Fact(_("备注"), order.remark or _("无")),
        Fact(_("订购时间"), moment(order.ordered_at)),
    ]
    said = _("、").join(serials(first, last) for first, last in ranges[:5]) or _("无")
    sections = [
        Section(
            _("发放记录"),
            table=Table(bag_columns("chip_consignment"), bags, _("发放记录")),
            empty=none,
        ),
        Section(_("订单"), facts=facts),
    ]
    if order.status in ("PLACED", "PART_GRANTED"):
        text = _("本库存可发放号段：%(ranges)s。") % {"ranges": said}
        sections.insert(0, Section(text=text, blocks=acts.blocks("grant")))
    counters = [
        Counter(_("订购"), order.quantity), Counter(_("已发放"), order.granted),
        Counter(_("未发放"), order.rest, tone="soon" if order.rest else ""),
    ]  # fmt: skip
    title = _("芯片订单 %(number)s") % {"number": order.number}
    shown = Shown(title, sections, back_url=reverse("chip_orders"), counters=counters)
    return show(request, shown, acts)


@never_cache
@require_GET
def chip_consignments(request: HttpRequest) -> HttpResponseBase:
    """Consignments within reach (交接单列表)."""
    user = signed_in_user(request)
    form = BagsFilter(request.GET)
    found = form.narrow(_bags(user))
    columns = bag_columns("chip_consignment")
    if (file := download(request, columns, found, _("芯片交接单"))) is not None:
        return file
    page = paginate(found, request.GET, count=count_up_to(found))
    section = Section(table=Table(columns, page.rows, _("芯片交接单")), page=page, empty=_("没有符合条件的交接单。"))
    shown = Shown(
        _("芯片交接单"), [section], back_url=reverse("operator_chips"), filters=form,
        reset_url=reverse("chip_consignments"), links=exports(form.query),
    )  # fmt: skip
    return show(request, shown)
