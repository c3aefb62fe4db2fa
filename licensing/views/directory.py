"""The public directory (刻章企业名录): find a shop, print the list of a place, take it away; no script needed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import segno
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from licensing.directory import Entry, directory, entry_of, neutrally, seed_of
from licensing.directory_forms import DirectoryFilter
from licensing.models import EngravingShop
from licensing.models.shops import ShopQuerySet
from licensing.poster import poster_of
from licensing.register_selectors import material_words, yuan
from licensing.shop_choices import PriceItem
from sealreg.clock import now, shanghai
from sealreg.regions.selectors import full_name_of
from sealreg.web.components import Fact
from sealreg.web.export import Format, export
from sealreg.web.paging import count_up_to, paginate
from sealreg.web.tables import Column, Table, plain

PAGE_SIZE = 20
COUNT_LIMIT = 10_000
PRINT_LIMIT = 500
EXPORT_LIMIT = 20_000


@dataclass(frozen=True, slots=True)
class Card:
    """One shop on the page (名录卡片)."""

    entry: Entry
    name: str
    facts: list[Fact]
    prices: list[Fact]


def _own_name(entry: Entry) -> str:
    english = not (get_language() or "zh").startswith("zh")
    return entry.name_en if english and entry.name_en else entry.name


def _card(shop: EngravingShop) -> Card:
    entry = entry_of(shop)
    labels = dict(PriceItem.choices)
    facts = [
        Fact(_("所在地"), full_name_of(entry.area)),
        Fact(_("营业地址"), f"{entry.address} {entry.directions}".strip()),
        Fact(_("联系电话"), entry.phone),
        Fact(_("营业时间"), _("；").join(entry.hour_words) or _("未公布")),
        Fact(_("业务范围"), entry.scope or _("公章刻制")),
        Fact(_("承接材料"), material_words(entry.materials) or _("未公布")),
    ]
    return Card(entry, _own_name(entry), facts, [Fact(labels[item], yuan(fen)) for item, fen in entry.prices])


def _price_column(item: str, label: str) -> Column[EngravingShop]:
    return Column(
        _("%(item)s（元）") % {"item": label}, lambda shop: dict(entry_of(shop).prices).get(item), kind="money"
    )


def _columns() -> list[Column[EngravingShop]]:
    return [
        Column(_("企业名称"), lambda shop: _own_name(entry_of(shop))),
        Column(_("制作单位编码"), lambda shop: shop.code, kind="code"),
        Column(_("所在地"), lambda shop: full_name_of(shop.area)),
        Column(_("营业地址"), lambda shop: shop.address),
        Column(_("联系电话"), lambda shop: shop.phone, kind="code"),
        Column(_("营业时间"), lambda shop: _("；").join(entry_of(shop).hour_words)),
        Column(_("业务范围"), lambda shop: entry_of(shop).scope),
        Column(_("承接材料"), lambda shop: material_words(entry_of(shop).materials)),
        *(_price_column(value, str(label)) for value, label in PriceItem.choices),
    ]


def _order_day(request: HttpRequest, today: dt.date) -> dt.date:
    """Whose seed orders the list: a reader who turns pages over midnight keeps yesterday's order."""
    yesterday = today - dt.timedelta(days=1)
    return yesterday if request.GET.get("cursor") and request.GET.get("day") == yesterday.isoformat() else today


def _asked(request: HttpRequest) -> tuple[DirectoryFilter, ShopQuerySet]:
    form = DirectoryFilter(request.GET)
    form.is_valid()
    data = form.cleaned_data
    return form, directory(area=data.get("area"), term=data.get("q") or "")


@require_GET
def shops(request: HttpRequest) -> HttpResponseBase:
    """Shops that may take orders now (刻章企业名录); `export=csv|xlsx` downloads what is asked for."""
    form, found = _asked(request)
    today = shanghai(now()).date()
    day = _order_day(request, today)
    ordered = neutrally(found, day)
    if request.GET.get("export") in ("csv", "xlsx"):
        name = _("刻章企业名录%(day)s") % {"day": today.strftime("%Y%m%d")}
        return export(
            _columns(), _all(ordered), name=name, form=cast("Format", request.GET["export"]), most=EXPORT_LIMIT
        )
    parameters = request.GET.copy()
    parameters["day"] = day.isoformat()
    page = paginate(ordered, parameters, size=PAGE_SIZE, count=count_up_to(found, COUNT_LIMIT))
    query = request.GET.copy()
    for name in ("cursor", "export", "day"):
        query.pop(name, None)
    context = {
        "filters": form,
        "page": page,
        "cards": [_card(shop) for shop in page.rows],
        "query": query.urlencode(),
        "seed": seed_of(day),
        "day": day,
        "narrowed": any(request.GET.get(name) for name in ("q", "area")),
    }
    return render(request, "licensing/public/shops.html", context)


def _all(ordered: ShopQuerySet) -> Iterator[EngravingShop]:
    yield from ordered[: EXPORT_LIMIT + 1].iterator(chunk_size=500)


def _poster_columns() -> list[Column[EngravingShop]]:
    return [
        Column(_("企业名称"), lambda shop: _own_name(entry_of(shop))),
        Column(_("营业地址"), lambda shop: shop.address),
        Column(_("联系电话"), lambda shop: shop.phone, kind="code"),
        Column(_("营业时间"), lambda shop: _("；").join(entry_of(shop).hour_words)),
        Column(_("承接材料"), lambda shop: material_words(entry_of(shop).materials)),
        Column(_("刻制（元）"), lambda shop: dict(entry_of(shop).prices).get("ENGRAVING"), kind="money"),
        Column(_("芯片（元）"), lambda shop: dict(entry_of(shop).prices).get("CHIP"), kind="money"),
    ]


@require_GET
def shops_poster(request: HttpRequest) -> HttpResponse:
    """The list of one place for the wall (张贴版名录): date, address of the live list as QR, all shops."""
    form, found = _asked(request)
    at = shanghai(now())
    rows = list(neutrally(found, at.date())[: PRINT_LIMIT + 1])
    area = form.cleaned_data.get("area")
    query = f"?area={area}" if area else ""
    address = request.build_absolute_uri(f"{reverse('shops')}{query}")
    context = {
        "place": full_name_of(area) if area else _("全省"),
        "at": at,
        "address": address,
        "picture": segno.make(address, error="m").svg_data_uri(scale=4, border=2),
        "table": Table(columns=_poster_columns(), rows=rows[:PRINT_LIMIT], caption=_("刻章企业名录")),
        "more": len(rows) > PRINT_LIMIT,
        "count": len(rows[:PRINT_LIMIT]),
        "back": f"{reverse('shops')}{query}",
        "paper": f"{reverse('shops_poster_paper')}{query}",
    }
    return render(request, "licensing/public/poster.html", context)


@require_GET
def shops_poster_paper(request: HttpRequest) -> HttpResponse:
    """The same list as PDF (张贴版名录PDF), of one place; what else is asked for does not narrow it."""
    form = DirectoryFilter(request.GET)
    form.is_valid()
    area, today = form.cleaned_data.get("area"), shanghai(now()).date()
    query = f"?area={area}" if area else ""
    columns = _poster_columns()
    rows = list(neutrally(directory(area=area), today)[: PRINT_LIMIT + 1])
    made = poster_of(
        place=full_name_of(area) if area else _("全省"),
        day=today,
        address=request.build_absolute_uri(f"{reverse('shops')}{query}"),
        heads=[str(column.label) for column in columns],
        rows=[[_said(plain(column.read(shop), column.kind)) for column in columns] for shop in rows[:PRINT_LIMIT]],
        part=len(rows) > PRINT_LIMIT,
    )
    return HttpResponse(
        made,
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="shops-{area or "all"}-{today.isoformat()}.pdf"'},
    )


def _said(value: object) -> str:
    return "" if value is None else str(value)
