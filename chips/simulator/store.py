"""Where simulated cards keep their memory (卡片存储): one encrypted file per card, outside the portal's database."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from chips.simulator.card import SimulatedCard
from chips.simulator.memory import CardMemory, Silicon


class CardStore:
    """A drawer of simulated cards (模拟卡片库). key: 32 bytes known to the simulator alone."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self._folder = folder
        self._box = AESGCM(key)
        self._key = key

    def secret(self, label: str) -> bytes:
        """A secret of the simulator for one purpose (模拟机构密钥), 16 bytes; always the same for a drawer."""
        return HKDF(SHA256(), 16, salt=None, info=label.encode()).derive(self._key)

    def _path(self, uid: bytes) -> Path:
        name = uid.hex().upper()
        return self._folder / name[:4] / name

    def _keeper(self, uid: bytes) -> Callable[[bytes], None]:
        def keep(image: bytes) -> None:
            path = self._path(uid)
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            nonce = os.urandom(12)
            draft = path.with_suffix(f".{os.getpid()}.new")
            draft.write_bytes(nonce + self._box.encrypt(nonce, image, uid))
            draft.replace(path)

        return keep

    def make(self, memory: CardMemory) -> Silicon:
        """A new card with this first content (制卡); it stands in the drawer at once."""
        return Silicon.blank(memory, commit=self._keeper(memory.uid))

    def take(self, uid: str) -> Silicon:
        """The card with this identifier (取卡). uid: 14 hex digits.

        Raises FileNotFoundError for a card not made here.
        """
        raw = bytes.fromhex(uid)
        data = self._path(raw).read_bytes()
        return Silicon(self._box.decrypt(data[:12], data[12:], raw), commit=self._keeper(raw))

    def insert(self, uid: str) -> SimulatedCard:
        """Put the card with this identifier into a reader (插卡). Raises FileNotFoundError likewise."""
        return SimulatedCard(self.take(uid))
