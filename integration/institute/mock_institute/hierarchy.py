"""The institute's hierarchy (密钥层级): root → masters by purpose → keys of one chip. Every label is used once."""

from __future__ import annotations

from chips.crypto.mac import cmac
from chips.crypto.secret import Secret
from chips.keys.derivation import batch_key, chip_key

COMPONENTS = 3
ROOT_BYTES = 16
ISSUER, MINISTRY, VERIFY, MANAGE = "ISSUER", "MINISTRY", "VERIFY", "MANAGE"
# What may leave, as a key block for the one party that needs it; the issuer's master never does.
DELIVERED = (VERIFY, MANAGE)
_CHANNEL = {"enc": b"SEALREG-CH-ENC", "mac": b"SEALREG-CH-MAC", "dek": b"SEALREG-CH-DEK"}


def join_root(components: list[bytes]) -> Secret:
    """The root of its three components (合成根密钥). Two of them say nothing of it. Raises ValueError."""
    if len(components) != COMPONENTS or any(len(part) != ROOT_BYTES for part in components):
        raise ValueError("the root has three components of 16 bytes")
    return Secret(a ^ b ^ c for a, b, c in zip(*components, strict=True))


def master_of(root: bytes, *, purpose: str, suite: str, version: int, party: str) -> Secret:
    """One master (主密钥), 16 bytes. party: "00" for the institute itself, the province's two digits, or "MP"."""
    label = f"SEALREG-MASTER|{purpose}|{suite}|{party}|".encode()
    return Secret(cmac("AES-CMAC", root, b"\x03" + label + bytes([version])))


def channel_keys(suite: str, issuer: bytes, *, uid: str, version: int) -> dict[str, Secret]:
    """The three channel keys of one chip (芯片通道密钥), from the issuer's master."""
    tail = suite.encode() + bytes([version]) + bytes.fromhex(uid)
    return {name: Secret(cmac(suite, issuer, b"\x04" + label + tail)) for name, label in _CHANNEL.items()}


def authentication_key(suite: str, master: bytes, *, batch_no: str, uid: str, version: int) -> Secret:
    """A chip's key for one verifier (芯片认证密钥), province or Ministry, by way of its batch."""
    of_batch = batch_key(suite, master, batch_no=batch_no, version=version)
    return Secret(chip_key(suite, of_batch, uid=uid, version=version))
