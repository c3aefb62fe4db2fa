"""The simulated card in a virtual PC/SC reader (虚拟读卡器): the card's side of vsmartcard's vpcd.

Messages both ways: length in two bytes, then as many bytes. One byte alone is a control: power off, power on, reset,
or the question for the answer to reset, which alone is answered; everything longer is a command. vpcd sends length and
body apart, so without quick acknowledgement each command waits 40 ms for Nagle's algorithm.
"""

from __future__ import annotations

import socket
from collections.abc import Callable

from chips.profile import ATR
from chips.simulator.card import SimulatedCard
from chips.simulator.memory import PowerLost, Silicon

PORT = 35963
_OFF, _ON, _RESET, _ASK_ATR = 0, 1, 2, 4


class VirtualSlot:
    """A card in vpcd's slot (虚拟卡槽). feed: the body that gets the power, asked at every power-on and reset.

    Raises OSError when nobody listens there.
    """

    def __init__(self, feed: Callable[[], Silicon], *, host: str = "127.0.0.1", port: int = PORT) -> None:
        self._feed = feed
        self._card: SimulatedCard | None = None
        self._come = b""
        self._socket = socket.create_connection((host, port), timeout=5)
        self._socket.settimeout(None)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __repr__(self) -> str:
        return f"<virtual slot {self._card!r}>"

    def serve(self) -> None:
        """Answer until the card is out (服务至取卡); the connection is closed then."""
        try:
            while True:
                message = self._receive()
                if message is None:
                    return
                answer = self._control(message[0]) if len(message) == 1 else self._command(message)
                if answer is not None:
                    self._socket.sendall(len(answer).to_bytes(2, "big") + answer)
        except (PowerLost, OSError):
            return
        finally:
            self._socket.close()

    def pull(self) -> None:
        """Take the card out (取卡), from another thread too; `serve` returns."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def _control(self, kind: int) -> bytes | None:
        if kind == _ASK_ATR:
            return ATR
        if kind == _OFF:
            self._card = None
        elif kind in (_ON, _RESET):
            self._card = SimulatedCard(self._feed())
        return None

    def _command(self, command: bytes) -> bytes:
        """The answer. vpcd waits for ever for one that does not come, so a card without power is one pulled out."""
        if self._card is None:
            raise PowerLost
        return self._card.transmit(command)

    def _receive(self) -> bytes | None:
        head = self._exactly(2)
        return self._exactly(int.from_bytes(head, "big")) if head else None

    def _exactly(self, length: int) -> bytes | None:
        while len(self._come) < length:
            piece = self._socket.recv(65_536)
            if not piece:
                return None
            self._come += piece
            if len(self._come) <= length:
                # The body is still held back until the length is acknowledged; the kernel forgets this at each answer.
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        data, self._come = self._come[:length], self._come[length:]
        return data
