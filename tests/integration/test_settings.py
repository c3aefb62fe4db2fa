"""Agency addresses in settings (对接系统地址): production refuses this machine and plain HTTP by name."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from sealreg.settings import env

NAME = "SEALREG_MINISTRY_URL"


@pytest.mark.parametrize(
    "value",
    [
        "http://ministry.example",
        "https://localhost",
        "https://LOCALHOST:8443",
        "https://registry.localhost",
        "https://127.0.0.1",
        "https://127.9.9.9:8002",
        "https://[::1]",
        "https://0.0.0.0",
        "https://ministry.example/path",
        "https://ministry.example?x=1",
        "https://user:pw@ministry.example",
        "https://ministry.example:99999",
        "ftp://ministry.example",
        "ministry.example",
        "https://",
        "https://[::1",
    ],
)
def test_production_refuses_by_name(monkeypatch, value):
    monkeypatch.setenv(NAME, value)
    with pytest.raises(ImproperlyConfigured, match=NAME):
        env.agency(NAME, secure=True)


def test_production_wants_one(monkeypatch):
    monkeypatch.delenv(NAME, raising=False)
    with pytest.raises(ImproperlyConfigured, match=f"{NAME} is missing"):
        env.agency(NAME, secure=True)


@pytest.mark.parametrize("value", ["https://ministry.example", "https://10.1.2.3:8443/"])
def test_production_takes_https_elsewhere(monkeypatch, value):
    monkeypatch.setenv(NAME, value)
    assert env.agency(NAME, secure=True) == value


def test_a_local_stack_takes_its_mocks(monkeypatch):
    monkeypatch.delenv(NAME, raising=False)
    assert env.agency(NAME, "http://127.0.0.1:8002", secure=False) == "http://127.0.0.1:8002"
