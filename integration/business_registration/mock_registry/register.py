"""The registry's own records (登记库): enterprises, the order of their changes, exchange rows, messages received."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from integration.business_registration.mock_registry import seed
from integration.business_registration.mock_registry.areas import AREAS
from integration.business_registration.mock_registry.shapes import (
    Enterprise,
    EnterpriseOrder,
    ExchangeResult,
    RegistryState,
)
from integration.mock_kit.codes import is_credit_code
from integration.mock_kit.moments import stamp
from integration.mock_kit.store import Store
from integration.mock_kit.web import Item, Refusal

SCHEMA = """
CREATE TABLE IF NOT EXISTS enterprise (
  uscc TEXT PRIMARY KEY, version INTEGER NOT NULL, name TEXT NOT NULL, area TEXT NOT NULL, body TEXT NOT NULL,
  deleted INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS enterprise_name ON enterprise (name);
CREATE TABLE IF NOT EXISTS change (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, op TEXT NOT NULL, uscc TEXT NOT NULL, version INTEGER NOT NULL,
  changed_at TEXT NOT NULL, body TEXT
);
CREATE TABLE IF NOT EXISTS exchange (
  id INTEGER PRIMARY KEY AUTOINCREMENT, business_id TEXT NOT NULL, seal_type TEXT NOT NULL,
  flag INTEGER NOT NULL CHECK (flag IN (0, 1, 2, 3)), reason TEXT NOT NULL DEFAULT '', row_version INTEGER NOT NULL,
  uscc TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (business_id, seal_type)
);
CREATE INDEX IF NOT EXISTS exchange_flag ON exchange (flag, id);
CREATE TABLE IF NOT EXISTS message (
  number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, message_id TEXT NOT NULL, payload_hash TEXT NOT NULL,
  receipt TEXT NOT NULL, received_at TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (kind, message_id)
);
"""


class Register:
    """The registry's records behind verbs (登记库)."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder / "registry.sqlite3", SCHEMA)
        self.fill()

    def fill(self) -> None:
        """Put the invented enterprises in, once (首次填充)."""
        with self.store.write() as connection:
            if connection.execute("SELECT 1 FROM change LIMIT 1").fetchone() is None:
                for number in range(seed.COUNT):
                    self._publish(seed.invent(number))
                self.store.remember("next_number", str(seed.COUNT))

    def keep_history(self, enterprises: Iterable[Enterprise]) -> int:
        """Enterprises published before (历史登记), taken as they are. Returns the number of the last change."""
        with self.store.write() as connection:
            for enterprise in enterprises:
                known = self.store.row("SELECT version FROM enterprise WHERE uscc = ?", (enterprise.uscc,))
                if known is None or known["version"] < enterprise.version:
                    self._publish(enterprise)
            return int(connection.execute("SELECT max(sequence) FROM change").fetchone()[0])

    def enterprise(self, uscc: str) -> Item:
        """One enterprise. Raises Refusal 404."""
        row = self.store.row("SELECT body FROM enterprise WHERE uscc = ? AND NOT deleted", (uscc,))
        if row is None:
            raise Refusal(404, "904", "没有登记此统一社会信用代码的主体。")
        return _item(row["body"])

    def named(self, part: str, limit: int) -> list[Item]:
        """Enterprises whose name holds `part` (按名称查询), by name."""
        pattern = "%" + re.sub(r"([%_\\])", r"\\\1", part) + "%"
        rows = self.store.rows(
            "SELECT body FROM enterprise WHERE name LIKE ? ESCAPE '\\' AND NOT deleted ORDER BY name LIMIT ?",
            (pattern, limit),
        )
        return [_item(row["body"]) for row in rows]

    def changes(self, after: int, limit: int) -> list[Item]:
        """Changes following number `after`, in order (变更流). Each holds its number as `sequence`."""
        rows = self.store.rows("SELECT * FROM change WHERE sequence > ? ORDER BY sequence LIMIT ?", (after, limit))
        return [
            {
                "event_id": f"E{row['sequence']:012d}",
                "sequence": row["sequence"],
                "op": row["op"],
                "uscc": row["uscc"],
                "version": row["version"],
                "changed_at": row["changed_at"],
                "enterprise": _item(row["body"]) if row["body"] else None,
            }
            for row in rows
        ]

    def order(self, order: EnterpriseOrder) -> tuple[Item, bool]:
        """Register or change an enterprise (新设或变更): its record with its exchange rows, and whether it is new."""
        with self.store.write():
            found = order.uscc and self.store.row("SELECT body, deleted FROM enterprise WHERE uscc = ?", (order.uscc,))
            if order.delete:
                if not order.uscc or not found or found["deleted"]:
                    raise Refusal(404, "904", "没有可删除的主体。")
                return self._delete(msgspec.json.decode(found["body"], type=Enterprise)), False
            if order.uscc and not is_credit_code(order.uscc):
                raise Refusal(400, "903", "统一社会信用代码校验位不符。")
            if order.area is not None and order.area not in AREAS:
                raise Refusal(400, "903", "登记地区不在本省县级行政区划之内。")
            before = msgspec.json.decode(found["body"], type=Enterprise) if found else self._invent(order)
            after = msgspec.structs.replace(
                before,
                **{
                    name: value
                    for name in order.__struct_fields__
                    if name not in {"uscc", "delete"} and (value := getattr(order, name)) is not None
                },
                version=before.version + 1 if found else 1,
                updated_at=stamp(),
            )
            if after.shop is not None and after.seals and not after.business_id:
                after.business_id = f"B{after.uscc[-8:]}-{after.version}"
            self._publish(after)
            rows = self._put_exchange(after)
            return {"enterprise": msgspec.to_builtins(after), "exchange": rows}, not found

    def exchange(self, flag: int | None, after: int, limit: int) -> list[Item]:
        """Exchange rows in order of id (交换表). flag: None for all."""
        rows = self.store.rows(
            "SELECT * FROM exchange WHERE id > :after AND (:flag IS NULL OR flag = :flag) ORDER BY id LIMIT :limit",
            {"after": after, "flag": flag, "limit": limit},
        )
        return [_exchange_item(row) for row in rows]

    def settle(self, number: int, result: ExchangeResult) -> Item:
        """Note what became of a row (回写交换标志).

        The same result again changes nothing. Raises Refusal 404, 409 for a row changed since it was read.
        """
        if result.flag == 2 and not result.reason.strip():
            raise Refusal(400, "901", "交换失败须写明原因。")
        with self.store.write() as connection:
            row = self.store.row("SELECT * FROM exchange WHERE id = ?", (number,))
            if row is None:
                raise Refusal(404, "904", "没有这一交换记录。")
            if row["row_version"] != result.row_version:
                raise Refusal(409, "906", "记录已更新，请重新读取。", row_version=row["row_version"])
            if row["flag"] in (1, 2) and (row["flag"], row["reason"]) != (result.flag, result.reason):
                raise Refusal(409, "905", "该版本已有不同的交换结果。")
            connection.execute(
                "UPDATE exchange SET flag = ?, reason = ? WHERE id = ?", (result.flag, result.reason, number)
            )
            self.store.count("exchange:done" if result.flag == 1 else "exchange:failed")
            return _exchange_item(self.store.rows("SELECT * FROM exchange WHERE id = ?", (number,))[0])

    def receive(self, kind: str, message: msgspec.Struct) -> Item:
        """Keep a message once (接收) and give its receipt, the same again for the same message.

        Raises Refusal 409 for other content under a known id.
        """
        body = msgspec.json.encode(message, order="sorted")
        digest = hashlib.sha256(body).hexdigest()
        message_id: str = message.message_id  # type: ignore[attr-defined]
        with self.store.write() as connection:
            row = self.store.row("SELECT * FROM message WHERE kind = ? AND message_id = ?", (kind, message_id))
            if row is not None and row["payload_hash"] != digest:
                raise Refusal(409, "905", "同一消息编号下的内容不同。")
            if row is not None:
                self.store.count("repeat")
            else:
                connection.execute(
                    "INSERT INTO message (kind, message_id, payload_hash, receipt, received_at, body) "
                    "VALUES (?, ?, ?, ?, ?, ?)",
                    (kind, message_id, digest, f"SIM-REG-{digest[:16].upper()}", stamp(), body.decode()),
                )
                self.store.count("stored")
        return self.receipt(kind, message_id)

    def receipt(self, kind: str, message_id: str) -> Item:
        """The receipt of a message. Raises Refusal 404."""
        row = self.store.row("SELECT * FROM message WHERE kind = ? AND message_id = ?", (kind, message_id))
        if row is None:
            raise Refusal(404, "904", "没有收到过此编号的消息。")
        return {name: row[name] for name in ("message_id", "payload_hash", "receipt", "received_at")}

    def figures(self) -> Item:
        """Counts for /_control/stats (统计)."""
        store = self.store
        flags = store.rows("SELECT flag, count(*) AS n FROM exchange GROUP BY flag")
        return {
            "enterprises": store.rows("SELECT count(*) AS n FROM enterprise WHERE NOT deleted")[0]["n"],
            "changes": store.rows("SELECT count(*) AS n FROM change")[0]["n"],
            "exchange": {str(row["flag"]): row["n"] for row in flags},
            "distinct_keys": store.rows("SELECT count(*) AS n FROM message")[0]["n"],
            "conflicts": store.tallies().get("refused:905", 0),
        }

    def _invent(self, order: EnterpriseOrder) -> Enterprise:
        number = int(self.store.setting("next_number", "0"))
        self.store.remember("next_number", str(number + 1))
        fresh = seed.invent(number, area=order.area, unit_type=order.unit_type)
        today = stamp()[:10]
        return msgspec.structs.replace(
            fresh,
            uscc=order.uscc or fresh.uscc,
            registry_state=RegistryState.ACTIVE,
            established_on=today,
            licence_issued_on=today,
            licence_valid_from=today,
        )

    def _publish(self, enterprise: Enterprise) -> None:
        body = msgspec.json.encode(enterprise).decode()
        with self.store.write() as connection:
            connection.execute(
                "INSERT INTO enterprise (uscc, version, name, area, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT (uscc) "
                "DO UPDATE SET version = excluded.version, name = excluded.name, area = excluded.area, "
                "body = excluded.body, deleted = 0",
                (enterprise.uscc, enterprise.version, enterprise.name, enterprise.area, body),
            )
            connection.execute(
                "INSERT INTO change (op, uscc, version, changed_at, body) VALUES ('upsert', ?, ?, ?, ?)",
                (enterprise.uscc, enterprise.version, enterprise.updated_at, body),
            )

    def _delete(self, enterprise: Enterprise) -> Item:
        gone = msgspec.structs.replace(enterprise, version=enterprise.version + 1, updated_at=stamp())
        with self.store.write() as connection:
            connection.execute(
                "UPDATE enterprise SET deleted = 1, version = ?, body = ? WHERE uscc = ?",
                (gone.version, msgspec.json.encode(gone).decode(), gone.uscc),
            )
            connection.execute(
                "INSERT INTO change (op, uscc, version, changed_at, body) VALUES ('delete', ?, ?, ?, NULL)",
                (gone.uscc, gone.version, gone.updated_at),
            )
        return {"enterprise": None, "exchange": []}

    def _put_exchange(self, enterprise: Enterprise) -> list[Item]:
        """One row per business and seal type. Changed while 0 it stays 0, while 1 it becomes 3; after a failure, 0."""
        if enterprise.shop is None:
            return []
        with self.store.write() as connection:
            for seal in enterprise.seals:
                body = msgspec.json.encode(_exchange_body(enterprise, seal)).decode()
                connection.execute(
                    "INSERT INTO exchange (business_id, seal_type, flag, row_version, uscc, body) "
                    "VALUES (?, ?, 0, 1, ?, ?) ON CONFLICT (business_id, seal_type) DO UPDATE SET "
                    "flag = CASE flag WHEN 1 THEN 3 WHEN 3 THEN 3 ELSE 0 END, reason = '', "
                    "row_version = row_version + 1, body = excluded.body",
                    (enterprise.business_id, seal.seal_type, enterprise.uscc, body),
                )
        rows = self.store.rows("SELECT * FROM exchange WHERE business_id = ? ORDER BY id", (enterprise.business_id,))
        return [_exchange_item(row) for row in rows]


def _exchange_body(enterprise: Enterprise, seal: msgspec.Struct) -> Item:
    shop = enterprise.shop
    return {
        **msgspec.to_builtins(seal),
        "business_type": "市场监管",
        "shop_area": shop.area if shop else "",
        "shop_uscc": shop.uscc if shop else "",
        "unit_area": enterprise.area,
        "unit_uscc": enterprise.uscc,
        "unit_name": enterprise.name,
        "unit_type": enterprise.unit_type,
        "unit_address": enterprise.address,
        "unit_founded_on": enterprise.established_on,
        "legal_representative": msgspec.to_builtins(enterprise.legal_representative),
        "handler": msgspec.to_builtins(enterprise.handler) if enterprise.handler else None,
        "attachments": [],
        "updated_at": enterprise.updated_at,
    }


def _exchange_item(row: Any) -> Item:
    return {
        "id": row["id"],
        "business_id": row["business_id"],
        "flag": row["flag"],
        "reason": row["reason"],
        "row_version": row["row_version"],
        **_item(row["body"]),
    }


def _item(body: str) -> Item:
    item: Item = msgspec.json.decode(body)
    return item
