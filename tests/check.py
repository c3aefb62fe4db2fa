"""`make check`: every static check, two at a time, each with its name, time and result (静态检查)."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.production import sample_environment

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = [name for name in ("sealreg", "integration", "licensing", "chips", "filing") if (ROOT / name).is_dir()]
TEST = {"DJANGO_SETTINGS_MODULE": "sealreg.settings.test"}


@dataclass(frozen=True)
class Step:
    """One check (检查步骤)."""

    name: str
    command: list[str]
    environment: Mapping[str, str]


def _python(name: str, *arguments: str, environment: Mapping[str, str] = TEST) -> Step:
    return Step(name, [sys.executable, *arguments], environment)


# Templates are linted, not reformatted: between Chinese words a line break that a formatter adds is a visible space.
# The longest first, so that the other one of the two lanes does the rest meanwhile.
STEPS = [
    _python("types", "-m", "mypy", "--no-error-summary", *PACKAGES),
    _python("templates", "-m", "djlint", "templates", "--lint", "--quiet"),
    _python("floors", "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"),
    _python("deploy", "manage.py", "check", "--deploy", "--fail-level", "WARNING", environment=sample_environment()),
    _python("migrations", "-W", "ignore", "manage.py", "makemigrations", "--check", "--dry-run"),
    _python("states", "manage.py", "draw_states", "--check"),
    _python("messages", "-m", "tests.messages", "check"),
    _python("assets", "manage.py", "vendor_assets", "--check"),
    _python("compose", "-m", "pytest", "-q", "tests/architecture/test_compose.py"),
    _python("lint", "-m", "ruff", "check", "--quiet", "."),
    _python("format", "-m", "ruff", "format", "--check", "--quiet", "."),
    _python("lock", "-m", "tests.lock", "--check"),
]


def run(step: Step) -> tuple[Step, int, float, str]:
    """Run one step; returns it with its code, seconds and output."""
    began = time.monotonic()
    done = subprocess.run(
        step.command, cwd=ROOT, env={**os.environ, **step.environment}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
    )  # fmt: skip
    return step, done.returncode, time.monotonic() - began, done.stdout


def main() -> int:
    parser = argparse.ArgumentParser(prog="make check")
    parser.add_argument("--only", choices=[step.name for step in STEPS], action="append")
    only = parser.parse_args().only
    chosen = [step for step in STEPS if not only or step.name in only]
    failed = []
    with ThreadPoolExecutor(2) as lanes:
        for step, code, seconds, output in lanes.map(run, chosen):
            print(f"check {step.name:<17} {'ok' if code == 0 else 'FAILED'} {seconds:6.1f} s", flush=True)
            if code != 0:
                failed.append(step.name)
                print("\n".join(f"    {line}" for line in output.strip().splitlines()[-60:]), flush=True)
    named = f"; failed: {', '.join(failed)}" if failed else ""
    print(f"{len(chosen) - len(failed)} of {len(chosen)} checks passed{named}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
