"""`python -m tests.chromium`: a Chromium and a Chinese font, installed where that is possible (浏览器).

Prints why where it is not; with CI=true a missing browser is a failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

# The shell draws the same pages without a window around them, for a third less work.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SHELL, FULL, FONT = "chromium-headless-shell", "chromium", "fonts-noto-cjk"


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


def _apt_get(*arguments: str) -> str:
    """Run apt-get; returns why it failed, or nothing."""
    done = subprocess.run(
        ["apt-get", *arguments], env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode == 0:
        return ""
    return f"apt-get {arguments[0]} failed: {done.stderr.strip().splitlines()[-1:] or done.returncode}"


def _install() -> str:
    """Install a browser and a font with apt, the full browser where there is no shell; returns why not, or nothing."""
    if not shutil.which("apt-get"):
        return "there is no apt-get here; install Chromium and a Chinese font by hand"
    if os.geteuid() != 0:
        return f"not root; run: sudo apt-get install {FULL} {FONT}"
    print(f"browser    installing {SHELL} and {FONT}", flush=True)
    _apt_get("update", "-qq")  # where it fails the install says so
    failed = ""
    for name in (SHELL, FULL):
        failed = _apt_get("install", "-y", "-qq", "--no-install-recommends", name, FONT)
        if not failed or browser():
            break
    return failed


def _is_complete() -> bool:
    """Whether nothing is to be installed. The build machine fetches the shell even beside a full browser."""
    found = browser()
    if found is None or not has_chinese_font():
        return False
    chosen = bool(os.environ.get("SEALREG_CHROMIUM"))
    return chosen or found.endswith(SHELL) or os.environ.get("CI") != "true" or os.geteuid() != 0


def main() -> int:
    reason = "" if _is_complete() else _install()
    if browser():
        if reason:
            lacks = f"no {SHELL}" if has_chinese_font() else "no Chinese font, pictures will show boxes"
            print(f"browser    {lacks}: {reason}")
        return 0
    print(f"browser    no Chromium: {reason or 'it was installed but is not on the path'}; journeys are skipped")
    return 1 if os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(main())
