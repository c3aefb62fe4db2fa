"""How a key travels from the institute to the province (密钥块): a block in the manner of X9.143 (TR-31), version D.

Header and key are bound together by a CMAC under keys derived from the transport key, so nobody can give a key another
use, version or province on its way. Written after ANSI X9.143-2022 §5; the suite and the province stand in an optional
block of our own, numbered 10.
"""

from __future__ import annotations

import hmac
import os
import re
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.cmac import CMAC

from chips.crypto.mac import KEY_BYTES
from chips.crypto.secret import Secret

BLOCK = 16
MAC_BYTES = 16
TRANSPORT_BYTES = 16
LONGEST = 400
# X9.143 leaves two digits to private use: a master from which chip keys are derived, for one purpose each.
USAGES = {"VERIFY": "10", "MANAGE": "11"}
_ALGORITHMS = {"AES-CMAC": "A", "SM4-CMAC": "1"}
_DERIVE_ONLY = "X"
_HEADER = re.compile(r"D(\d{4})(\d\d)([A1])X(\d\d)([NE])(\d\d)00", re.ASCII)
_SIZE = {16: (0x0002, 1), 24: (0x0003, 2), 32: (0x0004, 2)}


class BlockRefused(ValueError):
    """Not a block of ours, or not under this transport key (密钥块无效). Says nothing of what was inside."""


@dataclass(frozen=True, slots=True)
class BlockHeader:
    """What a key is for (密钥块头). purpose: VERIFY or MANAGE; version: 1–99; province: two digits of GB/T 2260."""

    purpose: str
    suite: str
    version: int
    province: str
    exportable: bool = False

    def text(self, length: int, blocks: str, count: int) -> str:
        usage, algorithm = USAGES[self.purpose], _ALGORITHMS[self.suite]
        flag = "E" if self.exportable else "N"
        return f"D{length:04d}{usage}{algorithm}{_DERIVE_ONLY}{self.version:02d}{flag}{count:02d}00{blocks}"


def _cmac(key: bytes, message: bytes) -> bytes:
    mac = CMAC(AES(key))
    mac.update(message)
    return mac.finalize()


def _derive(transport: bytes, usage: int) -> bytes:
    """Encryption (usage 0) or authentication key (usage 1) of a transport key, of its own length."""
    try:
        algorithm, rounds = _SIZE[len(transport)]
    except KeyError as error:
        raise BlockRefused("a transport key has 16, 24 or 32 bytes") from error
    bits = (len(transport) * 8).to_bytes(2, "big")
    label = usage.to_bytes(2, "big") + b"\x00" + algorithm.to_bytes(2, "big") + bits
    parts = [Secret(_cmac(transport, bytes([turn]) + label)) for turn in range(1, rounds + 1)]
    return Secret(b"".join(parts)[: len(transport)])


def _optional(header: BlockHeader) -> tuple[str, int]:
    """Our optional block, padded to whole cipher blocks with the standard's padding block."""
    data = header.province + header.suite
    own = f"10{len(data) + 4:02X}{data}"
    left = -len(own) % BLOCK
    if not left:
        return own, 1
    if left < 4:
        left += BLOCK
    return own + f"PB{left:02X}" + "0" * (left - 4), 2


def wrap_block(transport: bytes, key: bytes, header: BlockHeader) -> str:
    """A key under a transport key (生成密钥块). transport: 16, 24 or 32 bytes; key: 16 bytes. ASCII, about 150 letters.

    Raises ValueError for a key or header that does not fit.
    """
    if len(key) != KEY_BYTES or not 1 <= header.version <= 99 or not re.fullmatch(r"\d\d", header.province, re.ASCII):
        raise ValueError("a key has 16 bytes, a version 1 to 99, a province two digits")
    fill = os.urandom(-(len(key) + 2) % BLOCK)
    plain = Secret((len(key) * 8).to_bytes(2, "big") + key + fill)
    optional, count = _optional(header)
    length = 16 + len(optional) + 2 * len(plain) + 2 * MAC_BYTES
    head = header.text(length, optional, count)
    mac = _cmac(_derive(transport, 1), head.encode("ascii") + plain)
    context = Cipher(AES(_derive(transport, 0)), CBC(mac)).encryptor()
    return head + (context.update(plain) + context.finalize()).hex().upper() + mac.hex().upper()


def read_header(text: str) -> BlockHeader:
    """What a block says of its key, before it is believed (读取密钥块头). Raises BlockRefused."""
    return _parse(text)[0]


def open_block(transport: bytes, text: str) -> tuple[BlockHeader, bytes]:
    """Header and key of a block (打开密钥块). Raises BlockRefused for anything but a whole block under this key."""
    header, head, body, mac = _parse(text)
    context = Cipher(AES(_derive(transport, 0)), CBC(mac)).decryptor()
    plain = Secret(context.update(body) + context.finalize())
    expected = _cmac(_derive(transport, 1), head.encode("ascii") + plain)
    if not hmac.compare_digest(expected, mac):
        raise BlockRefused("authentication")
    if int.from_bytes(plain[:2], "big") != KEY_BYTES * 8:
        raise BlockRefused("key length")
    return header, Secret(plain[2 : 2 + KEY_BYTES])


def _parse(text: str) -> tuple[BlockHeader, str, bytes, bytes]:
    found = _HEADER.match(text) if len(text) <= LONGEST and text.isascii() else None
    if found is None or int(found[1]) != len(text):
        raise BlockRefused("header")
    optional, end = _read_optional(text, 16, int(found[6]))
    if len(optional) < 3 or not optional[:2].isdigit():
        raise BlockRefused("optional block")
    purpose = {usage: name for name, usage in USAGES.items()}.get(found[2])
    suite = optional[2:]
    if purpose is None or _ALGORITHMS.get(suite) != found[3] or not 1 <= int(found[4]) <= 99:
        raise BlockRefused("usage")
    try:
        rest = bytes.fromhex(text[end:])
    except ValueError as error:
        raise BlockRefused("not hexadecimal") from error
    body, mac = rest[:-MAC_BYTES], rest[-MAC_BYTES:]
    if len(body) < 2 * BLOCK or len(body) % BLOCK or text[end:] != rest.hex().upper():
        raise BlockRefused("length")
    header = BlockHeader(purpose, suite, int(found[4]), optional[:2], exportable=found[5] == "E")
    return header, text[:end], body, mac


def _read_optional(text: str, start: int, count: int) -> tuple[str, int]:
    own = ""
    for _ in range(count):
        size = text[start + 2 : start + 4]
        if not re.fullmatch(r"[0-9A-F]{2}", size, re.ASCII) or int(size, 16) < 4:
            raise BlockRefused("optional block")
        end = start + int(size, 16)
        if text[start : start + 2] == "10" and end <= len(text):
            own = text[start + 4 : end]
        start = end
    return own, start


def join_components(first: bytes, second: bytes) -> bytes:
    """The transport key of its two components (合成传输密钥), each 16 bytes and worth nothing alone."""
    if len(first) != TRANSPORT_BYTES or len(second) != TRANSPORT_BYTES:
        raise BlockRefused("a component has 16 bytes")
    return Secret(left ^ right for left, right in zip(first, second, strict=True))
