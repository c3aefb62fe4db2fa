"""The institute's hierarchy (密钥层级): root → masters, by purpose, suite, version and party."""

from __future__ import annotations

from chips.crypto.mac import cmac
from chips.crypto.secret import Secret

COMPONENTS = 3
ROOT_BYTES = 16
# What may leave, as a key block for the province that needs it; the issuer's and the Ministry's masters do not.
DELIVERED = ("VERIFY", "MANAGE")


def join_root(components: list[bytes]) -> Secret:
    """The root of its three components (合成根密钥). Two of them say nothing of it. Raises ValueError."""
    if len(components) != COMPONENTS or any(len(part) != ROOT_BYTES for part in components):
        raise ValueError("the root has three components of 16 bytes")
    return Secret(a ^ b ^ c for a, b, c in zip(*components, strict=True))


def master_of(root: bytes, *, purpose: str, suite: str, version: int, party: str) -> Secret:
    """One master (主密钥), 16 bytes. party: "00" for the institute itself, the province's two digits, or "MP"."""
    label = f"SEALREG-MASTER|{purpose}|{suite}|{party}|".encode()
    return Secret(cmac("AES-CMAC", root, b"\x03" + label + bytes([version])))
