"""Two custodians take a key in, in two browsers (密钥仪式全程), at both widths and in both languages."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from chips.keys.models import KeyVersion
from sealreg.clock import now
from tests.browser import WIDTHS
from tests.factories.keys import Delivery, custody
from tests.journeys.helpers import look, press, signed_in

pytestmark = pytest.mark.journey


@pytest.mark.parametrize("width", WIDTHS)
def test_a_key_comes_in_by_two_pairs_of_hands(live_site, pages, settings, tmp_path, width):
    two, sent = custody(settings, tmp_path, at=now()), Delivery()
    first = signed_in(pages, two.first, width=width)
    first.goto("/operator/keys/")
    expect(first.get_by_text("还没有密钥")).to_be_visible()
    look(first)
    first.get_by_role("link", name="导入密钥块").first.click()
    press(first, "提出仪式")
    expect(first.get_by_role("alert")).to_contain_text("请粘贴密钥块")
    look(first)
    first.get_by_label("密钥块", exact=True).fill(sent.block)
    first.get_by_label("密钥校验值").fill(sent.check)
    first.get_by_label("传输密钥分量").fill(sent.halves[0].hex(" ", 2))
    first.get_by_label("分量校验值", exact=True).fill(str(sent.envelope(0)["component_check"]))
    first.get_by_label("理由").fill("年度换发")
    press(first, "提出仪式")
    expect(first.get_by_role("button", name="撤回仪式")).to_be_visible()
    look(first)
    second = signed_in(pages, two.second, width=width)
    second.goto(first.url)
    look(second)
    second.get_by_label("同意并立即办理").check()
    second.get_by_label("传输密钥分量").fill(sent.halves[1].hex())
    second.get_by_label("分量校验值", exact=True).fill(str(sent.envelope(1)["component_check"]))
    press(second, "提交复核意见")
    expect(second.get_by_text("已由两人共同办结。")).to_be_visible()
    look(second)
    assert KeyVersion.objects.get().status == "PRE_ACTIVE"
    second.get_by_role("link", name="查看可打印的纪要").click()
    look(second)
    second.goto("/operator/keys/")
    expect(second.get_by_text(sent.check).first).to_be_visible()
    look(second)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_pages_in_english(live_site, pages, settings, tmp_path, width):
    two = custody(settings, tmp_path, at=now())
    key = two.take_in(Delivery())
    page = signed_in(pages, two.first, width=width, language="en")
    held = key.ceremonies.get().number
    for path in ("", "import/", "signing-key/", f"{key.number}/activate/", f"{key.number}/destroy/",
                 f"ceremonies/{held}/", f"ceremonies/{held}/minutes/"):  # fmt: skip
        page.goto(f"/operator/keys/{path}")
        look(page)
    page.goto("/operator/keys/")
    expect(page.get_by_role("heading", name="Propose a ceremony")).to_be_visible()
