"""Routes of filing's interface (备案接口路由)."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from filing.api import PublicProgressView, PublicSealCheckView

urlpatterns: list[URLPattern | URLResolver] = [
    path("public/progress", PublicProgressView.as_view(), name="api_public_progress"),
    path("public/seal-checks", PublicSealCheckView.as_view(), name="api_public_seal_check"),
]
