"""A bank's person checks a seal in Chromium, prints the answer and finds it again (银行核验全程), at both widths."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from integration.verification_api.models import SealCheck
from tests.browser import PHONE, WIDTHS
from tests.factories.accounts import person
from tests.integration.verification_api import made
from tests.journeys.helpers import look, press, signed_in

pytestmark = pytest.mark.journey


@pytest.mark.parametrize("width", WIDTHS)
def test_check_print_and_find_again(live_site, pages, width):
    teller = person("bank_teller")
    lost, good = made.seal("LOST"), made.seal()
    page = signed_in(pages, teller, width=width)
    page.goto("/agency/")
    look(page)
    page.get_by_label("印章编码").fill("123")
    press(page, "核验")
    expect(page.get_by_role("alert")).to_contain_text("印章编码")
    look(page)
    for seal, words in ((lost, "印章已挂失，不得再使用。"), (good, "不得据此要求换章")):
        page.goto("/agency/")
        page.get_by_label("印章编码").fill(seal.code)
        page.get_by_label("单位统一社会信用代码").fill(seal.unit.credit_code.lower())
        page.get_by_label("核验用途").select_option("account_opening")
        press(page, "核验")
        expect(page.get_by_role("heading", name="核验结果")).to_be_visible()
        expect(page.get_by_role("status").first).to_contain_text(words)
        look(page)
    number = SealCheck.objects.get(seal_code=lost.code).number
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="打印")).not_to_be_visible()
    page.emulate_media(media="screen")
    page.get_by_role("link", name="核验记录").click()
    look(page)
    if width == PHONE:
        page.locator(".sr-filter__summary").click()
    page.get_by_label("核验结论").select_option("not_valid")
    press(page, "查询")
    expect(page.get_by_role("link", name=number)).to_be_visible()
    expect(page.get_by_text(good.code)).to_have_count(0)
    page.get_by_role("link", name=number).click()
    expect(page.get_by_text(number).first).to_be_visible()
    page.goto("/agency/interface/")
    look(page)


def test_the_pages_in_english(live_site, pages):
    seal = made.seal("SUSPENDED")
    page = signed_in(pages, person("bank_teller"), language="en")
    page.goto("/agency/")
    look(page)
    page.get_by_label("Seal code").fill(seal.code)
    page.get_by_label("Full name of the unit").fill(seal.unit.name)
    page.get_by_label("Purpose").select_option("credit")
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("suspended")
    look(page)
