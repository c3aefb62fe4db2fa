"""Keeps child processes running (进程监护): starts, restarts with back-off, reports, and leaves nothing behind.

Children stand in sessions of their own and write straight to their log files, so that neither Ctrl-C in the terminal
nor the end of the supervisor reaches them by accident; the kernel tells them when the supervisor is gone.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sealreg.local import processes
from sealreg.local.processes import Identity

ROOT = Path(__file__).resolve().parents[2]
TICK = 0.1
# A child that ran this long (seconds) is forgiven its earlier deaths.
STEADY = 30.0
BACKOFF = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
REPORT_EVERY = 3
LOG_LIMIT = 5 * 1024 * 1024
RUN_FILE = "run.json"


class Stopping(Exception):
    """Someone asked the stack to stop (收到停止请求)."""


class StartFailed(Exception):
    """The stack cannot come up (启动失败); the message is for the person at the terminal."""


@dataclass(frozen=True)
class Service:
    """One kind of child (子进程).

    settled: the command line it ends up with when it exchanges itself for another program; else `command`.
    before: run before each start, to heal what an unclean end left.
    foundation: others stand on it; it stops last.
    abrupt_signal: what follows when it does not stop in time. For PostgreSQL that is its immediate shutdown, after
    which nothing committed is lost.
    """

    name: str
    command: list[str]
    environment: Mapping[str, str] | None = None
    settled: list[str] | None = None
    stop_signal: int = signal.SIGTERM
    abrupt_signal: int = signal.SIGKILL
    before: Callable[[], None] | None = None
    foundation: bool = False


@dataclass
class _Child:
    service: Service
    process: subprocess.Popen[bytes] | None = None
    identity: Identity | None = None
    log_start: int = 0
    started: float = 0.0
    due: float = 0.0
    deaths: int = field(default=0)


def say(name: str, text: str) -> None:
    """One status line on the terminal; a terminal that went away is no reason to stop."""
    try:
        print(f"{name:<10} {text}", flush=True)
    except OSError:
        return


class Supervisor:
    """Everything one `make run` started."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.logs = folder / "log"
        self.run_id = secrets.token_hex(8)
        self.environment = dict(environment) | {processes.MARK: self.run_id}
        self.url = ""
        self.phase = "starting"
        self.children: dict[str, _Child] = {}
        self.asked = 0
        self.logs.mkdir(parents=True, exist_ok=True)

    def listen(self) -> None:
        """Ctrl-C, SIGTERM and a closed terminal all mean: stop everything."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)

    def _ask(self, number: int, frame: object) -> None:
        self.asked += 1

    # -- what is written down for the next start -------------------------------------------------------------------

    def record(self, phase: str | None = None) -> None:
        """Write run.json in one step: who runs, so that the next start can find leftovers."""
        self.phase = phase or self.phase
        own = processes.identify(os.getpid())
        row = {
            "run": self.run_id,
            "phase": self.phase,
            "url": self.url,
            "supervisor": own.to_json() if own else None,
            "children": {
                name: child.identity.to_json() for name, child in self.children.items() if child.identity is not None
            },
        }
        draft = self.folder / f"{RUN_FILE}.new"
        draft.write_text(json.dumps(row, indent=2, ensure_ascii=False), encoding="utf-8")
        draft.replace(self.folder / RUN_FILE)

    # -- children --------------------------------------------------------------------------------------------------

    def start(self, service: Service) -> None:
        """Start a child and keep it running from now on."""
        child = self.children[service.name] = _Child(service)
        self._launch(child)

    def _log_path(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def _launch(self, child: _Child) -> None:
        service = child.service
        if service.before is not None:
            service.before()
        path = self._log_path(service.name)
        if path.exists() and path.stat().st_size > LOG_LIMIT:
            path.replace(path.with_suffix(".log.1"))
        with path.open("ab") as log:
            log.write(f"--- {time.strftime('%Y-%m-%d %H:%M:%S')} {service.name} starts\n".encode())
            log.flush()
            child.log_start = log.tell()
            child.process = subprocess.Popen(
                service.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env=self.environment if service.environment is None else dict(service.environment),
                cwd=ROOT, preexec_fn=processes.die_with_parent(service.stop_signal),
            )  # fmt: skip
        child.started = time.monotonic()
        found = processes.identify(child.process.pid)
        if found is not None:
            settled = tuple(service.settled or service.command)
            child.identity = Identity(found.pid, found.started, found.boot, settled)
        self.record()

    def last_words(self, name: str) -> str:
        """The end of a child's log since it last started."""
        child = self.children.get(name)
        return self._tail(name, child.log_start if child else 0, 12)

    def _tail(self, name: str, start: int, lines: int) -> str:
        try:
            with self._log_path(name).open("rb") as log:
                log.seek(start)
                text = log.read()[-16_384:].decode("utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(f"  | {line}" for line in text.splitlines()[-lines:])

    def tick(self) -> None:
        """One round (巡视): notice deaths, restart what is due. Raises Stopping when asked to stop."""
        if self.asked:
            raise Stopping
        now = time.monotonic()
        for child in self.children.values():
            if child.process is not None and processes.has_ended(child.process.pid):
                self._mourn(child, now)
            if child.process is None and now >= child.due:
                self._launch(child)
        time.sleep(TICK)

    def _mourn(self, child: _Child, now: float) -> None:
        assert child.process is not None  # noqa: S101
        name, code = child.service.name, self._bury(child.process)
        child.process = child.identity = None
        child.deaths = 1 if now - child.started > STEADY else child.deaths + 1
        delay = BACKOFF[min(child.deaths - 1, len(BACKOFF) - 1)]
        child.due = now + delay
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        when = f"in {delay:g} s" if delay else "now"
        say(name, f"{how}; starting it again {when}")
        if child.deaths % REPORT_EVERY == 0:
            say(name, f"died {child.deaths} times in a row; the end of {self._log_path(name)}:")
            print(self.last_words(name), flush=True)

    def wait_until(self, ready: Callable[[], bool], *, on: str, limit: float, what: str) -> None:
        """Wait for a condition while keeping everything running.

        on: the child that must bring it about. Raises StartFailed after `limit` seconds, or when it keeps dying.
        """
        deadline = time.monotonic() + limit
        while not ready():
            child = self.children[on]
            if child.deaths >= REPORT_EVERY:
                raise StartFailed(f"{on} does not stay up, see the lines above and {self._log_path(on)}")
            if time.monotonic() > deadline:
                raise StartFailed(
                    f"{what} did not happen within {limit:g} s; the end of its log:\n{self.last_words(on)}"
                )
            self.tick()

    def run_steps(self, steps: Mapping[str, list[str]], *, show: bool = False) -> None:
        """Run programs side by side to their end while keeping the others running (执行步骤).

        steps: name -> command. show: their output goes to the terminal instead of their logs. Raises StartFailed with
        the last words of the first that fails.
        """
        begun: dict[str, tuple[subprocess.Popen[bytes], int]] = {}
        try:
            for name, command in steps.items():
                with self._log_path(name).open("ab") as log:
                    process = subprocess.Popen(
                        command, stdin=subprocess.DEVNULL, stdout=None if show else log, stderr=None if show else log,
                        env=self.environment, start_new_session=True, cwd=ROOT,
                        preexec_fn=processes.die_with_parent(signal.SIGTERM),
                    )  # fmt: skip
                    begun[name] = process, log.tell()
            waiting = dict(begun)
            while waiting:
                for name, (process, start) in list(waiting.items()):
                    if process.poll() is not None:
                        del waiting[name]
                        if process.returncode != 0:
                            words = "" if show else "\n" + self._tail(name, start, 20)
                            raise StartFailed(f"{name} failed with code {process.returncode}{words}")
                self.tick()
        finally:
            for process, _start in begun.values():
                if process.poll() is None:
                    processes.signal_group(process.pid, signal.SIGTERM)
                    try:
                        process.wait(2)
                    except subprocess.TimeoutExpired:
                        processes.signal_group(process.pid, signal.SIGKILL)
                        process.wait()

    # -- the end ---------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Stop everything within 10 s (停止): those who use the foundations first. A second request makes it abrupt."""
        self.record("stopping")
        asked = self.asked
        running = [child for child in self.children.values() if child.process is not None]
        self._end([child for child in running if not child.service.foundation], 4.0, asked)
        self._end([child for child in running if child.service.foundation], 4.0, asked)
        left = processes.descendants_marked(self.run_id)
        if left:
            processes.end(left, patience=0.3)
        (self.folder / RUN_FILE).unlink(missing_ok=True)

    def _end(self, group: list[_Child], patience: float, asked: int) -> None:
        for stage, wait in enumerate((patience, 0.5, 2.0)):
            for child in group:
                assert child.process is not None  # noqa: S101
                service = child.service
                number = (service.stop_signal, service.abrupt_signal, signal.SIGKILL)[stage]
                if not processes.has_ended(child.process.pid):
                    child.process.send_signal(number)
            deadline = time.monotonic() + wait
            while time.monotonic() < deadline and (self.asked == asked or stage):
                if all(child.process is None or processes.has_ended(child.process.pid) for child in group):
                    break
                time.sleep(0.02)
        for child in group:
            assert child.process is not None  # noqa: S101
            self._bury(child.process)
            child.process = child.identity = None

    @staticmethod
    def _bury(process: subprocess.Popen[bytes]) -> int:
        """Reap an ended child and end what it started, e.g. web workers that would hold the port. Returns its code."""
        # Before reaping: until then its number cannot belong to anybody else's group.
        processes.signal_group(process.pid, signal.SIGKILL)
        return process.wait()


def end_leftovers(folder: Path, *, report: Callable[[str, str], None] = say) -> list[str]:
    """End what a killed supervisor left running (清理残留). Returns the names ended. Touches no process of others.

    A process is ours when pid, start time, boot and command line are those written down, or when it carries the
    random mark of that run in its environment.
    """
    try:
        row = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
        known = {str(name): Identity.from_json(child) for name, child in row["children"].items()}
        mark = str(row["run"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []
    ours = {name: child.pid for name, child in known.items() if processes.is_running(child)}
    followers = [pid for pid in processes.descendants_marked(mark) if pid not in ours.values()]
    names = sorted(ours) + [f"process {pid}" for pid in followers]
    if names:
        report("leftovers", f"ending what the last run left: {', '.join(names)}")
        processes.end([*(pid for name, pid in ours.items() if name != "postgres"), *followers])
        if "postgres" in ours:
            processes.end([ours["postgres"]], first=signal.SIGINT)
    (folder / RUN_FILE).unlink(missing_ok=True)
    return names
