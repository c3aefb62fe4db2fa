"""Masters that answer without being shown (主密钥): in memory here, in a token in pkcs11.py."""

from __future__ import annotations

from typing import Protocol

from chips.crypto.mac import KEY_BYTES, cmac, key_check_value
from chips.crypto.secret import Secret


class Master(Protocol):
    """A master that makes MACs (主密钥): everything below it is derived from these."""

    check: str

    def mac(self, message: bytes) -> bytes:
        """The CMAC of a message under the master (计算鉴别码), 16 bytes."""


class Hidden:
    """Something secret that shows itself in no text, copy or pickle (不可显示的密钥)."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__.lower()} hidden>"

    def __reduce__(self) -> str:
        raise TypeError("a key is not copied out of its process")

    def __copy__(self) -> Hidden:
        raise TypeError("a key is not copied")

    def __deepcopy__(self, memo: object) -> Hidden:
        raise TypeError("a key is not copied")


class MemoryMaster(Hidden):
    """A master unwrapped into this process (内存主密钥). key: 16 bytes."""

    __slots__ = ("_key", "_suite", "check")

    def __init__(self, suite: str, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError("a master has 16 bytes")
        self._suite, self._key = suite, Secret(key)
        self.check = key_check_value(suite, key)

    def __repr__(self) -> str:
        return f"<master {self._suite} kcv={self.check}>"

    def mac(self, message: bytes) -> bytes:
        return cmac(self._suite, self._key, message)
