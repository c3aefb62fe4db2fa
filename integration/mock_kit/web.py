"""A small WSGI application (WSGI 应用): routes, JSON in and out, limits, and the faults around every answer."""

from __future__ import annotations

import hashlib
import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec

from integration.mock_kit.faults import FaultBox, FaultMode
from integration.mock_kit.store import Store

NOTICE = "演示系统 · 模拟数据 · 非公安机关网站"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ESCAPED_CONTROL = re.compile(r"\\u00[01][0-9a-fA-F]")
_IDEMPOTENCY_KEY = re.compile(r"[A-Za-z0-9._:~@-]{1,128}")

Item = dict[str, Any]
T = TypeVar("T")


class Refusal(Exception):
    """An answer that is an error (拒绝). status: HTTP status; code: the agency's code; message: a sentence."""

    def __init__(self, status: int, code: str, message: str, **facts: Any) -> None:
        super().__init__(code)
        self.status, self.code, self.message, self.facts = status, code, message, facts


@dataclass(frozen=True, slots=True)
class Request:
    """One request (请求)."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    words: Mapping[str, str]

    def json(self, kind: type[T]) -> T:
        """The body as `kind`. Raises Refusal 400 naming what is wrong."""
        try:
            text = self.body.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Refusal(400, "002", "请求不是 UTF-8 编码的 JSON。") from error
        if _CONTROL.search(text) or _ESCAPED_CONTROL.search(text):
            raise Refusal(400, "002", "请求含有控制字符。")
        try:
            return msgspec.json.decode(text, type=kind)
        except msgspec.ValidationError as error:
            raise Refusal(400, "901", "请求内容不符合格式。", detail=str(error)) from error
        except (msgspec.DecodeError, RecursionError) as error:
            raise Refusal(400, "002", "JSON 无法解析。") from error

    def idempotency_key(self) -> str:
        """The Idempotency-Key header (幂等键). Raises Refusal 400 when missing or malformed."""
        key = self.headers.get("idempotency-key", "")
        if not _IDEMPOTENCY_KEY.fullmatch(key):
            raise Refusal(400, "902", "缺少 Idempotency-Key，或其不是 1 至 128 个字母、数字或 . _ : ~ @ -。")
        return key

    def number(self, name: str, default: int, *, low: int, high: int) -> int:
        """A whole number of the query (查询参数). Raises Refusal 400 outside [low, high]."""
        text = self.query.get(name, str(default))
        if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
            raise Refusal(400, "901", f"参数 {name} 应为 {low} 至 {high} 的整数。")
        return int(text)


@dataclass(slots=True)
class Reply:
    """One answer (应答).

    items: name of the list in `body` that carries acknowledgements or events; the faults double or shuffle it.
    earlier: older items that a reordering agency would mix in.
    """

    body: Item
    status: int = 200
    items: str = ""
    earlier: Callable[[], list[Item]] = list


Handler = Callable[[Request], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """Method and path → handler (路由). A path word in braces matches one segment."""

    method: str
    path: str
    handler: Handler
    limit: int = 1 << 20
    control: bool = False
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]{1,200})", self.path)
        object.__setattr__(self, "pattern", re.compile(pattern))


def shuffled(items: list[Item], seed: int) -> list[Item]:
    """A fixed order that is not the given one (打乱), the same for the same seed."""
    marks = [hashlib.sha256(f"{seed}\0{index}".encode()).digest() for index in range(len(items))]
    order = sorted(range(len(items)), key=lambda index: marks[index])
    if order == list(range(len(items))):
        order.reverse()
    return [items[index] for index in order]


class Application:
    """The mock as a WSGI callable (模拟服务)."""

    def __init__(self, store: Store, routes: Iterable[Route], stop: threading.Event | None = None) -> None:
        self.store = store
        self.faults = FaultBox(store)
        self.routes = tuple(routes)
        self._stop = stop if stop is not None else threading.Event()

    def __call__(self, environ: Mapping[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        try:
            status, body = self._answer(environ)
        except Refusal as refusal:
            status, body = refusal.status, _error(refusal.code, refusal.message, refusal.facts)
        except Exception:
            traceback.print_exc(file=sys.stderr)
            status, body = 500, _error("999", "系统内部错误。", {})
        headers = [
            ("Content-Type", "application/json; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("X-Simulation", "true"),
            ("Cache-Control", "no-store"),
        ]
        if status in {413, 503}:
            headers.append(("Retry-After", "1"))
        start_response(f"{status} {HTTPStatus(status).phrase}", headers)
        return [body]

    def _answer(self, environ: Mapping[str, Any]) -> tuple[int, bytes]:
        route, words = self._find(environ["REQUEST_METHOD"], environ.get("PATH_INFO", ""))
        if route.control:
            reply = route.handler(_read(environ, route, words))
            return reply.status, _encode(reply.body)
        key = environ.get("HTTP_IDEMPOTENCY_KEY", "")
        faults, fault = self.faults.draw(f"{route.method} {route.path} {key}")
        if fault is FaultMode.DOWN:
            raise Refusal(503, "998", "系统维护中。")
        request = _read(environ, route, words)
        if route.method == "POST":
            self.store.count("attempts")
        if fault is FaultMode.ERROR_BEFORE_STORE:
            raise Refusal(500, "999", "系统内部错误。")
        try:
            reply = route.handler(request)
        except Refusal as refusal:
            self.store.count(f"refused:{refusal.code}")
            raise
        if fault is FaultMode.ERROR_AFTER_STORE:
            raise Refusal(500, "999", "系统内部错误。")
        if fault is FaultMode.TIMEOUT:
            self._stop.wait(faults.hold_seconds)
            raise Refusal(504, "997", "处理超时。")
        if fault is FaultMode.GARBAGE:
            return 200, b"<html>\xff\xfe\x00" + hashlib.sha256(str(faults.seed).encode()).digest()
        if fault is FaultMode.SLOW:
            self._stop.wait(faults.slow_seconds)
        if reply.items and fault is FaultMode.DUPLICATE_ACK:
            reply.body[reply.items] = [item for item in reply.body[reply.items] for _ in range(2)]
        if reply.items and fault is FaultMode.REORDER:
            reply.body[reply.items] = shuffled(reply.earlier() + reply.body[reply.items], faults.seed)
        return reply.status, _encode(reply.body)

    def _find(self, method: str, path: str) -> tuple[Route, Mapping[str, str]]:
        allowed = []
        for route in self.routes:
            match = route.pattern.fullmatch(path)
            if match and route.method == method:
                return route, match.groupdict()
            if match:
                allowed.append(route.method)
        if allowed:
            raise Refusal(405, "405", f"此地址只接受 {'、'.join(sorted(allowed))}。")
        raise Refusal(404, "404", "没有这个地址。")


def _read(environ: Mapping[str, Any], route: Route, words: Mapping[str, str]) -> Request:
    declared = environ.get("CONTENT_LENGTH") or "0"
    if not re.fullmatch(r"[0-9]{1,18}", declared):
        raise Refusal(400, "400", "Content-Length 不是整数。")
    too_large = Refusal(413, "413", f"请求体超过 {route.limit} 字节。")
    if int(declared) > route.limit:
        raise too_large
    body = b""
    if route.method == "POST":
        pieces, size = [], 0
        while size <= route.limit and (piece := environ["wsgi.input"].read(min(65536, route.limit + 1 - size))):
            pieces.append(piece)
            size += len(piece)
        if size > route.limit:
            raise too_large
        body = b"".join(pieces)
    try:
        pairs = parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True, errors="strict", max_num_fields=20)
    except ValueError as error:
        raise Refusal(400, "400", "查询参数不是 UTF-8，或个数过多。") from error
    if any(_CONTROL.search(value) or len(value) > 500 for pair in pairs for value in pair):
        raise Refusal(400, "400", "查询参数过长或含有控制字符。")
    headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    headers["content-type"] = environ.get("CONTENT_TYPE", "")
    return Request(route.method, environ.get("PATH_INFO", ""), dict(pairs), headers, body, words)


def _encode(body: Item) -> bytes:
    return msgspec.json.encode({"simulation": True, "notice": NOTICE, **body})


def _error(code: str, message: str, facts: Mapping[str, Any]) -> bytes:
    return _encode({"code": code, "message": message, **facts})
