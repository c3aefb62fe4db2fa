"""Parts that only some tests need (测试附加部件), installed where possible: Debian packages and locked extras."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path


def install_packages(packages: list[str]) -> str:
    """Install Debian packages (安装系统包); returns why not, or nothing."""
    if not shutil.which("apt-get"):
        return f"there is no apt-get here; install by hand: {' '.join(packages)}"
    if os.geteuid() != 0:
        return f"not root; run: sudo apt-get install {' '.join(packages)}"
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
        done = subprocess.run(
            ["apt-get", *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        if done.returncode != 0:
            return f"apt-get {arguments[0]} failed: {_words(done)}"
    return ""


def install_locked(lock: Path, *options: str) -> str:
    """Install what an extra's lock file pins, each checked by its hash (安装附加依赖); returns why not, or nothing."""
    command = [
        sys.executable, "-m", "pip", "install", "-qq", "--require-hashes", "--no-deps", "--disable-pip-version-check",
        *options, "-r", str(lock),
    ]  # fmt: skip
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    importlib.invalidate_caches()
    return f"{lock.name} was not installed: {_words(done)}" if done.returncode != 0 else ""


def close(name: str, missing: list[str], reason: str, skipped: str) -> int:
    """Say what is still missing and why (报告缺少的部件): with CI=true that is a failure."""
    if not missing:
        return 0
    why = reason or "they were installed but are not found"
    print(f"{name:10} missing: {', '.join(missing)}: {why}; {skipped} are skipped")
    return 1 if os.environ.get("CI") == "true" else 0


def _words(done: subprocess.CompletedProcess[str]) -> str:
    """The last line a program left, for one line of ours."""
    lines = (done.stderr or done.stdout).strip().splitlines()
    return lines[-1] if lines else f"exit code {done.returncode}"
