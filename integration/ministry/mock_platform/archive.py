"""What the platform keeps (收存库): every record once, its receipt, the newest version of each seal."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from integration.ministry.mock_platform.packages import Package, check_name, open_package
from integration.ministry.mock_platform.rules import (
    FORMAT_VERSION,
    SEAL_JSON,
    SEAL_XML,
    TABLE_VERSIONS,
    UNIT,
    Fault,
    check,
)
from integration.mock_kit.moments import stamp
from integration.mock_kit.store import Store
from integration.mock_kit.web import Item, Refusal

SCHEMA = """
CREATE TABLE IF NOT EXISTS received (
  number INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL, seal_code TEXT NOT NULL, version INTEGER NOT NULL,
  payload_hash TEXT NOT NULL, receipt TEXT NOT NULL, received_at TEXT NOT NULL, payload BLOB NOT NULL,
  UNIQUE (source, seal_code, version)
);
CREATE TABLE IF NOT EXISTS idempotency (
  key TEXT PRIMARY KEY, number INTEGER NOT NULL REFERENCES received
) WITHOUT ROWID;
CREATE VIEW IF NOT EXISTS keyed AS SELECT idempotency.key, received.* FROM idempotency JOIN received USING (number);
CREATE TABLE IF NOT EXISTS package (
  name TEXT PRIMARY KEY, payload_hash TEXT NOT NULL, received_at TEXT NOT NULL, answer TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS newest (
  seal_code TEXT PRIMARY KEY, version INTEGER NOT NULL, payload_hash TEXT NOT NULL, status TEXT NOT NULL,
  city TEXT NOT NULL, day TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS newest_day ON newest (day, city);
"""
_NEWEST = (
    "INSERT INTO newest (seal_code, version, payload_hash, status, city, day) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (seal_code) DO UPDATE SET version = excluded.version, payload_hash = excluded.payload_hash"
    ", status = excluded.status, day = excluded.day WHERE excluded.version > newest.version"
)


@dataclass(frozen=True, slots=True)
class Settled:
    """A record receipted earlier (历史记录). received_at: as in acknowledgements; day: YYYYMMDD of its creation."""

    key: str
    seal_code: str
    version: int
    status: str
    day: str
    payload: bytes
    payload_hash: str
    receipt: str
    received_at: str


class Push(msgspec.Struct):
    """The frame of a single record (单条上报). bbh: format; sjbbh: code tables; jlbb: version of the record (ours)."""

    bbh: str
    sjbbh: str
    jlbb: int


class Archive:
    """The platform's records behind verbs (收存库)."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder / "ministry.sqlite3", SCHEMA)

    def take_seal(self, key: str, body: bytes, fields: Mapping[str, Any]) -> Item:
        """One seal as JSON (单条上报): its acknowledgement, the same again for the same key and bytes.

        key: the idempotency key; body: exact bytes; fields: the decoded object.
        Raises Refusal 422 for a record against the rules, 409 for a known key with other bytes.
        """
        digest = hashlib.sha256(body).hexdigest()
        with self.store.write():
            known = self.store.row("SELECT * FROM keyed WHERE key = ?", (key,))
            if known is not None:
                if known["payload_hash"] != digest:
                    raise Refusal(409, "905", "同一 Idempotency-Key 下的内容不同。")
                self.store.count("repeat")
                return acknowledgement(known)
            frame = _frame(fields)
            record = {name: value for name, value in fields.items() if name not in Push.__struct_fields__}
            if not all(isinstance(value, str) for value in record.values()):
                raise Refusal(422, "901", "字段的值应为文本。")
            _refuse(check(record, SEAL_JSON))
            return self._keep("json", key, frame.jlbb, record, digest, body)

    def keep_history(self, records: Iterable[Settled]) -> int:
        """Records settled before this store began (历史收存), taken as they are; the same again changes nothing."""
        kept = 0
        with self.store.write() as connection:
            for record in records:
                code = record.seal_code
                number = connection.execute(
                    "INSERT INTO received (source, seal_code, version, payload_hash, receipt, received_at, payload) "
                    "VALUES ('json', ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING number",
                    (code, record.version, record.payload_hash, record.receipt, record.received_at, record.payload),
                ).fetchone()
                if number is None:
                    continue
                kept += 1
                connection.execute("INSERT INTO idempotency VALUES (?, ?)", (record.key, number[0]))
                connection.execute(
                    _NEWEST, (code, record.version, record.payload_hash, record.status, code[:4] + "00", record.day)
                )
        return kept

    def take_package(self, name: str, body: bytes) -> Item:
        """A package (数据包上报): its receipt and an acknowledgement per seal; the same answer for the same bytes.

        Raises Refusal 422 for a package that cannot be opened, 409 for a known name with other bytes.
        """
        check_name(name)
        digest = hashlib.sha256(body).hexdigest()
        known = self.store.row("SELECT * FROM package WHERE name = ?", (name,))
        if known is None:
            package = open_package(body)
            _check_versions(package.head["BBH"], package.head["SJBBH"])
            with self.store.write() as connection:
                known = self.store.row("SELECT * FROM package WHERE name = ?", (name,))
                if known is None:
                    answer = {
                        "package": name,
                        "payload_hash": digest,
                        "receipt": f"SIM-MPS-{digest[:16].upper()}",
                        "received_at": stamp(),
                        "acknowledgements": self._take_records(name, package),
                    }
                    connection.execute(
                        "INSERT INTO package (name, payload_hash, received_at, answer) VALUES (?, ?, ?, ?)",
                        (name, digest, answer["received_at"], msgspec.json.encode(answer).decode()),
                    )
                    self.store.count("package:stored")
                    return answer
        if known["payload_hash"] != digest:
            raise Refusal(409, "905", "同名数据包的内容不同。")
        self.store.count("package:repeat")
        again: Item = msgspec.json.decode(known["answer"])
        return again

    def receipt(self, key: str) -> Item:
        """The acknowledgement of a key (回执查询). Raises Refusal 404."""
        row = self.store.row("SELECT * FROM keyed WHERE key = ?", (key,))
        if row is None:
            raise Refusal(404, "904", "没有收到过此键的数据。")
        return acknowledgement(row)

    def receipts(self, after: int, limit: int) -> list[Item]:
        """Acknowledgements following number `after`, in order of arrival (回执列表)."""
        rows = self.store.rows("SELECT * FROM keyed WHERE number > ? ORDER BY number, key LIMIT ?", (after, limit))
        return [{"number": row["number"], **acknowledgement(row)} for row in rows]

    def reconciliation(self, first: str, last: str) -> list[Item]:
        """Per day of creation and city (对账): how many seals, and the exclusive or of the newest payload hashes.

        first, last: YYYYMMDD, both included.
        """
        days: dict[tuple[str, str], tuple[int, int]] = {}
        for row in self.store.rows("SELECT * FROM newest WHERE day BETWEEN ? AND ?", (first, last)):
            count, mixed = days.get((row["day"], row["city"]), (0, 0))
            days[row["day"], row["city"]] = count + 1, mixed ^ int(row["payload_hash"], 16)
        return [
            {"day": day, "city": city, "count": count, "digest": f"{mixed:064x}"}
            for (day, city), (count, mixed) in sorted(days.items())
        ]

    def figures(self) -> Item:
        """Counts for /_control/stats (统计)."""
        outcomes = self.store.tallies()
        return {
            "distinct_keys": self.store.rows("SELECT count(*) AS n FROM idempotency")[0]["n"],
            "packages": self.store.rows("SELECT count(*) AS n FROM package")[0]["n"],
            "seals": self.store.rows("SELECT count(*) AS n FROM newest")[0]["n"],
            "conflicts": outcomes.get("refused:905", 0) + outcomes.get("record:905", 0),
        }

    def _take_records(self, name: str, package: Package) -> list[Item]:
        answers: list[Item] = []
        for record in package.records:
            unit_fault = check(record.unit, UNIT)
            for seal in record.seals:
                key = f"{name}:{record.index}.{seal.index}"
                place = {"record": record.index, "seal": seal.index}
                fault = unit_fault or check(seal.fields, SEAL_XML)
                if fault is not None:
                    self.store.count(f"record:{fault.code}")
                    answers.append({"key": key, **place, **msgspec.to_builtins(fault)})
                    continue
                payload = msgspec.json.encode({"unit": record.unit, "seal": seal.fields}, order="sorted")
                digest = hashlib.sha256(payload).hexdigest()
                try:
                    kept = self._keep("package", key, int(seal.version), seal.fields, digest, payload)
                except Refusal as refusal:
                    self.store.count(f"record:{refusal.code}")
                    answers.append({"key": key, **place, "code": refusal.code, "message": refusal.message})
                else:
                    answers.append({**kept, **place})
        return answers

    def _keep(
        self, source: str, key: str, version: int, record: Mapping[str, str], digest: str, payload: bytes
    ) -> Item:
        code = record["yzbm"]
        with self.store.write() as connection:
            same = self.store.row(
                "SELECT * FROM received WHERE source = ? AND seal_code = ? AND version = ?", (source, code, version)
            )
            if same is not None:
                if same["payload_hash"] != digest:
                    raise Refusal(409, "905", "同一印章同一版本的内容不同。")
                self.store.count("repeat")
                connection.execute("INSERT OR IGNORE INTO idempotency VALUES (?, ?)", (key, same["number"]))
                return self.receipt(key)
            added = connection.execute(
                "INSERT INTO received (source, seal_code, version, payload_hash, receipt, received_at, payload) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (source, code, version, digest, f"SIM-MPS-{digest[:16].upper()}", stamp(), payload),
            )
            connection.execute("INSERT INTO idempotency VALUES (?, ?)", (key, added.lastrowid))
            # An older version arriving late is kept and receipted, but never becomes the newest.
            newest = connection.execute(
                _NEWEST,
                (
                    code,
                    version,
                    digest,
                    record.get("yzztdm") or record.get("Yzztdm", ""),
                    code[:4] + "00",
                    (record.get("cjsj") or record.get("Cjsj", ""))[:8],
                ),
            )
            self.store.count("stored" if newest.rowcount else "stored:late")
            return self.receipt(key)


def acknowledgement(row: Any) -> Item:
    """A kept record as its acknowledgement (回执)."""
    return {
        "key": row["key"],
        "yzbm": row["seal_code"],
        "jlbb": row["version"],
        "code": "000",
        "message": "成功",
        "receipt": row["receipt"],
        "payload_hash": row["payload_hash"],
        "received_at": row["received_at"],
    }


def _frame(fields: Mapping[str, Any]) -> Push:
    try:
        frame = msgspec.convert(dict(fields), type=Push)
    except msgspec.ValidationError as error:
        raise Refusal(422, "901", "缺少 bbh、sjbbh 或 jlbb，或其格式不符。", detail=str(error)) from error
    _check_versions(frame.bbh, frame.sjbbh)
    if not 1 <= frame.jlbb <= 10**9:
        raise Refusal(422, "901", "jlbb 应为正整数。", field="jlbb")
    return frame


def _check_versions(format_version: str, table_version: str) -> None:
    if format_version != FORMAT_VERSION:
        raise Refusal(422, "907", f"不支持的格式版本，应为 {FORMAT_VERSION}。")
    if table_version not in TABLE_VERSIONS:
        raise Refusal(422, "907", f"不支持的代码表版本，应为 {'、'.join(TABLE_VERSIONS)}。")


def _refuse(fault: Fault | None) -> None:
    if fault is not None:
        raise Refusal(422, fault.code, fault.message, field=fault.field)
