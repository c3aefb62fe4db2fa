"""The platform's HTTP interface (平台接口)."""

from __future__ import annotations

import re
from typing import Any

from integration.ministry.mock_platform.archive import Archive, acknowledgement
from integration.ministry.mock_platform.packages import MAX_ZIP
from integration.mock_kit.control import control_routes
from integration.mock_kit.server import data_folder, end_with_parent
from integration.mock_kit.web import Application, Item, Refusal, Reply, Request, Route


def application() -> Application:
    """The application of the serving process (应用)."""
    end_with_parent()
    return build(Archive(data_folder()))


def build(archive: Archive) -> Application:
    """The application over one store (组装)."""
    store = archive.store

    def earlier() -> list[Item]:
        rows = store.rows("SELECT * FROM keyed ORDER BY number LIMIT 2")
        return [acknowledgement(row) for row in rows]

    def seal(request: Request) -> Reply:
        key = request.idempotency_key()
        kept = archive.take_seal(key, request.body, request.json(dict[str, Any]))
        body = {"code": "000", "message": "成功", "acknowledgements": [kept]}
        return Reply(body, items="acknowledgements", earlier=earlier)

    def package(request: Request) -> Reply:
        answer = archive.take_package(request.words["name"], request.body)
        return Reply({"code": "000", "message": "成功", **answer}, items="acknowledgements")

    def receipt(request: Request) -> Reply:
        return Reply({"code": "000", "acknowledgements": [archive.receipt(request.words["key"])]})

    def receipts(request: Request) -> Reply:
        after = request.number("after", 0, low=0, high=999_999_999)
        found = archive.receipts(after, request.number("limit", 100, low=1, high=500))
        return Reply({"code": "000", "acknowledgements": found}, items="acknowledgements")

    def reconciliation(request: Request) -> Reply:
        first, last = request.query.get("from", ""), request.query.get("to", "")
        if not (re.fullmatch(r"[0-9]{8}", first) and re.fullmatch(r"[0-9]{8}", last)) or first > last:
            raise Refusal(400, "901", "from 与 to 应为年月日 8 位数字，且 from 不晚于 to。")
        return Reply({"code": "000", "days": archive.reconciliation(first, last)})

    def records(request: Request) -> Item:
        rows = store.rows(
            "SELECT * FROM keyed WHERE number > :after AND (:code = '' OR seal_code = :code) "
            "AND (:key = '' OR key = :key) ORDER BY number LIMIT :limit",
            {
                "after": request.number("after", 0, low=0, high=999_999_999),
                "code": request.query.get("seal_code", ""),
                "key": request.query.get("key", ""),
                "limit": request.number("limit", 100, low=1, high=500),
            },
        )
        return {"records": [{**dict(row), "payload": row["payload"].decode()} for row in rows]}

    return Application(
        store,
        [
            *control_routes(
                store, service="mock-ministry", records=records, stats=archive.figures, refill=lambda: None
            ),
            Route("POST", "/v1/seals", seal),
            Route("POST", "/v1/packages/{name}", package, limit=MAX_ZIP),
            Route("GET", "/v1/receipts", receipts),
            Route("GET", "/v1/receipts/{key}", receipt),
            Route("GET", "/v1/reconciliation", reconciliation),
        ],
    )
