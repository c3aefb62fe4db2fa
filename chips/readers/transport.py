"""The one interface to a chip in a reader (读卡接口): everything above it knows only APDUs."""

from __future__ import annotations

import enum
from typing import Protocol

from chips.profile import ATR
from chips.simulator.card import SimulatedCard
from chips.simulator.memory import PowerLost, Silicon


class Trouble(enum.StrEnum):
    """Why no answer came (读卡失败原因)."""

    NO_POWER = "no power"
    POWER_LOST = "power lost"
    NO_LIBRARY = "no library"
    NO_SERVICE = "no service"
    NO_READER = "no reader"
    NO_CARD = "no card"
    CARD_GONE = "card gone"
    NO_ANSWER = "no answer"
    IN_USE = "in use"
    RESET_BY_OTHERS = "reset by others"
    NO_CLIENT = "no client"
    NOT_ADMITTED = "not admitted"


class ReaderTrouble(Exception):
    """No answer came (读卡失败): reader pulled out, power lost, nobody there. What the card did is unknown."""

    def __init__(self, trouble: Trouble, detail: str = "") -> None:
        super().__init__(f"{trouble}: {detail}" if detail else str(trouble))
        self.trouble = trouble


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
            raise ReaderTrouble(Trouble.NO_POWER)
        try:
            return self._card.transmit(command)
        except PowerLost as error:
            self._card = None
            raise ReaderTrouble(Trouble.POWER_LOST) from error

    def atr(self) -> bytes:
        if self._card is None:
            raise ReaderTrouble(Trouble.NO_POWER)
        return ATR

    def reset(self) -> None:
        self._card = SimulatedCard(self._silicon)

    def power_off(self) -> None:
        self._card = None
