"""Routes of keys (密钥路由)."""

from __future__ import annotations

from django.urls import path

import sealreg.web.converters  # noqa: F401 - registers <number:…>
from chips.keys import views

urlpatterns = [
    path("operator/keys/", views.keys, name="operator_keys"),
    path("operator/keys/import/", views.propose_import, name="operator_key_import"),
    path("operator/keys/signing-key/", views.propose_signing, name="operator_signing_key"),
    path(
        "operator/keys/<number:number>/activate/", views.propose_act, {"act": "ACTIVATE"}, name="operator_key_activate"
    ),
    path(
        "operator/keys/<number:number>/compromise/",
        views.propose_act,
        {"act": "COMPROMISE"},
        name="operator_key_compromise",
    ),
    path("operator/keys/<number:number>/destroy/", views.propose_act, {"act": "DESTROY"}, name="operator_key_destroy"),
    path("operator/keys/ceremonies/<number:number>/", views.ceremony, name="operator_ceremony"),
    path("operator/keys/ceremonies/<number:number>/minutes/", views.minutes, name="operator_ceremony_minutes"),
]
