"""The shop keeps its own register (企业信息): profile, prices, staff, equipment, and the log of changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from licensing.models import EngravingShop, Equipment, ShopChange, StaffMember
from licensing.opening import words
from licensing.register_forms import (
    ChangeFilter,
    EquipmentForm,
    LeaveForm,
    PriceForm,
    ProfileForm,
    RemoveForm,
    StaffForm,
)
from licensing.register_permissions import check_can_keep_register
from licensing.register_selectors import (
    changes_of,
    equipment_of,
    field_label,
    field_value,
    material_words,
    own_shop,
    staff_member,
    staff_of,
    versions_of,
    yuan,
)
from licensing.services.register import profile_of, save_profile, seen_of, set_prices
from licensing.services.staff import add_equipment, add_staff, change_staff, end_staff, remove_equipment
from licensing.shop_choices import EquipmentKind, Position, PriceItem, Section
from licensing.views.acting import carry_out
from sealreg.accounts.models import User
from sealreg.audit.actors import actor_words
from sealreg.clock import now, shanghai
from sealreg.errors import NotFound, OutsideJurisdiction
from sealreg.regions.selectors import full_name_of
from sealreg.units.identifiers import DocumentKind, mask_number
from sealreg.web.components import Event, Fact, Status
from sealreg.web.export import Format, export
from sealreg.web.once import OnceForm
from sealreg.web.paging import count_up_to, paginate
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column, Table

PAGE_SIZE = 50
COUNT_LIMIT = 500
RECENT = 8


def _may_keep(user: User, shop: EngravingShop) -> bool:
    try:
        check_can_keep_register(user, shop)
    except (NotFound, OutsideJurisdiction):
        return False
    return True


def profile_facts(shop: EngravingShop) -> list[Fact]:
    """What the public reads of a shop (经营信息)."""
    profile = profile_of(shop)
    return [
        Fact(_("企业名称"), str(shop.organisation)),
        Fact(_("制作单位编码"), shop.code, code=True),
        Fact(_("所在地"), full_name_of(shop.area)),
        Fact(_("营业地址"), shop.address),
        Fact(_("位置说明"), profile.directions),
        Fact(_("对外联系电话"), shop.phone),
        Fact(_("营业时间"), _("；").join(words(profile.hours)) if any(profile.hours) else ""),
        Fact(_("业务范围"), profile.scope),
        Fact(_("承接材料"), material_words(profile.materials)),
    ]


def price_facts(shop: EngravingShop) -> list[Fact]:
    """The price list in the catalogue's order (价目)."""
    prices = {entry.item: entry.fen for entry in shop.prices.all()}
    return [Fact(item.label, yuan(prices[item])) for item in PriceItem if item in prices]


def staff_columns(link: Callable[[StaffMember], str] | None) -> list[Column[StaffMember]]:
    """The staff table, numbers masked (从业人员表)."""
    positions = {value: str(label) for value, label in Position.choices}
    return [
        Column(_("姓名"), lambda one: one.name, link=link),
        Column(_("岗位"), lambda one: positions[one.position]),
        Column(_("证件号码"), lambda one: mask_number(one.document_no), kind="code"),
        Column(_("联系电话"), lambda one: mask_number(one.phone), kind="code"),
        Column(_("治安负责人"), lambda one: Status(_("是"), "done") if one.is_security_officer else ""),
        Column(_("入职日期"), lambda one: one.joined_on, kind="date"),
        Column(_("离职日期"), lambda one: one.left_on, kind="date"),
    ]


def equipment_columns(link: Callable[[Equipment], str] | None) -> list[Column[Equipment]]:
    """The equipment table (设备表)."""
    kinds = {value: str(label) for value, label in EquipmentKind.choices}
    return [
        Column(_("名称和型号"), lambda one: one.name, link=link),
        Column(_("设备种类"), lambda one: kinds[one.kind]),
        Column(_("数量"), lambda one: one.quantity, kind="number"),
    ]


def change_columns() -> list[Column[ShopChange]]:
    """The change log: what, old, new, by whom, when (变更记录表)."""
    sections = {value: str(label) for value, label in Section.choices}
    return [
        Column(_("变更时间"), lambda one: one.changed_at, kind="moment"),
        Column(_("变更栏目"), lambda one: sections[one.section]),
        Column(_("变更对象"), lambda one: one.subject),
        Column(_("变更项目"), lambda one: field_label(one.field)),
        Column(_("变更前"), lambda one: field_value(one.field, one.old)),
        Column(_("变更后"), lambda one: field_value(one.field, one.new)),
        Column(_("变更人"), lambda one: actor_words(one.changed_by_name)),
    ]


@never_cache
@require_GET
def shop_register(request: HttpRequest) -> HttpResponse:
    """All the register says of the shop, and what its manager may change (企业信息)."""
    user = signed_in_user(request)
    shop = EngravingShop.objects.visible_to(user).select_related("organisation").first()
    if shop is None:
        return render(request, "licensing/shop/unlisted.html")
    keeps = _may_keep(user, shop)
    staff = staff_of(shop)
    links = (lambda one: reverse("shop_staff", args=[one.number])) if keeps else None
    tools = (lambda one: reverse("shop_equipment_remove", args=[one.number])) if keeps else None
    context = {
        "shop": shop,
        "keeps": keeps,
        "facts": profile_facts(shop),
        "prices": price_facts(shop),
        "staff": Table(columns=staff_columns(links), rows=staff, caption=_("从业人员")),
        "officer": any(one.is_security_officer and one.left_on is None for one in staff),
        "equipment": Table(columns=equipment_columns(tools), rows=equipment_of(shop), caption=_("设备")),
        "changes": Table(columns=change_columns(), rows=list(changes_of(shop)[:RECENT]), caption=_("最近变更")),
    }
    return render(request, "licensing/shop/register.html", context)


@never_cache
@require_GET
def shop_changes(request: HttpRequest) -> HttpResponseBase:
    """The whole change log (变更记录); `export=csv|xlsx` downloads it."""
    shop = own_shop(signed_in_user(request))
    return change_log(request, shop, "licensing/shop/changes.html")


def change_log(request: HttpRequest, shop: EngravingShop, template: str) -> HttpResponseBase:
    """The change log of a shop as page or download (变更记录), for the shop and for the police."""
    form = ChangeFilter(request.GET)
    form.is_valid()
    found = changes_of(shop, form.cleaned_data.get("section") or "")
    if request.GET.get("export") in ("csv", "xlsx"):
        rows = found.iterator(chunk_size=1_000)
        return export(change_columns(), rows, name=_("企业变更记录"), form=cast("Format", request.GET["export"]))
    page = paginate(found, request.GET, size=PAGE_SIZE, count=count_up_to(found, COUNT_LIMIT))
    query = request.GET.copy()
    for name in ("cursor", "export"):
        query.pop(name, None)
    context = {
        "shop": shop,
        "filters": form,
        "page": page,
        "query": query.urlencode(),
        "table": Table(columns=change_columns(), rows=page.rows, caption=_("变更记录")),
    }
    return render(request, template, context)


def _act(
    request: HttpRequest,
    form: OnceForm,
    act: Callable[[dt.datetime], object],
    *,
    user: User,
    done: str | Promise,
    template: str,
    context: dict[str, object],
) -> HttpResponse:
    """Show the form, or carry it out and return to the register."""
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            refused = carry_out(form, act, by=user, address=reverse("shop_register"))
            if refused is None:
                messages.success(request, str(done))
                return redirect("shop_register")
            status = refused.status
    return render(request, template, {"form": form, **context}, status=status)


def _kept_shop(request: HttpRequest) -> tuple[User, EngravingShop]:
    user = signed_in_user(request)
    shop = own_shop(user)
    check_can_keep_register(user, shop)
    return user, shop


@never_cache
@require_http_methods(["GET", "POST"])
def shop_profile(request: HttpRequest) -> HttpResponse:
    """What the public reads of the shop (修改经营信息)."""
    user, shop = _kept_shop(request)
    initial = ProfileForm.initial_of(profile_of(shop)) | {"seen": seen_of(shop, Section.PROFILE)}
    form = ProfileForm(request.POST if request.method == "POST" else None, initial=initial)
    return _act(
        request, form, lambda at: save_profile(shop, form.data_given(), by=user, at=at, seen=form.page), user=user,
        done=_("已保存，公开名录即时更新。"), template="licensing/shop/profile.html", context={"shop": shop},
    )  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
def shop_prices(request: HttpRequest) -> HttpResponse:
    """The shop's price list (修改价目)."""
    user, shop = _kept_shop(request)
    present = {entry.item: entry.fen for entry in shop.prices.all()}
    initial = PriceForm.initial_of(present) | {"seen": seen_of(shop, Section.PRICE)}
    form = PriceForm(request.POST if request.method == "POST" else None, initial=initial)
    return _act(
        request, form, lambda at: set_prices(shop, form.prices(), by=user, at=at, seen=form.page), user=user,
        done=_("价目已保存，公开名录即时更新。"), template="licensing/act.html",
        context={
            "title": _("修改价目"),
            "intro": _("价格由企业自行确定并对外公布，单位为元；不提供的项目留空。承接时应按公布的价格逐项告知。"),
            "button": _("保存"), "back_url": reverse("shop_register"),
        },
    )  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
def shop_staff_new(request: HttpRequest) -> HttpResponse:
    """Register a person (登记从业人员)."""
    user, shop = _kept_shop(request)
    form = StaffForm(request.POST if request.method == "POST" else None)
    return _act(
        request, form, lambda at: add_staff(shop, form.data_given(), by=user, at=at), user=user,
        done=_("从业人员已登记。"), template="licensing/act.html",
        context={
            "title": _("登记从业人员"), "intro": _("登记后即时生效，所在地县级公安机关可以查阅。"),
            "button": _("登记"), "back_url": reverse("shop_register"),
        },
    )  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
def shop_staff(request: HttpRequest, number: str) -> HttpResponse:
    """Change what the register says of a person, with the history (从业人员)."""
    user, shop = _kept_shop(request)
    member = staff_member(shop, number)
    initial = StaffForm.initial_of(member)
    form = StaffForm(request.POST if request.method == "POST" else None, member=member, initial=initial)
    return _act(
        request, form,
        lambda at: change_staff(
            member, form.data_given(), by=user, at=at, expected_version=form.cleaned_data["version"]
        ),
        user=user, done=_("从业人员资料已变更。"), template="licensing/shop/staff.html",
        context={"member": member, "history": staff_history(member)},
    )  # fmt: skip


def staff_history(member: StaffMember) -> list[Event]:
    """What the register said of a person, newest first (从业人员历史)."""
    positions, documents = dict(Position.choices), dict(DocumentKind.choices)
    events = []
    for version in versions_of(member):
        parts = [version.name, str(positions[version.position]), str(documents[version.document])]
        parts.append(mask_number(version.document_no))
        if version.is_security_officer:
            parts.append(_("治安负责人"))
        if version.left_on:
            parts.append(_("%(day)s离职") % {"day": version.left_on.isoformat()})
        events.append(Event(" · ".join(parts), version.recorded_at, version.recorded_by_name))
    return events


@never_cache
@require_http_methods(["GET", "POST"])
def shop_staff_leave(request: HttpRequest, number: str) -> HttpResponse:
    """A person has left (登记离职)."""
    user, shop = _kept_shop(request)
    member = staff_member(shop, number)
    form = LeaveForm(request.POST if request.method == "POST" else None, initial={"left_on": shanghai(now()).date()})
    return _act(
        request, form,
        lambda at: end_staff(member, left_on=form.cleaned_data["left_on"], by=user, at=at), user=user,
        done=_("已登记离职，历史资料保留。"), template="licensing/act.html",
        context={
            "title": _("登记离职"), "intro": member.name, "button": _("确认离职"),
            "back_url": reverse("shop_staff", args=[member.number]),
        },
    )  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
def shop_equipment_new(request: HttpRequest) -> HttpResponse:
    """Register equipment (登记设备)."""
    user, shop = _kept_shop(request)
    form = EquipmentForm(request.POST if request.method == "POST" else None)
    return _act(
        request, form, lambda at: add_equipment(shop, form.data_given(), by=user, at=at), user=user,
        done=_("设备已登记。"), template="licensing/act.html",
        context={"title": _("登记设备"), "intro": "", "button": _("登记"), "back_url": reverse("shop_register")},
    )  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
def shop_equipment_remove(request: HttpRequest, number: str) -> HttpResponse:
    """Take equipment off the register (撤除设备)."""
    user, shop = _kept_shop(request)
    equipment = Equipment.objects.select_related("shop").filter(shop=shop, number=number).first()
    if equipment is None:
        raise NotFound
    form = RemoveForm(request.POST if request.method == "POST" else None)
    intro = _("将“%(name)s”从设备登记中撤除，变更记录仍会保留。") % {"name": equipment.name}
    return _act(
        request, form, lambda at: remove_equipment(equipment, by=user, at=at), user=user, done=_("设备已撤除。"),
        template="licensing/act.html",
        context={"title": _("撤除设备"), "intro": intro, "button": _("确认撤除"), "back_url": reverse("shop_register")},
    )  # fmt: skip
