"""`python -m tests.readers`: PC/SC, a virtual reader and pyscard, installed where that is possible (读卡环境).

Prints why where it is not; with CI=true a missing piece is a failure. pyscard has no wheel for Linux, so it is built
here against the system's library, from tests/readers.lock, which no other lock file includes.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "tests" / "readers.lock"
DRIVERS = [Path(folder) / "pcsc/drivers/serial/libifdvpcd.so" for folder in ("/usr/lib", "/usr/lib64")]


def driver() -> Path | None:
    """The virtual reader's driver (虚拟读卡器驱动)."""
    return next((path for path in DRIVERS if path.exists()), None)


def missing_parts() -> list[str]:
    """What of the reader stack is not here (缺少的部件), by Debian package or extra; empty when all is."""
    parts = {
        "pcscd": shutil.which("pcscd"),
        "vsmartcard-vpcd": driver(),
        "opensc": shutil.which("opensc-tool"),
        "pyscard (extra `readers`)": importlib.util.find_spec("smartcard"),
    }
    return [name for name, there in parts.items() if not there]


def _packages() -> list[str]:
    """Debian packages that are needed here: to run, and to build pyscard where it is not built yet."""
    needed = [name for name in missing_parts() if "pyscard" not in name]
    if importlib.util.find_spec("smartcard") is None:
        headers = Path(sysconfig.get_path("include")) / "Python.h"
        needed += [
            package
            for package, there in (
                ("gcc", shutil.which("gcc")),
                ("libc6-dev", Path("/usr/include/stdlib.h").exists()),
                ("libpcsclite-dev", Path("/usr/include/PCSC/winscard.h").exists()),
                ("swig", shutil.which("swig")),
                ("python3-dev", headers.exists()),
            )
            if not there
        ]
    return needed


def _words(done: subprocess.CompletedProcess[str]) -> str:
    """The last line a program left, for one line of ours."""
    lines = (done.stderr or done.stdout).strip().splitlines()
    return lines[-1] if lines else f"exit code {done.returncode}"


def _install() -> str:
    """Install what is missing; returns why not, or nothing."""
    packages = _packages()
    if packages:
        if not shutil.which("apt-get"):
            return f"there is no apt-get here; install by hand: {' '.join(packages)}"
        if os.geteuid() != 0:
            return f"not root; run: sudo apt-get install {' '.join(packages)}"
        print(f"readers    installing {' '.join(packages)}", flush=True)
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for arguments in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
            done = subprocess.run(
                ["apt-get", *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
            )
            if done.returncode != 0:
                return f"apt-get {arguments[0]} failed: {_words(done)}"
    return _build() if importlib.util.find_spec("smartcard") is None else ""


def _build() -> str:
    """Build pyscard into this environment, checked by its hash, with the build tools that stand in the dev lock."""
    print("readers    building pyscard", flush=True)
    command = [
        sys.executable, "-m", "pip", "install", "-qq", "--require-hashes", "--no-deps", "--no-build-isolation",
        "--no-binary=:all:", "--disable-pip-version-check", "-r", str(LOCK),
    ]  # fmt: skip
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    importlib.invalidate_caches()
    return f"pyscard was not built: {_words(done)}" if done.returncode != 0 else ""


def main() -> int:
    reason = _install() if missing_parts() else ""
    missing = missing_parts()
    if not missing:
        return 0
    why = reason or "they were installed but are not found"
    print(f"readers    missing: {', '.join(missing)}: {why}; the tests through PC/SC are skipped")
    return 1 if os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(main())
