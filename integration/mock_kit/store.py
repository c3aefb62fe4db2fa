"""The store of a mock (模拟服务存储): one SQLite file, many readers, one writer at a time."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

Value = str | int | float | bytes | None

_KIT_SCHEMA = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS drawn (route_key TEXT PRIMARY KEY, times INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tally (outcome TEXT PRIMARY KEY, times INTEGER NOT NULL) WITHOUT ROWID;
"""


class Store:
    """One SQLite file in WAL mode (存储). A connection per thread; what `write` has returned from survives a kill.

    path: file, made with its folder when missing. schema: CREATE TABLE IF NOT EXISTS statements of the mock.
    """

    def __init__(self, path: Path, schema: str) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._schema = _KIT_SCHEMA + schema
        self._local = threading.local()
        self._writing = threading.RLock()
        self.connection().executescript(self._schema)

    def connection(self) -> sqlite3.Connection:
        """This thread's connection (连接), in autocommit."""
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = sqlite3.connect(self.path, timeout=10, isolation_level=None)
            found.row_factory = sqlite3.Row
            found.execute("PRAGMA journal_mode=WAL")
            found.execute("PRAGMA synchronous=NORMAL")
            found.execute("PRAGMA foreign_keys=ON")
            self._local.connection = found
        return found

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """All or nothing (写事务); may be nested, the outermost commits."""
        connection = self.connection()
        with self._writing:
            if connection.in_transaction:
                yield connection
                return
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def rows(self, sql: str, values: Sequence[Value] | Mapping[str, Value] = ()) -> list[sqlite3.Row]:
        """All rows of a query (多行)."""
        return self.connection().execute(sql, values).fetchall()

    def row(self, sql: str, values: Sequence[Value] | Mapping[str, Value] = ()) -> sqlite3.Row | None:
        """The first row of a query or None (单行)."""
        found: sqlite3.Row | None = self.connection().execute(sql, values).fetchone()
        return found

    def setting(self, name: str, default: str = "") -> str:
        """A remembered text (设置)."""
        found = self.row("SELECT value FROM setting WHERE name = ?", (name,))
        return default if found is None else str(found["value"])

    def remember(self, name: str, value: str) -> None:
        """Keep a text across restarts (记住设置)."""
        with self.write() as connection:
            connection.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", (name, value))

    def count(self, outcome: str) -> None:
        """Add one to what /_control/stats shows under `outcome` (计数)."""
        with self.write() as connection:
            connection.execute(
                "INSERT INTO tally (outcome, times) VALUES (?, 1) "
                "ON CONFLICT (outcome) DO UPDATE SET times = times + 1",
                (outcome,),
            )

    def tallies(self) -> dict[str, int]:
        """Counts by outcome (各结果次数)."""
        return {row["outcome"]: row["times"] for row in self.rows("SELECT outcome, times FROM tally ORDER BY outcome")}

    def empty(self) -> None:
        """Remove every row of every table (清空)."""
        tables = self.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        with self.write() as connection:
            connection.execute("PRAGMA defer_foreign_keys=ON")
            for table in tables:
                connection.execute(f'DELETE FROM "{table["name"]}"')  # noqa: S608 - names read from the schema
