"""The documentation page in a real browser (接口文档页面): drawn whole, from our own host, under the strict policy."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_documentation_is_drawn_without_any_outside_asset(live_site, pages, language):
    page = pages(language=language)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    response = page.goto("/api/v1/docs/")
    assert "default-src 'self'" in response.headers["content-security-policy"]
    page.get_by_text("/api/v1/whoami").first.wait_for()
    page.locator("#operations-tag-api, .opblock").first.wait_for()
    outside = [url for url in asked if urlsplit(url).scheme != "data" and not url.startswith(live_site)]
    assert outside == []
    assert any(url.endswith("/api/v1/schema/") for url in asked)
