"""What is signed, and how the header is written (签名内容与请求头), docs/api/signing.md. No database, no clock."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import quote

from sealreg.api.choices import Algorithm
from sealreg.api.crypto import b64, unb64

SCHEMES = {"SEALREG1-ES256": Algorithm.ES256, "SEALREG1-SM2": Algorithm.SM2}
SCHEME_OF = {algorithm: scheme for scheme, algorithm in SCHEMES.items()}
WINDOW_SECONDS = 300
_LONGEST_HEADER = 600
_PAIR = r'([a-z]{2,6})="([\x21\x23-\x5b\x5d-\x7e]{1,128})"'
_HEADER = re.compile(rf"{_PAIR}(?:, ?{_PAIR}){{4}}", re.ASCII)
_PART = re.compile(_PAIR, re.ASCII)
_FIELDS = {"client", "key", "ts", "nonce", "sig"}
_NUMBER = re.compile(r"[0-9A-HJKMNP-TV-Z]{12}", re.ASCII)
_MOMENT = re.compile(r"[1-9][0-9]{9}", re.ASCII)
LONGEST_NONCE = 64


class HeaderMalformed(ValueError):
    """The Authorization header has not the form of docs/api/signing.md (请求头格式错误)."""


@dataclass(frozen=True, slots=True)
class SignedHeader:
    """A parsed Authorization header (签名请求头). ts: Unix seconds; signature: 64 bytes."""

    algorithm: Algorithm
    client: str
    key: str
    ts: int
    nonce: str
    signature: bytes


def parse_header(scheme: str, rest: str) -> SignedHeader:
    """The five fields, each exactly once, in any order (解析请求头). Raises HeaderMalformed."""
    if scheme not in SCHEMES or len(rest) > _LONGEST_HEADER or not _HEADER.fullmatch(rest):
        raise HeaderMalformed(scheme[:20])
    fields = dict(_PART.findall(rest))
    if set(fields) != _FIELDS:
        raise HeaderMalformed("fields")
    if not _NUMBER.fullmatch(fields["client"]) or not _NUMBER.fullmatch(fields["key"]):
        raise HeaderMalformed("client or key")
    if not _MOMENT.fullmatch(fields["ts"]) or len(fields["nonce"]) > LONGEST_NONCE:
        raise HeaderMalformed("ts or nonce")
    try:
        signature = unb64(fields["sig"])
    except ValueError as error:
        raise HeaderMalformed("sig") from error
    if len(signature) != 64:
        raise HeaderMalformed("sig")
    return SignedHeader(SCHEMES[scheme], fields["client"], fields["key"], int(fields["ts"]), fields["nonce"], signature)


def format_header(algorithm: Algorithm, *, client: str, key: str, ts: int, nonce: str, signature: bytes) -> str:
    """The Authorization header of a request (写出请求头)."""
    return f'{SCHEME_OF[algorithm]} client="{client}",key="{key}",ts="{ts}",nonce="{nonce}",sig="{b64(signature)}"'


def body_digest(body: bytes) -> str:
    """SHA-256 of the body as 64 lower-case hexadecimal characters (内容摘要); also of an empty body."""
    return hashlib.sha256(body).hexdigest()


def request_text(method: str, target: str, ts: int, nonce: str, body: bytes) -> bytes:
    """The five lines a client signs (请求签名内容). target: path with query as it stands in the request line."""
    return f"{method}\n{target}\n{ts}\n{nonce}\n{body_digest(body)}\n".encode()


def answer_text(status: int, nonce: str, body: bytes) -> bytes:
    """The three lines we sign (应答签名内容): status, the request's nonce, the body's digest."""
    return f"{status}\n{nonce}\n{body_digest(body)}\n".encode()


def request_target(path: str, query: str) -> str:
    """Path with query as a client wrote them (请求目标), from the decoded path and the raw query."""
    target = quote(path, safe="/:@!$&'()*+,;=~-._")
    return f"{target}?{query}" if query else target
