"""Pictures of every page a visitor of the demonstration can reach (全站截图), for people to look at.

    make run                                      # in another terminal
    python -m tests.shots /tmp/shots              # all roles, both widths, both languages
    python -m tests.shots /tmp/shots --role shunde --width 390 --language en
    python -m tests.shots docs/img --readme       # only the pictures of the README
    python -m tests.shots /tmp/shots --axe        # instead of pictures: is each page accessible, does it fit?

It signs in as each of the cast, follows the links from the home page and takes one picture for every kind of page: an
address whose numbers differ is the same kind. It sends no form but the sign-in.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

from tests import chromium
from tests.browser import DESK, LANGUAGES, PHONE, assert_accessible, assert_fits

EVERYONE = ""
ROLES = (
    EVERYONE, "shunde", "shundeju", "foshan", "sheng", "dongguan", "jichang", "xitong", "anquan", "shenji", "dian",
    "lindian", "xindian", "dianyuan", "qiye", "yinhang", "shuiwu", "yunwei", "yunweier", "cangku", "yaojia", "miyao",
    "xiehui",
)  # fmt: skip
_VARIES = re.compile(r"(?<=/)(?:[0-9A-HJKMNP-TV-Z]{12}|[0-9]{13}|[0-9A-F]{14}|[0-9]{4}-[0-9]{2}-[0-9]{2})(?=/)")
_NO_PAGE = re.compile(r"^/(?:static|attachments|api|admin/.+|gallery)|export=|\.well-known|/demo/sample/|/paper/$")
_LOCALES = {"zh-hans": "zh-CN", "en": "en-GB"}
# name of the picture -> who looks, where, language
README = {
    "home-en": (EVERYONE, "/", "en"),
    "home-zh-hans": (EVERYONE, "/", "zh-hans"),
    "shop-en": ("dianyuan", "/shop/", "en"),
    "shop-zh-hans": ("dianyuan", "/shop/", "zh-hans"),
    "demo-en": (EVERYONE, "/demo/", "en"),
    "demo-zh-hans": (EVERYONE, "/demo/", "zh-hans"),
}


def kind_of(address: str) -> str:
    """What an address has in common with others of its kind (页面种类)."""
    parts = urlsplit(address)
    return _VARIES.sub("*", parts.path) + ("?" if parts.query else "")


def page_of(browser: Browser, site: str, *, role: str, width: int, language: str) -> Page:
    """A page signed in as one of the cast (登录后的页面)."""
    context = browser.new_context(
        base_url=site, viewport={"width": width, "height": 844 if width == PHONE else 900},
        locale=_LOCALES[language], has_touch=width == PHONE, reduced_motion="reduce",
    )  # fmt: skip
    context.add_cookies([{"name": "django_language", "value": language, "url": site}])
    page = context.new_page()
    if role:
        page.goto("/demo/")
        page.locator(f'button[name="username"][value="{role}"]').click()
    return page


def reached(page: Page, role: str, start: str = "/") -> Iterator[str]:
    """Every kind of page that links lead to, the page standing there while it is yielded (逐页走访)."""
    waiting, seen = [start], {kind_of(start)}
    while waiting:
        address = waiting.pop(0)
        answer = page.goto(address)
        if answer is None or "text/html" not in answer.headers.get("content-type", ""):
            continue
        links = page.eval_on_selector_all("a[href]", "found => found.map(one => one.href)")
        yield address
        for link in links:
            parts = urlsplit(link)
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            if role and target.startswith("/demo/"):
                continue  # the same for everyone
            if f"{parts.scheme}://{parts.netloc}" != page.evaluate("location.origin") or _NO_PAGE.search(target):
                continue
            if kind_of(target) not in seen:
                seen.add(kind_of(target))
                waiting.append(target)


def walk(browser: Browser, site: str, folder: Path, *, role: str, width: int, language: str) -> int:
    """Take every picture one visitor can get (截图). Returns how many."""
    page = page_of(browser, site, role=role, width=width, language=language)
    count = 0
    for address in reached(page, role):
        name = kind_of(address).strip("/").replace("/", ".").replace("*", "N").replace("?", "-q") or "home"
        page.screenshot(path=folder / f"{role or 'everyone'}.{name}.{width}.{language}.png", full_page=True)
        count += 1
    page.context.close()
    return count


def inspect(browser: Browser, site: str, *, role: str, width: int, language: str) -> tuple[int, list[str]]:
    """Look at every page one visitor can get with axe (逐页无障碍检查). Returns how many, and what is wrong."""
    page = page_of(browser, site, role=role, width=width, language=language)
    count, wrong = 0, []
    for _address in reached(page, role):
        count += 1
        for look in (assert_accessible, assert_fits):
            try:
                look(page)
            except AssertionError as error:
                wrong.append(str(error))
    page.context.close()
    return count, wrong


def for_readme(browser: Browser, site: str, folder: Path) -> None:
    """The pictures the README shows, as one sees them without scrolling (README 截图)."""
    for name, (role, path, language) in README.items():
        page = page_of(browser, site, role=role, width=DESK, language=language)
        page.goto(path)
        page.screenshot(path=folder / f"{name}.png")
        page.context.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--site", default="http://127.0.0.1:8000")
    parser.add_argument("--role", choices=ROLES, action="append")
    parser.add_argument("--width", type=int, choices=(PHONE, DESK), action="append")
    parser.add_argument("--language", choices=LANGUAGES, action="append")
    parser.add_argument("--readme", action="store_true")
    parser.add_argument("--axe", action="store_true")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    failed = False
    path = chromium.browser()
    if path is None:
        parser.error("no Chromium on this machine: install the package `chromium`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        if asked.readme:
            for_readme(browser, asked.site, asked.folder)
            return 0
        for role in asked.role or ROLES:
            for width in asked.width or (DESK, PHONE):
                for language in asked.language or LANGUAGES:
                    who = f"{role or 'everyone'} {width} {language}"
                    if not asked.axe:
                        count = walk(browser, asked.site, asked.folder, role=role, width=width, language=language)
                        print(f"{who}: {count} pictures", flush=True)
                        continue
                    count, wrong = inspect(browser, asked.site, role=role, width=width, language=language)
                    print("\n".join([f"{who}: {count} pages, {len(wrong)} with violations", *wrong]), flush=True)
                    failed = failed or bool(wrong)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
