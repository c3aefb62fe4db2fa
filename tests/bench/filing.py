"""`filing`: submissions with code allocation (备案提交), beside PostgreSQL alone replaying the very same statements.

A batch of submissions is caught statement by statement; pgbench replays it, one transaction a submission, on a copy of
the database from before. The candidate submits other drafts of the same kind through the services, one client each.
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from filing.models import CodeCounter, Seal, SealFiling
from filing.requests import FilingRequest
from filing.services.drafts import start_draft
from filing.services.submission import submit_filing
from sealreg.accounts.models import User
from sealreg.clock import now
from sealreg.local.paths import postgres_bin
from tests.bench.framework import Finding, Measure, Sample, WrongResult, take
from tests.bench.load import measured
from tests.bench.stack import APP, DATABASE, OWNER, Database
from tests.factories import filing as made
from tests.factories.accounts import authority
from tests.factories.units import unit as some_unit

ROUNDS, AREA = 3, 440606
PRISTINE, COPY = f"{DATABASE}_before", f"{DATABASE}_replay"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A draft and what it will ask for (待提交草稿)."""

    filing: SealFiling
    request: FilingRequest


def run(target: Database, rows: int, say: Callable[[str], None]) -> list[Finding]:
    """The figure of this benchmark (运行). rows: submissions of one sample."""
    settings.MEDIA_ROOT = Path(tempfile.mkdtemp(prefix="sealreg-bench-"))
    size = max(20, min(rows, 500))
    samples = ROUNDS * 2
    say(f"preparing {size * (samples + 1)} drafts")
    clerk, drafts = prepare(size * (samples + 1))
    connection.close()
    connection.close_pool()  # a database in use cannot be copied
    _copy(target, DATABASE, PRISTINE)
    script = caught(clerk, drafts[:size])
    batches: Iterator[list[Waiting]] = iter([drafts[size * n : size * (n + 1)] for n in range(1, samples + 1)])
    measure = Measure(
        name="filing",
        unit="submissions/s",
        value=lambda sample: sample.rate,
        limit=lambda: _replay(target, script, size),
        candidate=lambda: _submit(target, clerk, next(batches)),
        note=f"{size} submissions of one seal a sample, one client; limit: pgbench with the same statements",
    )
    found = take(measure, ROUNDS)
    check(size * (samples + 1))
    for line in found.lines():
        say(line)
    return [found]


def prepare(count: int) -> tuple[User, list[Waiting]]:
    """Units with a draft each at one shop (准备草稿)."""
    authority(AREA)
    place = made.shop(area=AREA)
    clerk = made.clerk_of(place)
    waiting = []
    for _ in range(count):
        unit = some_unit(established_on=dt.date(2026, 5, 20))
        request = made.request_for(place, unit=unit)
        waiting.append(Waiting(start_draft(place, by=clerk, at=now(), form={}, unit=unit), request))
    return clerk, waiting


def caught(clerk: User, batch: list[Waiting]) -> str:
    """The statements of these submissions as one script (捕获语句)."""
    lines = []
    for one in batch:
        with CaptureQueriesContext(connection) as queries:
            submit_filing(one.filing, one.request, by=clerk, at=now())
        statements = [query["sql"].strip().rstrip(";") for query in queries.captured_queries]
        if statements[0] != "BEGIN" or statements[-1] != "COMMIT":
            raise WrongResult(f"a submission is not one transaction: {statements[0]} … {statements[-1]}")
        lines += [f"{statement};" for statement in statements]
    return "\n".join(lines) + "\n"


def check(count: int) -> None:
    """Every submission has its code, without a gap (核对结果). Raises WrongResult."""
    codes = sorted(Seal.objects.values_list("code", flat=True))
    if codes != [f"{AREA}{number:07d}" for number in range(1, count + 1)]:
        raise WrongResult("the codes are not those from 1 on")
    if CodeCounter.objects.get(prefix=str(AREA)).last != count:
        raise WrongResult("the counter stands elsewhere")


def _submit(target: Database, clerk: User, batch: list[Waiting]) -> Sample:
    def run() -> list[float]:
        taken = []
        for one in batch:
            begun = time.perf_counter()
            submit_filing(one.filing, one.request, by=clerk, at=now())
            taken.append(time.perf_counter() - begun)
        return taken

    return measured((os.getpid(), target.pid), run)


def _replay(target: Database, script: str, size: int) -> Sample:
    with _copied(target) as address, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "submissions.sql"
        path.write_text(script, encoding="utf-8")
        command = [
            str(postgres_bin("pgbench")), "--no-vacuum", "--protocol", "simple", "--client", "1", "--transactions", "1",
            "--log", "--log-prefix", f"{folder}/log", "--file", str(path), address,
        ]  # fmt: skip

        def run() -> list[float]:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(f"pgbench failed: {(done.stderr or done.stdout)[-1500:]}")
            (line,) = [line for log in Path(folder).glob("log*") for line in log.read_text().splitlines()]
            return [int(line.split()[2]) / 1e6 / size] * size

        sample = measured((target.pid, target.pid), run)
        # Without the start of pgbench itself: what the script took.
        return replace(sample, app_us=0.0, seconds=sample.p50 / 1e3 * size)


@contextmanager
def _copied(target: Database) -> Iterator[str]:
    _copy(target, PRISTINE, COPY)
    try:
        yield target.url(APP).replace(DATABASE, COPY)
    finally:
        _drop(target, COPY)


def _copy(target: Database, source: str, name: str) -> None:
    with target.cluster.connect() as link:
        link.execute(f"CREATE DATABASE {name} TEMPLATE {source} OWNER {OWNER}".encode())


def _drop(target: Database, name: str) -> None:
    with target.cluster.connect() as link:
        link.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
