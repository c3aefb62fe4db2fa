"""The simulated institute (模拟灌装机构): fills keys into simulated cards with a master of its own.

It stands for an office outside this system; sealreg gets the chips' identifiers and check values from it, no key.
"""

from __future__ import annotations

from dataclasses import dataclass

from chips.crypto.mac import key_check_value
from chips.keys.derivation import batch_key, chip_key
from chips.simulator.card import CardMemory
from chips.simulator.store import CardStore


@dataclass(frozen=True, slots=True)
class FilledChip:
    """What the institute reports of one chip (灌装结果)."""

    uid: str
    key_check: str


class Institute:
    """One key version of the institute (灌装机构). master: 16 bytes, the province's verification master."""

    def __init__(self, cards: CardStore, *, suite: str, version: int, master: bytes) -> None:
        self._cards = cards
        self._suite = suite
        self._version = version
        self._master = master

    def __repr__(self) -> str:
        return f"<institute {self._suite}/{self._version}>"

    def fill(self, uid: str, *, batch_no: str) -> FilledChip:
        """Fill one chip (灌装一枚): derive its key, put it into the card, report the check value."""
        key = chip_key(
            self._suite,
            batch_key(self._suite, self._master, batch_no=batch_no, version=self._version),
            uid=uid,
            version=self._version,
        )
        self._cards.write(CardMemory(uid=bytes.fromhex(uid), suite=self._suite, key=key, key_version=self._version))
        return FilledChip(uid, key_check_value(self._suite, key))
