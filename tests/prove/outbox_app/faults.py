"""A worker that kills or freezes itself at a named step (自毁点), once, when the harness armed it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from sealreg.outbox import steps

AFTER_SEND = "after_send"
STEPS = (steps.BEFORE_CLAIM, steps.AFTER_CLAIM, AFTER_SEND, steps.AFTER_CALL, steps.BEFORE_MARK)


class Fuse:
    """Reads its order from the environment: PROVE_STEP, PROVE_COUNT, PROVE_SIGNAL, PROVE_MARKER."""

    def __init__(self) -> None:
        self.step = os.environ.get("PROVE_STEP", "")
        self.left = int(os.environ.get("PROVE_COUNT", "1"))
        self.signal = signal.Signals[os.environ.get("PROVE_SIGNAL", "SIGKILL")]
        self.marker = Path(os.environ.get("PROVE_MARKER", "/nonexistent/marker"))

    def reached(self, step: str) -> None:
        if step != self.step:
            return
        self.left -= 1
        if self.left > 0:
            return
        try:
            # Processes of one worker share the order; whoever makes the marker carries it out.
            with self.marker.open("x") as marker:
                marker.write(str(os.getpid()))
        except OSError:
            return
        os.kill(os.getpid(), self.signal)


fuse = Fuse()
