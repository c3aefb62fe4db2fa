"""The cryptography of an act and nothing else (裸密码运算): caught while the act runs once, then replayed bare."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB
from cryptography.hazmat.primitives.cmac import CMAC

from chips.crypto import mac, scp03
from chips.crypto.mac import block_cipher

_KEY, _ZERO = bytes(range(16)), bytes(16)


@dataclass
class Caught:
    """What was done (所做运算): MACs by whether the key was set up for them, ciphers by mode; lengths in bytes."""

    fresh: list[int] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)
    ecb: list[int] = field(default_factory=list)
    cbc: list[int] = field(default_factory=list)

    def clear(self) -> None:
        """Forget what was done to prepare (清空)."""
        for lengths in (self.fresh, self.kept, self.ecb, self.cbc):
            lengths.clear()

    def __str__(self) -> str:
        ciphers = len(self.ecb) + len(self.cbc)
        return f"{len(self.fresh) + len(self.kept)} MACs, {len(self.kept)} of them with a key set up, {ciphers} ciphers"


class _Mac:
    """A MAC that notes what it covers."""

    def __init__(self, caught: Caught, real: CMAC, *, kept: bool = False) -> None:
        self._caught, self._real, self._kept, self._length = caught, real, kept, 0

    def update(self, data: bytes) -> None:
        self._length += len(data)
        self._real.update(data)

    def copy(self) -> _Mac:
        return _Mac(self._caught, self._real.copy(), kept=True)

    def finalize(self) -> bytes:
        self._note()
        return self._real.finalize()

    def verify(self, tag: bytes) -> None:
        self._note()
        self._real.verify(tag)

    def _note(self) -> None:
        (self._caught.kept if self._kept else self._caught.fresh).append(self._length)


class _Context:
    """A cipher at work that notes how much passes."""

    def __init__(self, lengths: list[int], real: Any) -> None:
        self._lengths, self._real = lengths, real

    def update(self, data: bytes) -> bytes:
        self._lengths.append(len(data))
        return self._real.update(data)

    def finalize(self) -> bytes:
        return self._real.finalize()


@contextlib.contextmanager
def catching() -> Iterator[Caught]:
    """Note every MAC and cipher of the chips' code (记录运算)."""
    caught = Caught()

    class Noted:
        def __init__(self, algorithm: Any, mode: Any) -> None:
            self._real = Cipher(algorithm, mode)
            self._lengths = caught.cbc if isinstance(mode, CBC) else caught.ecb

        def encryptor(self) -> _Context:
            return _Context(self._lengths, self._real.encryptor())

        def decryptor(self) -> _Context:
            return _Context(self._lengths, self._real.decryptor())

    mac.CMAC = lambda algorithm: _Mac(caught, CMAC(algorithm))  # type: ignore[assignment,misc]
    scp03.Cipher = Noted  # type: ignore[assignment,misc]
    try:
        yield caught
    finally:
        mac.CMAC, scp03.Cipher = CMAC, Cipher  # type: ignore[misc]


def replay(suite: str, caught: Caught) -> Callable[[], None]:
    """The same operations on the same lengths (重放), each as the library offers it."""
    algorithm = block_cipher(suite, _KEY)
    keyed = CMAC(algorithm)
    fresh, kept = ([bytes(length) for length in lengths] for lengths in (caught.fresh, caught.kept))
    ecb, cbc = ([bytes(length) for length in lengths] for lengths in (caught.ecb, caught.cbc))

    def once() -> None:
        for text in fresh:
            context = CMAC(algorithm)
            context.update(text)
            context.finalize()
        for text in kept:
            context = keyed.copy()
            context.update(text)
            context.finalize()
        for text in ecb:
            Cipher(algorithm, ECB()).encryptor().update(text)
        for text in cbc:
            Cipher(algorithm, CBC(_ZERO)).encryptor().update(text)

    return once
