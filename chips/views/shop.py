"""The shop's chips (企业芯片): stock, orders, bags to count, returns, theft."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from chips.forms import OrderForm, PlainForm, ReturnForm
from chips.logistics.counting import read_codes
from chips.logistics.ordering import cancel_order, place_order
from chips.logistics.receiving import return_chips
from chips.models import AlarmKind, Chip, ChipAlarm, ChipOrder, Consignment, EndingKind
from chips.rules import price_on
from chips.selectors import counts_by_status, order_for, stock_of
from chips.states import ORDER
from chips.views.exceptions import ending_page, endings_page
from chips.views.pages import Act, Acts, Listed, Section, Shown, download_one, show
from chips.views.words import bag_columns, counts_facts, order_columns, serials, status_of, yuan
from licensing.models import EngravingShop
from sealreg.accounts.models import User
from sealreg.clock import now, shanghai
from sealreg.errors import NotFound, RuleBroken
from sealreg.web.components import Counter, Fact, NavItem
from sealreg.web.once import OnceForm
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column, Table
from sealreg.web.templatetags.ui import moment

_FEW, _STOCK = 10, 20
ENDINGS = (EndingKind.THEFT, EndingKind.SCRAP, EndingKind.SHORTAGE, EndingKind.DESTRUCTION)


def shop_of(user: User) -> EngravingShop:
    """The shop a person works for (所在企业). Raises NotFound where it is not on the register."""
    key = user.organisation.pk if user.organisation else None
    found = EngravingShop.objects.select_related("organisation").filter(pk=key).first()
    if found is None:
        raise NotFound(_("贵企业尚未列入印章刻制企业名录，暂不能订购芯片。请联系所在地县级公安机关。"))
    return found


@never_cache
@require_GET
def shop_chips(request: HttpRequest) -> HttpResponseBase:
    """Stock, bags to count, orders (企业芯片)."""
    user = signed_in_user(request)
    try:
        shop = shop_of(user)
    except NotFound as unlisted:
        return show(request, Shown(_("本企业芯片"), [Section(warning=unlisted.message)]))
    counts = counts_by_status(Chip.objects.filter(shop=shop))
    bags = (
        Consignment.objects.visible_to(user)
        .select_related("sender__organisation", "receiver__organisation")
        .order_by("-id")
    )
    waiting = bags.filter(status__in=("SENT", "COUNTED"), receiver__organisation=shop.pk)
    due = waiting.count()
    orders = ChipOrder.objects.visible_to(user).order_by("-id")
    out = ChipAlarm.objects.filter(shop=shop, kind=AlarmKind.STOCK_OUT, settled_at__isnull=True).first()
    stock = counts.get("SHOP_RECEIVED", 0)
    chips: list[Column[Chip]] = [
        Column(_("芯片编号"), lambda row: row.uid, kind="code"),
        Column(_("芯片序号"), lambda row: serials(row.serial, row.serial), kind="code"),
        Column(_("批次号"), lambda row: row.batch_no, kind="code"),
    ]
    said = _("自%(since)s起缺货，订单等待发放；期间备案时限的计算会考虑缺货。") % {
        "since": moment(out.raised_at) if out else ""
    }
    lists = {
        "orders": Listed("orders", _("芯片订单"), order_columns("shop_chip_order", with_shop=False), orders,
                         _("还没有订购过芯片。")),
        "bags": Listed("bags", _("交接记录"), bag_columns("shop_chip_consignment"), bags, _("还没有交接记录。")),
        "stock": Listed("stock", _("库存"), chips, stock_of(shop), _("库存中没有芯片。")),
    }  # fmt: skip
    if (file := download_one(request, list(lists.values()))) is not None:
        return file
    sections = [
        *([Section(warning=said)] if out else []),
        Section(
            _("待收货"), table=Table(bag_columns("shop_chip_consignment"), list(waiting[:_FEW]), _("待收交接单")),
            empty=_("没有等待收货的芯片。"),
        ),
        lists["orders"].section(most=_FEW),
        Section(_("全部芯片"), facts=counts_facts(counts)),
        lists["bags"].section(most=_FEW),
        lists["stock"].section(most=_STOCK),
    ]  # fmt: skip
    counters = [
        Counter(_("库存可用"), stock, tone="late" if not stock else ""),
        Counter(_("待收交接单"), due, tone="soon" if due else ""),
        Counter(_("已装入印章"), sum(counts.get(one, 0) for one in ("BOUND", "ACTIVE", "SUSPENDED", "LOST"))),
    ]
    links = [
        NavItem(_("订购芯片"), reverse("shop_chip_new_order"), current=True),
        NavItem(_("封装登记"), reverse("shop_chip_package")),
        NavItem(_("退回芯片"), reverse("shop_chip_return")),
        NavItem(_("报废、被盗"), reverse("shop_chip_endings")),
        NavItem(_("芯片培训"), reverse("shop_trainings")),
    ]
    return show(request, Shown(_("本企业芯片"), sections, counters=counters, links=links))


@never_cache
@require_http_methods(["GET", "POST"])
def shop_chip_new_order(request: HttpRequest) -> HttpResponse:
    """Order chips at the Ministry's price (订购芯片)."""
    user = signed_in_user(request)
    shop = shop_of(user)
    try:
        price = price_on(shanghai(now()).date())
    except RuleBroken as error:
        return show(request, Shown(_("订购芯片"), [Section(warning=error.message)], back_url=reverse("shop_chips")))

    def act(form: OnceForm, at: dt.datetime) -> str:
        data = form.cleaned_data
        order = place_order(
            shop, data["quantity"], unit_price_fen=data["unit_price_fen"], wanted_on=data["wanted_on"],
            address=data["address"], remark=data["remark"], by=user, at=at,
        )  # fmt: skip
        return reverse("shop_chip_order", args=[order.number])

    def form(*data: Any, **given: Any) -> OnceForm:
        return OrderForm(*data, initial={"unit_price_fen": price.unit_price_fen, "address": shop.address}, **given)

    acts = Acts(request, user, [Act("order", "", _("提交订单"), form, act, _("订单已提交，由运维单位发放。"))])
    if (gone := acts.carry_out()) is not None:
        return gone
    note = _("（演示虚构，不是部定价格）") if price.is_fictitious else ""
    lead = _("部定价每枚%(price)s%(note)s，任何单位不得加价。订购无需审批。") % {
        "price": yuan(price.unit_price_fen), "note": note,
    }  # fmt: skip
    shown = Shown(_("订购芯片"), [Section(blocks=acts.blocks("order"))], lead=lead, back_url=reverse("shop_chips"))
    return show(request, shown, acts)


@never_cache
@require_http_methods(["GET", "POST"])
def shop_chip_order(request: HttpRequest, number: str) -> HttpResponse:
    """One of the shop's orders (企业订单)."""
    user = signed_in_user(request)
    order = order_for(user, number)

    def cancel(_form: OnceForm, at: dt.datetime) -> str:
        cancel_order(order, by=user, at=at)
        return reverse("shop_chips")

    act = Act("cancel", "", _("撤销未发放部分"), PlainForm, cancel, _("订单已撤销。"), warning=True)
    acts = Acts(request, user, [act])
    if (gone := acts.carry_out()) is not None:
        return gone
    facts = [
        Fact(_("状态"), status_of(ORDER, order.status).label),
        Fact(_("收货地址"), order.address),
        Fact(_("期望到货日期"), order.wanted_on.isoformat() if order.wanted_on else _("未注明")),
        Fact(_("单价"), yuan(order.unit_price_fen) + (_("（演示虚构）") if order.price.is_fictitious else "")),
        Fact(_("金额"), yuan(order.amount_fen)),
        Fact(_("订购时间"), moment(order.ordered_at)),
    ]
    bags = list(order.consignments.select_related("sender__organisation", "receiver__organisation").order_by("-id"))
    sections = [
        Section(facts=facts),
        Section(
            _("发放记录"), table=Table(bag_columns("shop_chip_consignment"), bags, _("发放记录")),
            empty=_("还没有发放。"),
        ),
        Section(blocks=acts.blocks("cancel") if order.status in ("PLACED", "PART_GRANTED") else ()),
    ]  # fmt: skip
    counters = [
        Counter(_("订购"), order.quantity), Counter(_("已发放"), order.granted), Counter(_("未发放"), order.rest),
    ]  # fmt: skip
    shown = Shown(
        _("芯片订单 %(number)s") % {"number": order.number}, sections, counters=counters,
        back_url=reverse("shop_chips"),
        lead=str(ORDER.status(order.status).citizen_text),
    )  # fmt: skip
    return show(request, shown, acts)


@never_cache
@require_http_methods(["GET", "POST"])
def shop_chip_return(request: HttpRequest) -> HttpResponse:
    """Send chips back (退回芯片)."""
    user = signed_in_user(request)
    shop = shop_of(user)

    def act(form: OnceForm, at: dt.datetime) -> str:
        data = form.cleaned_data
        sent = return_chips(
            shop, read_codes(data["codes"]), bag_seal=data["bag_seal"], reason=data["reason"], by=user, at=at
        )
        return reverse("shop_chip_consignment", args=[sent.number])

    acts = Acts(request, user, [Act("return", "", _("退回"), ReturnForm, act, _("已登记退回，由接收方清点。"))])
    if (gone := acts.carry_out()) is not None:
        return gone
    lead = _("只能退回未使用的库存芯片。要调剂给其他企业的，也先退回，由运维单位重新发放。")
    shown = Shown(_("退回芯片"), [Section(blocks=acts.blocks("return"))], lead=lead, back_url=reverse("shop_chips"))
    return show(request, shown, acts)


@never_cache
@require_http_methods(["GET", "POST"])
def shop_chip_endings(request: HttpRequest) -> HttpResponseBase:
    """Theft, scrap, destruction in the shop (企业报废、被盗)."""
    shop_of(signed_in_user(request))
    return endings_page(request, kinds=ENDINGS, detail="shop_chip_ending", back="shop_chips")


@never_cache
@require_http_methods(["GET", "POST"])
def shop_chip_ending(request: HttpRequest, number: str) -> HttpResponse:
    """One report of the shop (企业退出记录)."""
    return ending_page(request, number, detail="shop_chip_ending", back="shop_chip_endings")
