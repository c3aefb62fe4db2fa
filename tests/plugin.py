"""A real PostgreSQL for the suite (测试数据库), ready before Django reads its settings. Loaded with `-p tests.plugin`.

The first process makes a throw-away cluster, migrates a template database as the owner and leaves its address in the
environment; workers inherit it. Every connection of a test is the restricted application role.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from sealreg.local import postgres

TEMPLATE = "sealreg_template"
ROOT = Path(__file__).resolve().parents[1]
OWNER, APP, LOADER = "sealreg_owner", "sealreg_app", "sealreg_loader"
_VARIABLES = {
    "default": ("SEALREG_DATABASE_URL", APP),
    "owner": ("SEALREG_OWNER_DATABASE_URL", OWNER),
    "loader": ("SEALREG_LOADER_DATABASE_URL", LOADER),
}


def cluster() -> postgres.Cluster:
    """The cluster of this run (本次测试的集簇)."""
    return postgres.Cluster(Path(os.environ["SEALREG_TEST_CLUSTER"]), durable=False)


def _announce() -> None:
    """Decide folder, roles and passwords before settings are read; the server itself starts a little later."""
    if "SEALREG_TEST_CLUSTER" in os.environ:
        return
    folder = ROOT / ".local" / "test" / f"{os.getpid()}-{uuid.uuid4().hex[:6]}" / "pg"
    os.environ["SEALREG_TEST_CLUSTER"] = str(folder)
    for variable, role in _VARIABLES.values():
        os.environ[variable] = postgres.Cluster(folder).url(role, secrets.token_hex(8), TEMPLATE)


_announce()


class ClusterPlugin:
    """Starts and stops the cluster around the whole run (启停)."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._sweep()
        target = cluster()
        postgres.initialise(target)
        command, environment = postgres.server_command(target)
        with (target.data.parent / "postgres.log").open("wb") as log:
            self.process = subprocess.Popen(command, env=environment, cwd="/", stdout=log, stderr=log)
        passwords = {
            role: psycopg.conninfo.conninfo_to_dict(os.environ[variable])["password"]
            for variable, role in (_VARIABLES["owner"], _VARIABLES["default"], _VARIABLES["loader"])
        }
        deadline = time.monotonic() + 30
        while True:
            try:
                postgres.provision(target, passwords, (TEMPLATE,))
                return
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    text = (target.data.parent / "postgres.log").read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"the test database did not start: {error}\n{text}") from error
                time.sleep(0.05)

    def stop(self) -> None:
        target = cluster()
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None
        shutil.rmtree(target.data.parent, ignore_errors=True)
        shutil.rmtree(target.sockets, ignore_errors=True)

    @staticmethod
    def _sweep() -> None:
        """Remove clusters that a killed run left behind."""
        for folder in (ROOT / ".local" / "test").glob("*-*"):
            pid = int(folder.name.split("-")[0])
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                left = postgres.Cluster(folder / "pg")
                with contextlib.suppress(OSError, ValueError, IndexError):
                    os.kill(int((left.data / "postmaster.pid").read_text().splitlines()[0]), 9)
                shutil.rmtree(folder, ignore_errors=True)
                shutil.rmtree(left.sockets, ignore_errors=True)
            except PermissionError:
                continue


_running = ClusterPlugin()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput") or session.config.option.collectonly:
        return
    _running.start()
    # Django is not ready when this module is imported, so it is imported here.
    from django.core.management import call_command
    from django.db import connections
    from pytest_django.plugin import blocking_manager_key

    with session.config.stash[blocking_manager_key].unblock():
        call_command("migrate", database="owner", verbosity=0, interactive=False)
        for connection in connections.all(initialized_only=True):
            connection.close()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and _running.process is not None:
        _running.stop()


@contextlib.contextmanager
def cloned_database(prefix: str) -> Iterator[str]:
    """A fresh copy of the migrated template, dropped afterwards (模板副本)."""
    name = f"{prefix}_{uuid.uuid4().hex[:10]}"
    with cluster().connect() as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
                sql.Identifier(name), sql.Identifier(TEMPLATE), sql.Identifier(OWNER)
            )
        )
    try:
        yield name
    finally:
        with cluster().connect() as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
