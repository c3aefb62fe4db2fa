"""A consignment at its receiver (交接单页面): scanned chip by chip, counted, sampled, confirmed by a second person."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from chips.demo import card_store
from chips.forms import BulkScanForm, ConfirmForm, PlainForm, ReasonForm, ScanForm, ShopConfirmForm
from chips.logistics.counting import Scanned, Tally, finish_count, read_codes, reopen_count, scan, tally
from chips.logistics.receiving import confirm_count, refuse_consignment
from chips.logistics.sampling import authenticate_samples, samples_wanted
from chips.models import Chip, Consignment, ConsignmentKind, ConsignmentScan, PartyKind
from chips.permissions import check_acts_for
from chips.selectors import consignment_for
from chips.states import CONSIGNMENT
from chips.views.pages import Act, Acts, Section, Shown, download, exports, show
from chips.views.words import serials, status_of
from sealreg.accounts.models import User
from sealreg.errors import DomainError, ServiceUnavailable
from sealreg.web.components import Counter, Fact, NavItem, Status
from sealreg.web.once import OnceForm
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column, Table
from sealreg.web.templatetags.ui import moment

_SHOWN = 100
_LAST = 8


def page_of(consignment: Consignment, *, shop: bool) -> str:
    """Address of a consignment's page (交接单地址)."""
    return reverse("shop_chip_consignment" if shop else "chip_consignment", args=[consignment.number])


def receives(user: User, consignment: Consignment) -> bool:
    """Whether the person works at the receiving end (是否收货方)."""
    try:
        check_acts_for(user, consignment.receiver)
    except DomainError:
        return False
    return True


def _tell(request: HttpRequest, found: Scanned) -> None:
    if found.again:
        messages.warning(request, _("重复扫码：%(uids)s。") % {"uids": _("、").join(found.again[:5])})
    if found.foreign:
        messages.error(
            request, _("不属于本单的芯片：%(uids)s，请单独存放。") % {"uids": _("、").join(found.foreign[:5])}
        )
    if found.malformed:
        messages.error(request, _("不是芯片编号：%(codes)s。") % {"codes": _("、").join(found.malformed[:5])})


def _read_simulated(uid: str) -> Any:
    try:
        return card_store().insert(uid)
    except FileNotFoundError as error:
        raise OSError from error


def _acts(request: HttpRequest, user: User, bag: Consignment, *, shop: bool) -> list[Act]:
    here = page_of(bag, shop=shop)

    def scanned(form: OnceForm, at: dt.datetime) -> str:
        data = form.cleaned_data
        text = "\n".join(str(data.get(name) or "") for name in ("code", "codes", "file"))
        _tell(request, scan(bag, read_codes(text), by=user, at=at))
        return here

    def finished(_form: OnceForm, at: dt.datetime) -> str:
        finish_count(bag, by=user, at=at)
        return here

    def reopened(_form: OnceForm, at: dt.datetime) -> str:
        reopen_count(bag, by=user, at=at)
        return here

    def sampled(_form: OnceForm, at: dt.datetime) -> str:
        if settings.SIMULATED_CARD_DIR is None:
            raise ServiceUnavailable(_("本机未接读卡器，不能抽样认证。"))
        checks = authenticate_samples(bag, _read_simulated, by=user, at=at)
        passed = sum(one.passed for one in checks)
        said = _("抽样%(n)d枚，通过%(passed)d枚。") % {"n": len(checks), "passed": passed}
        (messages.success if passed == len(checks) else messages.error)(request, said)
        return here

    def confirmed(form: OnceForm, at: dt.datetime) -> str:
        data = form.cleaned_data
        confirm_count(bag, by=user, at=at, accept_short=bool(data["accept_short"]), witness=data.get("witness") or "")
        return here

    def refused(form: OnceForm, at: dt.datetime) -> str:
        back = refuse_consignment(bag, reason=form.cleaned_data["reason"], by=user, at=at)
        return page_of(back, shop=shop)

    confirmation = ShopConfirmForm if shop else ConfirmForm
    acts = [
        Act("scan", "", _("登记"), ScanForm, scanned),
        Act("bulk", _("成批登记"), _("登记这些编号"), BulkScanForm, scanned, upload=True),
        Act("finish", "", _("完成清点"), PlainForm, finished, _("清点完成，请另一人复核。")),
        Act("reopen", "", _("退回重新清点"), PlainForm, reopened, _("已退回，请重新扫码。"), warning=True),
        Act("confirm", _("复核收货"), _("确认收货"), confirmation, confirmed, _("收货完成。")),
    ]  # fmt: skip
    if not shop:
        acts.append(
            Act("sample", _("抽样认证"), _("读取抽样芯片"), PlainForm, sampled,
                intro=_("将抽样芯片逐枚放到读卡器上，系统现场认证。"))
        )  # fmt: skip
    if bag.kind == ConsignmentKind.GRANT:
        acts.append(
            Act("refuse", _("整单拒收"), _("拒收"), ReasonForm, refused, _("已拒收，芯片退回发货方，订单可重新发放。"),
                intro=_("封签破损、数量明显不符等情况，可不清点直接拒收。"), warning=True)
        )  # fmt: skip
    return acts


_NAMES = {"SENT": ("scan", "bulk", "finish", "refuse"), "COUNTED": ("sample", "confirm", "reopen")}


def consignment_page(request: HttpRequest, number: str, *, shop: bool) -> HttpResponseBase:
    """One consignment, and what its receiver can do now (交接单)."""
    user = signed_in_user(request)
    bag = consignment_for(user, number)
    mine = receives(user, bag)
    stands = CONSIGNMENT.status(bag.status).label
    acts = Acts(request, user, _acts(request, user, bag, shop=shop) if mine else [], stands=stands)
    if (gone := acts.carry_out()) is not None:
        return gone
    bag.refresh_from_db(fields=["status", "version", "counted_by", "counted_at", "confirmed_by", "confirmed_at"])
    # Who counts scans what lies there; a list to copy from would be no count.
    counting = shop and mine and bag.status == "SENT"
    if not counting and (file := download(request, _chip_columns(bag), _chips_of(bag), _("芯片随货清单"))) is not None:
        return file
    stand = tally(bag)
    names = tuple(name for name in _NAMES.get(bag.status, ()) if name in acts.forms)
    sections = [
        *([Section(warning=_trouble(stand))] if _trouble(stand) else []),
        *([Section(title=_("清点"), blocks=acts.blocks(*names[:1]))] if mine and bag.status == "SENT" else []),
        *(_scans(bag) if mine and bag.status == "SENT" else []),
        *(_lists(stand) if not counting and bag.status in ("SENT", "COUNTED") else []),
    ]
    if mine and names:
        rest = names[1:] if bag.status == "SENT" else names
        sections += [Section(blocks=acts.blocks(name)) for name in rest]
    sections += [Section(title=_("交接单"), facts=_facts(bag, shop=shop)), *_samples(bag, shop=shop)]
    links = [] if shop else [NavItem(_("打印清单"), reverse("chip_consignment_print", args=[bag.number]))]
    links += [] if counting else exports()
    shown = Shown(
        title=_("芯片交接单 %(number)s") % {"number": bag.number},
        lead=str(CONSIGNMENT.status(bag.status).citizen_text),
        sections=sections,
        counters=_counters(stand),
        back_url=reverse("shop_chips" if shop else "chip_consignments"),
        links=links,
    )
    return show(request, shown, acts)


def _counters(stand: Tally) -> list[Counter]:
    return [
        Counter(_("应收"), stand.expected),
        Counter(_("已扫"), stand.found),
        Counter(_("未扫到"), stand.short, tone="soon" if stand.short else ""),
        Counter(_("不属本单"), len(stand.foreign), tone="late" if stand.foreign else ""),
        Counter(_("重复扫码"), stand.doubled),
    ]


def _trouble(stand: Tally) -> str:
    if stand.foreign:
        return _("扫到不属于本单的芯片%(n)d枚：%(uids)s。请单独存放，不会入库。") % {
            "n": len(stand.foreign), "uids": _("、").join(stand.foreign[:5]),
        }  # fmt: skip
    return ""


def _lists(stand: Tally) -> list[Section]:
    if not stand.missing or not stand.found:
        return []
    columns: list[Column[str]] = [Column(_("芯片编号"), lambda uid: uid, kind="code")]
    table = Table(
        columns=columns, rows=stand.missing[:_SHOWN],
        caption=_("未扫到的芯片"),
    )  # fmt: skip
    return [Section(title=_("未扫到（%(n)d枚）") % {"n": stand.short}, table=table)]


def _chips_of(bag: Consignment) -> QuerySet[Chip]:
    """The chips of the bag in the order of the printed list (随货芯片), each with whether it was scanned."""
    scanned = bag.scans.filter(uid=OuterRef("uid"))
    return Chip.objects.filter(consignment_lines__consignment=bag).annotate(scanned=Exists(scanned)).order_by(
        "serial", "uid"
    )  # fmt: skip


def _chip_columns(bag: Consignment) -> list[Column[Any]]:
    columns: list[Column[Any]] = [
        Column(_("芯片序号"), lambda row: serials(row.serial, row.serial), kind="code"),
        Column(_("芯片编号"), lambda row: row.uid, kind="code"),
        Column(_("批次号"), lambda row: row.batch_no, kind="code"),
    ]
    if bag.status != "REFUSED":
        columns.append(Column(_("清点"), lambda row: _("已扫") if row.scanned else _("未扫到")))
    return columns


def _scans(bag: Consignment) -> list[Section]:
    """What was scanned last, the newest first (最近扫码), so that a wrong scan is seen at once."""
    rows = list(bag.scans.order_by("-scanned_at", "-pk")[:_LAST])
    if not rows:
        return []
    columns: list[Column[ConsignmentScan]] = [
        Column(_("芯片编号"), lambda row: row.uid, kind="code"),
        Column(
            _("结果"),
            lambda row: Status(_("属本单"), "done") if row.belongs else Status(_("不属本单"), "stopped"),
        ),
        Column(_("扫码次数"), lambda row: row.times, kind="number"),
        Column(_("扫码时间"), lambda row: row.scanned_at, kind="moment"),
    ]
    return [Section(_("最近扫码"), table=Table(columns, rows, _("最近扫码（最多列%(n)d枚）") % {"n": _LAST}))]


def _facts(bag: Consignment, *, shop: bool) -> list[Fact]:
    facts = [
        Fact(_("状态"), status_of(CONSIGNMENT, bag.status).label),
        Fact(_("类别"), bag.get_kind_display()),
        Fact(_("发货方"), str(bag.sender)),
        Fact(_("收货方"), str(bag.receiver)),
        Fact(_("数量"), bag.quantity),
        Fact(_("号段"), serials(bag.first_serial, bag.last_serial), code=True),
        Fact(_("封签号"), bag.bag_seal, code=True),
        Fact(_("交付方式"), bag.way or _("未注明")),
        Fact(_("发货时间"), moment(bag.sent_at)),
    ]
    if bag.batch:
        facts.append(Fact(_("批次号"), bag.batch.number, code=True))
    if bag.order:
        facts.append(Fact(_("订单号"), bag.order.number, code=True))
    if bag.remark:
        facts.append(Fact(_("备注"), bag.remark))
    if bag.counted_at:
        facts.append(Fact(_("清点时间"), moment(bag.counted_at)))
    if bag.confirmed_at:
        facts.append(Fact(_("复核时间"), moment(bag.confirmed_at)))
    return facts


def _samples(bag: Consignment, *, shop: bool) -> list[Section]:
    if shop or bag.receiver.kind == PartyKind.SHOP or bag.status == "SENT":
        return []
    latest = {one.uid: one for one in bag.samples.order_by("pk")}
    rows = [(uid, latest.get(uid)) for uid in samples_wanted(bag)]
    columns: list[Column[Any]] = [
        Column(_("芯片编号"), lambda row: row[0], kind="code"),
        Column(_("抽样结果"), lambda row: (_("通过") if row[1].passed else _("未通过")) if row[1] else _("未认证")),
        Column(_("认证时间"), lambda row: row[1].checked_at if row[1] else None, kind="moment"),
    ]
    return [Section(title=_("抽样认证"), table=Table(columns=columns, rows=rows, caption=_("抽样芯片")))]


@never_cache
@require_http_methods(["GET", "POST"])
def chip_consignment(request: HttpRequest, number: str) -> HttpResponseBase:
    """A consignment on the operator's and the institute's bench (交接单)."""
    return consignment_page(request, number, shop=False)


@never_cache
@require_http_methods(["GET", "POST"])
def shop_chip_consignment(request: HttpRequest, number: str) -> HttpResponseBase:
    """A consignment on the shop's bench (企业交接单)."""
    return consignment_page(request, number, shop=True)


@never_cache
@require_GET
def chip_consignment_print(request: HttpRequest, number: str) -> HttpResponse:
    """The list that travels with the bag (随货清单), to print."""
    bag = consignment_for(signed_in_user(request), number)
    chips = (
        Chip.objects.filter(consignment_lines__consignment=bag).order_by("serial", "uid").values_list("serial", "uid")
    )
    context = {
        "bag": bag, "facts": _facts(bag, shop=False), "back": page_of(bag, shop=False),
        "chips": [(serials(serial, serial), uid) for serial, uid in chips],
    }  # fmt: skip
    return render(request, "chips/print.html", context)
