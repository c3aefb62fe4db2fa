"""What the journeys share (旅程公共步骤): looking at a page, pressing, uploading, being signed in."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from sealreg.accounts.models import User
from tests.browser import assert_accessible, assert_fits, cookies_of
from tests.filing.faces import as_png, draw_face
from tests.portal.signing_in import client_of


def look(page: Page) -> None:
    """The page as it stands is accessible and fits its screen (检查当前页)."""
    assert_accessible(page)
    assert_fits(page)


def press(page: Page, name: str) -> None:
    """Press the button with exactly this name (按钮), and wait for the page that it leads to."""
    page.get_by_role("button", name=name, exact=True).click()
    page.wait_for_load_state()


def attach(page: Page, label: str, size: tuple[float, float] = (40, 40)) -> None:
    """Choose a drawn face for a file field and wait until it has arrived (上传)."""
    page.wait_for_load_state()  # what sends a file ahead comes with the page's scripts
    data = as_png(draw_face(*size))
    page.get_by_label(label).first.set_input_files(
        {"name": "scan.png", "mimeType": "image/png", "buffer": data}, timeout=10_000
    )
    expect(page.get_by_text("已收到：scan.png")).to_be_visible()


def signed_in(pages: Callable[..., Page], user: User, **kind: object) -> Page:
    """A page in which somebody is signed in (已登录页面).

    A refused form is answered 422, which the browser's console calls an error: so not strict.
    """
    return pages(cookies=cookies_of(client_of(user)), strict=False, **kind)
