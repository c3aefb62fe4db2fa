"""Protections are wired (防护已接入), not only written."""

from __future__ import annotations

import importlib

import pytest
from django.conf import settings
from django.db import connection
from django.test import RequestFactory

from sealreg.web.readonly import ReadOnlyMiddleware, WriteWhileReading

WANTED = [
    "sealreg.api.middleware.ApiMiddleware",
    "sealreg.web.readonly.ReadOnlyMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]


def test_every_protection_stands_in_the_middleware():
    base = importlib.import_module("sealreg.settings.base")
    assert [name for name in WANTED if name not in base.MIDDLEWARE] == []


@pytest.mark.django_db
def test_the_suite_refuses_what_production_would_only_log():
    assert settings.READ_ONLY_VIEWS == "refuse"
    with pytest.raises(WriteWhileReading):
        ReadOnlyMiddleware(lambda request: connection.cursor().execute("DELETE FROM nothing"))(
            RequestFactory().get("/")
        )


def test_no_request_is_one_transaction():
    assert not connection.settings_dict["ATOMIC_REQUESTS"]
    assert settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["default-src"] == ["'self'"]
