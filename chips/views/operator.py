"""The operator's bench (运维芯片工作台): exceptions first, then orders, bags, stock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from chips import plots
from chips.forms import EndingForm, GrantForm, MonthForm, OrdersFilter, PlainForm, SettleForm, SupplyForm
from chips.logistics import ledger, parties
from chips.logistics.alarms import settle_alarm
from chips.logistics.closing import booked_stock, close_month, propose_month
from chips.logistics.endings import confirm_ending, report_ending
from chips.logistics.ordering import free_ranges, grant_chips, keeper_of, supply_depot
from chips.logistics.receiving import read_codes
from chips.models import (
    Chip,
    ChipBatch,
    ChipEnding,
    ChipOrder,
    Consignment,
    CustodyMonth,
    CustodyParty,
    EndingKind,
)
from chips.models.orders import city_served
from chips.permissions import check_is_province_operator
from chips.selectors import alarms_for, counts_by_status, endings_of, order_for, stock_by_party
from chips.states import ORDER
from chips.views.pages import Act, Acts, Section, Shown, show
from chips.views.words import (
    alarm_columns,
    bag_columns,
    batch_columns,
    counts_facts,
    ending_columns,
    order_columns,
    serials,
    status_of,
    yuan,
)
from sealreg.accounts.models import User
from sealreg.accounts.roles import Permission
from sealreg.errors import NotFound
from sealreg.web.components import Counter, Fact, NavItem
from sealreg.web.export import Format, export
from sealreg.web.once import OnceForm
from sealreg.web.paging import count_up_to, paginate
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column, Table
from sealreg.web.templatetags.ui import moment

_FEW = 8
_EXPORT = 20_000
ENDINGS = (EndingKind.SCRAP, EndingKind.THEFT, EndingKind.FOUND, EndingKind.SHORTAGE)


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
        names += [("chip_stock", _("库存与账册")), ("chip_alarms", _("告警"))]
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
        sections = [
            Section(
                _("办理中的批次"),
                table=Table(batch_columns(), list(batches[:_FEW]), _("批次")),
                empty=_("没有办理中的批次。"),
            ),
            Section(_("本机构芯片"), facts=counts_facts(counts)),
        ]  # fmt: skip
        counters = [Counter(_("待放行或灌装中"), batches.count(), reverse("chip_batches"))]
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
                _("告警"), table=Table(alarm_columns(), list(alarms[:_FEW]), _("未处理的告警")),
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


def _download(request: HttpRequest, columns: Sequence[Column[Any]], rows: Any, name: str) -> HttpResponseBase | None:
    kind = request.GET.get("export")
    if kind not in ("csv", "xlsx"):
        return None
    return export(columns, rows[:_EXPORT].iterator(chunk_size=1_000), name=name, form=cast("Format", kind))


def exports(query: str = "") -> list[NavItem]:
    """Links that download the list (导出链接)."""
    head = f"?{query}&" if query else "?"
    return [NavItem(_("导出 Excel"), f"{head}export=xlsx"), NavItem(_("导出 CSV"), f"{head}export=csv")]


@never_cache
@require_GET
def chip_orders(request: HttpRequest) -> HttpResponseBase:
    """Orders within reach (订单列表)."""
    user = signed_in_user(request)
    form = OrdersFilter(request.GET)
    found = ChipOrder.objects.visible_to(user).select_related("shop__organisation").order_by("-id")
    asked = form.cleaned_data.get("status") if form.is_valid() else ""
    if asked == "waiting":
        found = found.filter(status__in=("PLACED", "PART_GRANTED"))
    elif asked:
        found = found.filter(status=asked)
    columns = order_columns("chip_order")
    if (file := _download(request, columns, found, _("芯片订单"))) is not None:
        return file
    page = paginate(found, request.GET, count=count_up_to(found))
    section = Section(table=Table(columns, page.rows, _("芯片订单")), page=page, empty=_("没有符合条件的订单。"))
    shown = Shown(
        _("芯片订单"), [section], back_url=reverse("operator_chips"), filters=form, reset_url=reverse("chip_orders"),
        links=exports(f"status={asked}" if asked else ""),
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
    bags = _bags(user).filter(order=order)
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
            table=Table(bag_columns("chip_consignment"), list(bags), _("发放记录")),
            empty=_("还没有发放。"),
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
    found = _bags(user)
    columns = bag_columns("chip_consignment")
    if (file := _download(request, columns, found, _("芯片交接单"))) is not None:
        return file
    page = paginate(found, request.GET, count=count_up_to(found))
    section = Section(table=Table(columns, page.rows, _("芯片交接单")), page=page, empty=_("还没有交接单。"))
    return show(request, Shown(_("芯片交接单"), [section], back_url=reverse("operator_chips"), links=exports()))


def _balance_columns(names: dict[int, str]) -> list[Column[ledger.Balance]]:
    return [
        Column(_("保管方"), lambda row: names.get(row.party, "")),
        Column(_("收入"), lambda row: row.received, kind="number"),
        Column(_("转出"), lambda row: row.forwarded, kind="number"),
        Column(_("退回"), lambda row: row.returned, kind="number"),
        Column(_("装入印章"), lambda row: row.consumed, kind="number"),
        Column(_("报废销毁"), lambda row: row.scrapped, kind="number"),
        Column(_("短少被盗"), lambda row: row.missing, kind="number"),
        Column(_("结存"), lambda row: row.on_hand, kind="number"),
        Column(_("差异"), lambda row: row.difference, kind="number"),
    ]


@never_cache
@require_http_methods(["GET", "POST"])
def chip_stock(request: HttpRequest) -> HttpResponse:
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
    if whole:
        names = {one.pk: str(one) for one in CustodyParty.objects.select_related("organisation")}
        books = ledger.balances()
        wrong = ledger.problems()
        said = _("账册与登记不符%(n)d项，请查看告警并核实。") % {"n": len(wrong)} if wrong else ""
        counts = counts_by_status(Chip.objects.all())
        most = [(str(one), stock) for one, stock in shops if stock][:12]
        sections = [
            *([Section(warning=said)] if said else []),
            *sections,
            Section(blocks=acts.blocks("supply")),
            Section(plot=plots.bars(most, title=_("各仓库和企业库存（前12位）"))),
            Section(_("全部芯片"), facts=counts_facts(counts)),
            Section(
                _("保管账"), text="" if said else _("账册与登记相符。"),
                table=Table(_balance_columns(names), books[:200], _("保管账余额")), empty=_("账册还没有记录。"),
            ),
        ]  # fmt: skip
    return show(request, Shown(_("库存与账册"), sections, lead=str(party), back_url=reverse("operator_chips")), acts)


@never_cache
@require_GET
def chip_alarms(request: HttpRequest) -> HttpResponseBase:
    """Alarms, open ones first (告警列表)."""
    found = alarms_for(signed_in_user(request)).order_by("-id")
    if request.GET.get("all") != "1":
        found = found.filter(settled_at__isnull=True)
    if (file := _download(request, alarm_columns(), found, _("芯片告警"))) is not None:
        return file
    page = paginate(found, request.GET, count=count_up_to(found))
    section = Section(table=Table(alarm_columns(), page.rows, _("芯片告警")), page=page, empty=_("没有未处理的告警。"))
    links = [NavItem(_("包括已处理"), "?all=1"), *exports()]
    return show(request, Shown(_("芯片告警"), [section], back_url=reverse("operator_chips"), links=links))


@never_cache
@require_http_methods(["GET", "POST"])
def chip_alarm(request: HttpRequest, number: str) -> HttpResponse:
    """One alarm, and what was done about it (处理告警)."""
    user = signed_in_user(request)
    alarm = alarms_for(user).select_related("shop__organisation").filter(number=number).first()
    if alarm is None:
        raise NotFound

    def settle(form: OnceForm, at: dt.datetime) -> str:
        settle_alarm(alarm, form.cleaned_data["settlement"], by=user, at=at)
        return reverse("chip_alarms")

    acts = Acts(request, user, [Act("settle", _("处理"), _("登记处理情况"), SettleForm, settle, _("告警已处理。"))])
    if (gone := acts.carry_out()) is not None:
        return gone
    facts = [
        Fact(_("登记事项"), alarm.get_kind_display()),
        Fact(_("对象"), alarm.subject, code=True),
        Fact(_("涉及企业"), str(alarm.shop.organisation) if alarm.shop else _("不涉及")),
        Fact(_("告警时间"), moment(alarm.raised_at)),
        *(Fact(key, str(value), code=True) for key, value in alarm.facts.items()),
    ]
    if alarm.settled_at:
        facts += [Fact(_("处理时间"), moment(alarm.settled_at)), Fact(_("处理情况"), alarm.settlement)]
    sections = [Section(facts=facts, blocks=[] if alarm.settled_at else acts.blocks("settle"))]
    title = _("芯片告警 %(number)s") % {"number": alarm.number}
    return show(request, Shown(title, sections, back_url=reverse("chip_alarms")), acts)


def endings_page(request: HttpRequest, *, kinds: tuple[EndingKind, ...], detail: str, back: str) -> HttpResponse:
    """Reports of one's own stock, and the form for a new one (报废、被盗、找回)."""
    user = signed_in_user(request)
    party = parties.of_actor(user, make=request.method == "POST")

    def report(form: OnceForm, at: dt.datetime) -> str:
        data = form.cleaned_data
        made = report_ending(
            EndingKind(data["kind"]), party, read_codes(data["codes"]), reason=data["reason"], by=user, at=at
        )
        return reverse(detail, args=[made.number])

    def form(*data: Any, **given: Any) -> OnceForm:
        return EndingForm(*data, kinds=kinds, **given)

    act = Act(
        "report", _("登记"), _("提交"), form, report, _("已登记，由另一人复核。"),
        intro=_("被盗登记后芯片立即停用；其他事项由另一人复核后生效。"),
    )  # fmt: skip
    acts = Acts(request, user, [act])
    if (gone := acts.carry_out()) is not None:
        return gone
    found = endings_of(party)
    listed = paginate(found, request.GET, count=count_up_to(found))
    section = Section(
        table=Table(ending_columns(detail), listed.rows, _("退出记录")), page=listed, empty=_("还没有记录。")
    )
    shown = Shown(_("报废、被盗、找回"), [section, Section(blocks=acts.blocks("report"))], back_url=reverse(back))
    return show(request, shown, acts)


def ending_page(request: HttpRequest, number: str, *, detail: str, back: str) -> HttpResponse:
    """One report, and its confirmation by a second person (复核)."""
    user = signed_in_user(request)
    ending: ChipEnding | None = (
        endings_of(parties.of_actor(user, make=request.method == "POST")).filter(number=number).first()
    )
    if ending is None:
        raise NotFound

    def confirm(_form: OnceForm, at: dt.datetime) -> str:
        confirm_ending(ending, by=user, at=at)
        return reverse(detail, args=[ending.number])

    acts = Acts(request, user, [Act("confirm", "", _("复核无误"), PlainForm, confirm, _("已复核。"))])
    if (gone := acts.carry_out()) is not None:
        return gone
    facts = [
        Fact(_("登记事项"), ending.get_kind_display()),
        Fact(_("数量"), len(ending.uids)),
        Fact(_("原因"), ending.reason),
        Fact(_("报告时间"), moment(ending.reported_at)),
        Fact(_("复核时间"), moment(ending.confirmed_at) if ending.confirmed_at else _("待复核")),
    ]
    columns: list[Column[str]] = [Column(_("芯片编号"), lambda uid: uid, kind="code")]
    blocks = [] if ending.confirmed_at else acts.blocks("confirm")
    sections = [
        Section(facts=facts, blocks=blocks),
        Section(_("所列芯片"), table=Table(columns, ending.uids[:200], _("所列芯片"))),
    ]
    title = _("退出记录 %(number)s") % {"number": ending.number}
    return show(request, Shown(title, sections, back_url=reverse(back)), acts)


@never_cache
@require_http_methods(["GET", "POST"])
def chip_endings(request: HttpRequest) -> HttpResponse:
    """Reports on the operator's, depot's or institute's stock (退出记录)."""
    return endings_page(request, kinds=ENDINGS, detail="chip_ending", back="operator_chips")


@never_cache
@require_http_methods(["GET", "POST"])
def chip_ending(request: HttpRequest, number: str) -> HttpResponse:
    """One report (退出记录)."""
    return ending_page(request, number, detail="chip_ending", back="chip_endings")


@never_cache
@require_http_methods(["GET", "POST"])
def chip_months(request: HttpRequest) -> HttpResponse:
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
                intro=_("账面现有库存和在途%(n)d枚。") % {"n": booked_stock()}),
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
        Column(_("结账时间"), lambda row: row.closed_at, kind="moment"),
    ]
    rows = list(CustodyMonth.objects.order_by("-month")[:24])
    sections = [
        Section(table=Table(columns, rows, _("月结")), empty=_("还没有月结。")),
        Section(blocks=acts.blocks("close") if open_month else ()),
        Section(blocks=acts.blocks("propose")),
    ]
    return show(request, Shown(_("月结"), sections, back_url=reverse("operator_chips")), acts)
