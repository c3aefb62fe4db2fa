"""A registry in memory that speaks bytes (内存中的登记机关), and records as it would write them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from integration.agency_http import Answer, BadAnswer, Declined, Unreachable
from integration.business_registration.client import RegistryClient
from integration.business_registration.messages import Enterprise as Enterprise
from sealreg.clock import SHANGHAI
from sealreg.database.actor import SystemActor
from sealreg.units import synthetic

NOW = dt.datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI)
ACTOR = SystemActor("registry-sync")
AREA = 440606


def code(index: int) -> str:
    return synthetic.credit_code(index)


def enterprise(index: int, version: int = 1, **changes: Any) -> dict[str, Any]:
    record = {
        "uscc": code(index),
        "version": version,
        "name": f"佛山市顺德区澜沐{index}第{version}版科技有限公司",
        "unit_type": "7",
        "area": str(AREA),
        "address": f"知行路{version}号",
        "established_on": "2026-11-20",
        "registry_state": "ACTIVE",
        "licence_issued_on": "2026-11-20",
        "legal_representative": {
            "name": "沈若舟",
            "phone": synthetic.mobile(index),
            "id_type": "1",
            "id_number": synthetic.identity_number(index),
        },
        "updated_at": "2026-11-20T09:00:00.000+08:00",
    }
    return {**record, **changes}


def change(index: int, version: int = 1, *, op: str = "upsert", record: Mapping[str, Any] | None = None) -> bytes:
    event = {
        "event_id": f"E{index}-{version}",
        "op": op,
        "uscc": code(index),
        "version": version,
        "changed_at": "2026-11-20T09:00:00.000+08:00",
        "enterprise": (record or enterprise(index, version)) if op == "upsert" else None,
    }
    return msgspec.json.encode(event)


class ScriptedRegistry(RegistryClient):
    """Pages by position; before a page, the troubles listed for it, one a call.

    A trouble is an exception to raise, or bytes to answer instead of the page.
    """

    def __init__(self, pages: Iterable[list[bytes]], troubles: Mapping[int, list[Exception | bytes]] | None = None):
        super().__init__("http://registry.example", allowed_hosts=["registry.example"])
        self.pages = list(pages)
        self.troubles = {place: list(found) for place, found in (troubles or {}).items()}
        self.calls = 0

    def call(self, method: str, *segments: str, params: Mapping[str, str] | None = None, **rest: Any) -> Answer:
        assert (method, segments) == ("GET", ("v1", "changes"))
        self.calls += 1
        place = int((params or {}).get("cursor", "c0")[1:])
        if self.troubles.get(place):
            trouble = self.troubles[place].pop(0)
            if isinstance(trouble, Exception):
                raise trouble
            return Answer(200, trouble)
        return Answer(200, self.page(place))

    def page(self, place: int) -> bytes:
        return page_bytes(self.pages[place] if place < len(self.pages) else [], place + 1, place + 1 < len(self.pages))


def page_bytes(records: list[bytes], following: int, more: bool) -> bytes:
    return b'{"changes":[%b],"next_cursor":"c%d","more":%b}' % (
        b",".join(records),
        following,
        b"true" if more else b"false",
    )


def loop_to(place: int) -> bytes:
    return page_bytes([], place, True)


TROUBLES: list[Exception | bytes] = [
    Unreachable("timeout"),
    Unreachable("unavailable", "HTTP 503"),
    BadAnswer("too_large", "209715200 bytes declared"),
    BadAnswer("redirect"),
    Declined(403, "403", "forbidden"),
    b"",
    b"<html>\xff\xfe",
    b"[]",
    b'{"changes": 5, "next_cursor": "c9", "more": false}',
    b'{"changes":[],"next_cursor":"","more":false}',
    b'{"changes":[{"event_id":"cut o',
]
