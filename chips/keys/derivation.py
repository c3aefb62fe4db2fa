"""Which key comes from which (密钥分散): master → batch → chip, every step labelled, inputs at least 16 bytes."""

from __future__ import annotations

from chips.crypto.mac import cmac
from chips.crypto.secret import Secret

_BATCH = b"\x02SEALREG-BATCH"
_CHIP = b"SEALCHIP"
_TAP = b"\x04SEALREG-TAP-META"
_PARTS = (b"-ENC", b"-MAC", b"-DEK")
# Which channel a set of a chip's keys opens; each comes from the master of its own purpose.
MANAGEMENT, ISSUER, TRANSPORT = b"\x05SEALREG-MANAGE", b"\x06SEALREG-ISSUER", b"\x07SEALREG-MAKER"


def batch_input(*, batch_no: str, version: int) -> bytes:
    """What a master's MAC covers to give the key of a batch (批次密钥输入). version: 0–255."""
    return _BATCH + batch_no.encode() + bytes([version])


def batch_key(suite: str, master: bytes, *, batch_no: str, version: int) -> bytes:
    """Key of one batch (批次密钥). master: 16 bytes; batch_no: as in the manifest; version: 0–255."""
    return Secret(cmac(suite, master, batch_input(batch_no=batch_no, version=version)))


def chip_key(suite: str, key_of_batch: bytes, *, uid: str, version: int) -> bytes:
    """Authentication key of one chip (芯片认证密钥). uid: 14 hex digits."""
    return Secret(cmac(suite, key_of_batch, chip_input(suite, uid=uid, version=version)))


def chip_input(suite: str, *, uid: str, version: int) -> bytes:
    """What a batch key's MAC covers to give a chip's key (芯片密钥输入). uid: 14 hex digits; version: 0–255."""
    return b"\x01" + suite.encode() + bytes([version]) + bytes.fromhex(uid) + _CHIP


def channel_inputs(label: bytes, *, uid: str, version: int) -> tuple[bytes, bytes, bytes]:
    """What a master's MACs cover to give a chip's channel keys (通道密钥组输入): ENC, MAC, DEK in this order."""
    enc, mac, dek = (label + part + bytes([version]) + bytes.fromhex(uid) for part in _PARTS)
    return enc, mac, dek


def channel_keys(suite: str, master: bytes, label: bytes, *, uid: str, version: int) -> tuple[Secret, Secret, Secret]:
    """A chip's keys for one channel (通道密钥组): ENC, MAC, DEK. label: MANAGEMENT, ISSUER or TRANSPORT."""
    enc, mac, dek = (Secret(cmac(suite, master, one)) for one in channel_inputs(label, uid=uid, version=version))
    return enc, mac, dek


def tap_meta_key(suite: str, master: bytes, *, version: int) -> Secret:
    """The province's key that hides identifier and counter of a tap (碰一碰标识密钥), one for all its chips."""
    return Secret(cmac(suite, master, _TAP + bytes([version])))
