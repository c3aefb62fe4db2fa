"""The fault switches of the mocks (模拟机关故障开关), thrown from the page of the demonstration.

The portal speaks to the mocks at the two addresses of settings and nowhere else: a form chooses which of the two, never
an address. Real agencies have no such routes, and outside a demonstration nothing here is called.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import msgspec
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integration.agency_http import AgencyClient, AgencyError, Limits, decode

MOCKS: dict[str, Promise] = {
    "registry": _("模拟登记机关"),
    "ministry": _("模拟公安部平台"),
}
MODES: dict[str, Promise] = {
    "none": _("没有故障"),
    "error_before_store": _("未保存即报错（500）"),
    "error_after_store": _("已保存仍报错（500）"),
    "timeout": _("已保存，长时间不应答"),
    "garbage": _("已保存，应答是乱码"),
    "slow": _("应答缓慢"),
    "duplicate_ack": _("回执重复"),
    "reorder": _("回执乱序"),
    "down": _("停机（503）"),
}
_QUICK = Limits(connect=0.5, read=1.5, write=1.5, pool=0.5, total=2.0)
_SHOWN = ("enterprises", "changes", "seals", "distinct_keys", "attempts", "conflicts")


class _Faults(msgspec.Struct):
    mode: str = "none"
    rate: float = 1.0
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Mock:
    """One mock as it is now (模拟机关现状). reachable: whether it answered; figures: its own counts by their names."""

    key: str
    name: Promise
    reachable: bool
    mode: str = "none"
    rate: float = 1.0
    seed: int = 1
    figures: tuple[tuple[str, int], ...] = ()

    @property
    def mode_words(self) -> Promise | str:
        return MODES.get(self.mode, self.mode)

    @property
    def percent(self) -> int:
        return round(self.rate * 100)


def look_at(key: str) -> Mock:
    """How a mock is set and what it has counted (查看模拟机关). Never raises for a mock that does not answer."""
    try:
        with _client_of(key) as client:
            faults = decode(client.call("GET", "_control", "faults").body, _Faults)
            stats = decode(client.call("GET", "_control", "stats").body, dict[str, Any])
    except AgencyError:
        return Mock(key, MOCKS[key], reachable=False)
    figures = tuple((name, stats[name]) for name in _SHOWN if isinstance(stats.get(name), int))
    return Mock(key, MOCKS[key], True, faults.mode, faults.rate, faults.seed, figures)


def set_faults(key: str, *, mode: str, rate: float, seed: int) -> None:
    """Throw a mock's switches (设置故障). rate: share of requests hit, 0..1. Raises AgencyError when it refuses."""
    body = msgspec.json.encode({"mode": mode, "rate": rate, "seed": seed})
    with _client_of(key) as client:
        client.call("POST", "_control", "faults", body=body)


class _Ordered(msgspec.Struct):
    uscc: str
    name: str


class _OrderAnswer(msgspec.Struct):
    enterprise: _Ordered


def found_enterprise(*, area: str, shop_code: str, shop_area: str, person: dict[str, str]) -> tuple[str, str]:
    """Let the mock registry found an invented enterprise that ordered its seal at a shop (虚构一家新企业).

    area: six-digit county code; person: its legal representative, who comes in
    person: name, phone, id_type, id_number. Returns its credit code and name. Raises
    AgencyError when the mock does not answer.
    """
    order = {
        "area": area,
        "shop": {"uscc": shop_code, "area": shop_area},
        "seals": [{"seal_type": "1"}],
        "legal_representative": person,
        "handler": person,
    }
    with _client_of("registry") as client:
        answer = client.call("POST", "_control", "enterprises", body=msgspec.json.encode(order))
    made = decode(answer.body, _OrderAnswer).enterprise
    return made.uscc, made.name


@contextmanager
def _client_of(key: str) -> Iterator[AgencyClient]:
    if not settings.DEMO:
        raise ImproperlyConfigured("mocks have switches only where settings.DEMO is on")
    url = {"registry": settings.REGISTRY_URL, "ministry": settings.MINISTRY_URL}[key]
    with AgencyClient(url, allowed_hosts=[urlsplit(url).hostname or ""], limits=_QUICK) as client:
        yield client
