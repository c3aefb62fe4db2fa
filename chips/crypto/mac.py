"""Message authentication of chips (消息鉴别): CMAC (NIST SP 800-38B) over AES or SM4, chosen by the suite's name."""

from __future__ import annotations

from collections.abc import Callable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm
from cryptography.hazmat.primitives.ciphers.algorithms import AES, SM4
from cryptography.hazmat.primitives.cmac import CMAC

KEY_BYTES = 16
MAC_BYTES = 16
_ZERO_BLOCK = bytes(16)
_CIPHERS: dict[str, Callable[[bytes], BlockCipherAlgorithm]] = {"AES-CMAC": AES, "SM4-CMAC": SM4}


def block_cipher(suite: str, key: bytes) -> BlockCipherAlgorithm:
    """The block cipher behind a suite (套件的分组密码). key: 16 bytes. Raises KeyError for an unknown suite."""
    return _CIPHERS[suite](key)


def cmac(suite: str, key: bytes, message: bytes) -> bytes:
    """The 16-byte MAC of a message (计算鉴别码). key: 16 bytes. Raises KeyError for an unknown suite."""
    mac = CMAC(_CIPHERS[suite](key))
    mac.update(message)
    return mac.finalize()


class Keyed:
    """One key, set up once for many messages (已载密钥的鉴别码). key: 16 bytes, not kept but inside the context."""

    __slots__ = ("_context",)

    def __init__(self, suite: str, key: bytes) -> None:
        self._context = CMAC(_CIPHERS[suite](key))

    def __repr__(self) -> str:
        return "<keyed mac>"

    def __reduce__(self) -> str:
        raise TypeError("a key is not copied out of its process")

    def mac(self, message: bytes) -> bytes:
        """The 16-byte MAC of a message (计算鉴别码)."""
        context = self._context.copy()
        context.update(message)
        return context.finalize()


def is_cmac(suite: str, key: bytes, message: bytes, mac: bytes) -> bool:
    """Whether `mac` belongs to the message (核对鉴别码), compared in constant time."""
    check = CMAC(_CIPHERS[suite](key))
    check.update(message)
    try:
        check.verify(mac)
    except InvalidSignature:
        return False
    return True


def key_check_value(suite: str, key: bytes) -> str:
    """First three bytes of the MAC of a zero block, as six hex digits (密钥校验值)."""
    return check_bytes(suite, key).hex().upper()


def check_bytes(suite: str, key: bytes) -> bytes:
    """The same as three bytes, as it travels with a key (密钥校验字节)."""
    return cmac(suite, key, _ZERO_BLOCK)[:3]
