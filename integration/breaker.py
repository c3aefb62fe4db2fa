"""A circuit breaker (熔断): after several failures in a row the other side is left alone for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Breaker:
    """Counts failures in a row in this process (熔断器). failures: how many open it; pause: seconds it stays open."""

    def __init__(self, *, failures: int = 3, pause: float = 20.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._allowed, self._pause, self._clock = failures, pause, clock
        self._lock = threading.Lock()
        self._failed = 0
        self._until = 0.0

    def allows(self) -> bool:
        """Whether a call may be made now (是否放行). After the pause one caller is let through to try."""
        with self._lock:
            if self._failed < self._allowed:
                return True
            if self._clock() < self._until:
                return False
            self._until = self._clock() + self._pause
            return True

    def succeeded(self) -> None:
        """The other side answered (成功)."""
        with self._lock:
            self._failed = 0

    def failed(self) -> None:
        """The other side did not answer (失败)."""
        with self._lock:
            self._failed += 1
            if self._failed >= self._allowed:
                self._until = self._clock() + self._pause
