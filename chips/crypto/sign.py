"""Signature suites of chips and their papers (签名套件): ES256, EdDSA and SM2-SM3, chosen by name.

A signature has 64 bytes. ES256 and SM2 are those of the interface (sealreg/api/crypto.py); EdDSA is Ed25519 (RFC 8032).
"""

from __future__ import annotations

from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sealreg.api.choices import Algorithm
from sealreg.api.crypto import SUITES, KeyPair

SIGNATURE_BYTES = 64


class SignSuite(Protocol):
    """What each suite can do (签名套件). private: 32 bytes; public: 64 bytes x‖y, or the 32 bytes of Ed25519."""

    def new_pair(self) -> tuple[bytes, bytes]:
        """A fresh private key and its public one (新密钥对)."""

    def sign(self, private: bytes, public: bytes, message: bytes) -> bytes:
        """64 bytes (签名)."""

    def verify(self, public: bytes, message: bytes, signature: bytes) -> bool:
        """Whether the signature belongs to the message (验签). Malformed input is False, never an error."""


class _OnCurve:
    def __init__(self, algorithm: Algorithm) -> None:
        self._algorithm = algorithm

    def new_pair(self) -> tuple[bytes, bytes]:
        pair = SUITES[self._algorithm].new_pair()
        return pair.private, pair.public

    def sign(self, private: bytes, public: bytes, message: bytes) -> bytes:
        return SUITES[self._algorithm].sign(KeyPair(self._algorithm, private, public), message)

    def verify(self, public: bytes, message: bytes, signature: bytes) -> bool:
        # Length first: GmSSL writes to stderr whatever it refuses, and an attacker must not fill our log.
        if len(signature) != SIGNATURE_BYTES:
            return False
        return SUITES[self._algorithm].verify(public, message, signature)


class _Ed25519:
    def new_pair(self) -> tuple[bytes, bytes]:
        key = Ed25519PrivateKey.generate()
        return key.private_bytes_raw(), key.public_key().public_bytes_raw()

    def sign(self, private: bytes, public: bytes, message: bytes) -> bytes:
        return Ed25519PrivateKey.from_private_bytes(private).sign(message)

    def verify(self, public: bytes, message: bytes, signature: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        except (ValueError, InvalidSignature):
            return False
        return True


# SM2 is missing where gmssl-pyx has no wheel; asking for it there is a KeyError, never another suite.
SIGN_SUITES: dict[str, SignSuite] = {"EdDSA": _Ed25519()} | {
    name: _OnCurve(algorithm)
    for name, algorithm in (("ES256", Algorithm.ES256), ("SM2-SM3", Algorithm.SM2))
    if algorithm in SUITES
}
