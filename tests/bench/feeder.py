"""The feeder of the injection benchmark (送卡器): `python -m tests.bench.feeder PORT SUITE FOLDER COUNT`.

A process of its own beside pcscd, as a card is; every time the reader powers it, the next blank card lies there.
Prints `ready`, and when it is stopped how many cards it gave out hold their keys.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from chips import profile
from chips.keys.derivation import TRANSPORT, channel_keys
from chips.simulator.memory import CardMemory, Silicon
from chips.simulator.store import CardStore
from chips.simulator.vpcd import VirtualSlot
from sealreg.local.processes import follow_parent

STORE_KEY = b"b" * 32


def uid_of(place: int) -> str:
    """Identifier of a card of this benchmark (芯片编号)."""
    return f"04BE{place:010X}"


def blank(maker: bytes, suite: str, uid: str) -> Silicon:
    """A blank card as the maker delivers it (白卡)."""
    keys = channel_keys(suite, maker, TRANSPORT, uid=uid, version=0)
    return Silicon.blank(
        CardMemory(uid=bytes.fromhex(uid), suite=suite, keys=dict(zip(profile.ISSUER, keys, strict=True)))
    )


def main() -> int:
    follow_parent(signal.SIGKILL)
    port, suite, folder, count = int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])
    maker = CardStore(folder, STORE_KEY).secret(f"maker {suite}")
    bodies = [blank(maker, suite, uid_of(place)) for place in range(count)]
    waiting = iter(bodies)
    slot = VirtualSlot(lambda: next(waiting), port=port)
    print("ready", flush=True)
    signal.signal(signal.SIGTERM, lambda *_given: slot.pull())
    slot.serve()
    filled = [body for body in bodies if body.read().state == profile.STATE_INJECTED]
    print(len([body for body in filled if set(body.read().keys) == set(profile.SLOTS)]), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
