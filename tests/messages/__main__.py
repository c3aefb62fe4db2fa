"""`python -m tests.messages update|compile|check` (译文工具)."""

from __future__ import annotations

import sys

from tests.messages import catalogue


def main(words: list[str]) -> int:
    """Runs one verb and prints what it found; 1 when `check` finds anything wrong."""
    if words == ["update"]:
        found = catalogue.update()
        catalogue.compile_catalogue()
    elif words == ["compile"]:
        catalogue.compile_catalogue()
        found = []
    elif words == ["check"]:
        found = catalogue.complaints()
    else:
        print("usage: python -m tests.messages update|compile|check", file=sys.stderr)
        return 2
    for line in found:
        print(line)
    return 1 if found and words == ["check"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
