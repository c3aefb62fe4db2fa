"""Routes of opening a shop and of its licence, on the shop's side (企业开办路由); access stands in the portal's map."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponseBase
from django.urls import URLPattern, URLResolver, path

import sealreg.web.converters  # noqa: F401 - registers <number:…>
from licensing.views import (
    shop_filing_changes,
    shop_licence_changes,
    shop_opening,
    shop_opening_acts,
    shop_opening_form,
    shop_revocations,
    shop_suspensions,
)

_APPLICATION = "shop/licence/applications/<number:number>/"
_FILING = "shop/licence/filings/<number:number>/"


def _both(page: str, view: Callable[..., HttpResponseBase], name: str) -> list[URLPattern]:
    """One page that applications and filings have alike."""
    suffix = f"_{name}" if name else ""
    return [
        path(f"{_APPLICATION}{page}", view, {"kind": "application"}, name=f"shop_application{suffix}"),
        path(f"{_FILING}{page}", view, {"kind": "filing"}, name=f"shop_own_filing{suffix}"),
    ]


urlpatterns: list[URLPattern | URLResolver] = [
    path("shop/licence/", shop_opening.shop_licence, name="shop_licence"),
    path("shop/licence/start/", shop_opening_form.shop_opening_start, name="shop_opening_start"),
    path("shop/licence/matters/", shop_opening.shop_opening_matters, name="shop_opening_matters"),
    *_both("", shop_opening.shop_opening_case, ""),
    *_both("form/<slug:step>/", shop_opening_form.shop_opening_step, "step"),
    *_both("check/", shop_opening_form.shop_opening_check, "check"),
    *_both("receipt/", shop_opening.shop_opening_receipt, "receipt"),
    *_both("answer/", shop_opening_acts.shop_opening_answer, "answer"),
    *_both("message/", shop_opening_acts.shop_opening_message, "message"),
    *_both("convert/", shop_opening_acts.shop_opening_convert, "convert"),
    path(f"{_APPLICATION}withdraw/", shop_opening_acts.shop_application_withdraw, name="shop_application_withdraw"),
    path(f"{_APPLICATION}collect/", shop_opening_acts.shop_application_collect, name="shop_application_collect"),
    path(f"{_FILING}discard/", shop_opening_acts.shop_filing_discard, name="shop_own_filing_discard"),
    path(f"{_FILING}end/", shop_opening_acts.shop_filing_end, name="shop_own_filing_end"),
    path(f"{_FILING}changes/", shop_filing_changes.shop_filing_changes, name="shop_filing_changes"),
    path(
        f"{_FILING}changes/<slug:item>/", shop_filing_changes.shop_filing_change_new, name="shop_filing_change_new"
    ),
    path("shop/licence/changes/", shop_licence_changes.shop_licence_changes, name="shop_licence_changes"),
    path("shop/licence/changes/new/", shop_licence_changes.shop_licence_change_new, name="shop_licence_change_new"),
    path(
        "shop/licence/changes/<number:number>/", shop_licence_changes.shop_licence_change, name="shop_licence_change"
    ),
    path(
        "shop/licence/changes/<number:number>/take-back/", shop_licence_changes.shop_licence_change_take_back,
        name="shop_licence_change_take_back",
    ),
    path("shop/licence/suspensions/", shop_suspensions.shop_suspensions, name="shop_suspensions"),
    path(
        "shop/licence/suspensions/new/<slug:kind>/", shop_suspensions.shop_suspension_new, name="shop_suspension_new"
    ),
    path("shop/licence/suspensions/<number:number>/", shop_suspensions.shop_suspension, name="shop_suspension"),
    path(
        "shop/licence/suspensions/<number:number>/take-back/", shop_suspensions.shop_suspension_take_back,
        name="shop_suspension_take_back",
    ),
    path("shop/licence/revocations/<number:number>/", shop_revocations.shop_revocation, name="shop_revocation"),
    path(
        "shop/licence/revocations/<number:number>/state/", shop_revocations.shop_revocation_state,
        name="shop_revocation_state",
    ),
]  # fmt: skip
