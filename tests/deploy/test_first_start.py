"""The first start's SQL and secrets work on a real PostgreSQL of their own."""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from sealreg.deploy import probe
from sealreg.deploy.make_secrets import AGENCIES, RECIPES, main, make_secrets
from sealreg.local import postgres
from sealreg.local.paths import postgres_bin
from tests.architecture.source import ROOT


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deploy") / "secrets"
    assert make_secrets(folder) == list(RECIPES)
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Cluster]:
    base = tmp_path_factory.mktemp("server")
    # The server may run as another user, who must reach its folder.
    for parent in (base, base.parent, base.parent.parent):
        parent.chmod(0o755)
    cluster = postgres.Cluster(base / "pg", durable=False)
    postgres.initialise(cluster)
    command, environment = postgres.server_command(cluster)
    with (base / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, cwd="/", stdout=log, stderr=log)
    deadline = time.monotonic() + 30
    while True:
        try:
            cluster.connect().close()
            break
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, (base / "log").read_text()
            time.sleep(0.05)
    yield cluster
    process.send_signal(signal.SIGINT)
    process.wait(20)


@pytest.fixture(scope="module")
def provisioned(server: postgres.Cluster, secrets: Path) -> postgres.Cluster:
    script = (ROOT / "sealreg" / "deploy" / "roles.sql").read_text(encoding="utf-8")
    assert script.count("/run/secrets/") == 3
    done = subprocess.run(
        [str(postgres_bin("psql")), "--no-psqlrc", "-q", "-h", str(server.sockets), "-U", "postgres", "-d", "postgres"],
        input=script.replace("/run/secrets", str(secrets)), capture_output=True, text=True, check=False,
        env={"PGPASSWORD": server.superuser_password(), "PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return server


def _connect(cluster: postgres.Cluster, secrets: Path, role: str) -> psycopg.Connection:
    password = (secrets / f"{role}_password").read_text(encoding="utf-8")
    return psycopg.connect(cluster.url(f"sealreg_{role}", password, "sealreg"), autocommit=True)


def test_three_roles_stand_with_their_passwords_and_no_more_rights(provisioned, secrets):
    for role in ("owner", "app", "loader"):
        with _connect(provisioned, secrets, role) as connection:
            found = connection.execute(
                "SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
            # COPY into a table with row policies asks for BYPASSRLS, which only who loads in bulk has.
            assert found == (False, role == "loader", role == "owner", False)
            extensions = {row[0] for row in connection.execute("SELECT extname FROM pg_extension").fetchall()}
            assert {"btree_gist", "btree_gin"} <= extensions


def test_only_the_owner_makes_tables(provisioned, secrets):
    for role in ("app", "loader"):
        with _connect(provisioned, secrets, role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE intruder (id int)")
    with _connect(provisioned, secrets, "owner") as connection:
        connection.execute("CREATE TABLE ours (id int)")
        connection.execute("DROP TABLE ours")


def test_heartbeat_probe(provisioned, secrets, monkeypatch):
    password = (secrets / "owner_password").read_text(encoding="utf-8")
    monkeypatch.setenv("SEALREG_DATABASE_URL", provisioned.url("sealreg_owner", password, "sealreg"))
    assert probe.main(["heartbeat", "loop", "60"]) == 1
    with _connect(provisioned, secrets, "owner") as connection:
        connection.execute("CREATE TABLE outbox_relayheartbeat (relay text, beat_at timestamptz)")
        row = "INSERT INTO outbox_relayheartbeat VALUES (%s, now() - make_interval(secs => %s))"
        connection.execute(row, [f"loop:{probe.socket.gethostname()}", 30])
        connection.execute(row, ["celery:elsewhere", 0])
        assert probe.main(["heartbeat", "loop", "60"]) == 0
        assert probe.main(["heartbeat", "loop", "10"]) == 1
        assert probe.main(["heartbeat", "celery", "60"]) == 1
        connection.execute("DROP TABLE outbox_relayheartbeat")


def test_freshness_probe(tmp_path):
    file = tmp_path / "schedule"
    assert probe.main(["fresh", str(file), "60"]) == 1
    file.touch()
    assert probe.main(["fresh", str(file), "60"]) == 0
    os.utime(file, (0, 0))
    assert probe.main(["fresh", str(file), "60"]) == 1


def test_http_probe(live_site, settings, monkeypatch):
    port = int(live_site.rsplit(":", 1)[1])
    monkeypatch.setenv("SEALREG_ALLOWED_HOSTS", "localhost, elsewhere.invalid")
    assert probe.main(["http", str(port), "/healthz"]) == 0
    assert probe.main(["http", str(port), "/no-such-page"]) == 1
    monkeypatch.setenv("SEALREG_ALLOWED_HOSTS", "not-ours.invalid")
    assert probe.main(["http", str(port), "/healthz"]) == 1


def test_http_probe_of_nobody():
    assert probe.answers(1, "/healthz", host="localhost") is False


def test_secrets_are_kept_and_closed(secrets, capsys):
    before = {path.name: path.read_bytes() for path in secrets.iterdir()}
    (secrets / "loader_password").unlink()
    assert main([str(secrets)]) == 0
    assert capsys.readouterr().out == "made loader_password\n"
    after = {path.name: path.read_bytes() for path in secrets.iterdir()}
    assert {name for name in before if before[name] != after[name]} == {"loader_password"}
    assert secrets.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in secrets.iterdir()} == {0o444}


def test_certificates_name_their_hosts(secrets):
    context = ssl.create_default_context(cafile=str(secrets / "agencies_certificate"))
    names = {entry[1] for each in context.get_ca_certs() for entry in each["subjectAltName"]}
    assert names == set(AGENCIES)
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
        secrets / "portal_certificate", secrets / "portal_key"
    )
