"""Loopback ports (端口): free or taken, and by whom."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path

from sealreg.local.processes import command_of, every_pid

HOST = "127.0.0.1"
_LISTENING = "0A"


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port(preferred: int = 0) -> int:
    """A loopback port nobody listens on: the preferred one if possible, so that addresses stay the same."""
    if preferred and is_free(preferred):
        return preferred
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def free_row(start: int, count: int) -> int | None:
    """The first port from `start` on, in steps of ten, with `count` free ones in a row; None if none is near."""
    for first in range(start, min(start + 1000, 65536 - count), 10):
        if all(is_free(first + step) for step in range(count)):
            return first
    return None


def holder(port: int) -> str | None:
    """Who listens on this port, e.g. "nginx (pid 812)" (占用者); None when the system does not tell us."""
    sockets = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            fields = row.split()
            if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                sockets.add(f"socket:[{fields[9]}]")
    for pid in every_pid() if sockets else ():
        if sockets & _open_files(pid):
            name = Path((command_of(pid) or ("a program",))[0]).name
            return f"{name} (pid {pid})"
    return None


def _open_files(pid: int) -> set[str]:
    """What a process holds open; only what we may see."""
    found = set()
    with contextlib.suppress(OSError):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                found.add(str(entry.readlink()))
    return found
