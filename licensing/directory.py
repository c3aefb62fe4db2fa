"""The public directory of shops (公开名录): who may take orders today, in an order that favours nobody."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F, Func, Q, TextField, Value
from django.db.models.functions import MD5, Concat
from django.utils.translation import gettext_lazy as _

from licensing.models import EngravingShop
from licensing.models.shops import ShopQuerySet
from licensing.opening import words
from licensing.selectors import able_to_engrave
from licensing.shop_choices import Material, PriceItem
from sealreg.errors import RuleBroken
from sealreg.regions.selectors import cities, counties_of, exists

CATALOGUE = tuple(PriceItem.values)


def seed_of(day: dt.date) -> str:
    """The published seed of a day's order (当日排序种子): anyone can compute it and check the order."""
    return hashlib.sha256(f"sealreg shop directory {day.isoformat()}".encode()).hexdigest()[:16]


def in_area(area: int | None) -> Q:
    """Condition on a shop: it stands in this city or county (所在地条件). Raises RuleBroken for an unknown code."""
    if area is None:
        return Q()
    if not exists(area):
        raise RuleBroken(
            _("没有这个行政区划代码。"), code="region_not_found", fields={"area": _("没有这个行政区划代码。")}
        )
    if area % 10_000 == 0:
        return Q()
    if area % 100 == 0:
        return Q(area__gte=area, area__lt=area + 100)
    return Q(area=area)


def directory(*, area: int | None = None, term: str = "") -> ShopQuerySet:
    """Shops that may take orders now (公开名录), with what the public may read, in two queries.

    area: city or county code. term: part of the name. Raises RuleBroken for an unknown area.
    """
    found = EngravingShop.objects.filter(able_to_engrave(), in_area(area))
    text = term.strip()
    if text:
        found = found.filter(Q(organisation__name__icontains=text) | Q(organisation__name_en__icontains=text))
    return found.select_related("organisation", "profile").prefetch_related("prices")


def neutrally(shops: ShopQuerySet, day: dt.date) -> ShopQuerySet:
    """The same in the neutral order of a day (中立排序): by MD5 of the day's seed and the shop's code."""
    mixed = MD5(Concat(Value(seed_of(day)), F("code"), output_field=TextField()))
    # Compared byte by byte, so that the order is the one anybody computes outside.
    return shops.annotate(turn=Func(mixed, template='%(expressions)s COLLATE "C"', output_field=TextField())).order_by(
        "turn", "code"
    )


def places() -> list[tuple[int, Sequence[int]]]:
    """Cities with their counties (地市与县区); Dongguan and Zhongshan stand alone."""
    return [
        (city.code, [county.code for county in counties_of(city.code) if county.code != city.code]) for city in cities()
    ]


@dataclass(frozen=True, slots=True)
class Entry:
    """One shop as the public sees it (名录条目). No personal data; the telephone is the one the shop publishes."""

    code: str
    name: str
    name_en: str
    area: int
    address: str
    directions: str
    phone: str
    hours: tuple[str, ...]
    hour_words: tuple[str, ...]
    scope: str
    materials: tuple[str, ...]
    prices: tuple[tuple[str, int], ...]


def entry_of(shop: EngravingShop) -> Entry:
    """What the public may read of a shop (名录条目)."""
    profile = getattr(shop, "profile", None)
    hours = tuple(profile.hours) if profile else ("",) * 7
    prices = {price.item: price.fen for price in shop.prices.all()}
    return Entry(
        code=shop.code,
        name=shop.organisation.name,
        name_en=shop.organisation.name_en,
        area=shop.area,
        address=shop.address,
        directions=profile.directions if profile else "",
        phone=shop.phone,
        hours=hours,
        hour_words=tuple(words(hours)) if any(hours) else (),
        scope=profile.scope if profile else "",
        materials=tuple(code for code in Material.values if profile and code in profile.materials),
        prices=tuple((item, prices[item]) for item in CATALOGUE if item in prices),
    )
