"""Another system that misbehaves (故障接收方): a real HTTP server with a store of its own.

`python -m tests.prove.outbox_receiver PORT_FILE STORE`. Of every 25 posts one is answered 500 before it is stored, one
500 after, one is stored and then hung up on, one is stored and answered with garbage. The same key with the same
content gets the same receipt; with other content 409.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

EVERY = 25
FAULTS = {3: "error_before_store", 9: "error_after_store", 15: "hang_then_drop", 21: "garbage"}
HANG_SECONDS = 1.2
SCHEMA = """
CREATE TABLE receipts (key TEXT PRIMARY KEY, sha256 TEXT NOT NULL, receipt TEXT NOT NULL);
CREATE TABLE effects (id INTEGER PRIMARY KEY, record TEXT NOT NULL, version INTEGER NOT NULL, sha256 TEXT NOT NULL);
CREATE TABLE counts (what TEXT PRIMARY KEY, n INTEGER NOT NULL);
"""


class Store:
    """What the other system knows."""

    def __init__(self, path: Path) -> None:
        self.lock = threading.Lock()
        self.link = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.link.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;" + SCHEMA)

    def count(self, what: str) -> int:
        self.link.execute(
            "INSERT INTO counts VALUES (?, 1) ON CONFLICT (what) DO UPDATE SET n = n + 1", (what,)
        )  # fmt: skip
        return self.link.execute("SELECT n FROM counts WHERE what = ?", (what,)).fetchone()[0]

    def take(self, key: str, record: str, version: int, body: bytes) -> str | None:
        """The receipt, or None for a key known with other content."""
        sha256 = hashlib.sha256(body).hexdigest()
        known = self.link.execute("SELECT sha256, receipt FROM receipts WHERE key = ?", (key,)).fetchone()
        if known is None:
            receipt = "R-" + hashlib.sha256(key.encode()).hexdigest()[:16]
            self.link.execute("BEGIN")
            self.link.execute("INSERT INTO receipts VALUES (?, ?, ?)", (key, sha256, receipt))
            self.link.execute(
                "INSERT INTO effects (record, version, sha256) VALUES (?, ?, ?)", (record, version, sha256)
            )
            self.link.execute("COMMIT")
            return receipt
        if known[0] != sha256:
            self.count("conflict")
            return None
        self.count("repeated")
        return str(known[1])


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: Store

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        key, record, version = self.headers["Idempotency-Key"], self.headers["Record"], int(self.headers["Version"])
        with self.store.lock:
            fault = FAULTS.get(self.store.count("posts") % EVERY, "")
            if fault:
                self.store.count(fault)
            receipt = None if fault == "error_before_store" else self.store.take(key, record, version, body)
        if fault == "hang_then_drop":
            time.sleep(HANG_SECONDS)
            self.close_connection = True
        elif fault.startswith("error"):
            self._answer(500, b"")
        elif fault == "garbage":
            self._answer(200, b"<html>ok</html>")
        elif receipt is None:
            self._answer(409, b"")
        else:
            self._answer(200, json.dumps({"receipt": receipt}).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        return None


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """A worker killed in mid-call is what this server is for."""


def main() -> None:
    port_file, store = Path(sys.argv[1]), Path(sys.argv[2])
    Handler.store = Store(store)
    with Server(("127.0.0.1", 0), Handler) as server:
        draft = port_file.with_suffix(".new")
        draft.write_text(str(server.server_port))
        draft.replace(port_file)
        server.serve_forever()


if __name__ == "__main__":
    main()
