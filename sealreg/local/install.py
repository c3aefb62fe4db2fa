"""Makes .venv from the lock files (安装). Run with any python3: `python3 sealreg/local/install.py [--dev]`.

Standard library only, and readable by an old Python, so that it can say which one is needed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

NEEDED = (3, 11)
ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".venv"
PYTHON = HOME / "bin" / "python"
MAIN_LOCK, DEV_LOCK = ROOT / "requirements.lock", ROOT / "tests" / "requirements.lock"


def find_python() -> str | None:
    """An interpreter that is new enough (查找解释器): this one, else the newest on the path."""
    if sys.version_info >= NEEDED:
        return sys.executable
    check = f"import sys; sys.exit(sys.version_info < {NEEDED!r})"
    for minor in range(20, NEEDED[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found and subprocess.run([found, "-c", check], capture_output=True).returncode == 0:
            return found
    return None


def stamp_of(lock: Path, version: str) -> str:
    """What the environment must have been made from: the lock's bytes and the Python version."""
    return hashlib.sha256(lock.read_bytes() + version.encode()).hexdigest()


def venv_version() -> str | None:
    """Python version of the environment that is there; None when there is none or it no longer runs."""
    command = [str(PYTHON), "-c", "import pip, sys; print('%d.%d' % sys.version_info[:2])"]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def make_environment(python: str) -> str:
    """Create or replace .venv and return its Python version. Exits with advice when the venv module is not there."""
    print("install    making .venv", flush=True)
    done = subprocess.run([python, "-m", "venv", "--clear", str(HOME)], capture_output=True, text=True)
    version = venv_version()
    if done.returncode != 0 or version is None:
        sys.exit(
            f"{python} cannot make a virtual environment:\n{(done.stdout + done.stderr).strip()}\n"
            "On Debian and Ubuntu: apt-get install python3-venv"
        )
    return version


def install(lock: Path) -> None:
    """Install one lock file with its hashes. Exits with pip's own words when it fails."""
    count = sum(1 for line in lock.read_text(encoding="utf-8").splitlines() if line[:1].isalnum())
    print(f"install    {count} packages of {lock.relative_to(ROOT)}, each checked by its hash", flush=True)
    began = time.monotonic()
    done = subprocess.run(
        [
            str(PYTHON), "-m", "pip", "install", "-qq", "--require-hashes", "--no-deps", "--only-binary=:all:",
            "--no-compile", "--disable-pip-version-check", "--no-warn-script-location", "-r", str(lock),
        ],
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode != 0:
        sys.exit(
            f"install    pip could not install {lock.relative_to(ROOT)} (its words stand above). "
            "A package index must be reachable the first time; afterwards nothing is fetched."
        )
    # Once and by all cores, instead of by every process of the stack at its start.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    compile_all = [str(PYTHON), "-m", "compileall", "-q", "-j", "0", str(HOME / "lib")]
    subprocess.run(compile_all, env=environment, stdin=subprocess.DEVNULL, capture_output=True)
    print(f"install    done in {time.monotonic() - began:.0f} s", flush=True)


def main() -> None:
    python = find_python()
    if python is None:
        sys.exit(
            f"Python {NEEDED[0]}.{NEEDED[1]} or newer is needed; this is {sys.version.split()[0]} and no newer one "
            "is on the path. On Debian and Ubuntu: apt-get install python3.11 python3.11-venv"
        )
    (ROOT / ".local").mkdir(mode=0o700, exist_ok=True)
    with (ROOT / ".local" / "install.lock").open("a") as lock_file:
        fcntl.flock(lock_file, fcntl.LOCK_EX)
        version = venv_version()
        for lock in (MAIN_LOCK, DEV_LOCK) if "--dev" in sys.argv[1:] else (MAIN_LOCK,):
            stamp = HOME / f"sealreg-{'dev' if lock == DEV_LOCK else 'main'}.stamp"
            if version and stamp.exists() and stamp.read_text(encoding="ascii") == stamp_of(lock, version):
                continue
            if version is None or tuple(map(int, version.split("."))) < NEEDED:
                version = make_environment(python)
            install(lock)
            stamp.write_text(stamp_of(lock, version), encoding="ascii")


if __name__ == "__main__":
    os.umask(0o022)
    main()
