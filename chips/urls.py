"""Routes of chips (芯片路由); who may open each stands in the portal's access map."""

from __future__ import annotations

from django.urls import path

import sealreg.web.converters  # noqa: F401 - registers <number:…>
from chips.views import (
    anomalies,
    bags,
    books,
    ended_cards,
    exceptions,
    institute,
    operator,
    packaging,
    shop,
    supply,
    training,
    watched,
)

urlpatterns = [
    path("operator/chips/", operator.operator_chips, name="operator_chips"),
    path("operator/chips/batches/", institute.chip_batches, name="chip_batches"),
    path("operator/chips/batches/import/", institute.chip_lot_import, name="chip_lot_import"),
    path("operator/chips/batches/allocate/", institute.chip_batch_allocate, name="chip_batch_allocate"),
    path("operator/chips/batches/<str:code>/", institute.chip_batch, name="chip_batch"),
    path("operator/chips/batches/<str:code>/progress/", institute.chip_batch_progress, name="chip_batch_progress"),
    path("operator/chips/orders/", operator.chip_orders, name="chip_orders"),
    path("operator/chips/orders/<number:number>/", operator.chip_order, name="chip_order"),
    path("operator/chips/consignments/", operator.chip_consignments, name="chip_consignments"),
    path("operator/chips/consignments/<number:number>/", bags.chip_consignment, name="chip_consignment"),
    path(
        "operator/chips/consignments/<number:number>/print/", bags.chip_consignment_print, name="chip_consignment_print"
    ),
    path("operator/chips/packagings/", packaging.chip_packagings, name="chip_packagings"),
    path("operator/chips/stock/", books.chip_stock, name="chip_stock"),
    path("operator/chips/alarms/", exceptions.chip_alarms, name="chip_alarms"),
    path("operator/chips/alarms/<number:number>/", exceptions.chip_alarm, name="chip_alarm"),
    path("operator/chips/reports/", exceptions.chip_endings, name="chip_endings"),
    path("operator/chips/reports/<number:number>/", exceptions.chip_ending, name="chip_ending"),
    path("operator/chips/blocked/", ended_cards.chip_block_list, name="chip_block_list"),
    path("operator/chips/months/", books.chip_months, name="chip_months"),
    path("operator/chips/supply/", supply.chip_supply, name="chip_supply"),
    path("operator/chips/trainings/", training.chip_trainings, name="chip_trainings"),
    path("operator/chips/trainings/never/", training.chip_untrained, name="chip_untrained"),
    path("operator/chips/trainings/<number:number>/", training.chip_training, name="chip_training"),
    path("shop/chips/trainings/", training.shop_trainings, name="shop_trainings"),
    path("chips/watched/", watched.chip_watched, name="chip_watched"),
    path("chips/totals/", supply.chip_totals, name="chip_totals"),
    path("chips/anomalies/", anomalies.chip_anomalies, name="chip_anomalies"),
    path("chips/anomalies/<number:number>/", anomalies.chip_anomaly, name="chip_anomaly"),
    path("shop/chips/", shop.shop_chips, name="shop_chips"),
    path("shop/chips/package/", packaging.shop_chip_package, name="shop_chip_package"),
    path("shop/chips/orders/new/", shop.shop_chip_new_order, name="shop_chip_new_order"),
    path("shop/chips/orders/<number:number>/", shop.shop_chip_order, name="shop_chip_order"),
    path("shop/chips/consignments/<number:number>/", bags.shop_chip_consignment, name="shop_chip_consignment"),
    path("shop/chips/return/", shop.shop_chip_return, name="shop_chip_return"),
    path("shop/chips/reports/", shop.shop_chip_endings, name="shop_chip_endings"),
    path("shop/chips/reports/<number:number>/", shop.shop_chip_ending, name="shop_chip_ending"),
]
