"""Runs the corpus in a process of its own and tells what each file cost (测量).

`write FOLDER` makes the files, `read FOLDER` examines them as an upload would be and prints one JSON line for each.
Two processes, because a child's peak memory as the kernel tells it is never below that of the parent it came from.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import traceback
from pathlib import Path


def write(folder: Path) -> None:
    from tests.attachments.corpus import corpus

    for number, item in enumerate(corpus()):
        (folder / f"{number:03d}.bin").write_bytes(item.data)
        facts = {
            "label": item.label, "name": item.name, "expect": sorted(item.expect),
            "absent": [bad.decode("latin-1") for bad in item.absent],
        }  # fmt: skip
        (folder / f"{number:03d}.json").write_text(json.dumps(facts), encoding="utf-8")


def _processor_seconds() -> float:
    """Of this process and its children: time on the clock would measure what else the machine does."""
    spent = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in spent)


def read(folder: Path) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "sealreg.settings.test"
    # Django must know its settings before anything that touches a model is imported.
    import django

    django.setup()
    from sealreg.attachments.services import examine
    from sealreg.errors import RuleBroken

    def one(place: Path) -> dict[str, object]:
        facts = json.loads(place.read_text(encoding="utf-8"))
        data = place.with_suffix(".bin").read_bytes()
        before = _processor_seconds()
        told: dict[str, object] = {"remaining": [], "kept_name": "", "message": ""}
        try:
            examined = examine(data, kind="OTHER", name=facts["name"])
        except RuleBroken as error:
            told |= {"outcome": error.reason, "message": str(error.message)}
        except Exception:
            told |= {"outcome": traceback.format_exc()}
        else:
            remaining = [bad for bad in facts["absent"] if bad.encode("latin-1") in examined.clean.data]
            told |= {"outcome": "clean", "kept_name": examined.name, "remaining": remaining}
        return facts | told | {"seconds": _processor_seconds() - before}

    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for place in sorted(folder.glob("*.json")):
        sys.stdout.write(json.dumps(one(place)) + "\n")
    growth = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - own
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    sys.stdout.write(json.dumps({"growth_mb": growth / 1024, "child_mb": child / 1024}) + "\n")


if __name__ == "__main__":
    {"write": write, "read": read}[sys.argv[1]](Path(sys.argv[2]))
