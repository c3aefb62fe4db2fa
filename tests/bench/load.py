"""Load of two kinds (负载): pgbench with given statements, and browsers that keep their connection."""

from __future__ import annotations

import http.client
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from sealreg.local.paths import postgres_bin
from tests.bench import cpu
from tests.bench.framework import Sample, WrongResult, percentile
from tests.bench.stack import APP, Database, Server


def measured(roots: tuple[int, int], run: Callable[[], list[float]]) -> Sample:
    """A sample around `run`, which returns the latency of every request in seconds. roots: application, database."""
    before = cpu.read(time.monotonic(), roots)
    latencies = run()
    after = cpu.read(time.monotonic(), roots)
    app, db = (1e6 * (late - early) / len(latencies) for early, late in zip(before.trees, after.trees, strict=True))
    return Sample(
        requests=len(latencies),
        seconds=after.wall - before.wall,
        p50=1e3 * percentile(latencies, 0.5),
        p95=1e3 * percentile(latencies, 0.95),
        app_us=app,
        db_us=db,
        foreign=cpu.foreign_percent(before, after),
    )


def pgbench(
    target: Database, scripts: Sequence[str], *, seconds: float, protocol: str = "simple", clients: int = 1
) -> Sample:
    """PostgreSQL alone with these statements, each script equally often (pgbench).

    protocol: "simple" plans each for its own values, as the application does. Latency is of a whole script.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [
            str(postgres_bin("pgbench")), "--no-vacuum", "--protocol", protocol, "--client", str(clients),
            "--jobs", "1", "--time", str(max(1, round(seconds))), "--log", "--log-prefix", f"{folder}/log",
        ]  # fmt: skip
        for number, text in enumerate(scripts):
            path = Path(folder) / f"{number}.sql"
            path.write_text(text, encoding="utf-8")
            command += ["--file", str(path)]

        def run() -> list[float]:
            done = subprocess.run([*command, target.url(APP)], capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(f"pgbench failed: {done.stderr[-1500:]}")
            lines = [line for log in Path(folder).glob("log*") for line in log.read_text().splitlines()]
            return [int(line.split()[2]) / 1e6 for line in lines]

        sample = measured((target.pid, target.pid), run)
        return replace(sample, app_us=0.0)


def browsers(
    target: Database,
    server: Server,
    paths: Sequence[str],
    *,
    cookie: str,
    seconds: float,
    clients: int = 4,
    check: Callable[[bytes], bool],
) -> Sample:
    """The real application through HTTP (浏览器负载): `clients` keep-alive connections walking over `paths`.

    check: whether a body is the right kind of page; one that is not stops the run with WrongResult.
    """
    latencies: list[list[float]] = [[] for _ in range(clients)]
    wrong: list[str] = []
    until = time.monotonic() + seconds

    def walk(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        place = number * 7
        while time.monotonic() < until and not wrong:
            path = paths[place % len(paths)]
            place += 1
            began = time.perf_counter()
            connection.request("GET", path, headers={"Cookie": cookie, "Accept-Language": "zh-Hans"})
            answer = connection.getresponse()
            body = answer.read()
            latencies[number].append(time.perf_counter() - began)
            if answer.status != 200 or not check(body):
                wrong.append(f"{path}: status {answer.status}")
        connection.close()

    def run() -> list[float]:
        threads = [threading.Thread(target=walk, args=[number]) for number in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if wrong:
            raise WrongResult(wrong[0])
        return [latency for taken in latencies for latency in taken]

    return measured((server.pid, target.pid), run)
