"""Shops under the eyes of the police (辖区刻制企业): register, people, equipment, prices and who changed what."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import cast

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from licensing.models import EngravingShop, StaffMember
from licensing.police_filters import PoliceShopFilter
from licensing.register_forms import RevealForm
from licensing.register_permissions import check_can_reveal_staff
from licensing.register_selectors import equipment_of, shops_of, staff_of, visible_shop
from licensing.services.staff import reveal_staff
from licensing.states import LICENCE
from licensing.views.police_licences import spans_places
from licensing.views.register import change_log, equipment_columns, price_facts, profile_facts, staff_columns
from sealreg.accounts.jurisdiction import jurisdiction_of
from sealreg.accounts.models import User
from sealreg.audit.services import record_read
from sealreg.clock import now
from sealreg.errors import DomainError, NotFound, OutsideJurisdiction
from sealreg.regions.selectors import full_name_of
from sealreg.web.components import Fact, Status, Tone
from sealreg.web.export import Format, export
from sealreg.web.paging import count_up_to, paginate
from sealreg.web.place import place_facts
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column, Table

PAGE_SIZE = 50
COUNT_LIMIT = 1_000
EXPORT_LIMIT = 20_000
_TONES: dict[str, Tone] = {"VALID": "done", "SUSPENDED": "waiting"}


def standing_of(shop: EngravingShop) -> Status:
    """Whether a shop may take orders (经营资格); of a shop read with `with_standing`."""
    status = getattr(shop, "licence_status", None)
    if status:
        return Status(LICENCE.status(status).label, _TONES.get(status, "quiet"))
    if getattr(shop, "may_accept", False):
        return Status(_("已备案"), "done")
    return Status(_("没有有效许可或备案"), "stopped")


def _columns(*, places: bool = True) -> list[Column[EngravingShop]]:
    place = cache(full_name_of)
    return [
        Column(_("企业名称"), str, link=lambda shop: reverse("police_shop", args=[shop.code])),
        Column(_("制作单位编码"), lambda shop: shop.code, kind="code"),
        *([Column(_("所在地"), lambda shop: place(shop.area))] if places else []),
        Column(_("经营资格"), standing_of),
        Column(_("联系电话"), lambda shop: shop.phone, kind="code"),
        Column(_("开业日期"), lambda shop: shop.opened_on, kind="date"),
    ]


@never_cache
@require_GET
def police_shops(request: HttpRequest) -> HttpResponseBase:
    """Shops within reach (辖区刻制企业); `export=csv|xlsx` downloads what the filter asks for."""
    user = signed_in_user(request)
    form = PoliceShopFilter(request.GET, reach=jurisdiction_of(user))
    form.is_valid()
    asked = form.cleaned_data
    found = shops_of(
        user,
        term=asked.get("q") or "",
        standing=asked.get("standing") or "",
        place=asked.get("county"),
    )
    if request.GET.get("export") in ("csv", "xlsx"):

        def rows() -> Iterator[EngravingShop]:
            yield from found[: EXPORT_LIMIT + 1].iterator(chunk_size=1_000)

        return export(
            _columns(), rows(), name=_("辖区刻制企业"), form=cast("Format", request.GET["export"]), most=EXPORT_LIMIT
        )
    page = paginate(found, request.GET, size=PAGE_SIZE, count=count_up_to(found, COUNT_LIMIT))
    query = request.GET.copy()
    for name in ("cursor", "export"):
        query.pop(name, None)
    context = {
        "filters": form,
        "facts": place_facts(user),
        "page": page,
        "query": query.urlencode(),
        "table": Table(columns=_columns(places=spans_places(user)), rows=page.rows, caption=_("辖区刻制企业")),
        "narrowed": any(request.GET.get(name) for name in ("q", "standing", "county")),
    }
    return render(request, "licensing/police/shops.html", context)


def _may_reveal(user: User, shop: EngravingShop) -> bool:
    try:
        check_can_reveal_staff(user, shop)
    except (NotFound, OutsideJurisdiction):
        return False
    return True


@never_cache
@require_GET
def police_shop(request: HttpRequest, code: str) -> HttpResponse:
    """One shop within reach, personal numbers masked (企业详情)."""
    user = signed_in_user(request)
    return _detail(request, user, visible_shop(code, by=user), RevealForm())


@never_cache
@require_POST
def police_shop_reveal(request: HttpRequest, code: str) -> HttpResponse:
    """The same with its people's numbers unmasked once, after the reason is in the read log (查看完整号码)."""
    user = signed_in_user(request)
    shop = visible_shop(code, by=user)
    form = RevealForm(request.POST)
    shown: dict[str, tuple[str, str]] = {}
    status = 422
    if form.is_valid():
        try:
            shown = reveal_staff(shop, purpose=form.cleaned_data["purpose"], by=user, at=now())
            status = 200
        except DomainError as error:
            form.add_domain_error(error)
            status = error.status
    return _detail(request, user, shop, form, shown=shown, status=status)


def _detail(
    request: HttpRequest,
    user: User,
    shop: EngravingShop,
    form: RevealForm,
    *,
    shown: dict[str, tuple[str, str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    reader = user.role is not None and user.role.reads_province
    columns: list[Column[StaffMember]] = staff_columns(None)
    if shown:
        numbers = shown
        columns[2] = Column(_("证件号码"), lambda one: numbers[one.number][0], kind="code")
        columns[3] = Column(_("联系电话"), lambda one: numbers[one.number][1], kind="code")
    licences = [
        Fact(licence.number, f"{LICENCE.status(licence.status).label} · {licence.issued_on.isoformat()}")
        for licence in shop.licences.order_by("-issued_on", "-pk")
    ]
    context = {
        "shop": shop,
        "facts": [*profile_facts(shop), Fact(_("统一社会信用代码"), shop.credit_code, code=True)],
        "licences": licences,
        "prices": price_facts(shop),
        # Departments that only read the province's figures have no business with a shop's people.
        "staff": None if reader else Table(columns=columns, rows=staff_of(shop), caption=_("从业人员")),
        "equipment": Table(columns=equipment_columns(None), rows=equipment_of(shop), caption=_("设备")),
        "form": form,
        "shown": bool(shown),
        "can_reveal": not shown and _may_reveal(user, shop),
    }
    return render(request, "licensing/police/shop.html", context, status=status)


@never_cache
@require_GET
def police_shop_changes(request: HttpRequest, code: str) -> HttpResponseBase:
    """What the shop changed, old and new, by whom and when (企业变更记录)."""
    user = signed_in_user(request)
    shop = visible_shop(code, by=user)
    if user.role is not None and user.role.reads_province:
        raise OutsideJurisdiction
    if request.GET.get("export") in ("csv", "xlsx"):
        record_read(by=user, at=now(), subject=("shop", shop.code), fields=("export",), purpose=_("导出企业变更记录"))
    return change_log(request, shop, "licensing/police/changes.html")
