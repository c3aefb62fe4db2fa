"""Routes of a licence's public page and paper (许可证查验路由); access stands in the portal's map."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from licensing.views import certificates

urlpatterns: list[URLPattern | URLResolver] = [
    path("licences/<str:number>/", certificates.licence_public, name="licence_public"),
    path("licences/<str:number>/paper/", certificates.licence_paper, name="licence_paper"),
]
