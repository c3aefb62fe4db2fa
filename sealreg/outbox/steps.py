"""Named moments of the relay (发送步骤), where a proof may kill it; in service they do nothing."""

from __future__ import annotations

from collections.abc import Callable

BEFORE_CLAIM, AFTER_CLAIM, AFTER_CALL, BEFORE_MARK = "before_claim", "after_claim", "after_call", "before_mark"


def _nothing(step: str) -> None:
    return None


_watch: Callable[[str], None] = _nothing


def watch(watcher: Callable[[str], None]) -> None:
    """Be told of every step from now on (观察步骤); proofs only."""
    global _watch
    _watch = watcher


def reached(step: str) -> None:
    """The relay stands at this step (到达步骤)."""
    _watch(step)
