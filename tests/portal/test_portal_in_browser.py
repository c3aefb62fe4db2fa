"""The portal's pages in Chromium (门户页面): accessible, within the screen, in both languages and widths."""

import pytest
from playwright.sync_api import expect

from sealreg.accounts import demo
from sealreg.accounts.models import User
from sealreg.accounts.second_factor import code_at
from sealreg.accounts.services import ask_role, create_user
from sealreg.clock import real_now
from tests.browser import LANGUAGES, PHONE, WIDTHS, assert_accessible, assert_fits, cookies_of
from tests.factories.accounts import office
from tests.portal.signing_in import client_of

CORE = {None: ("/", "/account/sign-in/?next=/inbox/"), "shunde": ("/", "/inbox/", "/account/security/")}
OTHERS = {
    None: ("/demo/",),
    "shunde": ("/police/", "/account/security/password/"),
    "xitong": ("/users/", "/users/new/", "{user}", "{user}ask-role/?organisation_name=顺德", "{user}reset-password/"),
    "anquan": ("/users/role-requests/", "{request}", "{user}lock/"),
    "shenji": ("/audit/", "/audit/reads/"),
    "qiye": ("/", "/account/security/second-factor/"),
}


def furnish():
    """The cast, one more person, and a role request; returns their addresses."""
    at = real_now()
    demo.load_cast(seed=1, at=at)
    keeper = User.objects.with_place().get(username="xitong")
    user = create_user(username="xinren", name="辛仁", by=keeper, at=at, password="Linshi-Mima-2026")
    other = create_user(username="xinren2", name="辛义", by=keeper, at=at, password="Linshi-Mima-2026")
    asked = ask_role(other, organisation=office("PLATFORM"), role="auditor", reason="岗位调整", by=keeper, at=at)
    return {"user": f"/users/{user.number}/", "request": f"/users/role-requests/{asked.number}/"}


def look_at(pages, paths_by_name, places, **kind):
    for username, paths in paths_by_name.items():
        cookies = cookies_of(client_of(User.objects.with_place().get(username=username))) if username else {}
        page = pages(cookies=cookies, **kind)
        for path in paths:
            answer = page.goto(path.format(**places))
            assert answer is not None
            assert answer.status == 200, path
            assert_accessible(page)
            assert_fits(page)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_core_pages_are_accessible_and_fit(live_site, pages, width, language):
    look_at(pages, CORE, furnish(), width=width, language=language)


def test_the_other_pages_are_accessible_and_fit_a_phone(live_site, pages):
    look_at(pages, OTHERS, furnish(), width=PHONE, language="zh-hans")


@pytest.mark.journey
def test_an_officer_signs_in_with_password_and_code_without_javascript(live_site, pages):
    furnish()
    page = pages(javascript=False)
    page.goto("/")
    page.get_by_role("link", name="登录办理").click()
    page.get_by_label("用户名").fill("shunde")
    page.get_by_role("textbox", name="密码").fill(demo.DEMO_PASSWORD)
    page.get_by_role("button", name="下一步").click()
    page.get_by_label("6 位动态口令").fill("000000")
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.locator("body")).to_contain_text("口令不正确")
    secret = demo.demo_secret(1, "shunde")
    page.get_by_label("6 位动态口令").fill(code_at(secret, real_now()))
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("heading", name="公安工作台")).to_be_visible()
    expect(page.locator("body")).to_contain_text("佛山市顺德区")
    page.get_by_role("button", name="退出登录").click()
    expect(page.get_by_role("link", name="登录办理")).to_be_visible()


@pytest.mark.journey
def test_a_demo_person_signs_in_with_one_click(live_site, pages):
    furnish()
    page = pages()
    page.goto("/demo/")
    page.get_by_role("button", name="登录 石青岩").click()
    expect(page.get_by_role("heading", name="刻制企业工作台")).to_be_visible()
