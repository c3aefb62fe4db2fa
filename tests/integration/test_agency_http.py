"""A hostile other side (恶意应答): raw sockets that answer as no agency should."""

from __future__ import annotations

import contextlib
import gzip
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator

import msgspec
import pytest

from integration.agency_http import AgencyClient, BadAnswer, Declined, Limits, Unreachable, decode

LIMITS = Limits(connect=0.5, read=0.5, write=0.5, pool=0.5, total=1.0, body=1 << 20)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


class Hostile:
    """A server whose answer is written by a function given the socket."""

    def __init__(self, answer: Callable[[socket.socket], None]) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.sent = 0
        self.requests: list[bytes] = []
        self._threads: list[threading.Thread] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
                thread.start()
                self._threads.append(thread)

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(5)
            data = b""
            while b"\r\n\r\n" not in data:
                piece = connection.recv(65536)
                if not piece:
                    return
                data += piece
            self.requests.append(data)
            self._answer(connection)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(6)


@pytest.fixture
def hostile() -> Iterator[Callable[[Callable[[socket.socket], None]], tuple[Hostile, AgencyClient]]]:
    with contextlib.ExitStack() as stack:

        def make(answer: Callable[[socket.socket], None]) -> tuple[Hostile, AgencyClient]:
            server = Hostile(answer)
            stack.callback(server.close)
            client = AgencyClient(f"http://127.0.0.1:{server.port}", allowed_hosts=["127.0.0.1"], limits=LIMITS)
            stack.callback(client.close)
            return server, client

        yield make


def says(data: bytes) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(data)


def test_a_plain_answer(hostile):
    server, client = hostile(says(HEAD + b"Content-Length: 2\r\n\r\n{}"))
    answer = client.call("GET", "v1", "a/../b?c#d 印")
    assert (answer.status, answer.body) == (200, b"{}")
    assert server.requests[0].startswith(b"GET /v1/a%2F..%2Fb%3Fc%23d%20%E5%8D%B0 HTTP/1.1\r\n")


def test_a_page_of_200_mb_is_refused_without_being_read(hostile):
    sent = []

    def flood(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"Connection: close\r\n\r\n")
        piece = b"[" + b" " * 65535
        for _ in range(3200):
            connection.sendall(piece)
            sent.append(len(piece))

    _, client = hostile(flood)
    tracemalloc.start()
    try:
        with pytest.raises(BadAnswer) as caught:
            client.call("GET", "v1", "changes")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert caught.value.reason == "too_large"
    assert peak < 8 << 20
    assert sum(sent) < 32 << 20  # the rest stayed in the sender


def test_a_declared_200_mb_is_refused_before_the_first_byte(hostile):
    _, client = hostile(says(HEAD + b"Content-Length: 209715200\r\n\r\n"))
    with pytest.raises(BadAnswer) as caught:
        client.call("GET", "x")
    assert caught.value.reason == "too_large"


def _drip(data: bytes) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        for place in range(len(data)):
            connection.sendall(data[place : place + 1])
            time.sleep(0.1)

    return answer


@pytest.mark.parametrize(
    "data", [HEAD + b"X-Long: " + b"x" * 500, HEAD + b"Connection: close\r\n\r\n" + b" " * 500], ids=["head", "body"]
)
def test_dripping_bytes_meet_the_limit_of_the_whole_call(hostile, data):
    head_at_once = len(HEAD) if b"X-Long" not in data else 0

    def answer(connection: socket.socket) -> None:
        connection.sendall(data[:head_at_once])
        _drip(data[head_at_once:])(connection)

    _, client = hostile(answer)
    started = time.monotonic()
    with pytest.raises(Unreachable) as caught:
        client.call("GET", "x")
    assert caught.value.reason == "timeout"
    assert time.monotonic() - started < 1.6


def test_silence_meets_the_read_limit(hostile):
    _, client = hostile(lambda connection: time.sleep(1))
    started = time.monotonic()
    with pytest.raises(Unreachable) as caught:
        client.call("GET", "x")
    assert caught.value.reason == "timeout"
    assert time.monotonic() - started < 0.9


def test_a_receiver_that_does_not_read_meets_the_write_limit():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with AgencyClient(f"http://127.0.0.1:{port}", allowed_hosts=["127.0.0.1"], limits=LIMITS) as client:
            started = time.monotonic()
            with pytest.raises(Unreachable):
                client.call("POST", "x", body=b"x" * (32 << 20))
            assert time.monotonic() - started < 1.6


@pytest.mark.parametrize(
    ("data", "error", "reason"),
    [
        (b"", BadAnswer, "protocol"),
        (b"nonsense\r\n\r\n", BadAnswer, "protocol"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}", BadAnswer, "protocol"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{}", BadAnswer, "protocol"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", BadAnswer, "protocol"),
        (
            b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n",
            BadAnswer,
            "redirect",
        ),
        (b"HTTP/1.1 307 X\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n", BadAnswer, "redirect"),
        (HEAD + b"Content-Encoding: gzip\r\nConnection: close\r\n\r\n" + gzip.compress(b"x"), BadAnswer, "compressed"),
        (b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n", Unreachable, "unavailable"),
        (b"HTTP/1.1 503 X\r\nContent-Length: 5\r\n\r\nlater", Unreachable, "unavailable"),
        (b"HTTP/1.1 429 X\r\nContent-Length: 0\r\n\r\n", Unreachable, "unavailable"),
        (b"HTTP/1.1 404 X\r\nContent-Length: 6\r\n\r\n<html>", BadAnswer, "not_json"),
        (b'HTTP/1.1 422 X\r\nContent-Length: 14\r\n\r\n{"code":"903"}', Declined, "903"),
    ],
)
def test_other_answers_have_their_names(hostile, data, error, reason):
    _, client = hostile(says(data))
    with pytest.raises(error) as caught:
        client.call("GET", "x")
    assert caught.value.reason == reason


def test_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with AgencyClient(f"http://127.0.0.1:{port}", allowed_hosts=["127.0.0.1"], limits=LIMITS) as client:
        with pytest.raises(Unreachable) as caught:
            client.call("GET", "x")
        assert caught.value.reason == "connection"


def test_a_connection_is_used_again_and_a_dead_one_is_not(hostile):
    hung_up = threading.Event()

    def twice(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}")
        connection.recv(65536)
        connection.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}")
        connection.shutdown(socket.SHUT_RDWR)
        hung_up.set()

    server, client = hostile(twice)
    for number in range(1, 6):
        assert client.call("GET", "x").body == b"{}"
        if number % 2 == 0:  # the end must have arrived before the next call looks whether the connection lives
            assert hung_up.wait(10)
            hung_up.clear()
    assert len(server.requests) == 3


def test_proxies_of_the_environment_are_not_used(hostile, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    _, client = hostile(says(HEAD + b"Content-Length: 2\r\n\r\n{}"))
    assert client.call("GET", "x").body == b"{}"


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/",
        "http://127.0.0.1:80/",
        "http://localhost/",
        "http://[::1]/",
        "http://0.0.0.0/",
        "http://0/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://127.1/",
        "http://registry.example@169.254.169.254/",
        "http://registry.example:pw@registry.example/",
        "http://169.254.169.254#registry.example",
        "http://169.254.169.254?registry.example",
        "http://registry.example/path",
        "http://registry.example/?q=1",
        "http://registry.example/#f",
        "http://registry.example.evil.example/",
        "http://evil.example/registry.example",
        "http://registry.example\\@evil.example/",
        "https://xn--registry-example/",
        "file:///etc/hostname",
        "ftp://registry.example/",
        "gopher://registry.example/",
        "data:text/plain,x",
        "javascript:alert(1)",
        "dict://registry.example/",
        "//registry.example/",
        "registry.example",
        "",
        "http://",
    ],
)
def test_only_the_hosts_fixed_in_settings_are_spoken_to(url):
    with pytest.raises(ValueError):
        AgencyClient(url, allowed_hosts=["registry.example"])


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe", '{"a": "甲"}'.encode("gbk"), b'{"a":' * 100_000 + b"1" + b"}" * 100_000, b"nan"],
)
def test_what_is_no_json_is_a_bad_answer(body):
    with pytest.raises(BadAnswer):
        decode(body, dict[str, object])


def test_a_record_of_another_shape_is_a_bad_answer():
    class Wanted(msgspec.Struct):
        a: int

    with pytest.raises(BadAnswer) as caught:
        decode(b'{"a": "1"}', Wanted)
    assert caught.value.reason == "shape"
