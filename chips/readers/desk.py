"""The client beside a reader (读卡客户端): gives one caller at a time the card in it, over HTTP on this machine.

    POST   /card         {"turn"}  power the card anew          → {"turn", "atr"}
    POST   /card/{turn}  {"apdu"}  one command, as hexadecimal  → {"answer"}
    DELETE /card/{turn}            let the card go              → {}

It knows no key and looks at no command: a bank's two-step check passes its `apdu` through here unchanged.
"""

from __future__ import annotations

import hmac
import http.server
import json
import re
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any

from chips.readers.transport import CardTransport, ReaderTrouble, Trouble

IDLE_SECONDS = 30.0
_MOST_BODY = 2_048
_APDU = re.compile(r"(?:[0-9a-fA-F]{2}){4,261}", re.ASCII)
_PATH = re.compile(r"/card(?:/([0-9a-f]{16}))?", re.ASCII)
_STATUS = {Trouble.NOT_ADMITTED: 401, Trouble.IN_USE: 409}


class BadCall(Exception):
    """A call that is not one of ours (请求不合规). The text is for the caller."""


class Desk:
    """Whose turn it is (读卡席位). open_card: powers the card and gives its transport; idle: seconds a turn lasts."""

    def __init__(self, open_card: Callable[[], CardTransport], *, idle: float = IDLE_SECONDS) -> None:
        self._open, self._idle = open_card, idle
        self._lock = threading.Lock()
        self._card: CardTransport | None = None
        self._turn, self._last = "", 0.0

    def begin(self, turn: str) -> dict[str, str]:
        """Power the card anew for this caller (上电). Raises ReaderTrouble, also when another has it."""
        with self._lock:
            if self._turn and turn != self._turn and time.monotonic() - self._last < self._idle:
                raise ReaderTrouble(Trouble.IN_USE)
            self._turn = ""
            if self._card is None:
                self._card = self._open()
            else:
                self._card.reset()
            atr = self._card.atr()
            self._turn, self._last = secrets.token_hex(8), time.monotonic()
            return {"turn": self._turn, "atr": atr.hex()}

    def send(self, turn: str, command: bytes) -> dict[str, str]:
        """One command (转发指令). Raises ReaderTrouble; the caller's turn is over then."""
        with self._lock:
            card = self._mine(turn)
            try:
                answer = card.transmit(command)
            except ReaderTrouble:
                self._turn = ""
                raise
            self._last = time.monotonic()
            return {"answer": answer.hex()}

    def end(self, turn: str) -> dict[str, str]:
        """Let the card go (下电)."""
        with self._lock:
            self._mine(turn).power_off()
            self._turn = ""
            return {}

    def _mine(self, turn: str) -> CardTransport:
        if self._card is None or not self._turn or not hmac.compare_digest(turn, self._turn):
            raise ReaderTrouble(Trouble.NO_POWER)
        return self._card


class DeskServer(http.server.ThreadingHTTPServer):
    """The desk over HTTP (读卡客户端服务). token: what callers must bring; port 0 takes a free one."""

    daemon_threads = True

    def __init__(self, desk: Desk, token: str, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.desk, self.token = desk, token
        super().__init__((host, port), _Call)

    @property
    def address(self) -> str:
        """Where it is reached (地址)."""
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}"


class _Call(http.server.BaseHTTPRequestHandler):
    """One caller's connection."""

    protocol_version = "HTTP/1.1"
    timeout = 60  # a caller who says nothing gives his thread back
    server: DeskServer
    wbufsize = -1  # head and body leave together

    def do_POST(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: Any) -> None:
        """Commands and answers are nobody's to read later."""

    def _answer(self) -> None:
        try:
            status, said = 200, self._act()
        except BadCall as error:
            status, said = 400, {"error": str(error)}
            self.close_connection = True
        except ReaderTrouble as error:
            status, said = _STATUS.get(error.trouble, 503), {"trouble": str(error.trouble)}
        content = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    def _act(self) -> dict[str, str]:
        body = self._body()
        given = self.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {self.server.token}".encode()):
            raise ReaderTrouble(Trouble.NOT_ADMITTED)
        known = _PATH.fullmatch(self.path)
        if known is None:
            raise BadCall("no such address")
        turn = known[1] or ""
        if self.command == "POST" and not turn:
            return self.server.desk.begin(str(body.get("turn", "")))
        if self.command == "DELETE" and turn:
            return self.server.desk.end(turn)
        if self.command != "POST":
            raise BadCall("no such call")
        apdu = body.get("apdu")
        if not isinstance(apdu, str) or not _APDU.fullmatch(apdu):
            raise BadCall("apdu: 4 to 261 bytes in hexadecimal")
        return self.server.desk.send(turn, bytes.fromhex(apdu))

    def _body(self) -> dict[str, Any]:
        """The JSON object of the call. Raises BadCall."""
        length = self.headers.get("Content-Length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > _MOST_BODY:
            raise BadCall("the body is too long or of unknown length")
        content = self.rfile.read(int(length))
        try:
            body = json.loads(content) if content else {}
        except ValueError:
            raise BadCall("the body is not JSON") from None
        if not isinstance(body, dict):
            raise BadCall("the body is not an object")
        return body
