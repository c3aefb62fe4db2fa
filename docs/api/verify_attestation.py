#!/usr/bin/env python3
"""Verify a saved answer of a seal or chip check offline (离线验证核验应答).

    python3 verify_attestation.py ANSWER JWKS

ANSWER: a file with the answer's exact bytes as received, or with its `attestation` alone.
JWKS: a file saved from /.well-known/jwks.json; without it there is nothing to trust.

Needs Python 3.9 or newer and the package `cryptography` (for SM2 its `SM3`; the curve arithmetic is below). Prints what
is attested and exits with 0; exits with 1 and says why when anything does not fit, down to a single byte.
"""

import base64
import datetime
import hashlib
import json
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

KINDS = ("sealreg-check+jws", "sealreg-chip-check+jws")
# GB/T 32918.5-2017
P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
SIGNER = b"1234567812345678"


class Wrong(Exception):
    """Why it is not verified."""


def unb64(text):
    """Bytes of base64url without padding; another spelling of the same bytes is refused."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise Wrong("not base64url") from None
    if base64.urlsafe_b64encode(data).rstrip(b"=").decode() != text:
        raise Wrong("not canonical base64url")
    return data


def read(answer):
    """(compact JWS, payload) of a saved answer; the answer must be the payload plus its attestation, byte for byte."""
    text = answer[:-1] if answer.endswith(b"\n") else answer
    if not text.startswith(b"{"):
        compact = decode(text)
        return compact, payload_of(compact)
    head, mark, tail = text.rpartition(b',"attestation":"')
    if not mark or not tail.endswith(b'"}'):
        raise Wrong("no attestation at the end of the answer")
    compact = decode(tail[:-2])
    payload = payload_of(compact)
    if head + b"}" != payload:
        raise Wrong("the answer is not what is attested")
    return compact, payload


def decode(data):
    try:
        return data.decode("ascii")
    except UnicodeDecodeError:
        raise Wrong("the attestation is not ASCII") from None


def payload_of(compact):
    parts = compact.split(".")
    if len(parts) != 3:
        raise Wrong("the attestation does not have three parts")
    return unb64(parts[1])


def object_of(data, what):
    try:
        value = json.loads(data)
    except ValueError:
        raise Wrong(what + " is not JSON") from None
    if not isinstance(value, dict):
        raise Wrong(what + " is not an object")
    return value


def key_for(header, jwks):
    """The published key the header names."""
    for key in object_of(jwks, "the key list").get("keys", []):
        if key.get("kid") == header.get("kid"):
            return key
    raise Wrong("the key is not in the list")


def point(key):
    x, y = unb64(key["x"]), unb64(key["y"])
    if len(x) != 32 or len(y) != 32:
        raise Wrong("the key is malformed")
    return int.from_bytes(x, "big"), int.from_bytes(y, "big")


def check_es256(key, message, r, s):
    try:
        public = ec.EllipticCurvePublicNumbers(*point(key), ec.SECP256R1()).public_key()
        public.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        raise Wrong("the signature does not verify") from None


def sm3(data):
    state = hashes.Hash(hashes.SM3())
    state.update(data)
    return state.finalize()


def add(first, second):
    if first is None or second is None:
        return second if first is None else first
    (x1, y1), (x2, y2) = first, second
    if x1 == x2 and (y1 + y2) % P == 0:
        return None
    slope = (3 * x1 * x1 + A) * pow(2 * y1, -1, P) if first == second else (y2 - y1) * pow(x2 - x1, -1, P)
    x3 = (slope * slope - x1 - x2) % P
    return x3, (slope * (x1 - x3) - y1) % P


def times(number, base):
    found = None
    while number:
        if number & 1:
            found = add(found, base)
        base, number = add(base, base), number >> 1
    return found


def check_sm2(key, message, r, s):
    public = point(key)
    if max(public) >= P or (public[1] ** 2 - public[0] ** 3 - A * public[0] - B) % P:
        raise Wrong("the key is not a point of SM2")
    numbers = b"".join(number.to_bytes(32, "big") for number in (A, B, *G, *public))
    identity = sm3(len(SIGNER * 8).to_bytes(2, "big") + SIGNER + numbers)
    digest = int.from_bytes(sm3(identity + message), "big")
    t = (r + s) % N
    if not 0 < r < N or not 0 < s < N or t == 0:
        raise Wrong("the signature does not verify")
    found = add(times(s, G), times(t, public))
    if found is None or (digest + found[0]) % N != r:
        raise Wrong("the signature does not verify")


CHECKS = {"ES256": ("P-256", check_es256), "X-SM2-SM3": ("SM2", check_sm2)}


def moment(text):
    return datetime.datetime.fromisoformat(text)


def check_time(key, content):
    """The key must have been in use when the answer was given."""
    at = moment(content["checked_at"])
    if key.get("used_from") is None:
        raise Wrong("the key's time of use is not published")
    if at < moment(key["used_from"]) or (key.get("retired_at") and at > moment(key["retired_at"])):
        raise Wrong("the key was not in use at that time")


def verify(answer, jwks):
    """What a saved answer attests. Raises Wrong."""
    compact, payload = read(answer)
    head, _dot, rest = compact.partition(".")
    header = object_of(unb64(head), "the header")
    if header.get("typ") not in KINDS or header.get("alg") not in CHECKS or set(header) != {"alg", "kid", "typ"}:
        raise Wrong("not an attestation of this system")
    key = key_for(header, jwks)
    curve, check = CHECKS[header["alg"]]
    if key.get("kty") != "EC" or key.get("crv") != curve:
        raise Wrong("the key does not fit the algorithm")
    names = json.dumps({name: key[name] for name in ("crv", "kty", "x", "y")}, separators=(",", ":"), sort_keys=True)
    if base64.urlsafe_b64encode(hashlib.sha256(names.encode()).digest()).rstrip(b"=").decode() != header["kid"]:
        raise Wrong("the key's name is not its thumbprint")
    signature = unb64(rest.partition(".")[2])
    if len(signature) != 64:
        raise Wrong("the signature does not have 64 bytes")
    signed = compact.rpartition(".")[0].encode()
    check(key, signed, int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    content = object_of(payload, "the attested content")
    check_time(key, content)
    return content


def report(content):
    """What a person wants to read of it."""
    lines = [
        ("issuer", content["issuer"]),
        ("checked at", content["checked_at"]),
        ("asked by", content["organisation"] + " " + content["client"]),
        ("number", content.get("consultation_number") or content.get("txn")),
        ("asked", json.dumps(content["asked"], ensure_ascii=False)),
        ("answer", content.get("verdict") or content.get("result")),
    ]
    for code in content["reasons"]:
        lines.append((code, " / ".join(content["explanations"].get(code, {}).values())))
    if content["seal"]:
        lines.append(("seal", json.dumps(content["seal"], ensure_ascii=False)))
        lines.append(("unit", json.dumps(content["unit"], ensure_ascii=False)))
    if content["sandbox"]:
        lines.append(("SANDBOX", "synthetic data, of no value"))
    return "\n".join(f"{name:<14} {value}" for name, value in lines)


def main(arguments):
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        content = verify(Path(arguments[0]).read_bytes(), Path(arguments[1]).read_bytes())
    except Wrong as wrong:
        print(f"NOT VERIFIED: {wrong}")
        return 1
    except (KeyError, TypeError, ValueError) as error:
        print(f"NOT VERIFIED: malformed ({error})")
        return 1
    print("VERIFIED")
    print(report(content))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
