"""Which request is being answered (当前请求编号), shared by audit rows, log lines and error pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_request_id: ContextVar[str] = ContextVar("sealreg_request_id", default="")


def current_request_id() -> str:
    """The number of the request in hand (请求编号), empty outside one."""
    return _request_id.get()


@contextmanager
def within_request(number: str) -> Iterator[None]:
    """Work done inside belongs to request `number` (标记请求); at most 64 characters."""
    token = _request_id.set(number[:64])
    try:
        yield
    finally:
        _request_id.reset(token)
