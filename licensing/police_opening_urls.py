"""Routes of the police over opening a shop and licences (公安许可办理路由); access stands in the portal's map."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

import sealreg.web.converters  # noqa: F401 - registers <number:…>
from licensing.views import (
    police_licences,
    police_licences_case,
    police_licences_changes,
    police_licences_filings,
    police_licences_oversight,
    police_licences_register,
    police_suspensions,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("police/licences/", police_licences.police_licences, name="police_licences"),
    path("police/licences/print/", police_licences.police_licences_print, name="police_licences_print"),
    path(
        "police/licences/applications/<number:number>/", police_licences_case.police_application,
        name="police_application",
    ),
    path(
        "police/licences/applications/<number:number>/assign/", police_licences_case.police_application_assign,
        name="police_application_assign",
    ),
    path(
        "police/licences/applications/<number:number>/message/", police_licences_case.police_application_message,
        name="police_application_message",
    ),
    path(
        "police/licences/applications/<number:number>/<slug:verb>/", police_licences_case.police_application_act,
        name="police_application_act",
    ),
    path("police/licences/register/", police_licences_register.police_licence_register, name="police_licence_register"),
    path("police/licences/register/<str:number>/", police_licences_register.police_licence, name="police_licence"),
    path(
        "police/licences/register/<str:number>/<slug:verb>/", police_licences_register.police_licence_act,
        name="police_licence_act",
    ),
    path("police/licences/changes/", police_licences_changes.police_licence_changes, name="police_licence_changes"),
    path(
        "police/licences/changes/<number:number>/", police_licences_changes.police_licence_change,
        name="police_licence_change",
    ),
    path(
        "police/licences/changes/<number:number>/<slug:verb>/", police_licences_changes.police_licence_change_act,
        name="police_licence_change_act",
    ),
    path("police/licences/revocations/", police_licences_changes.police_revocations, name="police_revocations"),
    path(
        "police/licences/revocations/<number:number>/", police_licences_changes.police_revocation,
        name="police_revocation",
    ),
    path(
        "police/licences/revocations/<number:number>/<slug:verb>/", police_licences_changes.police_revocation_act,
        name="police_revocation_act",
    ),
    path("police/licences/suspensions/", police_suspensions.police_suspensions, name="police_suspensions"),
    path(
        "police/licences/suspensions/<number:number>/", police_suspensions.police_suspension, name="police_suspension"
    ),
    path(
        "police/licences/suspensions/<number:number>/<slug:verb>/", police_suspensions.police_suspension_act,
        name="police_suspension_act",
    ),
    path("police/licences/filings/", police_licences_filings.police_shop_filings, name="police_shop_filings"),
    path(
        "police/licences/filings/<number:number>/", police_licences_filings.police_shop_filing,
        name="police_shop_filing",
    ),
    path(
        "police/licences/filings/<number:number>/message/", police_licences_filings.police_shop_filing_message,
        name="police_shop_filing_message",
    ),
    path(
        "police/licences/filings/<number:number>/<slug:verb>/", police_licences_filings.police_shop_filing_act,
        name="police_shop_filing_act",
    ),
    path(
        "police/licences/breaches/", police_licences_oversight.police_licence_breaches, name="police_licence_breaches"
    ),
    path("police/licences/figures/", police_licences_oversight.police_licence_figures, name="police_licence_figures"),
    path("police/licences/materials/", police_licences_oversight.police_materials, name="police_materials"),
    path("police/licences/materials/new/", police_licences_oversight.police_material_new, name="police_material_new"),
    path(
        "police/licences/materials/<int:item>/end/", police_licences_oversight.police_material_end,
        name="police_material_end",
    ),
]  # fmt: skip
