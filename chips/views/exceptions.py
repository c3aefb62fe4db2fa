"""Alarms, and chips that leave or come back (告警；报废、被盗、找回)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from chips.forms import EndingForm, PlainForm, SettleForm
from chips.list_forms import AlarmsFilter
from chips.logistics import parties
from chips.logistics.alarms import settle_alarm
from chips.logistics.counting import read_codes
from chips.logistics.endings import confirm_ending, report_ending
from chips.models import (
    AlarmKind,
    Chip,
    ChipAlarm,
    ChipBatch,
    ChipEnding,
    ChipPackaging,
    Consignment,
    EndingKind,
    PartyKind,
)
from chips.selectors import alarms_for, endings_of
from chips.views.ended_cards import end_acts, end_section, ends_of
from chips.views.pages import Act, Acts, Section, Shown, download, exports, show
from chips.views.words import (
    alarm_columns,
    alarm_facts,
    ending_columns,
    photo_address,
)
from sealreg.accounts.models import User
from sealreg.errors import NotFound
from sealreg.regions.selectors import name_of
from sealreg.web.components import Fact, NavItem
from sealreg.web.once import OnceForm
from sealreg.web.paging import count_up_to, paginate
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column, Table
from sealreg.web.templatetags.ui import moment

ENDINGS = (EndingKind.SCRAP, EndingKind.THEFT, EndingKind.FOUND, EndingKind.SHORTAGE)

_OTHERS = (AlarmKind.STOCK_OUT, AlarmKind.REPORTED)


def _can_settle(alarm: ChipAlarm) -> bool:
    return alarm.settled_at is None and alarm.kind not in _OTHERS


def _links(user: User, alarm: ChipAlarm) -> list[NavItem]:
    """Where the matter itself is, if the reader may open it (相关页面)."""
    links = []
    if Consignment.objects.visible_to(user).filter(number=alarm.subject).exists():
        links.append(NavItem(_("查看交接单"), reverse("chip_consignment", args=[alarm.subject])))
    batch = str(alarm.facts.get("batch", ""))
    if batch and ChipBatch.objects.filter(number=batch).exists():
        links.append(NavItem(_("查看批次"), reverse("chip_batch", args=[batch])))
    if Chip.objects.filter(uid=alarm.subject).exists():
        links.append(NavItem(_("查看芯片"), f"{reverse('chip_watched')}?uid={alarm.subject}"))
    if alarm.kind == AlarmKind.THEFT:
        links.append(NavItem(_("查看全部被盗芯片"), f"{reverse('chip_watched')}?kind=STOLEN"))
    packaging = ChipPackaging.objects.visible_to(user).filter(chip__uid=alarm.subject, photo__isnull=False).first()
    if packaging is not None:
        links.append(NavItem(_("查看封装照片"), photo_address(packaging)))
    return links


def _said(alarm: ChipAlarm) -> str:
    """Who ends it, where that is not the reader (谁来处理)."""
    if alarm.settled_at is None and alarm.kind == AlarmKind.STOCK_OUT:
        return _("企业收到芯片或撤销订单后自动结束，请尽快发放。")
    if alarm.settled_at is None and alarm.kind == AlarmKind.REPORTED:
        return _("由该市公安机关核实并答复协会。")
    return ""


@never_cache
@require_GET
def chip_alarms(request: HttpRequest) -> HttpResponseBase:
    """Alarms, open ones first (告警列表)."""
    form = AlarmsFilter(request.GET)
    found = form.narrow(alarms_for(signed_in_user(request)).order_by("-id"))
    if (file := download(request, alarm_columns(), found, _("芯片告警"))) is not None:
        return file
    page = paginate(found, request.GET, count=count_up_to(found))
    section = Section(
        table=Table(alarm_columns(), page.rows, _("芯片告警")), page=page, empty=_("没有符合条件的告警。")
    )
    shown = Shown(
        _("芯片告警"), [section], back_url=reverse("operator_chips"), filters=form, reset_url=reverse("chip_alarms"),
        links=exports(form.query),
    )  # fmt: skip
    return show(request, shown)


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
        Fact(_("告警类别"), alarm.get_kind_display()),
        *([Fact(_("对象"), alarm.subject, code=True)] if alarm.subject != alarm.number else []),
        *([Fact(_("地市"), name_of(alarm.city * 100))] if alarm.city else []),
        Fact(_("涉及企业"), str(alarm.shop.organisation) if alarm.shop else _("不涉及")),
        Fact(_("告警时间"), moment(alarm.raised_at)),
        *alarm_facts(alarm),
    ]
    if alarm.settled_at:
        facts += [Fact(_("处理时间"), moment(alarm.settled_at)), Fact(_("处理情况"), alarm.settlement)]
    sections = [
        Section(
            facts=facts,
            links=_links(user, alarm),
            text=_said(alarm),
            blocks=acts.blocks("settle") if _can_settle(alarm) else [],
        )
    ]
    title = _("芯片告警 %(number)s") % {"number": alarm.number}
    return show(request, Shown(title, sections, back_url=reverse("chip_alarms")), acts)


def endings_page(request: HttpRequest, *, kinds: tuple[EndingKind, ...], detail: str, back: str) -> HttpResponseBase:
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
    if (file := download(request, ending_columns(detail), found, _("退出记录"))) is not None:
        return file
    listed = paginate(found, request.GET, count=count_up_to(found))
    section = Section(
        table=Table(ending_columns(detail), listed.rows, _("退出记录")), page=listed, empty=_("还没有记录。")
    )
    shown = Shown(
        _("报废、被盗、找回"), [section, Section(blocks=acts.blocks("report"))], links=exports(), back_url=reverse(back)
    )
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

    ends = ends_of(ending) if ending.confirmed_at and ending.kind == EndingKind.DESTRUCTION else []
    confirmation = Act("confirm", "", _("复核无误"), PlainForm, confirm, _("已复核。"), intro=_intro(ending))
    further = end_acts(ends, by=user, page=reverse(detail, args=[ending.number]))
    acts = Acts(request, user, [confirmation, *further])
    if (gone := acts.carry_out()) is not None:
        return gone
    facts = [
        Fact(_("登记事项"), ending.get_kind_display()),
        Fact(_("数量"), len(ending.uids)),
        Fact(_("原因"), ending.why),
        Fact(_("报告时间"), moment(ending.reported_at)),
        Fact(_("复核时间"), moment(ending.confirmed_at) if ending.confirmed_at else _("待复核")),
    ]
    columns: list[Column[str]] = [Column(_("芯片编号"), lambda uid: uid, kind="code")]
    blocks = [] if ending.confirmed_at else acts.blocks("confirm")
    listed = Section(_("所列芯片"), table=Table(columns, ending.uids[:200], _("所列芯片")))
    sections = [Section(facts=facts, blocks=blocks), end_section(ends, acts) if ends else listed]
    title = _("退出记录 %(number)s") % {"number": ending.number}
    return show(request, Shown(title, sections, back_url=reverse(back)), acts)


def _intro(ending: ChipEnding) -> str:
    """What the confirmation does, where it does more than confirm (复核说明)."""
    if ending.kind != EndingKind.DESTRUCTION:
        return ""
    return _("请两人在场，把芯片平放在读卡器上再复核：复核后芯片在登记簿中销毁，系统随即清除卡内密钥，然后销毁实物。")


@never_cache
@require_http_methods(["GET", "POST"])
def chip_endings(request: HttpRequest) -> HttpResponseBase:
    """Reports on the operator's, depot's or institute's stock (退出记录)."""
    kinds: tuple[EndingKind, ...] = ENDINGS
    if parties.of_actor(signed_in_user(request), make=False).kind in (PartyKind.OPERATOR, PartyKind.DEPOT):
        kinds = (*ENDINGS, EndingKind.DESTRUCTION)
    return endings_page(request, kinds=kinds, detail="chip_ending", back="operator_chips")


@never_cache
@require_http_methods(["GET", "POST"])
def chip_ending(request: HttpRequest, number: str) -> HttpResponse:
    """One report (退出记录)."""
    return ending_page(request, number, detail="chip_ending", back="chip_endings")
