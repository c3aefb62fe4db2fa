"""The Ministry platform's HTTP client (公安部平台客户端): pushes, receipts, reconciliation. Knows no domain."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from integration.agency_http import AgencyClient, BadAnswer, Declined, Limits, decode

Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
_PACKAGE_ANSWER_BYTES = 8 << 20


class Acknowledgement(msgspec.Struct, frozen=True):
    """The platform's answer for one record (回执). code "000" is kept; jlbb: version of the record."""

    key: Annotated[str, Meta(min_length=1, max_length=200)]
    code: Annotated[str, Meta(min_length=1, max_length=32)]
    message: Annotated[str, Meta(max_length=500)] = ""
    yzbm: Annotated[str, Meta(max_length=20)] = ""
    jlbb: Annotated[int, Meta(ge=0)] = 0
    receipt: Annotated[str, Meta(max_length=64)] = ""
    payload_hash: Annotated[str, Meta(max_length=64)] = ""
    received_at: dt.datetime | None = None
    field: Annotated[str, Meta(max_length=60)] = ""
    record: Annotated[str, Meta(max_length=20)] = ""
    seal: Annotated[str, Meta(max_length=20)] = ""

    @property
    def accepted(self) -> bool:
        """Whether the record is kept by the platform (已接收)."""
        return self.code == "000"


class PackageAnswer(msgspec.Struct, frozen=True):
    """The platform's answer for a package (数据包回执): its receipt and one acknowledgement per seal, by key."""

    package: str
    payload_hash: Digest
    receipt: Annotated[str, Meta(min_length=1, max_length=64)]
    received_at: Annotated[dt.datetime, Meta(tz=True)]
    acknowledgements: Annotated[list[Acknowledgement], Meta(max_length=100_000)]


class DayCount(msgspec.Struct, frozen=True):
    """One line of the reconciliation (对账). day: YYYYMMDD; city: 6 digits; digest: exclusive or of payload hashes."""

    day: Annotated[str, Meta(pattern=r"^[0-9]{8}$")]
    city: Annotated[str, Meta(pattern=r"^[0-9]{6}$")]
    count: Annotated[int, Meta(ge=0)]
    digest: Digest


class _Acknowledged(msgspec.Struct):
    acknowledgements: Annotated[list[Acknowledgement], Meta(max_length=1000)]


class _Days(msgspec.Struct):
    days: Annotated[list[DayCount], Meta(max_length=100_000)]


class MinistryClient(AgencyClient):
    """The platform over HTTP (公安部平台客户端). Every method may raise Unreachable, BadAnswer or Declined."""

    def __init__(
        self, base_url: str, *, allowed_hosts: Iterable[str], limits: Limits | None = None, ca_file: str = ""
    ) -> None:
        super().__init__(base_url, allowed_hosts=allowed_hosts, limits=limits, ca_file=ca_file)

    def push_seal(self, key: str, body: bytes) -> Acknowledgement:
        """Push one record (单条上报): the acknowledgement of exactly these bytes.

        key: idempotency key, ≤ 128 letters, digits or . _ : ~ @ -; the same key and bytes get the same receipt.
        Raises Declined with the platform's code for a record it refuses, status 409 for other bytes under the key.
        """
        return self.post_seal(key, body)[0]

    def post_seal(self, key: str, body: bytes) -> tuple[Acknowledgement, bytes]:
        """As push_seal (单条上报), with the answer's bytes as they came, to be kept beside what was sent."""
        answer = self.call("POST", "v1", "seals", body=body, headers={"Idempotency-Key": key})
        own = _only(decode(answer.body, _Acknowledged).acknowledgements, key)
        _check_kept(own, hashlib.sha256(body).hexdigest())
        return own, answer.body

    def push_package(self, name: str, body: bytes) -> PackageAnswer:
        """Push a package (数据包上报). name: <province 6>_<kind>_<yyyymmdd>_<seq 3>.zip, which is its key."""
        answer = self.call(
            "POST",
            "v1",
            "packages",
            name,
            body=body,
            content_type="application/zip",
            body_limit=_PACKAGE_ANSWER_BYTES,
        )
        package = decode(answer.body, PackageAnswer)
        if package.package != name or package.payload_hash != hashlib.sha256(body).hexdigest():
            raise BadAnswer("other_record", "the receipt is for another package")
        keys = dict.fromkeys(item.key for item in package.acknowledgements)
        return msgspec.structs.replace(package, acknowledgements=[_only(package.acknowledgements, key) for key in keys])

    def acknowledgement(self, key: str, *, payload_hash: str) -> Acknowledgement | None:
        """The acknowledgement of an earlier push, or None when it never arrived (查询回执)."""
        try:
            answer = self.call("GET", "v1", "receipts", key)
        except Declined as no:
            if no.status == 404 and no.code == "904":
                return None
            raise
        own = _only(decode(answer.body, _Acknowledged).acknowledgements, key)
        _check_kept(own, payload_hash)
        return own

    def reconciliation(self, first: dt.date, last: dt.date) -> Mapping[tuple[str, str], DayCount]:
        """Counts and digests by (day, city) of creation, both days included (对账)."""
        params = {"from": f"{first:%Y%m%d}", "to": f"{last:%Y%m%d}"}
        answer = self.call("GET", "v1", "reconciliation", params=params, body_limit=_PACKAGE_ANSWER_BYTES)
        return {(line.day, line.city): line for line in decode(answer.body, _Days).days}


def _only(acknowledgements: Iterable[Acknowledgement], key: str) -> Acknowledgement:
    """The one acknowledgement of `key`: twice the same is one, others' are not ours, two different are a fault."""
    own = [item for item in acknowledgements if item.key == key]
    if not own:
        raise BadAnswer("no_receipt", "the answer holds no acknowledgement for this key")
    if any(item != own[0] for item in own):
        raise BadAnswer("contradiction", "two different acknowledgements for one key")
    return own[0]


def _check_kept(acknowledgement: Acknowledgement, payload_hash: str) -> None:
    if not acknowledgement.accepted or not acknowledgement.receipt or acknowledgement.received_at is None:
        raise BadAnswer("no_receipt", "the acknowledgement carries no receipt")
    if acknowledgement.payload_hash != payload_hash:
        raise BadAnswer("other_payload", "the acknowledgement is for other bytes than were sent")
