"""How the cast signs in during the walk (走查：登录)."""

from __future__ import annotations

import re

from sealreg.local.browsing import Browser, NotAsExpected


def sign_in(browser: Browser, username: str) -> str:
    """Sign in with the password and, where asked, the one-time password of /demo/ (登录). Returns how it went.

    A one-time password counts once: right after another walk the button of /demo/ is used instead.
    """
    shown = browser.get("/demo/").text
    password = re.search(r"演示密码 ?： ?(\S+)", shown)
    if password is None:
        raise NotAsExpected("/demo/ shows no password")
    answer = browser.get("/account/sign-in/").send({"username": username, "password": password[1]})
    if not answer.has("code"):
        return "password"
    code = re.search(rf" {username} [^0-9]*?(\d{{6}}) ", shown)
    if code is None:
        raise NotAsExpected(f"/demo/ shows no one-time password of {username}")
    if not answer.send({"code": code[1]}).has("code"):
        return "password and one-time password"
    browser.get("/demo/").press("username", username)
    return "one click, the one-time password being used up"
