"""`make run`: the whole system on one machine (一键运行). Executed as `python -m sealreg.local.run`."""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psycopg

from sealreg.local import ports, postgres, processes, stack
from sealreg.local.paths import local_dir
from sealreg.local.state import write_state
from sealreg.local.supervisor import RUN_FILE, StartFailed, Stopping, Supervisor, end_leftovers, say

DEFAULT_PORT = 8000
# Name of the child -> distance from PORT.
PORTS = {
    "the portal (PORT)": 0,
    "the mock registry (PORT+1)": 1,
    "the mock Ministry (PORT+2)": 2,
    "the mock institute (PORT+3)": 3,
}
# How long (seconds) a second start waits for a first one that is just stopping.
HAND_OVER = 12.0


def chosen_port(text: str) -> int:
    """PORT of the environment (端口). Raises StartFailed with what it should be."""
    highest = 65535 - len(PORTS) + 1
    if not text:
        return DEFAULT_PORT
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= highest:
        raise StartFailed(f"PORT is {text!r}: expected a whole number from 1 to {highest}, e.g. PORT=9000 make run")
    return int(text)


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the folder for this run (独占); the kernel frees it at our death. Raises StartFailed when another has it."""
    with (folder / "run.lock").open("a") as lock:
        deadline = time.monotonic() + 1.5
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                row = _running_row(folder)
                if row.get("phase") == "stopping":
                    deadline = max(deadline, time.monotonic() + 1)
                if time.monotonic() > deadline:
                    url = row.get("url") or "an address it prints when it is ready"
                    who = row.get("supervisor")
                    pid = f" (pid {who['pid']})" if isinstance(who, dict) else ""
                    raise StartFailed(
                        f"already running in this folder{pid}: {url}\n"
                        "Use it, or stop it first (Ctrl-C); a second copy needs a folder of its own and another PORT."
                    ) from None
                time.sleep(0.1)
        yield


def _running_row(folder: Path) -> dict[str, object]:
    try:
        row = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return row if isinstance(row, dict) else {}


def check_ports(port: int, *, patience: float) -> None:
    """All ports must be free. Raises StartFailed naming the variable to change and who holds the port."""
    deadline = time.monotonic() + patience
    while not all(ports.is_free(port + step) for step in PORTS.values()) and time.monotonic() < deadline:
        time.sleep(0.1)
    for what, step in PORTS.items():
        if not ports.is_free(port + step):
            who = ports.holder(port + step)
            free = ports.free_row(port + 10, len(PORTS))
            hint = f"PORT={free} make run" if free else "PORT=… make run"
            taken = f"is taken by {who}" if who else "is taken"
            raise StartFailed(f"port {port + step}, needed for {what}, {taken}. Change PORT, e.g.: {hint}")


def prepare_folder(folder: Path) -> None:
    """Make the data folder, readable by its owner only. Raises StartFailed when it belongs to someone else."""
    folder.mkdir(parents=True, exist_ok=True)
    owner = folder.stat().st_uid
    if owner != os.geteuid():
        raise StartFailed(f"{folder} belongs to user {owner}; run as that user, or remove it with `make clean`")
    folder.chmod(0o700)
    data = folder / "pg"
    if data.exists() and data.stat().st_uid != postgres.server_uid():
        uid = data.stat().st_uid
        raise StartFailed(
            f"{data} was made by another user (uid {uid}); run as that user, or `make clean` to begin anew"
        )


def _accepts(port: int) -> bool:
    try:
        with socket.create_connection((ports.HOST, port), timeout=1):
            return True
    except OSError:
        return False


def _healthy(port: int) -> bool:
    # http.client and not urllib: a proxy in the environment must not come between.
    connection = http.client.HTTPConnection(ports.HOST, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class Stack:
    """One run from nothing to Ready (启动过程)."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.values = stack.addresses(folder, port)
        self.environment = stack.child_environment(folder, self.values)
        self.supervisor = Supervisor(folder, self.environment)
        self.supervisor.url = f"http://{ports.HOST}:{port}/"

    def up(self) -> None:
        """Start everything in the order of dependence. Raises StartFailed or Stopping."""
        supervisor = self.supervisor
        database = stack.cluster(self.folder)
        say("postgres", "starting" if (database.data / "PG_VERSION").exists() else "making a new database cluster")
        if postgres.initialise(database):
            self._demo_stamp.unlink(missing_ok=True)
        write_state(self.folder, self.values)
        supervisor.start(stack.postgres_service(self.folder))
        supervisor.start(stack.valkey_service(self.folder, self.values))
        supervisor.wait_until(self._provisioned, on="postgres", limit=120, what="the start of PostgreSQL")
        self._prepare()
        say("institute", "starting")
        supervisor.start(stack.institute_service(self.folder, self.port))
        answers = partial(_accepts, self.port + 3)
        supervisor.wait_until(answers, on="institute", limit=60, what="the start of the mock institute")
        self._load_demo()
        for service in stack.application_services(self.folder, self.port, supervisor.environment):
            say(service.name, "starting")
            supervisor.start(service)
        supervisor.wait_until(lambda: _healthy(self.port), on="web", limit=120, what="a healthy answer of the portal")
        for name, step in (("registry", 1), ("ministry", 2)):
            answers = partial(_accepts, self.port + step)
            supervisor.wait_until(answers, on=name, limit=60, what=f"the start of the mock {name}")
        supervisor.record("ready")

    def _provisioned(self) -> bool:
        try:
            database = stack.cluster(self.folder)
            postgres.provision(database, stack.passwords(self.values), (stack.DATABASE,))
            postgres.provision_apart(database, stack.INSTITUTE, stack.institute_secrets(self.folder)["password"])
        except psycopg.OperationalError:
            return False
        return True

    def _prepare(self) -> None:
        """Tables and static files, side by side; the latter only when a source or a package changed."""
        say("migrate", "bringing the tables up to date")
        steps = {"migrate": stack.manage("migrate", "--database", "owner", "--no-input")}
        digest = stack.static_digest(stack.static_sources())
        stamp = self.folder / "static.stamp"
        if not stamp.exists() or stamp.read_text(encoding="ascii") != digest:
            say("static", "collecting style sheets, scripts and pictures")
            steps["static"] = stack.manage("collectstatic", "--no-input", "--clear", "--verbosity", "0")
        self.supervisor.run_steps(steps)
        stamp.write_text(digest, encoding="ascii")

    @property
    def _demo_stamp(self) -> Path:
        return self.folder / "demo.stamp"

    def _load_demo(self) -> None:
        stamp = self._demo_stamp
        if stamp.exists() and stamp.read_text(encoding="ascii") == stack.DEMO_EDITION:
            return
        say("demo", "loading demonstration data, once")
        self.supervisor.run_steps({"demo": stack.manage("load_demo")}, show=True)
        stamp.write_text(stack.DEMO_EDITION, encoding="ascii")


def announce(url: str, port: int, folder: Path, sandbox_key: str) -> None:
    """What a person wants to know now; the Ready line stands alone for programs."""
    print(
        f"\nReady: {url}\n\n"
        f"  Cast with one-click sign-in   {url}demo/\n"
        f"  Mock registry, mock Ministry  http://{ports.HOST}:{port + 1}/  http://{ports.HOST}:{port + 2}/\n"
        f"  Simulated institute           http://{ports.HOST}:{port + 3}/\n"
        f"  Interface, its description    {url}api/v1/docs/\n"
        f"  Sandbox key of the interface  {sandbox_key}\n"
        f"  Logs                          {folder / 'log'}\n"
        f"  Stop                          Ctrl-C\n",
        flush=True,
    )


def main() -> int:
    if sys.platform != "linux":
        print("The embedded stack runs on Linux; elsewhere use docker-compose.yml.", file=sys.stderr)
        return 2
    if os.environ.get("MAKELEVEL"):
        # A killed `make` cannot pass its signal on; without it nobody could stop us but by pid.
        processes.follow_parent(signal.SIGTERM)
    folder = local_dir()
    try:
        port = chosen_port(os.environ.get("PORT", "").strip())
        prepare_folder(folder)
        with only_one(folder):
            left = end_leftovers(folder)
            postgres.heal(stack.cluster(folder))
            check_ports(port, patience=5 if left else 0)
            run = Stack(folder, port)
            run.supervisor.listen()
            return _serve(run, folder, port)
    except (StartFailed, RuntimeError) as failure:
        print(f"Cannot start: {failure}", file=sys.stderr, flush=True)
        return 1


def _serve(run: Stack, folder: Path, port: int) -> int:
    try:
        run.up()
        announce(run.supervisor.url, port, folder, run.values["SEALREG_SANDBOX_KEY"])
        while True:
            run.supervisor.tick()
    except Stopping:
        say("stop", "stopping everything")
        return 0
    finally:
        began = time.monotonic()
        run.supervisor.stop()
        say("stop", f"stopped in {time.monotonic() - began:.1f} s; nothing is left running")


if __name__ == "__main__":
    sys.exit(main())
