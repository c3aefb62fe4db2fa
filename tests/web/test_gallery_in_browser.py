"""The gallery in Chromium: accessible, fitting, usable by keyboard and without scripts (浏览器中的组件展示)."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser import DESK, LANGUAGES, PHONE, WIDTHS, assert_accessible, assert_fits

PAGES = ("/gallery/", "/gallery/forms/", "/gallery/workbench/", "/gallery/done/", "/nowhere/")
ERROR_STATUS_IS_MEANT = ("/nowhere/",)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_every_gallery_page_is_accessible_and_fits(pages, width, language):
    for path in PAGES:
        page = pages(width=width, language=language, strict=path not in ERROR_STATUS_IS_MEANT)
        page.goto(path)
        assert_accessible(page)
        assert_fits(page)


def test_the_largest_text_still_fits_a_phone(pages):
    for path in PAGES[:4]:
        page = pages(width=PHONE, cookies={"sealreg_text_size": "150"})
        page.goto(path)
        assert_accessible(page)
        assert_fits(page)


def test_focus_goes_to_the_error_summary_and_from_there_to_the_field(pages):
    page = pages()
    page.goto("/gallery/forms/")
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    page.locator(".govuk-error-summary a").first.click()
    expect(page.locator("#id_uscc")).to_be_focused()
    expect(page.locator("#id_story-info, #id_remarks-info + .govuk-character-count__status")).to_have_text(
        "超出 3 个字"
    )


def test_comforts_work_under_the_policy(pages):
    page = pages()
    page.goto("/gallery/")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    copy = page.locator("[data-copy]").first
    copy.click()
    expect(copy).to_contain_text("已复制")
    assert page.evaluate("navigator.clipboard.readText()") == "7K3M-0QX9-A2RD"
    password = page.locator("#id_password")
    password.fill("secret")
    page.get_by_role("button", name="显示密码").click()
    expect(password).to_have_attribute("type", "text")


def test_a_chosen_picture_is_shown_before_it_is_sent(pages):
    page = pages()
    page.goto("/gallery/")
    png = bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8ffff3f0005fe02fe0def46b80000000049454e44ae426082"
    )
    page.locator("input[type=file]").set_input_files({"name": "执照.png", "mimeType": "image/png", "buffer": png})
    expect(page.locator(".sr-upload__item")).to_contain_text("执照.png · 1 KB")
    image = page.locator(".sr-upload__picture")
    expect(image).to_be_visible()
    expect(image).to_have_js_property("naturalWidth", 1)


def test_the_work_list_is_walked_by_keyboard(pages):
    page = pages()
    page.goto("/gallery/workbench/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("tr.sr-row--current")).to_contain_text("7K3M1QX9A2RD")
    page.keyboard.press("k")
    expect(page.locator("tr.sr-row--current")).to_contain_text("7K3M0QX9A2RD")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#7K3M0QX9A2RD$"))
    page.keyboard.press("/")
    expect(page.locator("[data-search]")).to_be_focused()
    page.keyboard.type("jk?")
    expect(page.locator("[data-search]")).to_have_value("jk?")
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.locator("#keys-help")).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(page.locator("#keys-help")).to_be_hidden()


def test_everything_is_there_without_scripts(pages):
    page = pages(width=PHONE, javascript=False)
    page.goto("/gallery/workbench/")
    expect(page.locator(".govuk-service-navigation__link").first).to_be_visible()
    expect(page.locator("[data-search]")).to_be_visible()
    page.goto("/gallery/")
    expect(page.locator("input[type=file]")).to_be_visible()
    expect(page.locator("[data-copy]").first).not_to_be_visible()
    page.get_by_role("button", name="特大").click()
    expect(page.locator("html.sr-size-150")).to_have_count(1)
    page.get_by_role("button", name="English").click()
    expect(page.locator('html[lang="en"]')).to_have_count(1)


def test_paper_holds_the_matter_and_no_chrome(pages):
    page = pages(width=DESK)
    page.goto("/gallery/done/")
    page.emulate_media(media="print")
    expect(page.locator(".sr-done__number")).to_be_visible()
    expect(page.locator(".sr-demo")).to_be_visible()
    for gone in (".sr-tools", ".sr-footer", "[data-print]"):
        expect(page.locator(gone).first).not_to_be_visible()


def test_a_second_click_sends_nothing(pages):
    page = pages(strict=False)
    page.goto("/gallery/")
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.evaluate(
        """() => {
            const form = document.querySelector("form[action='/text-size/']");
            const button = form.querySelector("button");
            button.click();
            button.click();
        }"""
    )
    page.wait_for_load_state("networkidle")
    assert len(sent) == 1
