"""The reader in which a chip lies when it is written to (写卡读卡器): connected where there is one, simulated or real.

A site without a reader keeps the register alone: chips are then active as soon as they are bound, and their cards are
never written.
"""

from __future__ import annotations

from collections.abc import Callable

from chips.readers.transport import CardTransport, ReaderTrouble, Trouble

# The card with an identifier, put into a reader; raises ReaderTrouble when it is in none.
Reach = Callable[[str], CardTransport]

_connected: list[Reach] = []


def connect(reach: Reach | None) -> None:
    """Say how cards are reached (接入读卡器); None: not at all."""
    _connected[:] = [reach] if reach is not None else []


def is_connected() -> bool:
    """Whether cards can be written to here (是否接入读卡器)."""
    return bool(_connected)


def card_of(uid: str) -> CardTransport:
    """The card in its reader (取卡). Raises ReaderTrouble when no reader has it."""
    if not _connected:
        raise ReaderTrouble(Trouble.NO_READER)
    return _connected[0](uid)
