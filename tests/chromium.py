"""`python -m tests.chromium`: a Chromium and a Chinese font, installed where that is possible (浏览器).

Prints why where it is not; with CI=true a missing browser is a failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ("chromium", "fonts-noto-cjk")


def browser() -> str | None:
    """Path of the system's Chromium; SEALREG_CHROMIUM overrides the search."""
    chosen = os.environ.get("SEALREG_CHROMIUM")
    if chosen:
        return chosen if os.access(chosen, os.X_OK) else None
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def has_chinese_font() -> bool:
    """Whether Chinese text would be drawn as text."""
    if not shutil.which("fc-list"):
        return False
    listed = subprocess.run(["fc-list", ":lang=zh-cn", "family"], capture_output=True, text=True)
    return bool(listed.stdout.strip())


def _install() -> str:
    """Install both with apt; returns why not, or nothing."""
    if not shutil.which("apt-get"):
        return "there is no apt-get here; install Chromium and a Chinese font by hand"
    if os.geteuid() != 0:
        return f"not root; run: sudo apt-get install {' '.join(PACKAGES)}"
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    print(f"browser    installing {' and '.join(PACKAGES)}", flush=True)
    for arguments in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *PACKAGES]):
        done = subprocess.run(
            ["apt-get", *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        if done.returncode != 0:
            return f"apt-get {arguments[0]} failed: {done.stderr.strip().splitlines()[-1:] or done.returncode}"
    return ""


def main() -> int:
    reason = "" if browser() and has_chinese_font() else _install()
    if browser():
        if reason:
            print(f"browser    no Chinese font: {reason}; pictures will show boxes")
        return 0
    print(f"browser    no Chromium: {reason or 'it was installed but is not on the path'}; journeys are skipped")
    return 1 if os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(main())
