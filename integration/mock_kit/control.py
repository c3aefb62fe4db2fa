"""Control routes every mock has (控制接口): health, faults, records, counts, reset. They exist in mocks only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from integration.mock_kit.faults import FaultBox, Faults
from integration.mock_kit.store import Store
from integration.mock_kit.web import Item, Reply, Request, Route


def control_routes(
    store: Store,
    *,
    service: str,
    records: Callable[[Request], Item],
    stats: Callable[[], Item],
    refill: Callable[[], None],
) -> list[Route]:
    """The routes (控制路由).

    records: one page of what is kept, for a request with filters; stats: figures of this mock, added to the common
    ones; refill: puts the first data back after a reset.
    """
    box = FaultBox(store)

    def healthz(request: Request) -> Reply:
        store.row("SELECT 1")
        return Reply({"status": "ok", "service": service})

    def read_faults(request: Request) -> Reply:
        return Reply(_plain(box.read()))

    def set_faults(request: Request) -> Reply:
        faults = request.json(Faults)
        box.set(faults)
        return Reply(_plain(faults))

    def read_stats(request: Request) -> Reply:
        outcomes = store.tallies()
        return Reply({"attempts": outcomes.pop("attempts", 0), "outcomes": outcomes, **stats()})

    def reset(request: Request) -> Reply:
        with store.write():
            store.empty()
            refill()
        return Reply({"reset": True})

    return [
        Route("GET", "/healthz", healthz, control=True),
        Route("GET", "/_control/faults", read_faults, control=True),
        Route("POST", "/_control/faults", set_faults, control=True, limit=10_000),
        Route("GET", "/_control/records", lambda request: Reply(records(request)), control=True),
        Route("GET", "/_control/stats", read_stats, control=True),
        Route("POST", "/_control/reset", reset, control=True, limit=10_000),
    ]


def _plain(faults: Faults) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(faults)
    return plain
