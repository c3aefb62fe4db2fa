"""The upload script in Chromium: pieces, resumption after a broken line and after a reload, and life without it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from sealreg.attachments.models import Attachment, Upload
from sealreg.attachments.uploads import PIECE
from sealreg.portal import access
from tests.attachments import made
from tests.attachments.browsing import browser as signed_in
from tests.factories.accounts import person

pytestmark = pytest.mark.journey
LONG = made.jpeg() + bytes(3 * PIECE)


@pytest.fixture
def site(live_site: str, settings, monkeypatch) -> str:
    settings.ROOT_URLCONF = "tests.attachments.page"
    monkeypatch.setitem(access.ACCESS, "test_page", access.SignedIn())
    return live_site


def _context(browser: Browser, site: str, **options: object) -> BrowserContext:
    context = browser.new_context(locale="zh-CN", **options)
    cookie = signed_in(person()).cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": site}])
    return context


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    context = _context(browser, site)
    page = context.new_page()
    page.goto(f"{site}/test-page/")
    yield page
    context.close()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "证件.jpg"
    path.write_bytes(LONG)
    return path


def _ranges(page: Page) -> list[str]:
    seen: list[str] = []
    page.on("request", lambda sent: seen.append(sent.headers["content-range"]) if sent.method == "PATCH" else None)
    return seen


def test_file_goes_ahead_in_pieces_and_the_form_carries_its_number(page, photo):
    ranges = _ranges(page)
    page.set_input_files("input[type=file]", photo)
    expect(page.locator("[data-upload-status]")).to_have_text("已收到：证件.jpg")
    assert [each.split("/")[0] for each in ranges] == [
        f"bytes {start}-{min(start + PIECE, len(LONG)) - 1}" for start in range(0, len(LONG), PIECE)
    ]
    page.click("button")
    assert page.inner_text("#kept") == f"{Attachment.objects.get().number} pieces"


def test_broken_line_is_taken_up_where_it_broke(page, photo):
    ranges, broken = _ranges(page), []

    def break_once(route: Route) -> None:
        if (
            route.request.method == "PATCH"
            and f"bytes {PIECE}-" in route.request.headers["content-range"]
            and not broken
        ):
            broken.append(True)
            route.abort()
        else:
            route.continue_()

    page.route("**/uploads/**", break_once)
    page.set_input_files("input[type=file]", photo)
    expect(page.locator("[data-upload-status]")).to_have_text("已收到：证件.jpg", timeout=10_000)
    assert broken
    assert len([each for each in ranges if each.startswith("bytes 0-")]) == 1
    assert Upload.objects.count() == 1


def test_reload_goes_on_where_it_stopped(page, photo):
    page.route("**/uploads/**", lambda route: route.abort() if (
        route.request.method == "PATCH" and not route.request.headers["content-range"].startswith("bytes 0-")
    ) else route.continue_())  # fmt: skip
    page.set_input_files("input[type=file]", photo)
    expect(page.locator("[data-upload-status]")).to_contain_text("网络中断")
    page.unroute("**/uploads/**")
    page.reload()
    ranges = _ranges(page)
    page.set_input_files("input[type=file]", photo)
    expect(page.locator("[data-upload-status]")).to_have_text("已收到：证件.jpg")
    assert ranges[0].startswith(f"bytes {PIECE}-")
    assert Upload.objects.count() == 1


def test_refused_file_says_why_at_the_field(page, tmp_path):
    wrong = tmp_path / "证件.jpg"
    wrong.write_bytes(b"<html><script>alert(1)</script>")
    page.set_input_files("input[type=file]", wrong)
    expect(page.locator("[data-upload-status]")).to_contain_text("内容实际是网页")
    assert page.input_value("input[type=file]") == ""


def test_without_javascript_the_form_brings_the_file(browser, site, photo):
    context = _context(browser, site, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/test-page/")
    page.set_input_files("input[type=file]", photo)
    page.click("button")
    assert page.inner_text("#kept") == f"{Attachment.objects.get().number} form"
    context.close()
