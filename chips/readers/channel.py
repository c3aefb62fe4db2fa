"""The reader's side of the secure channel (读卡端安全通道), over any transport."""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable

from chips import profile
from chips.crypto import scp03
from chips.crypto.scp03 import BadMessage, KeySet, Session
from chips.readers.transport import CardTransport

_ABOUT = 7 + 3 + 3
_INITIALIZED = _ABOUT + 8 + 8 + 3


class CardRefused(Exception):
    """The card answered with a status word other than 9000 (卡片拒绝). status: two bytes."""

    def __init__(self, status: bytes) -> None:
        super().__init__(status.hex().upper())
        self.status = status


class NotOurCard(Exception):
    """The card could not prove that it holds the keys (卡片身份不符)."""


def ask(transport: CardTransport, command: bytes) -> bytes:
    """Send one open command and return its data (发送明文指令). Raises CardRefused, ReaderTrouble."""
    answer = transport.transmit(command)
    if answer[-2:] != profile.OK:
        raise CardRefused(answer[-2:])
    return answer[:-2]


class SecureChannel:
    """An open channel to one card (安全通道). keys: static set of this card; key_set: which of its two sets.

    keys may be a function of the identifier that the card tells as the channel opens, 14 hex digits.
    """

    def __init__(
        self, transport: CardTransport, suite: str, keys: KeySet | Callable[[str], KeySet], *, key_set: int
    ) -> None:
        """Open it. Raises CardRefused, NotOurCard, ReaderTrouble."""
        self._transport = transport
        host = os.urandom(scp03.SHORT_MAC)
        answer = ask(transport, bytes([0x80, 0x50, key_set, 0x00, len(host)]) + host)
        if len(answer) != _INITIALIZED:
            raise NotOurCard("answer")
        self.uid = answer[:7].hex().upper()
        challenge, cryptogram = answer[_ABOUT : _ABOUT + 8], answer[_ABOUT + 8 : _ABOUT + 16]
        static = keys if isinstance(keys, KeySet) else keys(self.uid)
        self._session = Session(suite, static, host_challenge=host, card_challenge=challenge)
        if not hmac.compare_digest(cryptogram, self._session.card_cryptogram):
            raise NotOurCard("cryptogram")
        ask(
            transport, self._session.sign_opening(bytes([0x84, 0x82, scp03.LEVEL, 0x00]), self._session.host_cryptogram)
        )

    def send(self, ins: int, p1: int, p2: int, data: bytes = b"") -> bytes:
        """One command in the channel (通道内指令): the answer's data.

        Raises CardRefused for a status word, NotOurCard for an answer that is not the card's, ReaderTrouble.
        """
        answer = self._transport.transmit(self._session.wrap_command(bytes([0x84, ins, p1, p2]), data))
        if answer[-2:] != profile.OK:
            raise CardRefused(answer[-2:])
        try:
            return self._session.open_answer(answer)
        except BadMessage as error:
            raise NotOurCard("answer") from error
