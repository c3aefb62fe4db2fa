"""What the walks through the pages of chips share (芯片页面走查)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from chips.keys.keystore import write_keystore
from chips.logistics.injector import connect
from chips.readers import site
from chips.readers.transport import InProcess
from sealreg.accounts.models import User
from tests.browser import DESK, PHONE, assert_accessible, assert_fits
from tests.chips.cards import MANAGE
from tests.chips.world import MASTER, SUITE, VERSION, World
from tests.chips.world import world as build
from tests.factories.units import unit as some_unit
from tests.journeys.helpers import signed_in


@contextmanager
def behind_live_pages(tmp_path: Path, settings: Any) -> Iterator[World]:
    """The keys, cards and people of the tests of logistics, for pages in a browser (测试环境)."""
    some_unit()  # makes the county's authority
    found = build(tmp_path, settings)
    settings.SIMULATED_CARD_DIR, settings.SIMULATED_CARD_KEY = tmp_path / "cards", b"k" * 32
    connect(lambda suite, version: found.injector, lambda: found.signer)
    name = (SUITE, VERSION)
    write_keystore(settings.KEYSTORE_PATH, "two halves", {name: MASTER}, management={name: MANAGE})
    site.connect(lambda uid: InProcess(found.cards.take(uid)))  # the shop's reader: the binding is written to the card
    yield found
    site.connect(None)


class Bench:
    """One person's browser (工作台)."""

    def __init__(self, pages: Callable[..., Page], user: User) -> None:
        self.page = signed_in(pages, user, width=DESK)

    def open(self, path: str) -> Page:
        self.page.goto(path)
        return self.page


def walk(pages: Callable[..., Page], user: User, paths: list[str], language: str) -> None:
    """Each page accessible and without sideways scroll, on a desk and on a phone (逐页检查)."""
    page = signed_in(pages, user, width=DESK, language=language)
    for path in paths:
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        for width in (DESK, PHONE):
            page.set_viewport_size({"width": width, "height": 900})
            assert_accessible(page)
            assert_fits(page)
