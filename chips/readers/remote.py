"""A card in a reader elsewhere (远程读卡器): commands go over HTTP to the small client beside that reader (desk.py)."""

from __future__ import annotations

from typing import Any

import httpx

from chips.readers.transport import ReaderTrouble, Trouble

LIMITS = httpx.Timeout(10.0, connect=3.0)
_MOST_BYTES = 4_096


class RemoteReader:
    """The card at a desk's client (远程读卡通道). address: of the client; token: what it was started with.

    The desk is ours alone until power_off, or until nothing came for a while. Raises ReaderTrouble.
    """

    def __init__(self, address: str, token: str) -> None:
        self._link = httpx.Client(
            base_url=address, timeout=LIMITS, trust_env=False, headers={"Authorization": f"Bearer {token}"}
        )
        self._turn, self._atr = "", b""
        try:
            self.reset()
        except ReaderTrouble:
            self._link.close()
            raise

    def __repr__(self) -> str:
        return f"<remote reader {self._link.base_url.host}>"

    def transmit(self, command: bytes) -> bytes:
        if not self._turn:
            raise ReaderTrouble(Trouble.NO_POWER)
        try:
            answer = bytes.fromhex(self._ask("POST", f"card/{self._turn}", {"apdu": command.hex()})["answer"])
        except (KeyError, TypeError, ValueError) as error:
            self._turn = ""
            raise ReaderTrouble(Trouble.NO_ANSWER) from error
        except ReaderTrouble:
            self._turn = ""
            raise
        if len(answer) < 2:
            self._turn = ""
            raise ReaderTrouble(Trouble.NO_ANSWER)
        return answer

    def atr(self) -> bytes:
        if not self._turn:
            raise ReaderTrouble(Trouble.NO_POWER)
        return self._atr

    def reset(self) -> None:
        turn, self._turn = self._turn, ""
        said = self._ask("POST", "card", {"turn": turn})
        try:
            self._turn, self._atr = str(said["turn"]), bytes.fromhex(said["atr"])
        except (KeyError, TypeError, ValueError) as error:
            raise ReaderTrouble(Trouble.NO_ANSWER) from error

    def power_off(self) -> None:
        turn, self._turn = self._turn, ""
        if turn:
            try:
                self._ask("DELETE", f"card/{turn}", None)
            except ReaderTrouble:
                return  # the desk lets the card go by itself after a while

    def close(self) -> None:
        """Let the card and the connection go (关闭)."""
        self.power_off()
        self._link.close()

    def _ask(self, method: str, path: str, body: dict[str, str] | None) -> dict[str, Any]:
        """One call; what the desk's client says of its own reader is passed on as it is."""
        try:
            answer = self._link.request(method, path, json=body)
            said = answer.json() if len(answer.content) <= _MOST_BYTES else None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ReaderTrouble(Trouble.NO_CLIENT, type(error).__name__) from error
        except ValueError:
            said = None
        if not isinstance(said, dict):
            raise ReaderTrouble(Trouble.NO_CLIENT, f"HTTP {answer.status_code}")
        if answer.status_code == httpx.codes.OK:
            return said
        word = said.get("trouble")
        raise ReaderTrouble(Trouble(word) if word in list(Trouble) else Trouble.NO_ANSWER)
