"""The scanner hook, and ClamAV's daemon spoken to by its own protocol."""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sealreg.attachments import clamd, scanners
from sealreg.attachments.services import examine
from sealreg.errors import RuleBroken, ServiceUnavailable
from tests.attachments import made


class _Daemon(socketserver.BaseRequestHandler):
    """Answers INSTREAM as clamd does; `server.mode` makes it misbehave."""

    def handle(self) -> None:
        if self.server.mode == "silent close":
            return
        assert self._take(10) == b"zINSTREAM\0"
        received = b""
        while length := struct.unpack("!L", self._take(4))[0]:
            received += self._take(length)
        self.server.received = received
        answers = {
            "": b"stream: Eicar-Signature FOUND\0" if scanners.EICAR in received else b"stream: OK\0",
            "limit": b"INSTREAM size limit exceeded. ERROR\0",
            "garbage": b"\xff\xfe\0",
        }
        self.request.sendall(answers[self.server.mode])

    def _take(self, count: int) -> bytes:
        taken = b""
        while len(taken) < count:
            piece = self.request.recv(count - len(taken))
            assert piece
            taken += piece
        return taken


class _UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    mode = ""
    received = b""


@pytest.fixture
def daemon(tmp_path_factory: pytest.TempPathFactory, settings) -> Iterator[_UnixServer]:
    place = tmp_path_factory.mktemp("c") / "s"
    server = _UnixServer(str(place), _Daemon)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    settings.ATTACHMENT_CLAMD = f"unix:{place}"
    settings.ATTACHMENT_SCANNER = "sealreg.attachments.clamd.scan"
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
    Path(place).unlink()


def test_clamd_receives_every_byte_and_its_finding_refuses(daemon):
    data = made.jpeg() + bytes(700_000)
    assert clamd.scan(data) is None
    assert daemon.received == data
    assert clamd.scan(data + scanners.EICAR) == "Eicar-Signature"
    with pytest.raises(RuleBroken) as refused:
        examine(made.jpeg() + scanners.EICAR, kind="IMPRINT", name="a.jpg")
    assert refused.value.reason == "upload_malware"
    assert examine(made.jpeg(), kind="IMPRINT", name="a.jpg").name == "a.jpg"


@pytest.mark.parametrize("mode", ["limit", "garbage", "silent close"])
def test_no_clear_answer_means_nothing_is_taken(daemon, mode):
    daemon.mode = mode
    with pytest.raises(ServiceUnavailable) as refused:
        examine(made.jpeg(), kind="IMPRINT", name="a.jpg")
    assert refused.value.reason == "scanner_unavailable"


def test_absent_daemon_means_nothing_is_taken(settings, tmp_path):
    settings.ATTACHMENT_CLAMD = f"unix:{tmp_path}/none"
    with pytest.raises(scanners.ScannerDown):
        clamd.scan(b"x")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        settings.ATTACHMENT_CLAMD = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(scanners.ScannerDown):
            clamd.scan(b"x")


def test_built_in_scanner_passes_what_is_clean():
    for data in (made.jpeg(), made.plain_pdf(), b"PK\x05\x06" + bytes(18), b"%PDF-1.4 stream\n\x78\x9c garbage", b""):
        assert scanners.built_in(data) is None
