"""The public directory for programs (名录接口): `GET /api/v1/public/shops`, what the page shows."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from licensing.directory import Entry, directory, entry_of
from licensing.shop_choices import Material, PriceItem
from sealreg.api.paging import ByCode
from sealreg.api.views import CURSOR, LIMIT, OpenView
from sealreg.errors import RuleBroken
from sealreg.regions.selectors import full_name_of
from sealreg.web.cleaning import without_controls

AREA = OpenApiParameter("area", int, description="Six-digit division code of a city or county.")
NAME = OpenApiParameter("q", str, description="Part of the shop's name, up to 60 characters.")


class PriceSerializer(serializers.Serializer[Any]):
    """价目."""

    item = serializers.ChoiceField(PriceItem.choices)
    label = serializers.CharField()  # type: ignore[assignment]
    fen = serializers.IntegerField()


class MaterialSerializer(serializers.Serializer[Any]):
    """承接材料 (GA 241.2)."""

    code = serializers.ChoiceField(Material.choices)
    label = serializers.CharField()  # type: ignore[assignment]


class PublicShopSerializer(serializers.Serializer[Any]):
    """名录条目."""

    code = serializers.CharField()
    name = serializers.CharField()
    name_en = serializers.CharField()
    area = serializers.IntegerField()
    area_name = serializers.CharField()
    address = serializers.CharField()
    directions = serializers.CharField()
    phone = serializers.CharField()
    hours = serializers.ListField(
        child=serializers.CharField(allow_blank=True), help_text='Seven days from Monday, "09:00-18:00" or empty.'
    )
    scope = serializers.CharField()
    materials = MaterialSerializer(many=True)
    prices = PriceSerializer(many=True)


class PublicShopPageSerializer(serializers.Serializer[Any]):
    """名录页."""

    results = PublicShopSerializer(many=True)
    next = serializers.CharField(allow_null=True)


def content(entry: Entry) -> dict[str, object]:
    """A shop as the interface shows it (名录内容)."""
    materials, items = dict(Material.choices), dict(PriceItem.choices)
    return {
        "code": entry.code,
        "name": entry.name,
        "name_en": entry.name_en,
        "area": entry.area,
        "area_name": full_name_of(entry.area),
        "address": entry.address,
        "directions": entry.directions,
        "phone": entry.phone,
        "hours": list(entry.hours),
        "scope": entry.scope,
        "materials": [{"code": code, "label": str(materials[code])} for code in entry.materials],
        "prices": [{"item": item, "label": str(items[item]), "fen": fen} for item, fen in entry.prices],
    }


class PublicShopsView(OpenView):
    """Shops that may take orders now (刻章企业名录)."""

    pages = ByCode("code")

    @extend_schema(parameters=[AREA, NAME, CURSOR, LIMIT], responses=PublicShopPageSerializer)
    def get(self, request: Request) -> Response:
        """Every shop that may take orders at this moment, by code; a shop whose licence ended is gone at once."""
        term = without_controls(request.query_params.get("q", ""), multiline=False)[:60]
        found = directory(area=_area(request.query_params.get("area", "")), term=term)
        rows, cursor = self.pages.page(found, request)
        return Response({"results": [content(entry_of(shop)) for shop in rows], "next": cursor})


def _area(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) == 6):
        message = _("没有这个行政区划代码。")
        raise RuleBroken(message, code="region_not_found", fields={"area": message})
    return int(text)
