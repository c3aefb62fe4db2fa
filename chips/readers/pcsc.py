"""A card in a PC/SC reader (PC/SC 读卡器), through pyscard: a real reader, or the simulator behind a virtual one.

pyscard stands in the extra `readers`: it is built against the system's PC/SC library, so no lock file of ours holds it.
"""

from __future__ import annotations

import time
from typing import Any

from chips.readers.transport import ReaderTrouble, Trouble

try:
    from smartcard import scard
except ImportError:  # the extra is not installed: whoever names a reader is told so
    scard = None

_POLL_MS = 100
_MAY_COME = (Trouble.NO_CARD, Trouble.CARD_GONE, Trouble.NO_ANSWER)


def _trouble(result: int) -> ReaderTrouble:
    """What a return code of PC/SC means for us."""
    known = {
        scard.SCARD_E_NO_SERVICE: Trouble.NO_SERVICE,
        scard.SCARD_E_SERVICE_STOPPED: Trouble.NO_SERVICE,
        scard.SCARD_E_NO_READERS_AVAILABLE: Trouble.NO_READER,
        scard.SCARD_E_UNKNOWN_READER: Trouble.NO_READER,
        scard.SCARD_E_READER_UNAVAILABLE: Trouble.NO_READER,
        scard.SCARD_E_NO_SMARTCARD: Trouble.NO_CARD,
        scard.SCARD_W_REMOVED_CARD: Trouble.CARD_GONE,
        scard.SCARD_W_RESET_CARD: Trouble.RESET_BY_OTHERS,
        scard.SCARD_E_SHARING_VIOLATION: Trouble.IN_USE,
    }
    return ReaderTrouble(known.get(result, Trouble.NO_ANSWER), scard.SCardGetErrorMessage(result))


def _right(answer: Any) -> Any:
    """The values after the return code, as one or as a list. Raises ReaderTrouble."""
    result, *values = answer if isinstance(answer, list | tuple) else (answer,)
    if result != scard.SCARD_S_SUCCESS:
        raise _trouble(result)
    return values[0] if len(values) == 1 else values


def _context() -> Any:
    if scard is None:
        raise ReaderTrouble(Trouble.NO_LIBRARY)
    return _right(scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM))


def reader_names() -> list[str]:
    """Readers the system knows (读卡器清单). Raises ReaderTrouble: no library, no service."""
    context = _context()
    try:
        return list(_right(scard.SCardListReaders(context, [])))
    except ReaderTrouble as trouble:
        if trouble.trouble is Trouble.NO_READER:
            return []
        raise
    finally:
        scard.SCardReleaseContext(context)


class PcscTransport:
    """The card in a named reader (PC/SC 读卡通道), ours alone as long as it is open. Not to be taken through a fork.

    wait: seconds to wait for a card to be put in. Raises ReaderTrouble.
    """

    def __init__(self, reader: str, *, wait: float = 0) -> None:
        self._reader, self._wait = reader, wait
        self._context: Any = None
        self._card: Any = None
        self._protocol = 0
        self._connect()

    def __repr__(self) -> str:
        return f"<reader {self._reader}>"

    def transmit(self, command: bytes) -> bytes:
        if self._card is None:
            raise ReaderTrouble(Trouble.NO_POWER)
        result, answer = scard.SCardTransmit(self._card, self._protocol, list(command))
        if result != scard.SCARD_S_SUCCESS:
            self._drop()
            raise _trouble(result)
        if len(answer) < 2:
            self._drop()
            raise ReaderTrouble(Trouble.NO_ANSWER)
        return bytes(answer)

    def atr(self) -> bytes:
        if self._card is None:
            raise ReaderTrouble(Trouble.NO_POWER)
        return bytes(_right(scard.SCardStatus(self._card))[3])

    def reset(self) -> None:
        if self._card is not None and self._power_anew():
            return
        self._drop()
        self._connect()
        if not self._power_anew():
            self._drop()
            raise ReaderTrouble(Trouble.NO_ANSWER)

    def power_off(self) -> None:
        if self._card is not None:
            scard.SCardDisconnect(self._card, scard.SCARD_UNPOWER_CARD)
            self._card = None
        self._drop()

    def _power_anew(self) -> bool:
        result, protocol = scard.SCardReconnect(
            self._card, scard.SCARD_SHARE_EXCLUSIVE, self._protocols(), scard.SCARD_UNPOWER_CARD
        )
        self._protocol = protocol
        return bool(result == scard.SCARD_S_SUCCESS)

    @staticmethod
    def _protocols() -> int:
        return int(scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1)

    def _connect(self) -> None:
        self._context = _context()
        deadline = time.monotonic() + self._wait
        try:
            while True:
                try:
                    self._card, self._protocol = _right(
                        scard.SCardConnect(self._context, self._reader, scard.SCARD_SHARE_EXCLUSIVE, self._protocols())
                    )
                    return
                except ReaderTrouble as trouble:
                    # The service looks at a reader a few times a second only: a card just put in is not seen yet.
                    if trouble.trouble not in _MAY_COME or time.monotonic() >= deadline:
                        raise
                self._await_change()
        except ReaderTrouble:
            self._drop()
            raise

    def _await_change(self) -> None:
        """A moment, shorter when something happens at the reader."""
        states = _right(scard.SCardGetStatusChange(self._context, 0, [(self._reader, scard.SCARD_STATE_UNAWARE)]))
        result, _seen = scard.SCardGetStatusChange(self._context, _POLL_MS, [(self._reader, states[0][1])])
        if result not in (scard.SCARD_S_SUCCESS, scard.SCARD_E_TIMEOUT):
            raise _trouble(result)

    def _drop(self) -> None:
        """Let card and service go; what is gone already is no trouble.

        The card keeps its power: to take it from one that is out leaves the service blind for the next one put in.
        """
        if self._card is not None:
            scard.SCardDisconnect(self._card, scard.SCARD_LEAVE_CARD)
        if self._context is not None:
            scard.SCardReleaseContext(self._context)
        self._card = self._context = None
