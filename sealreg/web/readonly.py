"""GET and HEAD only read (只读视图): a write in one is refused, loudly where we develop, into the log in production.

Prefetchers, crawlers and link previews of chat programs send GET; none of them may change a record.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from django.conf import settings
from django.db import connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase

log = logging.getLogger(__name__)

# Tables that reading itself may write, each with its reason.
EXCEPTIONS: dict[str, str] = {
    "accounts_session": "a session notes that it is in use, and ends when its time is over",
    "accounts_throttle": "limits on guessing count the guesses of public look-ups",
    "accounts_signinattempt": "what a sign-in page saw of an attempt",
    "audit_readlog": "who looked at personal data is itself a record",
    "api_usednonce": "a signed call is accepted once, whatever its method",
    "api_ratebucket": "calls are counted, whatever their method",
}

_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.S)
_LITERAL = re.compile(r"'(?:[^']|'')*'")
_READS = frozenset(
    {"SELECT", "SHOW", "EXPLAIN", "VALUES", "WITH", "COPY", "DECLARE", "FETCH", "CLOSE"}
    | {"BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK"}
)
_WRITE = re.compile(
    r"\b(?:INSERT\s+INTO|UPDATE(?:\s+ONLY)?|DELETE\s+FROM(?:\s+ONLY)?|MERGE\s+INTO|TRUNCATE(?:\s+TABLE)?|COPY)\s+"
    r'"?(?P<table>[A-Za-z_][\w.]*)"?',
    re.I,
)
_LOCK = re.compile(r"\bFOR\s+(?:NO\s+KEY\s+)?UPDATE\b", re.I)


class WriteWhileReading(RuntimeError):
    """A view answering GET or HEAD tried to write (只读视图写库)."""


def write_in(sql: str) -> str | None:
    """The table a statement writes, or its first word when it does something else (写入目标); None when it reads."""
    bare = _LITERAL.sub("''", _COMMENT.sub(" ", sql)).strip()
    if not bare:
        return None
    word = re.match(r"\(*\s*([A-Za-z]+)", bare)
    first = word[1].upper() if word else bare[:10]
    found = _WRITE.search(_LOCK.sub(" ", bare))
    if found and (first != "COPY" or not re.search(r"\bTO\b", bare, re.I)):
        return found["table"].split(".")[-1].lower()
    if first in _READS:
        return None
    if first == "SET" and re.match(r"SET\s+(?:LOCAL|CONSTRAINTS|SESSION\s+CHARACTERISTICS|TRANSACTION)", bare, re.I):
        return None
    return first


def _guard(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    text = sql if isinstance(sql, str) else sql.as_string(context["cursor"])
    target = write_in(text)
    if target is not None and target not in EXCEPTIONS:
        if settings.READ_ONLY_VIEWS == "refuse":
            raise WriteWhileReading(f"a reading view wrote {target}: {text[:200]}")
        log.error("a reading view wrote %s: %s", target, text[:200])
    return execute(sql, params, many, context)


class ReadOnlyMiddleware:
    """Watches what views of GET and HEAD send to the database (只读中间件)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            return self.get_response(request)
        with ExitStack() as stack:
            for connection in connections.all(initialized_only=False):
                stack.enter_context(connection.execute_wrapper(_guard))
            return self.get_response(request)
