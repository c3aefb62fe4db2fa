"""HTTP to another agency (对外 HTTP 客户端): a fixed host, hard limits on time and size, nothing followed.

An answer is a stranger's bytes. Every phase has a limit and so has the whole call, however slowly the bytes drip; the
body is read in pieces against a cap; redirects, compression and proxies of the environment are not used.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import httpcore
import httpx
import msgspec

T = TypeVar("T")
_PIECE = 65536
_deadline: ContextVar[float] = ContextVar("agency_call_deadline")


class AgencyError(Exception):
    """A call to another agency did not give what was asked (对外调用未成功).

    reason: a stable word; detail: for operators.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class Unreachable(AgencyError):
    """No answer, or one that says "later" (无应答或稍后再试): refused, too slow, cut off, 429 or 5xx. Try again."""


class BadAnswer(AgencyError):
    """An answer that is not what was agreed (应答不符合约定): no JSON, too large, redirect, other key. Try again."""


class Declined(AgencyError):
    """The agency understood and said no (对方拒绝). status: HTTP status; code: the agency's; field: which, or empty."""

    def __init__(self, status: int, code: str, message: str, field: str = "") -> None:
        super().__init__(code, message)
        self.status, self.code, self.message, self.field = status, code, message, field


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much (限额). Seconds per phase and for the whole call; bytes of the answer's body."""

    connect: float = 2.0
    read: float = 5.0
    write: float = 5.0
    pool: float = 2.0
    total: float = 15.0
    body: int = 1 << 20


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and body of an answer (应答)."""

    status: int
    body: bytes


class _Problem(msgspec.Struct):
    code: str = ""
    message: str = ""
    field: str = ""


class AgencyClient:
    """One agency's HTTP address (对外客户端).

    base_url: scheme, host and port only. allowed_hosts: where it may lead, a list fixed in settings; nothing a message
    holds can add to it. ca_file: the only authorities trusted for this agency; empty for the system's.
    """

    def __init__(
        self, base_url: str, *, allowed_hosts: Iterable[str], limits: Limits | None = None, ca_file: str = ""
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or parts.username is not None or parts.query or parts.fragment:
            raise ValueError("an agency's address is a scheme, a host and a port")
        if parts.path not in {"", "/"} or not parts.hostname or parts.hostname not in frozenset(allowed_hosts):
            raise ValueError("an agency's address must be one of the hosts fixed in settings")
        self.limits = limits if limits is not None else Limits()
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl.create_default_context(cafile=ca_file or None),
            max_connections=16,
            max_keepalive_connections=8,
            keepalive_expiry=20,
            network_backend=_DeadlineBackend(),
        )
        self._client = httpx.Client(
            transport=_Transport(self._pool),
            timeout=httpx.Timeout(
                connect=self.limits.connect, read=self.limits.read, write=self.limits.write, pool=self.limits.pool
            ),
            follow_redirects=False,
            trust_env=False,
            headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "sealreg"},
        )

    def close(self) -> None:
        """Close the connections (关闭)."""
        self._client.close()

    def __enter__(self) -> AgencyClient:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def call(
        self,
        method: str,
        *segments: str,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
        body_limit: int | None = None,
    ) -> Answer:
        """One call (调用): the answer of status 2xx.

        segments: the path's words; each is quoted, so that none can leave its place. body_limit: bytes, instead of the
        client's. Raises Unreachable, BadAnswer, Declined.
        """
        path = "/" + "/".join(quote(segment, safe="") for segment in segments)
        sent = {**(headers or {}), **({"Content-Type": content_type} if body is not None else {})}
        token = _deadline.set(time.monotonic() + self.limits.total)
        try:
            with self._client.stream(
                method, self._origin + path, params=params, content=body, headers=sent
            ) as response:
                answer = Answer(response.status_code, self._collect(response, body_limit or self.limits.body))
        except httpx.TimeoutException as error:
            raise Unreachable("timeout", type(error).__name__) from error
        except httpx.RemoteProtocolError as error:
            raise BadAnswer("protocol", str(error)[:200]) from error
        except httpx.TransportError as error:
            raise Unreachable("connection", str(error)[:200]) from error
        finally:
            _deadline.reset(token)
        return _judge(answer)

    def _collect(self, response: httpx.Response, limit: int) -> bytes:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise BadAnswer("compressed", "the answer is compressed although that was not accepted")
        declared = response.headers.get("content-length", "")
        if declared.isascii() and declared.isdigit() and len(declared) < 19 and int(declared) > limit:
            raise BadAnswer("too_large", f"{declared} bytes declared, {limit} accepted")
        pieces, size = [], 0
        for piece in response.iter_raw():
            size += len(piece)
            if size > limit:
                raise BadAnswer("too_large", f"more than {limit} bytes")
            pieces.append(piece)
        return b"".join(pieces)


def decode(body: bytes, kind: type[T]) -> T:
    """A JSON body as `kind` (解析). Raises BadAnswer for anything else, however broken or deep."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise BadAnswer("shape", str(error)[:300]) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadAnswer("not_json", str(error)[:300]) from error


def _judge(answer: Answer) -> Answer:
    if 200 <= answer.status < 300:
        return answer
    if answer.status >= 500 or answer.status in {408, 425, 429}:
        raise Unreachable("unavailable", f"HTTP {answer.status}")
    if answer.status < 400:
        raise BadAnswer("redirect", f"HTTP {answer.status}")
    problem = decode(answer.body, _Problem)
    raise Declined(answer.status, problem.code[:32], problem.message[:300], problem.field[:60])


class _Transport(httpx.BaseTransport):
    """httpx over a pool whose sockets know the deadline of the call."""

    def __init__(self, pool: httpcore.ConnectionPool) -> None:
        self._pool = pool

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        outgoing = httpcore.Request(
            method=request.method,
            url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _translated():
            incoming = self._pool.handle_request(outgoing)
        return httpx.Response(
            incoming.status, headers=incoming.headers, stream=_Body(incoming), extensions=incoming.extensions
        )

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, incoming: httpcore.Response) -> None:
        self._incoming = incoming

    def __iter__(self) -> Iterator[bytes]:
        with _translated():
            yield from self._incoming.iter_stream()

    def close(self) -> None:
        self._incoming.close()


class _translated:  # noqa: N801 - a context manager that reads as a verb
    """httpcore's errors as httpx's, so that one family is caught."""

    _pairs: tuple[tuple[type[Exception], type[httpx.TransportError]], ...] = (
        (httpcore.TimeoutException, httpx.ReadTimeout),
        (httpcore.RemoteProtocolError, httpx.RemoteProtocolError),
        (httpcore.ProtocolError, httpx.RemoteProtocolError),
        (httpcore.NetworkError, httpx.ConnectError),
        (httpcore.UnsupportedProtocol, httpx.UnsupportedProtocol),
    )

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        for theirs, ours in self._pairs:
            if isinstance(error, theirs):
                raise ours(str(error)) from error


class _DeadlineBackend(httpcore.NetworkBackend):
    """Sockets whose every wait ends at the deadline of the call they serve."""

    def __init__(self) -> None:
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        return _DeadlineStream(self._inner.connect_tcp(host, port, _within(timeout), local_address, socket_options))


class _DeadlineStream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _within(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _PIECE):  # in pieces: a reader that sips must meet the deadline too
            self._inner.write(buffer[start : start + _PIECE], _within(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _DeadlineStream(self._inner.start_tls(ssl_context, server_hostname, _within(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _within(timeout: float | None) -> float:
    left = _deadline.get() - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the whole call took too long")
    return left if timeout is None else min(timeout, left)
