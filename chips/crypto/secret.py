"""Bytes that do not show themselves (机密字节), neither in a log line nor in a traceback with local variables."""

from __future__ import annotations


class Secret(bytes):
    """Key bytes (密钥字节): used as bytes, printed as nothing, never pickled."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{len(self)} secret bytes>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> str:
        raise TypeError("a key is not copied out of its process")

    def __reduce_ex__(self, protocol: object) -> str:
        raise TypeError("a key is not copied out of its process")
