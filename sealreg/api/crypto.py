"""Signature algorithms of the interface (签名算法): ES256 and SM2 in one shape.

A public key is 64 bytes x‖y, a signature 64 bytes r‖s, a private key 32 bytes. Nothing here knows HTTP or the database.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from sealreg.api.choices import Algorithm

try:
    import gmssl_pyx
except ImportError:  # its wheels exist for Linux on x86-64 only; elsewhere SM2 is refused by name
    gmssl_pyx = None

_HALF = 32


class KeyUnusable(ValueError):
    """Not a key of a supported curve (密钥无效)."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A private key with its public one (密钥对). The private half is left out of any representation."""

    algorithm: Algorithm
    private: bytes
    public: bytes

    def __repr__(self) -> str:
        return f"KeyPair({self.algorithm}, {thumbprint(self.algorithm, self.public)})"


class Suite(Protocol):
    """What each algorithm can do (算法套件). `spki` is the DER of a SubjectPublicKeyInfo up to the point's 64 bytes."""

    curve: str
    spki: bytes

    def check_public_key(self, public: bytes) -> None: ...
    def verify(self, public: bytes, message: bytes, signature: bytes) -> bool: ...
    def sign(self, pair: KeyPair, message: bytes) -> bytes: ...
    def new_pair(self) -> KeyPair: ...


def _numbers(both: bytes) -> tuple[int, int]:
    if len(both) != 2 * _HALF:
        raise KeyUnusable("64 bytes are expected")
    return int.from_bytes(both[:_HALF], "big"), int.from_bytes(both[_HALF:], "big")


def _raw(der: bytes) -> bytes:
    r, s = decode_dss_signature(der)
    return r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big")


class Es256:
    """ECDSA on P-256 with SHA-256 (RFC 7518, ES256)."""

    curve = "P-256"
    spki = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")

    @staticmethod
    @lru_cache(maxsize=1024)
    def _load(public: bytes) -> ec.EllipticCurvePublicKey:
        try:
            return ec.EllipticCurvePublicNumbers(*_numbers(public), ec.SECP256R1()).public_key()
        except ValueError as error:
            raise KeyUnusable("not a point of P-256") from error

    def check_public_key(self, public: bytes) -> None:
        self._load(public)

    def verify(self, public: bytes, message: bytes, signature: bytes) -> bool:
        try:
            self._load(public).verify(encode_dss_signature(*_numbers(signature)), message, ec.ECDSA(hashes.SHA256()))
        except (InvalidSignature, KeyUnusable):
            return False
        return True

    @staticmethod
    @lru_cache(maxsize=8)
    def _key(private: bytes) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(int.from_bytes(private, "big"), ec.SECP256R1())

    def sign(self, pair: KeyPair, message: bytes) -> bytes:
        return _raw(self._key(pair.private).sign(message, ec.ECDSA(hashes.SHA256())))

    def new_pair(self) -> KeyPair:
        numbers = ec.generate_private_key(ec.SECP256R1()).private_numbers()
        x, y = numbers.public_numbers.x, numbers.public_numbers.y
        return KeyPair(
            Algorithm.ES256,
            numbers.private_value.to_bytes(_HALF, "big"),
            x.to_bytes(_HALF, "big") + y.to_bytes(_HALF, "big"),
        )


class Sm2:
    """SM2 with SM3 (GB/T 32918.2-2016), signer id 1234567812345678."""

    curve = "SM2"
    spki = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004")
    signer_id = b"1234567812345678"
    # GB/T 32918.5-2017: prime, coefficients, base point and its order.
    prime = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
    order = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
    a = prime - 3
    b = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
    gx = 0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7
    gy = 0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0

    def check_public_key(self, public: bytes) -> None:
        # Checked here and not by the library, because GmSSL writes to stderr whatever it refuses.
        x, y = _numbers(public)
        if max(x, y) >= self.prime or (y * y - x * x * x - self.a * x - self.b) % self.prime:
            raise KeyUnusable("not a point of SM2")

    def digest(self, public: bytes, message: bytes) -> bytes:
        """SM3 over the signer's identity and the message (待签摘要), 32 bytes: what the curve operation covers."""
        identity = len(self.signer_id * 8).to_bytes(2, "big") + self.signer_id
        curve = b"".join(number.to_bytes(_HALF, "big") for number in (self.a, self.b, self.gx, self.gy))
        return _sm3(_sm3(identity + curve + public) + message)

    def verify(self, public: bytes, message: bytes, signature: bytes) -> bool:
        try:
            self.check_public_key(public)
            r, s = _numbers(signature)
        except KeyUnusable:
            return False
        if not 0 < r < self.order or not 0 < s < self.order:
            return False
        digest = self.digest(public, message)
        return bool(gmssl_pyx.sm2_verify_sm3_digest(public, digest, encode_dss_signature(r, s)))

    def sign(self, pair: KeyPair, message: bytes) -> bytes:
        return _raw(gmssl_pyx.sm2_sign_sm3_digest(pair.private, self.digest(pair.public, message)))

    def new_pair(self) -> KeyPair:
        public, private = gmssl_pyx.sm2_key_generate()
        return KeyPair(Algorithm.SM2, bytes(private), bytes(public))


def _sm3(data: bytes) -> bytes:
    state = hashes.Hash(hashes.SM3())
    state.update(data)
    return state.finalize()


SUITES: dict[Algorithm, Suite] = {Algorithm.ES256: Es256()}
if gmssl_pyx is not None:
    SUITES[Algorithm.SM2] = Sm2()


def b64(data: bytes) -> str:
    """Base64url without padding (RFC 7515)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """The bytes of canonical base64url (解码). Raises ValueError: another spelling of the same bytes is refused too."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("not base64url") from error
    if b64(data) != text:
        raise ValueError("not canonical base64url")
    return data


def jwk(algorithm: Algorithm, public: bytes) -> dict[str, str]:
    """A public key as JSON Web Key (RFC 7517); SM2 has no registered name, so `crv` reads SM2."""
    return {"crv": SUITES[algorithm].curve, "kty": "EC", "x": b64(public[:_HALF]), "y": b64(public[_HALF:])}


def thumbprint(algorithm: Algorithm, public: bytes) -> str:
    """The key's name made of the key itself (RFC 7638), 43 characters."""
    text = json.dumps(jwk(algorithm, public), separators=(",", ":"), sort_keys=True)
    return b64(hashlib.sha256(text.encode()).digest())


def read_public_pem(text: str) -> tuple[Algorithm, bytes]:
    """The algorithm and the 64 bytes of a PEM public key (读取公钥). Raises KeyUnusable."""
    lines = text.strip().split("\n")
    if len(text) > 1000 or len(lines) < 3:
        raise KeyUnusable("not a PEM public key")
    if lines[0].strip() != "-----BEGIN PUBLIC KEY-----" or lines[-1].strip() != "-----END PUBLIC KEY-----":
        raise KeyUnusable("not a PEM public key")
    try:
        der = base64.b64decode("".join(line.strip() for line in lines[1:-1]), validate=True)
    except (binascii.Error, ValueError) as error:
        raise KeyUnusable("not base64") from error
    for algorithm, suite in SUITES.items():
        if der.startswith(suite.spki) and len(der) == len(suite.spki) + 2 * _HALF:
            public = der[len(suite.spki) :]
            suite.check_public_key(public)
            return algorithm, public
    raise KeyUnusable("not an uncompressed key of a supported curve")


def write_public_pem(algorithm: Algorithm, public: bytes) -> str:
    """A public key as PEM (写出公钥)."""
    text = base64.b64encode(SUITES[algorithm].spki + public).decode()
    rows = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN PUBLIC KEY-----", *rows, "-----END PUBLIC KEY-----", ""])
