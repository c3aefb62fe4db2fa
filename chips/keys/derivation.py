"""Which key comes from which (密钥分散): master → batch → chip, every step labelled, inputs at least 16 bytes."""

from __future__ import annotations

from chips.crypto.mac import cmac
from chips.crypto.secret import Secret

_BATCH = b"\x02SEALREG-BATCH"
_CHIP = b"SEALCHIP"


def batch_input(*, batch_no: str, version: int) -> bytes:
    """What a master's MAC covers to give the key of a batch (批次密钥输入). version: 0–255."""
    return _BATCH + batch_no.encode() + bytes([version])


def batch_key(suite: str, master: bytes, *, batch_no: str, version: int) -> bytes:
    """Key of one batch (批次密钥). master: 16 bytes; batch_no: as in the manifest; version: 0–255."""
    return Secret(cmac(suite, master, batch_input(batch_no=batch_no, version=version)))


def chip_key(suite: str, key_of_batch: bytes, *, uid: str, version: int) -> bytes:
    """Authentication key of one chip (芯片认证密钥). uid: 14 hex digits."""
    covered = b"\x01" + suite.encode() + bytes([version]) + bytes.fromhex(uid) + _CHIP
    return Secret(cmac(suite, key_of_batch, covered))
