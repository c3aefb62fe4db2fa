"""A card reader with one simulated chip in it (模拟读卡器): `python -m sealreg.local.reader UID`.

Commands come as lines of hexadecimal on standard input, answers leave as lines on standard output. The card is taken
from the simulator's own drawer; neither the portal nor its database is asked.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module

import django


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sealreg.settings.local")
    django.setup()
    try:
        # Its room has models, which are there only now.
        card = import_module("chips.demo").card_store().insert(sys.argv[1])
    except (IndexError, ValueError, FileNotFoundError):
        print("no such card", file=sys.stderr)
        return 1
    for line in sys.stdin:
        print(card.transmit(bytes.fromhex(line.strip())).hex(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
