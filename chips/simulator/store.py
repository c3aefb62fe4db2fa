"""Where simulated cards keep their memory (卡片存储): one encrypted file per card, outside the portal's database."""

from __future__ import annotations

import json
import os
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chips.simulator.card import CardMemory, SimulatedCard


class CardStore:
    """A drawer of simulated cards (模拟卡片库). key: 32 bytes known to the simulator alone."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self._folder = folder
        self._box = AESGCM(key)

    def _path(self, uid: bytes) -> Path:
        name = uid.hex().upper()
        return self._folder / name[:4] / name

    def write(self, memory: CardMemory) -> None:
        """Write a card's memory in one step (写入卡片)."""
        path = self._path(memory.uid)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        plain = json.dumps(
            {
                "suite": memory.suite,
                "key": memory.key.hex(),
                "key_version": memory.key_version,
                "state": memory.state,
                "counter": memory.counter,
                "digest": memory.digest.hex(),
            }
        ).encode()
        nonce = os.urandom(12)
        draft = path.with_suffix(f".{os.getpid()}.new")
        draft.write_bytes(nonce + self._box.encrypt(nonce, plain, memory.uid))
        draft.replace(path)

    def insert(self, uid: str) -> SimulatedCard:
        """Put the card with this identifier into a reader (插卡). Raises FileNotFoundError for a card not made here."""
        raw = bytes.fromhex(uid)
        data = self._path(raw).read_bytes()
        content = json.loads(self._box.decrypt(data[:12], data[12:], raw))
        memory = CardMemory(
            uid=raw,
            suite=content["suite"],
            key=bytes.fromhex(content["key"]),
            key_version=content["key_version"],
            state=content["state"],
            counter=content["counter"],
            digest=bytes.fromhex(content["digest"]),
        )
        return SimulatedCard(memory, self.write)
