"""The text a tapped chip shows (碰一碰鉴别文本): secure dynamic messaging as NXP's AN12196 describes it.

It only hints: who taps first may use the text later, so a decision needs challenge and answer (docs/chips.md).
"""

from __future__ import annotations

import os

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import CBC

from chips.crypto.mac import block_cipher, cmac

UID_BYTES = 7
COUNTER_END = 0xFFFFFE
_MIRRORED = 0xC7  # identifier and counter are mirrored, identifier of 7 bytes


class TapUnreadable(ValueError):
    """The encrypted part of a tap is not of our chips (碰一碰数据无法识别)."""


def seal_identity(suite: str, key: bytes, *, uid: bytes, counter: int) -> bytes:
    """Identifier and tap counter, encrypted (加密标识与计数), 16 bytes. uid: 7 bytes; counter: below 2^24 - 1."""
    plain = bytes([_MIRRORED]) + uid + counter.to_bytes(3, "little") + os.urandom(5)
    context = Cipher(block_cipher(suite, key), CBC(bytes(16))).encryptor()
    return context.update(plain) + context.finalize()


def open_identity(suite: str, key: bytes, sealed: bytes) -> tuple[bytes, int]:
    """Identifier (7 bytes) and tap counter (解密标识与计数). Raises TapUnreadable."""
    if len(sealed) != 16:
        raise TapUnreadable("length")
    context = Cipher(block_cipher(suite, key), CBC(bytes(16))).decryptor()
    plain = context.update(sealed) + context.finalize()
    if plain[0] != _MIRRORED:
        raise TapUnreadable("tag")
    return plain[1:8], int.from_bytes(plain[8:11], "little")


def tap_mac(suite: str, key: bytes, *, uid: bytes, counter: int, text: bytes = b"") -> bytes:
    """The short MAC of a tap (碰一碰鉴别码), 8 bytes: every second byte of the CMAC under the session's key."""
    session = cmac(suite, key, bytes.fromhex("3CC300010080") + uid + counter.to_bytes(3, "little"))
    return cmac(suite, session, text)[1::2]
