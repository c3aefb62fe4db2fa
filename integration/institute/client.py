"""The institute's HTTP client (灌装机构客户端): masters by name, key blocks, filled chips. No key comes through it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from django.conf import settings
from msgspec import Meta

from integration.agency_http import AgencyClient, BadAnswer, Declined, Limits, decode

Check = Annotated[str, Meta(pattern=r"^[0-9A-F]{6}$")]
PATIENT = Limits(connect=3, read=20, write=10, total=30)
_TAKEN = "602"


class Delivery(msgspec.Struct, frozen=True):
    """A master on its way (密钥交付): the block; its halves come in the envelopes of this number."""

    delivery: int
    block: Annotated[str, Meta(min_length=100, max_length=400)]
    check: Check
    suite: str
    version: int


class Filled(msgspec.Struct, frozen=True):
    """What the institute says of one chip (灌装结果)."""

    uid: Annotated[str, Meta(pattern=r"^[0-9A-F]{14}$")]
    key_check: Check


class Card(msgspec.Struct, frozen=True):
    """What a card in the institute's reader says (读卡结果). key_version 0: blank."""

    uid: str
    key_version: Annotated[int, Meta(ge=0, le=99)]
    key_check: Annotated[str, Meta(pattern=r"^([0-9A-F]{6})?$")]


class _Chips(msgspec.Struct):
    chips: Annotated[list[Filled], Meta(max_length=500)]


class InstituteClient(AgencyClient):
    """The institute's interface (灌装机构接口)."""

    def make_master(self, *, purpose: str, suite: str, version: int, party: str, persons: tuple[str, str]) -> None:
        """Have two persons there make a master (请求生成主密钥); one that exists already is left as it is."""
        try:
            self._post("masters", _ceremony(purpose, suite, version, party, persons))
        except Declined as no:
            if no.code != _TAKEN:
                raise

    def deliver(self, *, purpose: str, suite: str, version: int, party: str, persons: tuple[str, str]) -> Delivery:
        """Have a master sent to its province (请求交付主密钥)."""
        return decode(self._post("deliveries", _ceremony(purpose, suite, version, party, persons)), Delivery)

    def fill(self, uids: Sequence[str], *, batch_no: str, suite: str, version: int, party: str) -> list[Filled]:
        """Have chips filled (请求灌装), at most 500; asking again answers the same. Raises BadAnswer."""
        body = {"batch_no": batch_no, "suite": suite, "version": version, "party": party, "uids": list(uids)}
        filled = decode(self._post("injections", body), _Chips).chips
        if [one.uid for one in filled] != list(uids):
            raise BadAnswer("other_record", "the answer is about other chips")
        return filled

    def card(self, uid: str) -> Card:
        """Look at a card whose filling was interrupted (读卡)."""
        seen = decode(self.call("GET", "v1", "cards", uid).body, Card)
        if seen.uid != uid:
            raise BadAnswer("other_record", "the answer is about another card")
        return seen

    def _post(self, name: str, body: object) -> bytes:
        return self.call("POST", "v1", name, body=msgspec.json.encode(body)).body


def _ceremony(purpose: str, suite: str, version: int, party: str, persons: tuple[str, str]) -> dict[str, object]:
    return {
        "purpose": purpose, "suite": suite, "version": version, "party": party,
        "proposed_by": persons[0], "confirmed_by": persons[1],
    }  # fmt: skip


def institute_client() -> InstituteClient:
    """The client for the address in settings (灌装机构客户端)."""
    return _client(settings.INSTITUTE_URL)


@lru_cache(maxsize=8)
def _client(url: str) -> InstituteClient:
    return InstituteClient(url, allowed_hosts=[urlsplit(url).hostname or ""], limits=PATIENT)
