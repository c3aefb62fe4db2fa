"""The one interface to a chip in a reader (读卡接口): everything above it knows only APDUs."""

from __future__ import annotations

from typing import Protocol

from chips.profile import ATR
from chips.simulator.card import SimulatedCard
from chips.simulator.memory import PowerLost, Silicon


class ReaderTrouble(Exception):
    """No answer came (读卡失败): reader pulled out, power lost, nobody there. What the card did is unknown."""


class CardTransport(Protocol):
    """A chip that can be spoken to (读卡通道)."""

    def transmit(self, command: bytes) -> bytes:
        """One command APDU, one answer with its two status bytes. Raises ReaderTrouble."""
        ...

    def atr(self) -> bytes:
        """The answer to reset (复位应答). Raises ReaderTrouble."""
        ...

    def reset(self) -> None:
        """Power off and on (复位). Raises ReaderTrouble."""
        ...

    def power_off(self) -> None:
        """Let the card go (下电)."""
        ...


class InProcess:
    """The simulator in the same process (进程内读卡器), for tests, bench and the simulated institute."""

    def __init__(self, silicon: Silicon) -> None:
        self._silicon = silicon
        self._card: SimulatedCard | None = SimulatedCard(silicon)

    def __repr__(self) -> str:
        return f"<in process {self._silicon!r}>"

    def transmit(self, command: bytes) -> bytes:
        if self._card is None:
            raise ReaderTrouble("no power")
        try:
            return self._card.transmit(command)
        except PowerLost as error:
            self._card = None
            raise ReaderTrouble("power lost") from error

    def atr(self) -> bytes:
        if self._card is None:
            raise ReaderTrouble("no power")
        return ATR

    def reset(self) -> None:
        self._card = SimulatedCard(self._silicon)

    def power_off(self) -> None:
        self._card = None
