"""`python -m tests.prove [NAME…]`: every proof, or those named; the exit code says whether all held (证明入口)."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable

import django
from django.core.management import call_command
from django.db import connections

from tests import plugin
from tests.prove.databases import own_database


def outbox() -> tuple[int, dict[str, int], list[str]]:
    # Imported when Django is ready.
    from tests.prove.outbox import prove

    report = prove()
    return report.tried, report.faults, report.notes


def filing() -> tuple[int, dict[str, int], list[str]]:
    from tests.prove.filing import prove

    report = prove()
    return report.tried, report.faults, report.notes


def codes() -> tuple[int, dict[str, int], list[str]]:
    from tests.prove.codes import prove

    report = prove()
    return report.tried, report.faults, report.notes


def look_up() -> tuple[int, dict[str, int], list[str]]:
    from tests.prove.look_up import prove

    report = prove()
    return report.tried, report.faults, report.notes


def canary() -> tuple[int, dict[str, int], list[str]]:
    from tests.prove.canary import prove

    return prove()


def licence() -> tuple[int, dict[str, int], list[str]]:
    from tests.prove.licence import prove

    report = prove()
    return report.tried, report.faults, report.notes


def chips() -> tuple[int, dict[str, int], list[str]]:
    from tests.prove.chips import prove

    report = prove()
    return report.tried, report.faults, report.notes


PROOFS: dict[str, Callable[[], tuple[int, dict[str, int], list[str]]]] = {
    "outbox": outbox,
    "filing": filing,
    "codes": codes,
    "look_up": look_up,
    "canary": canary,
    "licence": licence,
    "chips": chips,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="make prove")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(PROOFS)}; all when none is given")
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    given = parser.parse_args()
    names = [name for text in (*given.names, *given.only) for name in text.removeprefix("ONLY=").split(",")]
    unknown = [name for name in names if name not in PROOFS]
    if unknown:
        parser.error(f"no proof is named {', '.join(unknown)}; there are: {', '.join(PROOFS)}")
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.prove.outbox_settings"
    # A proof that is told to stop takes the processes it started with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    cluster = plugin.ClusterPlugin()
    failed_in_all = 0
    try:
        cluster.start()
        django.setup()
        call_command("migrate", database="owner", verbosity=0, interactive=False)
        for connection in connections.all(initialized_only=True):
            connection.close()
        for name in names or PROOFS:
            with own_database(name):
                tried, faults, notes = PROOFS[name]()
            for note in notes:
                print(f"  {note}")
            for what, number in faults.items():
                print(f"  FAULT {what}: {number}")
            failed = sum(faults.values())
            failed_in_all += failed
            print(f"prove {name}: {tried} tried, {failed} failed", flush=True)
    finally:
        for connection in connections.all(initialized_only=True):
            connection.close()
        cluster.stop()
    return 1 if failed_in_all else 0


if __name__ == "__main__":
    sys.exit(main())
