"""PostgreSQL from its wheel (内嵌数据库): make a cluster, run it as root or not, provision roles and databases."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from sealreg.local.paths import postgres_bin, socket_dir
from sealreg.local.processes import command_of, end

PORT = 5432
SUPERUSER = "postgres"
LOADER = "sealreg_loader"


@dataclass(frozen=True)
class Cluster:
    """One data folder and how to reach its server (数据库集簇)."""

    data: Path
    durable: bool = True

    @property
    def sockets(self) -> Path:
        return socket_dir(self.data)

    def url(self, role: str, password: str, name: str) -> str:
        """Address of one database as one role, through the Unix socket."""
        return f"postgresql://{role}:{quote(password)}@/{name}?host={quote(str(self.sockets))}"

    def superuser_password(self) -> str:
        return (self.data.parent / f"{self.data.name}.superuser").read_text(encoding="utf-8").strip()

    def connect(self, name: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        """A connection as superuser, for provisioning only."""
        return psycopg.connect(self.url(SUPERUSER, self.superuser_password(), name), autocommit=True)


def _service_user() -> tuple[int, int] | None:
    """The unprivileged user to run as, when we are root; None when we are not."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    return 65534, 65534


def server_uid() -> int:
    """The user the server runs as and the data folder belongs to."""
    user = _service_user()
    return user[0] if user else os.geteuid()


def _command(program: str, *arguments: str) -> list[str]:
    user = _service_user()
    call = [str(postgres_bin(program)), *arguments]
    if user is None:
        return call
    return [sys.executable, "-m", "sealreg.local.unprivileged", str(user[0]), str(user[1]), *call]


def _own(path: Path) -> None:
    user = _service_user()
    path.mkdir(parents=True, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), server_uid()}:
        raise RuntimeError(f"{path} belongs to someone else; remove it or run as its owner")
    if user is not None:
        os.chown(path, *user)
    path.chmod(0o700)


def _environment() -> dict[str, str]:
    root = str(Path(__file__).resolve().parents[2])
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "LC_ALL": "C.UTF-8",
        "TZ": "Asia/Shanghai",
        "PYTHONPATH": root,
        "HOME": "/nonexistent",
    }


def initialise(cluster: Cluster) -> bool:
    """Make the data folder once (初始化). Returns True when it was made now; a half-made one is made afresh."""
    done = cluster.data / "PG_VERSION"
    secret = cluster.data.parent / f"{cluster.data.name}.superuser"
    if done.exists() and secret.exists():
        return False
    shutil.rmtree(cluster.data, ignore_errors=True)
    cluster.data.parent.mkdir(parents=True, exist_ok=True)
    draft = cluster.data.with_name(cluster.data.name + ".new")
    shutil.rmtree(draft, ignore_errors=True)
    _own(draft)
    password = secrets.token_urlsafe(24)
    password_file = draft.with_name(draft.name + ".pw")
    password_file.touch(mode=0o600)
    password_file.write_text(password, encoding="utf-8")
    user = _service_user()
    if user is not None:
        os.chown(password_file, *user)
    try:
        subprocess.run(
            _command(
                "initdb",
                "-D",
                str(draft),
                "-U",
                SUPERUSER,
                "--auth=scram-sha-256",
                f"--pwfile={password_file}",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
            ),
            check=True,
            capture_output=True,
            text=True,
            env=_environment(),
            cwd="/",
        )
    except subprocess.CalledProcessError as error:
        raise RuntimeError(f"initdb failed: {error.stderr.strip()}") from error
    finally:
        password_file.unlink()
    secret.touch(mode=0o600)
    secret.write_text(password, encoding="utf-8")
    draft.rename(cluster.data)
    return True


def postmaster(cluster: Cluster) -> int | None:
    """The pid of the server that runs on this data folder now (正在运行的服务进程), None when there is none."""
    try:
        pid = int((cluster.data / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None
    command = command_of(pid)
    return pid if command[:3] == (str(postgres_bin("postgres")), "-D", str(cluster.data)) else None


def heal(cluster: Cluster) -> None:
    """Make a start possible after an unclean end (自愈): end our own leftover server, drop a stale pid file.

    The pid in the file may belong to anybody by now; PostgreSQL would then refuse to start for ever.
    """
    pid = postmaster(cluster)
    if pid is not None:
        end([pid], first=signal.SIGINT, patience=8)
    (cluster.data / "postmaster.pid").unlink(missing_ok=True)


def server_command(cluster: Cluster) -> tuple[list[str], dict[str, str]]:
    """Command and environment of the server in the foreground (启动命令). Creates the socket folder."""
    _own(cluster.sockets)
    settings = {
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": str(cluster.sockets),
        "timezone": "Asia/Shanghai",
        "log_timezone": "Asia/Shanghai",
        "shared_buffers": "256MB",
        "max_connections": "200",
        "jit": "off",
        "max_wal_size": "2GB",
        "log_min_duration_statement": "2000",
    }
    if not cluster.durable:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
    arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return _command("postgres", "-D", str(cluster.data), *arguments), _environment()


def provision_apart(cluster: Cluster, name: str, password: str) -> None:
    """A role with a database of the same name that nobody else may enter (独立数据库). Safe to repeat."""
    role = sql.Identifier(name)
    with cluster.connect() as connection:
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone()
        verb = sql.SQL("ALTER" if known else "CREATE")
        connection.execute(
            sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD {}").format(
                verb, role, sql.Literal(password)
            )
        )
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(role, role))
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(role))


def provision(cluster: Cluster, passwords: dict[str, str], databases: tuple[str, ...]) -> None:
    """Create or repair the roles and the databases the owner owns (创建角色与数据库). Safe to repeat.

    passwords: role name -> password; the first role owns the databases.
    """
    owner = next(iter(passwords))
    with cluster.connect() as connection:
        known = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles").fetchall()}
        for role, password in passwords.items():
            verb = sql.SQL("ALTER" if role in known else "CREATE")
            connection.execute(
                sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD {}").format(
                    verb, sql.Identifier(role), sql.Literal(password)
                )
            )
        connection.execute(sql.SQL("ALTER ROLE {} CREATEDB").format(sql.Identifier(owner)))
        if LOADER in passwords:
            # COPY takes no rows into a table with row policies, not even rows they would let in.
            connection.execute(sql.SQL("ALTER ROLE {} BYPASSRLS").format(sql.Identifier(LOADER)))
        present = {row[0] for row in connection.execute("SELECT datname FROM pg_database").fetchall()}
        for name in databases:
            if name not in present:
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(owner))
                )
    for name in databases:
        with cluster.connect(name) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
            connection.execute("CREATE EXTENSION IF NOT EXISTS btree_gin")
            connection.execute(sql.SQL("ALTER SCHEMA public OWNER TO {}").format(sql.Identifier(owner)))
