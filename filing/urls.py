"""Routes of filing (备案路由); who may open each stands in the portal's access map."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from filing.views import public

urlpatterns: list[URLPattern | URLResolver] = [
    path("progress/", public.progress, name="progress"),
    path("progress/disavow/", public.disavow, name="disavow"),
    path("progress/rate/", public.rate, name="rate"),
    path("check/", public.check_seal, name="check_seal"),
]
