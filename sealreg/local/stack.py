"""What the stack consists of (组成): addresses, secrets and the commands of each child."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import signal
import string
import sys
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from sealreg.local import ports, postgres
from sealreg.local.paths import postgres_bin, valkey_bin
from sealreg.local.state import read_state
from sealreg.local.supervisor import Service

ROOT = Path(__file__).resolve().parents[2]
DATABASE = "sealreg"
# The owner comes first: provisioning gives it the database. Names as in settings.DATABASE_ROLES.
ROLES = {
    "sealreg_owner": "SEALREG_OWNER_DATABASE_URL",
    "sealreg_app": "SEALREG_DATABASE_URL",
    "sealreg_loader": "SEALREG_LOADER_DATABASE_URL",
}
BROKER = "SEALREG_BROKER_URL"
# Role and database of the simulated institute; no other process knows its password.
INSTITUTE = "sealreg_institute"
WEB_WORKERS, WEB_THREADS = 2, 2
# Raise it when load_demo makes more: a stack that was filled before is then filled up at its next start.
DEMO_EDITION = "6"


def manage(*arguments: str) -> list[str]:
    return [sys.executable, str(ROOT / "manage.py"), *arguments]


def cluster(folder: Path) -> postgres.Cluster:
    return postgres.Cluster(folder / "pg")


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _sandbox_key() -> str:
    """In the form of sealreg.api.services; the same at every start, so that what a developer has noted stays true."""
    alphabet = string.ascii_letters + string.digits
    return "sk_test_" + "".join(secrets.choice(alphabet) for _number in range(32))


def addresses(folder: Path, port: int) -> dict[str, str]:
    """Environment of the whole stack (环境变量): what an earlier start chose is kept, what is missing is made."""
    kept = read_state(folder)
    values = {
        "SEALREG_SECRET_KEY": kept.get("SEALREG_SECRET_KEY") or secrets.token_urlsafe(50),
        "SEALREG_PERSONAL_KEY": kept.get("SEALREG_PERSONAL_KEY") or _key(),
        "SEALREG_BLIND_INDEX_KEY": kept.get("SEALREG_BLIND_INDEX_KEY") or _key(),
        "SEALREG_CARD_KEY": kept.get("SEALREG_CARD_KEY") or _key(),
        "SEALREG_SANDBOX_KEY": kept.get("SEALREG_SANDBOX_KEY") or _sandbox_key(),
        "SEALREG_KEYSTORE_PASSPHRASE": kept.get("SEALREG_KEYSTORE_PASSPHRASE") or secrets.token_urlsafe(24),
    }
    database = cluster(folder)
    for role, variable in ROLES.items():
        password = urlsplit(kept.get(variable, "")).password or secrets.token_hex(16)
        values[variable] = database.url(role, password, DATABASE)
    broker = urlsplit(kept.get(BROKER, ""))
    password = broker.password or secrets.token_hex(16)
    values[BROKER] = f"redis://:{password}@{ports.HOST}:{ports.free_port(broker.port or 0)}/0"
    values["SEALREG_REGISTRY_URL"] = f"http://{ports.HOST}:{port + 1}"
    values["SEALREG_MINISTRY_URL"] = f"http://{ports.HOST}:{port + 2}"
    values["SEALREG_INSTITUTE_URL"] = f"http://{ports.HOST}:{port + 3}"
    return values


def passwords(values: dict[str, str]) -> dict[str, str]:
    """Role -> password, the owner first."""
    return {role: urlsplit(values[variable]).password or "" for role, variable in ROLES.items()}


def child_environment(folder: Path, values: dict[str, str]) -> dict[str, str]:
    """What every child sees: the caller's environment (SEALREG_ZONE and the like), then the stack's own addresses."""
    fixed = {
        "DJANGO_SETTINGS_MODULE": "sealreg.settings.local",
        "SEALREG_LOCAL_DIR": str(folder),
        "PYTHONUNBUFFERED": "1",
        "TZ": "Asia/Shanghai",
        "PYTHONPATH": str(ROOT),
    }
    # A _FILE twin would win over the value (sealreg.settings.env) and lead to another database.
    inherited = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in values}
    # Eight processes would each compile the same modules at every start.
    inherited.pop("PYTHONDONTWRITEBYTECODE", None)
    return inherited | values | fixed


def postgres_service(folder: Path) -> Service:
    database = cluster(folder)
    command, environment = postgres.server_command(database)
    settled = command[command.index(str(postgres_bin("postgres"))) :]
    return Service(
        "postgres", command, environment=environment, settled=settled, stop_signal=signal.SIGINT,
        abrupt_signal=signal.SIGQUIT, before=lambda: postgres.heal(database), foundation=True,
    )  # fmt: skip


def valkey_service(folder: Path, values: dict[str, str]) -> Service:
    """Valkey without persistence, as it only carries wake-up calls; its password stands in a file of our own."""
    broker = urlsplit(values[BROKER])
    home = folder / "valkey"
    home.mkdir(parents=True, exist_ok=True)
    path = home / "valkey.conf"
    path.touch(mode=0o600)
    quoted = str(home).replace("\\", "\\\\").replace('"', '\\"')
    lines = [
        f"bind {ports.HOST}", f"port {broker.port}", f"requirepass {broker.password}", "protected-mode yes",
        'save ""', "appendonly no", "maxmemory 64mb", "maxmemory-policy noeviction", f'dir "{quoted}"',
        "set-proc-title no", "daemonize no",
    ]  # fmt: skip
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Service("valkey", [str(valkey_bin()), str(path)], foundation=True)


def institute_secrets(folder: Path) -> dict[str, str]:
    """The institute's own secrets (灌装机构机密), kept apart from the state every child reads. Made once."""
    path = folder / "institute" / "secrets.json"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        values = {name: secrets.token_urlsafe(24) for name in ("password", "first", "second", "third")}
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
            json.dump(values, out)
    return {str(name): str(value) for name, value in json.loads(path.read_text(encoding="utf-8")).items()}


def institute_service(folder: Path, port: int) -> Service:
    """The simulated institute: it sees its own secrets and the cards' key, nothing of the portal's."""
    own, kept = institute_secrets(folder), read_state(folder)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SEALREG", "DJANGO"))} | {
        "PYTHONUNBUFFERED": "1",
        "TZ": "Asia/Shanghai",
        "PYTHONPATH": str(ROOT),
        "SEALREG_INSTITUTE_DATABASE_URL": cluster(folder).url(INSTITUTE, own["password"], INSTITUTE),
        "SEALREG_INSTITUTE_PASSPHRASE_1": own["first"],
        "SEALREG_INSTITUTE_PASSPHRASE_2": own["second"],
        "SEALREG_INSTITUTE_PASSPHRASE_3": own["third"],
        "SEALREG_INSTITUTE_CARDS": str(folder / "cards"),
        "SEALREG_CARD_KEY": kept["SEALREG_CARD_KEY"],
    }
    command = [
        sys.executable, "-m", "integration.institute.mock_institute",
        "--port", str(port + 3), "--data", str(folder / "institute"),
    ]  # fmt: skip
    return Service("institute", command, environment=environment)


def application_services(folder: Path, port: int, environment: dict[str, str]) -> list[Service]:
    """Everything that stands on the database and the broker, in the order it is started."""
    python = sys.executable
    celery = [python, "-m", "celery", "-A", "sealreg.celery"]
    for name in ("registry", "ministry", "beat"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    return [
        Service("registry", [
            python, "-m", "integration.business_registration.mock_registry",
            "--port", str(port + 1), "--data", str(folder / "registry"),
        ]),
        Service("ministry", [
            python, "-m", "integration.ministry.mock_platform",
            "--port", str(port + 2), "--data", str(folder / "ministry"),
        ]),
        Service("web", [
            python, "-m", "granian", "--interface", "wsgi", "--host", ports.HOST, "--port", str(port), "--no-ws",
            "--workers", str(WEB_WORKERS), "--blocking-threads", str(WEB_THREADS),
            "--respawn-failed-workers", "--respawn-interval", "0.5", "--workers-kill-timeout", "3",
            "sealreg.wsgi:application",
        ], environment=environment | {"SEALREG_DATABASE_POOL": "1"}),
        Service("relay", manage("drain_outbox", "--loop")),
        Service("worker", [
            *celery, "worker", "--pool", "threads", "--concurrency", "2", "--loglevel", "WARNING",
            "--without-gossip", "--without-mingle", "--hostname", "local",
        ]),
        Service("beat", [
            *celery, "beat", "--loglevel", "WARNING", "--pidfile", "",
            "--schedule", str(folder / "beat" / "schedule"),
        ]),
    ]  # fmt: skip


def static_sources() -> list[Path]:
    """Where static files come from; the lock stands for those of packages. Not .local, where they are collected."""
    rooms = [*ROOT.glob("[a-z]*/static"), *ROOT.glob("sealreg/*/static")]
    return [ROOT / "static", *sorted(rooms), ROOT / "requirements.lock"]


def static_digest(sources: Iterable[Path]) -> str:
    """Changes when any static file or any locked package does (静态文件指纹)."""
    digest = hashlib.sha256()
    for source in sources:
        for path in sorted(source.rglob("*")) if source.is_dir() else [source]:
            if path.is_file():
                seen = path.stat()
                digest.update(f"{path}\0{seen.st_size}\0{seen.st_mtime_ns}\n".encode())
    return digest.hexdigest()
