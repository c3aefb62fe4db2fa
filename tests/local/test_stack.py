"""The whole stack, started, hurt and stopped (一键运行): one story, because every start costs seconds."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psycopg
import pytest

from sealreg.local import ports, processes
from sealreg.local.supervisor import RUN_FILE
from tests.plugin import ROOT

# Seconds. On two quiet cores a first start takes about 40; a busy machine may take several times as long.
START = 300


class Run:
    """One `python -m sealreg.local.run` in a folder of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.output = folder.parent / f"terminal {time.monotonic_ns()}"
        # The suite's own database must not leak in, and `make` is not our parent.
        clean = {
            name: value for name, value in os.environ.items() if not name.startswith(("SEALREG_", "DJANGO_", "MAKE"))
        }
        self.environment = clean | {"PORT": str(port), "SEALREG_LOCAL_DIR": str(folder)}
        with self.output.open("wb") as terminal:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "sealreg.local.run"], cwd=ROOT, stdout=terminal, stderr=terminal,
                env=self.environment, start_new_session=True,
            )  # fmt: skip

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def wait_for(self, pattern: str, limit: float = START) -> str:
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline:
            found = re.search(pattern, self.said(), re.M)
            if found:
                return found[0]
            assert self.process.poll() is None, self.said()
            time.sleep(0.05)
        raise AssertionError(f"{pattern} not within {limit} s:\n{self.said()}")

    def walk(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "sealreg.local.walk"], cwd=ROOT, env=self.environment,
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip

    def record(self) -> dict:
        return json.loads((self.folder / RUN_FILE).read_text())

    def pid_of(self, name: str) -> int:
        return self.record()["children"][name]["pid"]

    def healthy(self) -> bool:
        try:
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(f"http://127.0.0.1:{self.port}/healthz", timeout=3) as answer:
                return answer.status == 200
        except OSError:
            return False

    def everyone(self) -> list[int]:
        """Every process of this stack: marked ones and the database's, whose environment others cannot read."""
        mark = self.record()["run"]
        text = str(self.folder)
        named = [pid for pid in processes.every_pid() if text in processes.command_of(pid)]
        return sorted({*processes.descendants_marked(mark), *named} - {os.getpid()})


def _eventually(check, limit=60.0):
    deadline = time.monotonic() + limit
    while not check():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.05)


@pytest.fixture
def start(tmp_path):
    """Starts the stack in a folder with a space and Chinese in its name; nothing survives the test."""
    folder = tmp_path / "数据 folder"
    runs = []

    def begin(port=None):
        runs.append(Run(folder, port or runs[0].port))
        return runs[-1]

    first = ports.free_row(23000 + os.getpid() % 1000 * 10, 4)
    yield lambda port=first: begin(port)
    for run in runs:
        if run.process.poll() is None:
            run.process.terminate()
            run.process.wait(15)


def test_life_of_the_stack(start):
    run = start()
    run.wait_for(r"^Ready: http://127\.0\.0\.1:\d+/$")
    assert run.healthy()
    kept = [line.split('"')[3] for line in (run.folder / "state.json").read_text().splitlines() if "KEY" in line]
    # The sandbox key reaches invented seals only and is there to be shown.
    secrets = [secret for secret in kept if not secret.startswith("sk_test_")]
    assert len(secrets) == 5
    assert not any(secret in run.said() for secret in secrets)

    # The main job through HTTP, twice, as a newcomer would look at it.
    for _ in range(2):
        walk = run.walk()
        assert (walk.returncode, "all checked" in walk.stdout) == (0, True), walk.stdout + walk.stderr

    # A second one in the same folder is told where the first is.
    second = start(run.port + 10)
    assert second.process.wait(20) == 1
    assert "already running" in second.said()
    assert f"http://127.0.0.1:{run.port}/" in second.said()

    # A killed web server and a killed database come back; the portal answers again.
    web = run.pid_of("web")
    os.kill(web, signal.SIGKILL)
    run.wait_for("^web .*was killed by SIGKILL; starting it again", 10)
    _eventually(run.healthy)
    os.kill(run.pid_of("postgres"), signal.SIGKILL)
    run.wait_for("^postgres .*was killed by SIGKILL; starting it again", 10)
    _eventually(lambda: _database_answers(run))
    _eventually(run.healthy)

    # SIGKILL of the supervisor: the kernel tells the children; what still lingers is ended by the next start.
    everyone = run.everyone()
    assert len(everyone) > 5
    run.process.kill()
    run.process.wait()
    again = start(run.port)
    again.wait_for("^Ready: ")
    # The data are still there: neither made nor loaded again.
    assert not re.search("^(demo|static) |making a new", again.said(), re.M)
    assert not [pid for pid in everyone if processes.identify(pid) and pid in again.everyone()]

    # SIGTERM leaves nothing, within ten seconds.
    everyone = again.everyone()
    began = time.monotonic()
    again.process.terminate()
    assert again.process.wait(12) == 0
    assert time.monotonic() - began < 10
    assert [pid for pid in everyone if processes.identify(pid)] == []
    assert not (again.folder / RUN_FILE).exists()


def _database_answers(run: Run) -> bool:
    state = json.loads((run.folder / "state.json").read_text())
    try:
        with psycopg.connect(state["SEALREG_DATABASE_URL"]) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False
