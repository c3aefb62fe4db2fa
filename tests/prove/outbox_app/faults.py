"""A worker that kills or freezes itself at a named step (自毁点), when the harness has ordered it.

The order is one file for all workers: whoever reaches the step first carries it out, alone.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

from sealreg.outbox import steps

AFTER_SEND = "after_send"
STEPS = (steps.BEFORE_CLAIM, steps.AFTER_CLAIM, AFTER_SEND, steps.AFTER_CALL, steps.BEFORE_MARK)


class Order:
    """One order at a time: `place` in the harness, `obey` in the workers, `carried_out_by` in the harness again."""

    def __init__(self, path: Path) -> None:
        self.path, self.taken, self.done = path, path.with_suffix(".taken"), path.with_suffix(".done")

    def place(self, step: str, number: signal.Signals) -> None:
        self.done.unlink(missing_ok=True)
        draft = self.path.with_suffix(".new")
        draft.write_text(f"{step} {number.name}")
        draft.rename(self.path)

    def withdraw(self) -> None:
        self.path.unlink(missing_ok=True)

    def obey(self, step: str) -> None:
        try:
            wanted, name = self.path.read_text().split()
            if wanted != step:
                return
            self.path.rename(self.taken)
        except (FileNotFoundError, ValueError):
            return
        self.taken.write_text(str(os.getpgid(0)))
        self.taken.rename(self.done)
        os.kill(os.getpid(), signal.Signals[name])

    def carried_out_by(self) -> int | None:
        """The process group that obeyed, or None while nobody has."""
        return int(self.done.read_text()) if self.done.exists() else None


order = Order(Path(os.environ.get("PROVE_ORDER", "/nonexistent/order")))
