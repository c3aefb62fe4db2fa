"""Fault switches (故障开关): what the mock does wrong, how often, and the same way again for the same seed."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Annotated

import msgspec

from integration.mock_kit.store import Store


class FaultMode(StrEnum):
    """What goes wrong (故障种类)."""

    NONE = "none"
    ERROR_BEFORE_STORE = "error_before_store"  # 500, nothing was kept
    ERROR_AFTER_STORE = "error_after_store"  # kept, then 500: the answer lies
    TIMEOUT = "timeout"  # kept, then no answer for `hold_seconds`
    GARBAGE = "garbage"  # kept, then 200 with bytes that are no JSON
    SLOW = "slow"  # the right answer after `slow_seconds`
    DUPLICATE_ACK = "duplicate_ack"  # every acknowledgement or event twice
    REORDER = "reorder"  # acknowledgements or events out of order, an older one among them
    DOWN = "down"  # 503 for everything but the control routes


class Faults(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The switches (开关). rate: share of requests hit, 0..1; seed: the same seed hits the same requests."""

    mode: FaultMode = FaultMode.NONE
    rate: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**31)] = 1
    hold_seconds: Annotated[float, msgspec.Meta(ge=0, le=120)] = 30.0
    slow_seconds: Annotated[float, msgspec.Meta(ge=0, le=60)] = 2.0


def hits(faults: Faults, route_key: str, times: int) -> bool:
    """Whether the `times`-th request of `route_key` is hit (是否命中).

    The draw depends on the request's own key and on how often it came, not on the order in which threads arrive, so a
    run with many workers meets the same faults as a run with one.
    """
    if faults.mode is FaultMode.NONE:
        return False
    digest = hashlib.sha256(f"{faults.seed}\0{route_key}\0{times}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64 < faults.rate


class FaultBox:
    """The switches of one mock, kept in its store (故障开关箱)."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def read(self) -> Faults:
        """The switches as they stand (读取)."""
        text = self._store.setting("faults")
        return msgspec.json.decode(text, type=Faults) if text else Faults()

    def set(self, faults: Faults) -> None:
        """Replace the switches and begin the draws anew (设置)."""
        with self._store.write() as connection:
            connection.execute("DELETE FROM drawn")
            self._store.remember("faults", msgspec.json.encode(faults).decode())

    def draw(self, route_key: str) -> tuple[Faults, FaultMode]:
        """What this request meets (抽取). route_key: the route, and the idempotency key where the request has one."""
        faults = self.read()
        if faults.mode is FaultMode.NONE:
            return faults, FaultMode.NONE
        with self._store.write() as connection:
            row = connection.execute(
                "INSERT INTO drawn (route_key, times) VALUES (?, 1) "
                "ON CONFLICT (route_key) DO UPDATE SET times = times + 1 RETURNING times",
                (route_key,),
            ).fetchone()
        hit = hits(faults, route_key, row["times"])
        if hit:
            self._store.count(f"fault:{faults.mode}")
        return faults, faults.mode if hit else FaultMode.NONE
