"""`python -m tests.readers`: PC/SC, a virtual reader and pyscard, installed where that is possible (读卡环境).

Prints why where it is not; with CI=true a missing piece is a failure. pyscard has no wheel for Linux, so it is built
here against the system's library, from tests/readers.lock, which no other lock file includes.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
import sysconfig
from pathlib import Path

from tests import extras

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


def _install() -> str:
    """Install what is missing; returns why not, or nothing."""
    packages = _packages()
    if packages:
        print(f"readers    installing {' '.join(packages)}", flush=True)
        if reason := extras.install_packages(packages):
            return reason
    if importlib.util.find_spec("smartcard") is not None:
        return ""
    print("readers    building pyscard", flush=True)
    # With the build tools that stand in the dev lock.
    return extras.install_locked(LOCK, "--no-build-isolation", "--no-binary=:all:")


def main() -> int:
    reason = _install() if missing_parts() else ""
    return extras.close("readers", missing_parts(), reason, "the tests through PC/SC")


if __name__ == "__main__":
    sys.exit(main())
