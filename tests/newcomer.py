"""`python -m tests.newcomer`: how long a clerk who never saw the product needs for one filing (新手办理计时).

    make run                                                   # in another terminal
    python -m tests.newcomer --site http://127.0.0.1:8000 --pictures /tmp/newcomer

A measurement, not a test of the suite: Chromium, keys one by one at 120 to 200 ms, of every new page all that stands
on the first screen is read through, a second and a half to find each field or button. The unit's papers lie on the
counter; its company is in the registry, its handler is not the legal representative, so a power of attorney is scanned.
Times in all run from opening the home page to the sentence that the filing is done; exit 1 beyond five minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
from django.utils import translation
from playwright.sync_api import Locator, Page, expect, sync_playwright

from filing.demo_faces import draw_sample
from sealreg.clock import real_now, shanghai
from sealreg.units import synthetic
from tests import chromium
from tests.browser import DESK, LANGUAGES

LIMIT = 300.0
KEY_SECONDS = (0.12, 0.20)
FIND_SECONDS = 1.5
# Silent reading of Chinese: 300 to 400 characters a minute for text that must be understood.
READ_PER_SECOND = 6.0
CLERK = "dianyuan"


# What one sees of the middle of a page without scrolling: its text without lists, and the rows of lists.
_ON_SCREEN = """() => {
    const seen = (node) => { const box = node.getBoundingClientRect();
        return box.height > 1 && box.top < window.innerHeight && box.bottom > 0; };
    const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) {
        const node = walker.currentNode.parentElement;
        if (!node.closest("tbody, script, option, .govuk-visually-hidden") && seen(node)) {
            texts.push(walker.currentNode.textContent);
        }
    }
    return [texts, [...document.querySelectorAll("main tbody tr")].filter(seen).length];
}"""


class Clerk:
    """Somebody at the keyboard (店员): reads, looks for things, types and clicks at a person's pace."""

    def __init__(self, page: Page, pictures: Path | None) -> None:
        self.page, self.pictures = page, pictures
        self.began = time.monotonic()
        self.stages: list[tuple[str, float, int]] = []
        self.keys = 0
        self.known: set[str] = set()

    def read(self, stage: str) -> None:
        """A page newly come: all the text of its middle is read once (阅读页面)."""
        self.page.wait_for_load_state()
        texts, rows = self.page.evaluate(_ON_SCREEN)
        # What stood on an earlier page is known again without reading: only new words take time.
        text = " ".join(one for one in texts if one.strip() not in self.known)
        self.known |= {one.strip() for one in texts}
        if self.pictures:
            self.page.screenshot(path=self.pictures / f"{len(self.stages) + 1:02}.{stage}.png", full_page=True)
        # Numbers, dates and Latin words are taken in at a glance; of a list one runs down the first column.
        size = sum("\u4e00" <= letter <= "\u9fff" for letter in text)
        size += len([word for word in text.split() if word.isascii()]) + 3 * rows
        time.sleep(size / READ_PER_SECOND)
        self.stages.append((stage, time.monotonic() - self.began, size))

    def click(self, target: Locator) -> None:
        time.sleep(FIND_SECONDS)
        target.click()

    def type(self, target: Locator, text: str) -> None:
        """Key by key (逐键输入); a Chinese character takes three keys of a pinyin keyboard and comes at once."""
        self.click(target)
        for letter in text:
            strokes = 3 if ord(letter) > 0x2E80 else 1
            for _stroke in range(strokes):
                time.sleep(random.uniform(*KEY_SECONDS))
                self.keys += 1
            target.press_sequentially(letter) if strokes == 1 else self.page.keyboard.insert_text(letter)

    def choose(self, target: Locator, name: str, data: bytes, received: str) -> None:
        """A scan that lies ready in a folder (选择文件): the dialog costs three seconds."""
        time.sleep(FIND_SECONDS + 3)
        target.set_input_files({"name": name, "mimeType": "image/png", "buffer": data})
        expect(self.page.get_by_text(received).first).to_be_visible()


def found_company(registry: str) -> dict[str, Any]:
    """A company of today in the mock registry that chose no shop (新设企业)."""
    seed = time.time_ns() % 600_000_000
    person = {
        "name": "行川微", "phone": synthetic.mobile(seed), "id_type": "1",
        "id_number": synthetic.identity_number(seed),
    }  # fmt: skip
    body = {"area": "440606", "established_on": shanghai(real_now()).date().isoformat(), "legal_representative": person}
    request = urllib.request.Request(
        f"{registry}/_control/enterprises", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30) as answer:
        enterprise: dict[str, Any] = json.load(answer)["enterprise"]
    return enterprise


def file_one(clerk: Clerk, company: dict[str, Any], said: Callable[[str], str]) -> str:
    """The whole errand (办理全程); `said` gives the words of the page's language. Returns the seal's code."""
    page = clerk.page

    def button(words: str) -> Locator:
        return page.get_by_role("button", name=said(words), exact=True)

    def link(words: str) -> Locator:
        return page.get_by_role("link", name=said(words))

    page.goto("/")
    clerk.read("home")
    page.goto("/demo/")
    clerk.click(page.locator(f'button[name="username"][value="{CLERK}"]'))
    clerk.read("workbench")
    clerk.click(link("新建备案").or_(button("新建备案")).first)
    clerk.read("new")
    clerk.type(page.get_by_label(said("单位的统一社会信用代码")), str(company["uscc"]))
    clerk.click(button("下一步"))
    clerk.read("form")
    seed = time.time_ns() % 600_000_000
    clerk.type(page.get_by_label(said("经办人姓名")), "景若知")
    clerk.type(page.get_by_label(said("经办人证件号码")), synthetic.identity_number(seed))
    clerk.type(page.get_by_label(said("经办人联系电话")), synthetic.mobile(seed))
    scan = draw_sample(60, 80, shape="RECT", words="POWER")
    clerk.choose(
        page.get_by_label(said("授权委托书")).first, "paper.png", scan, said("已收到：%%NAME%%").partition("%%")[0]
    )
    clerk.click(button("下一步：核对"))
    clerk.read("check")
    clerk.click(page.get_by_label(said("已核对以上内容与单位提交的材料一致。")))
    clerk.click(button("提交备案"))
    expect(page.get_by_text(said("已提交备案")).first).to_be_visible()
    clerk.read("receipt")
    clerk.click(link("继续办理"))
    clerk.read("filing")
    clerk.click(link("登记刻制").first)
    clerk.read("imprint")
    code = page.url.rstrip("/").split("/")[-2]
    face = draw_sample(40, 40, shape="ROUND", words=code)
    clerk.choose(
        page.get_by_label(said("印模图像")).first, "imprint.png", face, said("已收到：%%NAME%%").partition("%%")[0]
    )
    clerk.click(button("上传印模"))
    clerk.read("engraved")
    clerk.click(link("捆绑芯片").first)
    clerk.read("chip")
    uid = page.locator("datalist option").first.get_attribute("value") or ""
    clerk.type(page.get_by_label(said("芯片编号")), uid)
    clerk.click(button("捆绑芯片"))
    clerk.read("bound")
    clerk.click(button("完成备案"))
    expect(page.get_by_text(said("备案已完成，系统已通知单位领取。")).first).to_be_visible()
    clerk.stages.append(("filed", time.monotonic() - clerk.began, 0))
    if clerk.pictures:
        page.screenshot(path=clerk.pictures / f"{len(clerk.stages):02}.filed.png", full_page=True)
    return code


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--site", default="http://127.0.0.1:8000")
    parser.add_argument("--language", choices=LANGUAGES, default=LANGUAGES[0])
    parser.add_argument("--width", type=int, default=DESK)
    parser.add_argument("--pictures", type=Path, help="folder for a picture of every page")
    asked = parser.parse_args()
    path = chromium.browser()
    if path is None:
        parser.error("no Chromium on this machine: install the package `chromium`")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sealreg.settings.test")
    django.setup()
    if asked.pictures:
        asked.pictures.mkdir(parents=True, exist_ok=True)
    host, _colon, port = asked.site.rstrip("/").rpartition(":")
    company = found_company(f"{host}:{int(port) + 1}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        locale = "zh-CN" if asked.language == "zh-hans" else "en-GB"
        context = browser.new_context(
            base_url=asked.site, viewport={"width": asked.width, "height": 900}, locale=locale, reduced_motion="reduce"
        )
        context.add_cookies([{"name": "django_language", "value": asked.language, "url": asked.site}])
        clerk = Clerk(context.new_page(), asked.pictures)
        with translation.override(asked.language):
            code = file_one(clerk, company, translation.gettext)
        browser.close()
    before = 0.0
    for stage, after, size in clerk.stages:
        print(f"newcomer {stage:<10} {after - before:6.1f} s   {size:4} characters read")
        before = after
    verdict = "within" if before <= LIMIT else "beyond"
    print(f"newcomer filed {code}: {before:.0f} s, {clerk.keys} keys, {verdict} the limit of {LIMIT:.0f} s")
    return 0 if before <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
