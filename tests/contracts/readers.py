"""The three ways to a card, for the contract they all keep (读卡契约环境)."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Protocol

import httpx

from chips.readers.desk import Desk, DeskServer
from chips.readers.remote import RemoteReader
from chips.readers.transport import CardTransport, InProcess
from chips.simulator.memory import Silicon
from tests.pcscd import Inserted, Service

TOKEN = "token-of-the-desk"


class Bench(Protocol):
    """A place with one reader (读卡台)."""

    def insert(self, body: Silicon) -> CardTransport:
        """Put a card in and speak to it; the one before is out then."""
        ...

    def present_again(self, body: Silicon, transport: CardTransport) -> None:
        """Put the same card in again after its power went, and reset."""
        ...


class OwnProcess:
    """The simulator in this process (进程内)."""

    def insert(self, body: Silicon) -> CardTransport:
        return InProcess(body)

    def present_again(self, body: Silicon, transport: CardTransport) -> None:
        transport.reset()


class Remote:
    """A desk's client with the simulator in its reader, over HTTP (远程)."""

    def __init__(self) -> None:
        self._address = ""

    def insert(self, body: Silicon, *, idle: float = 30) -> RemoteReader:
        card = InProcess(body)
        server = DeskServer(Desk(lambda: card, idle=idle), TOKEN)
        self._stack.callback(server.server_close)
        self._stack.callback(server.shutdown)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self._address = server.address
        self._first = self.another()
        return self._first

    def another(self, token: str = TOKEN) -> RemoteReader:
        """Another caller at the same desk (另一调用方)."""
        reader = RemoteReader(self._address, token)
        self._stack.callback(reader.close)
        return reader

    def post(self, path: str, content: bytes) -> httpx.Response:
        """A call as anybody could make it, with the token and the first caller's turn (任意请求)."""
        address = self._address + path.replace("{turn}", self._first._turn)
        return httpx.post(address, content=content, headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False)

    def present_again(self, body: Silicon, transport: CardTransport) -> None:
        transport.reset()

    def __enter__(self) -> Remote:
        self._stack = contextlib.ExitStack()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()


class Pcsc:
    """pcscd with the simulator in its virtual reader, through pyscard (PC/SC)."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.held: Inserted | None = None
        self._open: list[CardTransport] = []

    def insert(self, body: Silicon) -> CardTransport:
        self.take_out()
        self.held = self._service.insert(body)
        transport = self.held.transport()
        self._open.append(transport)
        return transport

    def present_again(self, body: Silicon, transport: CardTransport) -> None:
        if self.held is not None:
            self.held.pull()
        self.held = self._service.insert(body)
        transport.reset()

    def take_out(self) -> None:
        """Leave the reader empty for the next test (取卡)."""
        while self._open:
            self._open.pop().power_off()
        if self.held is not None:
            self.held.pull()
            self.held = None


@contextlib.contextmanager
def pcsc_bench(service: Service) -> Iterator[Pcsc]:
    """One test's use of the shared daemon (一次使用)."""
    bench = Pcsc(service)
    try:
        yield bench
    finally:
        bench.take_out()
