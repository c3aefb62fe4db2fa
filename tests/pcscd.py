"""The PC/SC daemon of a test run (测试用 PC/SC 守护进程): in the foreground, one per machine, gone with its test.

pcscd's own socket has a fixed place, so runs on one machine take turns by a lock. Its only reader is virtual, on a port
of this run's own; vpcd listens on every interface, which a test machine's firewall must mind.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from chips.readers.pcsc import PcscTransport, reader_names, scard
from chips.readers.transport import ReaderTrouble
from chips.simulator.memory import Silicon
from chips.simulator.vpcd import VirtualSlot
from sealreg.local.processes import die_with_parent
from tests.readers import driver, missing_parts

SOCKET = Path("/run/pcscd/pcscd.comm")
_LOCK = Path(tempfile.gettempdir()) / "sealreg-pcscd.lock"
_TURN_SECONDS, _START_SECONDS = 300, 20
_CONFIG = """\
FRIENDLYNAME "Virtual PCD"
DEVICENAME   /dev/null:0x{port:X}
LIBPATH      {driver}
CHANNELID    0x{port:X}
"""


class NotHere(Exception):
    """The stack cannot run on this machine (读卡环境不可用). The text says why."""


@dataclass(frozen=True)
class Service:
    """The running daemon with its virtual reader (读卡服务)."""

    reader: str
    port: int
    pid: int

    def insert(self, body: Silicon) -> Inserted:
        """Put a card in (插卡)."""
        return Inserted(self, body)

    def await_empty(self) -> None:
        """Until the daemon says that no card is in (等待空卡槽)."""
        context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)[1]
        state, deadline = scard.SCARD_STATE_UNAWARE, time.monotonic() + 10
        while not state & scard.SCARD_STATE_EMPTY:
            assert time.monotonic() < deadline, "the daemon does not see that the card is out"
            _result, seen = scard.SCardGetStatusChange(context, 1_000, [(self.reader, state)])
            state = seen[0][1]
        scard.SCardReleaseContext(context)


class Inserted:
    """A card in the virtual reader (已插入的卡), served by a thread until it is out."""

    def __init__(self, service: Service, body: Silicon) -> None:
        self._service = service
        self.slot = VirtualSlot(lambda: body, port=service.port)
        self._thread = threading.Thread(target=self.slot.serve, daemon=True)
        self._thread.start()

    def transport(self) -> PcscTransport:
        """The card as a PC/SC program sees it (PC/SC 读卡通道)."""
        return PcscTransport(self._service.reader, wait=10)

    def pull(self) -> None:
        """Take it out (拔卡); returns when the daemon has seen it, for it would miss a quicker change."""
        self.slot.pull()
        self._thread.join(10)
        self._service.await_empty()


def reason_to_skip() -> str:
    """Why nothing can be tested through PC/SC here (跳过原因); empty when it can."""
    missing = missing_parts()
    if missing:
        return f"missing: {', '.join(missing)} (`python -m tests.readers` installs them)"
    if os.geteuid() != 0:
        return "pcscd needs root for its socket under /run/pcscd"
    return ""


@contextlib.contextmanager
def running() -> Iterator[Service]:
    """Our own pcscd, alone on this machine (启动读卡服务). Raises NotHere."""
    reason = reason_to_skip()
    if reason:
        raise NotHere(reason)
    with _turn(), tempfile.TemporaryDirectory(prefix="sealreg-pcscd-") as folder:
        if _answers():
            raise NotHere("another pcscd runs on this machine")
        port = _free_port()
        (Path(folder) / "readers").mkdir()
        (Path(folder) / "readers" / "vpcd").write_text(_CONFIG.format(port=port, driver=driver()))
        with (Path(folder) / "log").open("wb") as log:
            process = subprocess.Popen(
                ["pcscd", "--foreground", "--config", str(Path(folder) / "readers")], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, preexec_fn=die_with_parent(signal.SIGKILL),
            )  # fmt: skip
        try:
            yield Service(_await_reader(process, Path(folder) / "log"), port, process.pid)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextlib.contextmanager
def service_or_skip() -> Iterator[Service]:
    """The running service for a fixture; skips with the reason, and fails where CI=true (读卡服务夹具)."""
    with contextlib.ExitStack() as stack:
        try:
            service = stack.enter_context(running())
        except NotHere as reason:
            if os.environ.get("CI") == "true":
                pytest.fail(f"no reader stack: {reason}")
            pytest.skip(f"no reader stack: {reason}")
        yield service


@contextlib.contextmanager
def _turn() -> Iterator[None]:
    """This machine's only turn with pcscd; another run of the suite may have it for a while."""
    with _LOCK.open("a") as lock:
        deadline = time.monotonic() + _TURN_SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise NotHere("another run has had pcscd for minutes") from None
                time.sleep(0.2)
        yield


def _answers() -> bool:
    """Whether a daemon listens already; a file that a killed one left behind does not."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(SOCKET))
        except OSError:
            return False
        return True


def _free_port() -> int:
    """Two ports in a row: vpcd has two slots."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("", 0))
            port = int(first.getsockname()[1])
            with contextlib.suppress(OSError, OverflowError):
                second.bind(("", port + 1))
                return port


def _await_reader(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(ReaderTrouble):
            names = reader_names()
            if names:
                return names[0]
        time.sleep(0.05)
    raise RuntimeError(f"pcscd did not come up: {log.read_text(errors='replace')[-2000:]}")
