"""Shared fixtures (公共夹具)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections
from pytest_django.plugin import DjangoDbBlocker

from tests.browser import browser, live_site, pages  # noqa: F401 - fixtures
from tests.plugin import cloned_database


def _point_all_at(name: str) -> dict[str, str]:
    """Send every alias to database `name`; returns where each pointed before."""
    before = {}
    for connection in connections.all(initialized_only=False):
        before[connection.alias] = connection.settings_dict["NAME"]
        connection.close()
        connection.settings_dict["NAME"] = name
        connections.settings[connection.alias]["NAME"] = name
    return before


_COSTLY = {"own_database", "live_site"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files whose tests start browsers, servers or databases of their own come first, so that none runs on alone."""
    costly = {item.path for item in items if _COSTLY & set(getattr(item, "fixturenames", ()))}
    costly |= {item.path for item in items if item.path.parent.name in {"local", "prove"}}
    items.sort(key=lambda item: item.path not in costly)


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Each worker's own copy of the template; ordinary tests roll back in it."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    with django_db_blocker.unblock(), cloned_database(f"sealreg_{worker}") as name:
        _point_all_at(name)
        yield
        for connection in connections.all(initialized_only=True):
            connection.close()


@pytest.fixture
def own_database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A database of this test's own, where commits are real: for threads, processes and live servers.

    Returns its name. Do not combine with the django_db mark.
    """
    with django_db_blocker.unblock(), cloned_database("sealreg_own") as name:
        before = _point_all_at(name)
        try:
            yield name
        finally:
            for connection in connections.all(initialized_only=True):
                connection.close()
                connection.settings_dict["NAME"] = before[connection.alias]
                connections.settings[connection.alias]["NAME"] = before[connection.alias]


@pytest.fixture(autouse=True)
def _media_of_its_own(settings: object, tmp_path: Path) -> None:
    """Files a test stores vanish with it."""
    settings.MEDIA_ROOT = tmp_path / "media"  # type: ignore[attr-defined]
