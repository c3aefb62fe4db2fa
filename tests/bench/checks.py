"""`check`: one signed seal check with both signatures and its durable row, beside PostgreSQL alone (核验)."""

from __future__ import annotations

import json
import random
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator

from chips.services import bind_chip
from integration.verification_api.quick import _ADMISSION
from integration.verification_api.services import RECORD
from sealreg.api.choices import Scope
from sealreg.clock import real_now
from sealreg.database.door import transaction
from sealreg.units import synthetic
from tests.api.caller import BY, Caller, make_caller
from tests.bench import unit_rows
from tests.bench.framework import Finding, Measure, Sample, WrongResult, take
from tests.bench.load import measured, pgbench
from tests.bench.stack import Database, Server, server
from tests.factories import filing as factory
from tests.factories.units import unit
from tests.integration.verification_api import made

ROUNDS = 3
SECONDS = 2.0
CLIENTS = 8
_APART = 800_000_000  # running number of the one unit that is not among those loaded
QUICK, NAIVE = "/api/v1/seal-checks", "/api/v1/bench/naive-seal-checks"
_OWN = ("attestation", "checked_at", "consultation_number")
_LENGTH = re.compile(rb"content-length: *(\d+)", re.I)

# One row of each kind is made by the product's own code and multiplied here, whatever columns it has.
_MULTIPLY = """
INSERT INTO {table} SELECT (jsonb_populate_record(t, {changed})).*
FROM {table} t, units_unit u WHERE t.id = %s AND u.id > %s AND u.id <> %s
"""
_CHANGED = {
    "chips_chip": (
        "jsonb_build_object('id', u.id + 1000000000, 'serial', u.id + 1000000000, "
        "'uid', '05' || upper(lpad(to_hex(u.id), 12, '0')))"
    ),
    "filing_sealfiling": (
        "jsonb_build_object('id', u.id + 1000000000, 'number', lpad(u.id::text, 12, '0'), 'unit_id', u.id)"
    ),
    "filing_seal": (
        "jsonb_build_object('id', u.id + 1000000000, 'code', '440606' || lpad((u.id + 1000000)::text, 7, '0'), "
        "'unit_id', u.id, 'filing_id', u.id + 1000000000, 'chip_id', u.id + 1000000000)"
    ),
}


def run(target: Database, rows: int, say: Callable[[str], None]) -> list[Finding]:
    """All figures of this benchmark (运行)."""
    say(f"loading {rows:,} seals")
    asked = load(target, rows)
    caller = make_caller(scopes=(Scope.SEAL_CHECKS,))
    limit = limit_script(caller, rows)
    with server() as running:
        check(running, caller, asked)
        say("the answer is right, signed twice and kept; the plain view answers the same")

        def calls(path: str, most: int) -> Callable[[], Sample]:
            return lambda: signed_calls(target, running, caller, asked, path, most)

        finding = take(
            Measure(
                name="check",
                unit="checks/s",
                value=lambda sample: sample.rate,
                limit=lambda: pgbench(target, [limit], seconds=SECONDS, protocol="prepared", clients=CLIENTS),
                candidate=calls(QUICK, 6_000),
                naive=calls(NAIVE, 2_000),
                floor=0.04,
                over_naive=4.0,
                note=f"{rows:,} seals; limit: both statements of a check, really committed; naive: DRF and ORM, pooled",
            ),
            ROUNDS,
        )
    with target.superuser() as connection:
        kept = connection.execute("SELECT count(*) FROM verification_api_sealcheck").fetchone()
    say(f"{kept[0]:,} rows kept" if kept else "")
    for line in finding.lines():
        say(line)
    return [finding]


def load(target: Database, rows: int) -> list[tuple[str, str]]:
    """Seals of as many units; returns codes and credit codes to ask about (装载数据)."""
    place = factory.shop(licensed=False)
    with transaction(BY):
        chip = bind_chip(factory.chip_of(place), shop=place, seal_code="4406060000001", by=BY, at=made.FILED)
    holder = unit(credit_code=synthetic.credit_code(_APART))
    first = made.seal(place=place, chip=chip, unit=holder)
    with target.superuser() as connection:
        unit_rows.load(connection, rows)
        connection.execute("SET ROLE sealreg_loader")
        origin = {"chips_chip": chip.pk, "filing_sealfiling": first.filing_id, "filing_seal": first.pk}
        for table, changed in _CHANGED.items():
            statement = _MULTIPLY.format(table=table, changed=changed)
            connection.execute(statement.encode(), [origin[table], 0, first.unit_id])
        connection.execute("RESET ROLE")
        connection.commit()
        connection.autocommit = True
        for table in ("units_unit", *_CHANGED):
            connection.execute(f"VACUUM (ANALYZE) {table}".encode())
        found = connection.execute(
            "SELECT s.code, u.credit_code FROM filing_seal s JOIN units_unit u ON u.id = s.unit_id "
            "WHERE u.credit_code IS NOT NULL ORDER BY md5(s.code) LIMIT 20000"
        ).fetchall()
    return [(str(code), str(uscc)) for code, uscc in found]


def limit_script(caller: Caller, rows: int) -> str:
    """Both statements of a check for pgbench (极限脚本): the view's own text, values drawn by the server."""
    client = caller.client
    code = "('440606' || lpad((1000000 + :n::integer)::text, 7, '0'))"
    asker = f"('client' || chr(58) || '{client.number}')"  # pgbench takes a colon before a letter for a variable
    text = {
        "client": f"'{client.number}'",
        "key": f"'{caller.key.number}'",
        "public": f"'\\x{caller.pair.public.hex()}'::bytea",
        "nonce": "gen_random_uuid()::text",
        "now": "now()",
        "scope": "'seal_checks'",
        "bucket": asker,
        "step": "'1 microsecond'::interval",
        "ahead": "'1 hour'::interval",
        "code": code,
        "city": "4406",
        "number": "upper(substr(md5(random()::text), 1, 12))",
        "asked_by": asker,
        "organisation": str(client.organisation_id),
        "sandbox": "false",
        "channel": "'single'",
        "purpose": "'credit'",
        "seal_code": code,
        "verdict": "'valid'",
        "reasons": "'{}'",
        "request_hash": f"'\\x{'00' * 32}'::bytea",
        "at": "now()",
        "answer": f"'\\x{'7b' * 1600}'::bytea",
        "counts": "false",
        "oldest": "now()",
    }
    statements = (" ".join((statement % text).split()) for statement in (_ADMISSION, RECORD))
    return f"\\set n random(1, {rows})\n" + "".join(f"{statement};\n" for statement in statements)


def _request(caller: Caller, code: str, uscc: str, path: str) -> bytes:
    body = json.dumps({"seal_code": code, "uscc": uscc, "purpose": "credit"}).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nAuthorization: {caller.header('POST', path, body)}\r\n\r\n"
    )
    return head.encode() + body


class _Connection:
    """A kept connection that speaks as little HTTP as will do, so that the asking side costs little."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> tuple[int, bytes]:
        self._socket.sendall(request)
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more()
        head, _gap, body = data.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if length is None:
            raise WrongResult("an answer without its length")
        while len(body) < int(length[1]):
            body += self._more()
        return int(head[9:12]), body

    def _more(self) -> bytes:
        piece = self._socket.recv(65536)
        if not piece:
            raise WrongResult("the server closed the connection")
        return piece

    def close(self) -> None:
        self._socket.close()


def signed_calls(
    target: Database, running: Server, caller: Caller, asked: list[tuple[str, str]], path: str, most: int
) -> Sample:
    """So many calls signed beforehand, from several connections for a while (签名调用负载)."""
    chosen = random.Random(real_now().timestamp()).choices(asked, k=most)
    requests: Iterator[bytes] = iter([_request(caller, code, uscc, path) for code, uscc in chosen])
    latencies: list[float] = []
    wrong: list[str] = []
    lock = threading.Lock()

    def walk(until: float) -> None:
        connection = _Connection(running.port)
        while time.monotonic() < until and not wrong:
            with lock:
                request = next(requests, None)
            if request is None:
                break
            began = time.perf_counter()
            status, body = connection.ask(request)
            latencies.append(time.perf_counter() - began)
            if status != 200 or b'"verdict":"valid"' not in body:
                wrong.append(f"{path}: {status} {body[:200]!r}")
        connection.close()

    def load_it() -> list[float]:
        until = time.monotonic() + SECONDS
        threads = [threading.Thread(target=walk, args=[until]) for _number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if wrong:
            raise WrongResult(wrong[0])
        return latencies

    return measured((running.pid, target.pid), load_it)


def check(running: Server, caller: Caller, asked: list[tuple[str, str]]) -> None:
    """Both views answer the same, but for number, time and signature (核对应答). Raises WrongResult."""
    connection = _Connection(running.port)
    answers = []
    for path in (QUICK, NAIVE):
        status, body = connection.ask(_request(caller, *asked[0], path))
        content = json.loads(body)
        if status != 200 or content.get("verdict") != "valid" or "attestation" not in content:
            raise WrongResult(f"{path}: {status} {body[:300]!r}")
        answers.append({name: content[name] for name in content if name not in _OWN})
    connection.close()
    if answers[0] != answers[1]:
        differing = {
            name: [one.get(name) for one in answers] for name in answers[0] if answers[0][name] != answers[1].get(name)
        }
        raise WrongResult(f"the two views answer differently: {differing}")
