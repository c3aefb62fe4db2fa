"""Real pages in a real browser (浏览器测试): a live server on this test's own database, Chromium, and axe.

    def test_home(live_site, pages):
        page = pages(width=390, language="en")
        page.goto("/")
        assert_accessible(page)
        assert_fits(page)

No Chromium: the tests are skipped with the reason, unless CI=true, where its absence is a failure.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIServer

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.test import Client
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests import chromium

# As long as a page may take elsewhere in these tests; the usual five seconds are few on a busy machine.
expect.set_options(timeout=10_000)

PHONE, DESK = 390, 1280
WIDTHS = (PHONE, DESK)
LANGUAGES = ("zh-hans", "en")
_AXE = next((Path(__file__).parent / "vendor").glob("axe-core-*/axe.min.js"))
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
_QUIET = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
]


@cache
def _axe() -> str:
    return _AXE.read_text(encoding="utf-8")


class _SilentHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def live_site(own_database: str) -> Iterator[str]:
    """The whole product served from a thread on this test's own database (测试站点). Returns its address."""
    server: WSGIServer = ThreadedWSGIServer(("127.0.0.1", 0), _SilentHandler)
    server.set_app(WSGIHandler())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole run (浏览器)."""
    path = chromium.browser()
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no Chromium: install the package `chromium`, the browser tests must run in CI")
        pytest.skip("no Chromium on this machine: install the package `chromium` to run the browser tests")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread for the rest of the run; Django would take every later test of
        # this process for asynchronous code.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        launched = playwright.chromium.launch(executable_path=path, args=_QUIET)
        yield launched
        launched.close()


@pytest.fixture
def pages(browser: Browser, live_site: str) -> Iterator[Callable[..., Page]]:
    """Makes browser pages (页面工厂): width, language, cookies by name, javascript.

    Errors of scripts and in the console fail the test, unless strict=False.
    """
    opened = []
    troubles: list[str] = []

    def make(
        *,
        width: int = DESK,
        language: str = "zh-hans",
        cookies: dict[str, str] | None = None,
        javascript: bool = True,
        strict: bool = True,
    ) -> Page:
        context = browser.new_context(
            base_url=live_site,
            viewport={"width": width, "height": 844 if width < 700 else 900},
            locale="zh-CN" if language == "zh-hans" else "en-GB",
            java_script_enabled=javascript,
            has_touch=width < 700,
            reduced_motion="reduce",
        )
        jar = {"django_language": language} | (cookies or {})
        context.add_cookies([{"name": name, "value": value, "url": live_site} for name, value in jar.items()])
        page = context.new_page()
        page.set_default_timeout(10_000)
        if strict:
            page.on("pageerror", lambda error: troubles.append(f"script: {error}"))
            page.on(
                "console",
                lambda message: troubles.append(f"console: {message.text}") if message.type == "error" else None,
            )
        opened.append(context)
        return page

    yield make
    for context in opened:
        context.close()
    assert troubles == []


def cookies_of(client: Client) -> dict[str, str]:
    """A test client's cookies (会话 Cookie) for `pages(cookies=…)`, e.g. after it signed in."""
    return {name: morsel.value for name, morsel in client.cookies.items()}


# A page as axe sees it: elements, attributes, whether there is text; digits and numbers of records level out, rows that
# are built alike count once. Two pages with one build have the same violations.
_BUILD = """() => {
    const level = (text) => text.replace(/[0-9A-HJKMNP-TV-Z]*[0-9][0-9A-HJKMNP-TV-Z]*/g, "#");
    const drop = new Set(["value", "href", "src", "content", "title", "style", "datetime", "lang", "hreflang", "max",
        "alt", "placeholder", "aria-label", "action", "headers"]);
    const build = (node) => {
        if (node.nodeType === Node.TEXT_NODE) return node.textContent.trim() ? "t" : "";
        if (node.nodeType !== Node.ELEMENT_NODE || node.localName === "script") return "";
        const said = [...node.attributes].map(({name, value}) => drop.has(name) || name.startsWith("data-")
            ? `${name}${value ? "=" : ""}` : `${name}=${level(value)}`).sort().join(" ");
        const state = ("checked" in node ? node.checked : "") + ("disabled" in node ? `${node.disabled}` : "");
        const parts = [...node.childNodes].map(build).filter(Boolean);
        const inside = parts.filter((part, index) => part !== parts[index - 1]).join("");
        return `<${node.localName} ${said} ${state}>${inside}</>`;
    };
    return build(document.documentElement);
}"""
_looked_at: set[str] = set()


def assert_accessible(page: Page, *, ignore: tuple[str, ...] = ()) -> None:
    """No WCAG 2.2 A or AA violation on the page as it is now (无障碍检查). ignore: axe rule ids, each with a reason.

    Sampled: a page built exactly like one that passed is not looked at again.
    """
    page.wait_for_load_state()  # a link was followed: the new page may have come only in part
    _keep_picture(page)
    build = hashlib.sha256(f"{page.viewport_size} {ignore} {page.evaluate(_BUILD)}".encode()).hexdigest()
    if build in _looked_at and os.environ.get("SEALREG_AXE") != "all":
        return
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_axe())
    result = page.evaluate(
        """([tags, ignore]) => axe.run(document, {
            runOnly: {type: "tag", values: tags},
            rules: Object.assign(
                {"target-size": {enabled: true}},
                Object.fromEntries(ignore.map((id) => [id, {enabled: false}]))),
            resultTypes: ["violations"]})""",
        [_TAGS, list(ignore)],
    )
    lines = []
    for violation in result["violations"]:
        lines.append(f"{violation['id']} ({violation['impact']}): {violation['help']}")
        lines += [
            f"    {node['target']} {node['html'][:160]} {node['failureSummary']}" for node in violation["nodes"][:4]
        ]
    assert not lines, f"{page.url}\n" + "\n".join(lines)
    _looked_at.add(build)


def _keep_picture(page: Page) -> None:
    """Every page that is looked at, as a picture for people, where SEALREG_PICTURES names a folder (留存截图)."""
    if folder := os.environ.get("SEALREG_PICTURES"):
        test = re.sub(r"\W+", "_", os.environ["PYTEST_CURRENT_TEST"].split("::")[-1].split(" ")[0]).strip("_")
        number = len(list(Path(folder).glob(f"{test}.*")))
        page.screenshot(path=Path(folder) / f"{test}.{number:02d}.png", full_page=True)


def assert_fits(page: Page) -> None:
    """The page does not scroll sideways (无横向滚动)."""
    whole, shown, over = page.evaluate(
        """() => {
            const shown = document.documentElement.clientWidth;
            const inside = (node) => node.closest(".sr-scroll, .govuk-visually-hidden");
            const over = [...document.querySelectorAll("body *")].filter(
                (node) => node.getBoundingClientRect().right > shown + 1 && !inside(node));
            const named = over.slice(0, 3).map((node) => node.outerHTML.slice(0, 120));
            return [document.documentElement.scrollWidth, shown, named];
        }"""
    )
    assert whole <= shown, f"{page.url} is {whole} px wide in {shown} px: {over}"
