"""Routes of the shop register, the directory and the radar (企业登记路由); access stands in the portal's map."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

import sealreg.web.converters  # noqa: F401 - registers <number:…>
from licensing.directory_api import PublicShopsView
from licensing.views import directory, police_idle, police_shops, register, shop_idle

urlpatterns: list[URLPattern | URLResolver] = [
    path("shops/", directory.shops, name="shops"),
    path("shops/poster/", directory.shops_poster, name="shops_poster"),
    path("shops/poster/paper/", directory.shops_poster_paper, name="shops_poster_paper"),
    path("api/v1/public/shops", PublicShopsView.as_view(), name="api_public_shops"),
    path("shop/register/", register.shop_register, name="shop_register"),
    path("shop/register/profile/", register.shop_profile, name="shop_profile"),
    path("shop/register/prices/", register.shop_prices, name="shop_prices"),
    path("shop/register/staff/new/", register.shop_staff_new, name="shop_staff_new"),
    path("shop/register/staff/<number:number>/", register.shop_staff, name="shop_staff"),
    path("shop/register/staff/<number:number>/leave/", register.shop_staff_leave, name="shop_staff_leave"),
    path("shop/register/equipment/new/", register.shop_equipment_new, name="shop_equipment_new"),
    path(
        "shop/register/equipment/<number:number>/remove/", register.shop_equipment_remove, name="shop_equipment_remove"
    ),
    path("shop/register/changes/", register.shop_changes, name="shop_changes"),
    path("police/shops/", police_shops.police_shops, name="police_shops"),
    path("police/shops/<str:code>/", police_shops.police_shop, name="police_shop"),
    path("police/shops/<str:code>/reveal/", police_shops.police_shop_reveal, name="police_shop_reveal"),
    path("police/shops/<str:code>/changes/", police_shops.police_shop_changes, name="police_shop_changes"),
    path("police/idle/", police_idle.police_idle, name="police_idle"),
    path("police/idle/<number:number>/", police_idle.police_idle_case, name="police_idle_case"),
    path("police/idle/<number:number>/<slug:verb>/", police_idle.police_idle_act, name="police_idle_act"),
    path("shop/idle/", shop_idle.shop_idle, name="shop_idle"),
    path("shop/idle/<number:number>/answer/", shop_idle.shop_idle_answer, name="shop_idle_answer"),
]
