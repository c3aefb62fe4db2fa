"""Processes of ours, told apart from everybody else's (进程识别): by pid, start time and command line together.

A pid alone is not an identity: the kernel hands it out again. Everything here reads Linux's /proc.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)
# Inherited by every descendant, so that a worker whose parent died is still known as ours.
MARK = "SEALREG_RUN_ID"


@dataclass(frozen=True, slots=True)
class Identity:
    """One process, for as long as this machine has not restarted (进程身份).

    started: clock ticks since boot, from /proc; boot: the kernel's id of this boot.
    """

    pid: int
    started: int
    boot: str
    command: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        return asdict(self) | {"command": list(self.command)}

    @classmethod
    def from_json(cls, row: dict[str, object]) -> Identity:
        """Raises KeyError, TypeError or ValueError for a row that is not one."""
        command = row["command"]
        if not isinstance(command, list):
            raise TypeError("command")
        return cls(int(str(row["pid"])), int(str(row["started"])), str(row["boot"]), tuple(map(str, command)))


def boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def _stat(pid: int) -> list[str] | None:
    """Fields of /proc/PID/stat after the name; None when there is no such process."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def command_of(pid: int) -> tuple[str, ...]:
    """The command line; empty for a zombie, a kernel thread or no process."""
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return ()
    return tuple(os.fsdecode(part) for part in raw.rstrip(b"\0").split(b"\0")) if raw else ()


def identify(pid: int) -> Identity | None:
    """Who has this pid now (识别进程); None when nobody has, or only a zombie."""
    fields = _stat(pid)
    if fields is None or fields[0] in "ZX":
        return None
    return Identity(pid, int(fields[19]), boot_id(), command_of(pid))


def is_running(known: Identity, *, same_command: bool = True) -> bool:
    """Whether exactly this process still runs (是否仍在运行).

    same_command: False right after a start, when the program may still be exchanging itself for another.
    """
    now = identify(known.pid)
    if now is None or (now.boot, now.started) != (known.boot, known.started):
        return False
    return not same_command or now.command == known.command


def every_pid() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208


def _marked(pid: int, mark: str) -> bool:
    try:
        return f"{MARK}={mark}".encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False


def descendants_marked(mark: str) -> list[int]:
    """Every running process that inherited this run's mark, except the caller (带标记的进程)."""
    own = os.getpid()
    return [pid for pid in every_pid() if pid != own and _marked(pid, mark) and identify(pid) is not None]


def follow_parent(number: int) -> None:
    """Ask the kernel to send this process a signal when its parent dies (父亡子随)."""
    _libc.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)


def die_with_parent(number: int) -> Callable[[], None]:
    """For Popen(preexec_fn=…): the child gets this signal when the supervisor dies, even by SIGKILL."""
    parent = os.getpid()

    def arrange() -> None:
        follow_parent(number)
        if os.getppid() != parent:
            os._exit(1)

    return arrange


def has_ended(child: int) -> bool:
    """Whether a child of ours has ended, without reaping it (是否已结束): its number stays taken until it is reaped."""
    try:
        return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True


def signal_group(leader: int, number: int) -> None:
    """Signal a child's whole process group; silence when it is gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def end(pids: list[int], *, first: int = signal.SIGTERM, patience: float = 5.0) -> None:
    """Ask processes to stop, then insist (结束进程): `first`, and SIGKILL when patience (seconds) runs out.

    Each is signalled only while its start time stays what it was when this call began.
    """
    targets = [found for pid in pids if (found := identify(pid)) is not None]
    for number, wait in ((first, patience), (signal.SIGKILL, 2.0)):
        for target in targets:
            if is_running(target, same_command=False):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(target.pid, number)
        deadline = time.monotonic() + wait
        while time.monotonic() < deadline:
            targets = [target for target in targets if is_running(target, same_command=False)]
            if not targets:
                return
            time.sleep(0.05)
