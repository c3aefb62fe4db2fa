"""The stack a benchmark runs on (测量环境): an own cluster and the real application server, both ended afterwards."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from sealreg.local import postgres

ROOT = Path(__file__).resolve().parents[2]
DATABASE = "sealreg_bench"
OWNER, APP, LOADER = "sealreg_owner", "sealreg_app", "sealreg_loader"
_VARIABLES = {
    "SEALREG_OWNER_DATABASE_URL": OWNER,
    "SEALREG_DATABASE_URL": APP,
    "SEALREG_LOADER_DATABASE_URL": LOADER,
}


@dataclass(frozen=True)
class Database:
    """A running cluster with a migrated database (测量数据库)."""

    cluster: postgres.Cluster
    pid: int
    passwords: dict[str, str]

    def url(self, role: str) -> str:
        return self.cluster.url(role, self.passwords[role], DATABASE)

    def superuser(self) -> psycopg.Connection[tuple[object, ...]]:
        return self.cluster.connect(DATABASE)


@contextlib.contextmanager
def database(*, durable: bool = False) -> Iterator[Database]:
    """A cluster of this run's own, migrated; its addresses stand in the environment (启动测量数据库).

    durable: commits reach the disk, for what promises that they do.
    """
    folder = ROOT / ".local" / "bench" / f"{os.getpid()}-{secrets.token_hex(3)}"
    target = postgres.Cluster(folder / "pg", durable=durable)
    postgres.initialise(target)
    command, environment = postgres.server_command(target)
    with (folder / "postgres.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, cwd="/", stdout=log, stderr=log)
    try:
        passwords = {role: secrets.token_hex(8) for role in (OWNER, APP, LOADER)}
        _provision(target, passwords, process)
        running = Database(target, process.pid, passwords)
        for variable, role in _VARIABLES.items():
            os.environ[variable] = running.url(role)
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.settings"
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--database", "owner", "--verbosity", "0", "--skip-checks"],
            cwd=ROOT,
            check=True,
        )
        yield running
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(target.sockets, ignore_errors=True)


def _provision(target: postgres.Cluster, passwords: dict[str, str], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            postgres.provision(target, passwords, (DATABASE,))
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline or process.poll() is not None:
                text = (target.data.parent / "postgres.log").read_text(errors="replace")[-2000:]
                raise RuntimeError(f"the benchmark's database did not start: {error}\n{text}") from error
            time.sleep(0.05)
        else:
            return


@dataclass(frozen=True)
class Server:
    """The running application server (应用服务器)."""

    port: int
    pid: int


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def server(workers: int = 2) -> Iterator[Server]:
    """The whole Django application under granian, as `make run` serves it, with the benchmark's settings."""
    port = _free_port()
    command = [
        sys.executable, "-m", "granian", "sealreg.wsgi:application", "--interface", "wsgi", "--host", "127.0.0.1",
        "--port", str(port), "--workers", str(workers), "--blocking-threads", "2", "--no-access-log",
        "--log-level", "warning",
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in/", timeout=5):
                    break
            except urllib.error.HTTPError:
                break  # it answers, that is enough
            except OSError:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise RuntimeError("the application server did not start") from None
                time.sleep(0.1)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
