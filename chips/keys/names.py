"""What keys are called (密钥名称): purpose, suite and version; a name is no secret, a key has no other identity."""

from __future__ import annotations

from dataclasses import dataclass

VERIFY, MANAGE, SIGN = "VERIFY", "MANAGE", "SIGN"


class KeystoreLocked(Exception):
    """The store is missing, or does not open with the passphrases given (密钥库未解锁)."""


@dataclass(frozen=True, slots=True, order=True)
class KeyName:
    """One key of the store (密钥名). purpose: VERIFY, MANAGE or SIGN; version: 1–99."""

    purpose: str
    suite: str
    version: int

    def __str__(self) -> str:
        return f"{self.purpose}/{self.suite}/{self.version}"
