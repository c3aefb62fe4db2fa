"""Training of shops on its pages (芯片培训): plan, note who came, who never did; the shop sees its own."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from chips.forms import AttendanceForm, TrainingForm
from chips.logistics.training import (
    note_attendance,
    plan_training,
    shops_of,
    training_for,
    trainings_for,
    untrained_shops,
)
from chips.models import TrainingAttendance, TrainingInvitation, TrainingSession
from chips.models.orders import city_served
from chips.views.pages import Act, Acts, Section, Shown, download, exports, show
from licensing.models import EngravingShop
from sealreg.clock import now, shanghai
from sealreg.regions.selectors import full_name_of, name_of
from sealreg.web.components import Counter, Fact, NavItem, Status
from sealreg.web.once import OnceForm
from sealreg.web.paging import count_up_to, paginate
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column, Table
from sealreg.web.templatetags.ui import moment


def _columns(page: str = "chip_training") -> list[Column[Any]]:
    return [
        Column(_("培训主题"), lambda row: row.topic, link=lambda row: reverse(page, args=[row.number])),
        Column(_("培训日期"), lambda row: row.took_place_on, kind="date"),
        Column(_("地市"), lambda row: name_of(row.city * 100)),
        Column(_("培训地点"), lambda row: row.place),
        Column(_("邀请企业"), lambda row: row.invited, kind="number"),
        Column(_("到场企业"), lambda row: row.came if row.noted_at else None, kind="number"),
        Column(_("到场人数"), lambda row: (row.people or 0) if row.noted_at else None, kind="number"),
    ]


def _counted(found: Any) -> Any:
    return found.annotate(
        invited=Count("invitations", distinct=True),
        came=Count("attendances", distinct=True),
    )


def _with_people(rows: list[Any]) -> list[Any]:
    people = dict(
        TrainingAttendance.objects.filter(session__in=[row.pk for row in rows])
        .values_list("session")
        .annotate(n=Sum("people"))
    )
    for row in rows:
        row.people = people.get(row.pk, 0)
    return rows


@never_cache
@require_http_methods(["GET", "POST"])
def chip_trainings(request: HttpRequest) -> HttpResponseBase:
    """Trainings, and the form that plans one (芯片培训)."""
    user = signed_in_user(request)
    city = city_served(user)

    def plan(form: OnceForm, at: dt.datetime) -> str:
        data = form.cleaned_data
        invited = list(shops_of(data["city"], untrained=data["who"] == "untrained"))
        made = plan_training(
            data["topic"], city=data["city"], place=data["place"], on=data["on"], invited=invited, by=user, at=at
        )
        return reverse("chip_training", args=[made.number])

    def form(*data: Any, **given: Any) -> OnceForm:
        return TrainingForm(*data, city=city, **given)

    act = Act(
        "plan", _("登记培训"), _("登记并通知企业"), form, plan, _("培训已登记，受邀企业已收到通知。"),
        intro=_("培训在以后举行的，受邀企业会收到通知；已经举行的，登记后填写出席情况。"),
    )  # fmt: skip
    acts = Acts(request, user, [act])
    if (gone := acts.carry_out()) is not None:
        return gone
    found = _counted(trainings_for(user))
    whole = _with_people(list(found[:1_000])) if "export" in request.GET else []
    if (file := download(request, _columns(), whole, _("芯片培训"))) is not None:
        return file
    page = paginate(found, request.GET, count=count_up_to(found))
    never = _never(city).count()
    everyone = EngravingShop.objects.filter(organisation__is_active=True)
    if city is not None:
        everyone = everyone.filter(area__gte=city * 100, area__lt=city * 100 + 100)
    counters = [
        Counter(_("在册企业"), everyone.count()),
        Counter(_("从未参加培训"), never, reverse("chip_untrained"), "soon" if never else ""),
    ]
    table = Table(_columns(), _with_people(list(page.rows)), _("芯片培训"))
    sections = [
        Section(table=table, page=page, empty=_("还没有登记培训。")),
        Section(blocks=acts.blocks("plan")),
    ]
    links = [NavItem(_("从未参加培训的企业"), reverse("chip_untrained")), *exports()]
    shown = Shown(
        _("芯片培训"), sections, counters=counters, links=links, back_url=reverse("operator_chips"),
    )  # fmt: skip
    return show(request, shown, acts)


def _never(city: int | None) -> Any:
    return untrained_shops() if city is None else shops_of(city, untrained=True)


@never_cache
@require_http_methods(["GET", "POST"])
def chip_training(request: HttpRequest, number: str) -> HttpResponseBase:
    """One training: who was invited, who came (培训出席)."""
    user = signed_in_user(request)
    session = training_for(user, number)
    came = dict(session.attendances.values_list("shop", "people"))
    invited = list(
        TrainingInvitation.objects.filter(session=session)
        .select_related("shop__organisation")
        .order_by("shop__area", "shop")
    )
    shops = [(one.shop_id, str(one.shop.organisation), came.get(one.shop_id, 0)) for one in invited]

    def note(form: OnceForm, at: dt.datetime) -> str:
        if isinstance(form, AttendanceForm):
            note_attendance(session, form.attendance, by=user, at=at)
        return reverse("chip_training", args=[session.number])

    def form(*data: Any, **given: Any) -> OnceForm:
        return AttendanceForm(*data, shops=shops, **given)

    title = _("更正出席") if session.noted_at else _("登记出席")
    act = Act(
        "note", title, _("保存出席情况"), form, note, _("出席情况已登记。"),
        intro=_("填写各企业到场人数，没有来的留空。"),
    )  # fmt: skip
    acts = Acts(request, user, [act])
    if (gone := acts.carry_out()) is not None:
        return gone
    columns: list[Column[TrainingInvitation]] = [
        Column(_("企业名称"), lambda row: str(row.shop.organisation)),
        Column(_("所在地"), lambda row: full_name_of(row.shop.area)),
        Column(_("联系电话"), lambda row: row.shop.phone, kind="code"),
        Column(_("到场人数"), lambda row: came.get(row.shop_id, 0) if session.noted_at else None, kind="number"),
    ]
    if (file := download(request, columns, invited, _("芯片培训出席"))) is not None:
        return file
    held = session.took_place_on <= shanghai(now()).date()
    facts = [
        Fact(_("培训日期"), session.took_place_on.isoformat()),
        Fact(_("地市"), name_of(session.city * 100)),
        Fact(_("培训地点"), session.place),
        Fact(_("出席登记时间"), moment(session.noted_at) if session.noted_at else _("未登记")),
    ]
    waits = _("培训结束后在此登记出席情况。")
    sections = [
        Section(facts=facts, text="" if held else waits),
        Section(blocks=acts.blocks("note") if held and session.noted_at is None else ()),
        Section(_("受邀企业"), table=Table(columns, invited, _("受邀企业"))),
        Section(blocks=acts.blocks("note") if held and session.noted_at else ()),
    ]
    counters = [
        Counter(_("邀请企业"), len(invited)),
        Counter(_("到场企业"), len(came) if session.noted_at else "—"),
        Counter(_("到场人数"), sum(came.values()) if session.noted_at else "—"),
    ]
    shown = Shown(session.topic, sections, counters=counters, links=exports(), back_url=reverse("chip_trainings"))
    return show(request, shown, acts)


@never_cache
@require_GET
def chip_untrained(request: HttpRequest) -> HttpResponseBase:
    """Shops nobody of which ever came (从未参加培训的企业)."""
    user = signed_in_user(request)
    found = _never(city_served(user))
    columns: list[Column[EngravingShop]] = [
        Column(_("企业名称"), lambda row: str(row.organisation)),
        Column(_("所在地"), lambda row: full_name_of(row.area)),
        Column(_("联系电话"), lambda row: row.phone, kind="code"),
        Column(_("开业日期"), lambda row: row.opened_on, kind="date"),
    ]
    if (file := download(request, columns, found, _("从未参加培训的企业"))) is not None:
        return file
    page = paginate(found, request.GET, count=count_up_to(found))
    section = Section(
        table=Table(columns, page.rows, _("从未参加培训的企业")), page=page, empty=_("各企业均已参加培训。")
    )
    shown = Shown(_("从未参加培训的企业"), [section], links=exports(), back_url=reverse("chip_trainings"))
    return show(request, shown)


@never_cache
@require_GET
def shop_trainings(request: HttpRequest) -> HttpResponseBase:
    """The shop's own trainings (本企业培训)."""
    user = signed_in_user(request)
    rows: list[TrainingSession] = list(trainings_for(user)[:200])
    key = user.organisation.pk if user.organisation else None
    came = dict(TrainingAttendance.objects.filter(shop=key).values_list("session", "people"))
    today = shanghai(now()).date()

    def outcome(row: TrainingSession) -> Status:
        if row.pk in came:
            return Status(_("已参加"), "done")
        if row.took_place_on >= today:
            return Status(_("请派人参加"), "waiting")
        return Status(_("未参加") if row.noted_at else _("待登记出席"), "quiet")

    columns: list[Column[TrainingSession]] = [
        Column(_("培训主题"), lambda row: row.topic),
        Column(_("培训日期"), lambda row: row.took_place_on, kind="date"),
        Column(_("培训地点"), lambda row: row.place),
        Column(_("出席情况"), outcome),
        Column(_("到场人数"), lambda row: came.get(row.pk), kind="number"),
    ]
    if (file := download(request, columns, rows, _("本企业培训"))) is not None:
        return file
    lead = _("培训由省级运维单位或地市仓库组织并登记出席，不收费。")
    section = Section(table=Table(columns, rows, _("本企业培训")), empty=_("还没有邀请本企业的培训。"))
    shown = Shown(_("芯片培训"), [section], lead=lead, links=exports(), back_url=reverse("shop_chips"))
    return show(request, shown)
