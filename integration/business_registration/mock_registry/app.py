"""The registry's HTTP interface (登记机关接口)."""

from __future__ import annotations

import base64
import binascii
import hashlib

from integration.business_registration.mock_registry.register import Register
from integration.business_registration.mock_registry.shapes import (
    Callback,
    EnterpriseOrder,
    ExchangeResult,
    LicenceNotice,
)
from integration.mock_kit.control import control_routes
from integration.mock_kit.server import data_folder, end_with_parent
from integration.mock_kit.web import Application, Item, Refusal, Reply, Request, Route


def application() -> Application:
    """The application of the serving process (应用)."""
    end_with_parent()
    return build(Register(data_folder()))


def build(register: Register) -> Application:
    """The application over one store (组装)."""
    store = register.store

    def enterprise(request: Request) -> Reply:
        return Reply({"code": "000", "enterprise": register.enterprise(request.words["uscc"])})

    def enterprises(request: Request) -> Reply:
        name = request.query.get("name", "").strip()
        if len(name) < 2:
            raise Refusal(400, "901", "请至少给出名称中的两个字。")
        found = register.named(name, request.number("limit", 20, low=1, high=100))
        return Reply({"code": "000", "enterprises": found})

    def changes(request: Request) -> Reply:
        after = open_cursor(request.query.get("cursor", ""))
        limit = request.number("limit", 100, low=1, high=500)
        found = register.changes(after, limit + 1)
        page, more = found[:limit], len(found) > limit
        last = page[-1]["sequence"] if page else after
        return Reply(
            {"code": "000", "changes": page, "next_cursor": make_cursor(last), "more": more},
            items="changes",
            earlier=lambda: register.changes(max(0, after - 3), min(after, 3)),
        )

    def exchange(request: Request) -> Reply:
        flag = request.number("flag", 0, low=0, high=3) if "flag" in request.query else None
        limit = request.number("limit", 100, low=1, high=500)
        after = request.number("after", 0, low=0, high=999_999_999)
        return Reply({"code": "000", "rows": register.exchange(flag, after, limit)}, items="rows")

    def settle(request: Request) -> Reply:
        number = request.words["id"]
        if not number.isascii() or not number.isdigit() or len(number) > 12:
            raise Refusal(404, "904", "没有这一交换记录。")
        return Reply({"code": "000", "row": register.settle(int(number), request.json(ExchangeResult))})

    def callback(request: Request) -> Reply:
        return _acknowledge(register.receive("callback", request.json(Callback)))

    def notice(request: Request) -> Reply:
        return _acknowledge(register.receive("notice", request.json(LicenceNotice)))

    def receipt(request: Request) -> Reply:
        kind = "callback" if "/callbacks/" in request.path else "notice"
        return _acknowledge(register.receipt(kind, request.words["message_id"]))

    def order(request: Request) -> Reply:
        answer, new = register.order(request.json(EnterpriseOrder))
        return Reply({"code": "000", **answer}, status=201 if new else 200)

    def records(request: Request) -> Item:
        kind = request.query.get("kind", "messages")
        limit = request.number("limit", 100, low=1, high=500)
        after = request.number("after", 0, low=0, high=999_999_999)
        uscc = request.query.get("uscc", "")
        if kind == "changes":
            rows = register.changes(after, limit)
            return {"records": [row for row in rows if uscc in ("", row["uscc"])]}
        if kind == "exchange":
            rows = register.exchange(None, after, limit)
            return {"records": [row for row in rows if uscc in ("", row["unit_uscc"])]}
        if kind != "messages":
            raise Refusal(400, "901", "kind 应为 messages、changes 或 exchange。")
        found = store.rows("SELECT * FROM message WHERE number > ? ORDER BY number LIMIT ?", (after, limit))
        return {"records": [dict(row) for row in found]}

    return Application(
        store,
        [
            *control_routes(
                store, service="mock-registry", records=records, stats=register.figures, refill=register.fill
            ),
            Route("POST", "/_control/enterprises", order, control=True),
            Route("GET", "/v1/enterprises", enterprises),
            Route("GET", "/v1/enterprises/{uscc}", enterprise),
            Route("GET", "/v1/changes", changes),
            Route("GET", "/v1/exchange", exchange),
            Route("POST", "/v1/exchange/{id}/result", settle),
            Route("POST", "/v1/callbacks", callback),
            Route("GET", "/v1/callbacks/{message_id}", receipt),
            Route("POST", "/v1/notices", notice),
            Route("GET", "/v1/notices/{message_id}", receipt),
        ],
    )


def make_cursor(sequence: int) -> str:
    """An opaque place in the changes (游标). It carries a checksum, so that a made-up one is told from a real one."""
    text = f"{sequence}.{hashlib.sha256(f'cursor/{sequence}'.encode()).hexdigest()[:8]}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def open_cursor(cursor: str) -> int:
    """The place a cursor names; 0 for none. Raises Refusal 400 for one this registry did not make."""
    if not cursor:
        return 0
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        sequence = int(text.split(".")[0][:18])
    except (binascii.Error, ValueError) as error:
        raise Refusal(400, "901", "游标无效。") from error
    if make_cursor(sequence) != cursor:
        raise Refusal(400, "901", "游标无效。")
    return sequence


def _acknowledge(receipt: Item) -> Reply:
    return Reply({"code": "000", "message": "成功", "acknowledgements": [receipt]}, items="acknowledgements")
