"""Shared by the tests of the page kit (网页组件测试)."""

from __future__ import annotations

import pytest

from sealreg.portal.access import ACCESS, Public
from tests.web import urls_trouble


@pytest.fixture
def trouble(settings, monkeypatch):
    """The product with views that fail added to it, open to everyone."""
    settings.ROOT_URLCONF = "tests.web.urls_trouble"
    for name in [*urls_trouble.RAISED, "writes", "reads"]:
        monkeypatch.setitem(ACCESS, f"trouble_{name}", Public())
