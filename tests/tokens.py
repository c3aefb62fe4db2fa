"""`python -m tests.tokens`: SoftHSM2, python-pkcs11 and a second reader of key blocks (密码设备环境), where possible.

Prints why where it is not; with CI=true a missing piece is a failure. The libraries are those of the extra `keys`,
pinned in tests/tokens.lock, which no other lock file includes.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

from tests import extras

LOCK = Path(__file__).resolve().parents[1] / "tests" / "tokens.lock"
LIBRARIES = {"python-pkcs11 (extra `keys`)": "pkcs11", "psec (extra `keys`)": "psec"}


def _missing_libraries() -> list[str]:
    return [name for name, module in LIBRARIES.items() if importlib.util.find_spec(module) is None]


def missing_parts() -> list[str]:
    """What the tests of tokens and blocks lack here (缺少的部件), by Debian package or extra; empty when nothing."""
    return ([] if shutil.which("softhsm2-util") else ["softhsm2"]) + _missing_libraries()


def _install() -> str:
    if not shutil.which("softhsm2-util"):
        print("tokens     installing softhsm2", flush=True)
        if reason := extras.install_packages(["softhsm2"]):
            return reason
    if _missing_libraries():
        print("tokens     installing python-pkcs11 and psec", flush=True)
        return extras.install_locked(LOCK)
    return ""


def main() -> int:
    reason = _install() if missing_parts() else ""
    return extras.close("tokens", missing_parts(), reason, "the tests with a token")


if __name__ == "__main__":
    sys.exit(main())
