"""`lists`: the register of units with its keyset pages and its search by pairs of characters (列表与检索)."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from tests.bench import questions
from tests.bench.framework import Finding, Measure, Sample, WrongResult, take
from tests.bench.load import browsers, pgbench
from tests.bench.questions import Questions
from tests.bench.stack import Database, Server, server
from tests.bench.unit_rows import load

ROUNDS = 3


def run(target: Database, rows: int, say: Callable[[str], None]) -> list[Finding]:
    """All figures of this benchmark (运行)."""
    say(f"loading {rows:,} units")
    prepare(target, rows)
    asked = questions.prepare(target)
    check(target, asked)
    say("every page and every search compared with the plain way: equal")
    seconds = 1.0 if rows <= 200_000 else 2.0
    found = [_taken(measure, say) for measure in in_database(target, asked, seconds)]
    with server() as running:
        found += [_taken(measure, say) for measure in over_http(target, running, asked, seconds)]
    return found


def _taken(measure: Measure, say: Callable[[str], None]) -> Finding:
    found = take(measure, ROUNDS)
    for line in found.lines():
        say(line)
    return found


def prepare(target: Database, rows: int) -> None:
    """Load the units, and a copy with the naive peer's trigram index (装载数据)."""
    with target.superuser() as connection:
        load(connection, rows)
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        connection.execute("CREATE TABLE naive_name AS SELECT id, authority_no, name FROM units_unit")
        connection.execute("ALTER TABLE naive_name ADD PRIMARY KEY (id)")
        connection.execute("CREATE INDEX naive_name_trgm ON naive_name USING gin (name gin_trgm_ops)")
        connection.execute("GRANT SELECT ON naive_name TO sealreg_app")
        connection.execute("VACUUM (ANALYZE) naive_name")


def check(target: Database, asked: Questions) -> None:
    """The quick answers are the right ones (核对结果). Raises WrongResult."""
    with target.superuser() as connection:

        def rows(statements: str) -> list[object]:
            found: list[object] = []
            for statement in statements.split("\n"):
                if statement.startswith("SELECT") and "COUNT(*)" not in statement:
                    found = [row[0] for row in connection.execute(statement.encode()).fetchall()]
            return found

        for depth in (asked.province, asked.county):
            if rows(depth.last) != rows(depth.last_by_offset):
                raise WrongResult("the last page by key and by offset differ")
        for one in (*asked.searches, asked.common):
            if not rows(one.plain) or rows(one.page) != rows(one.plain):
                raise WrongResult(f"the search for {one.term} and the plain LIKE differ")
        for statement in asked.exact:
            if len(rows(statement)) != 1:
                raise WrongResult("an exact name was not found")


def in_database(target: Database, asked: Questions, seconds: float) -> list[Measure]:
    """Figures of PostgreSQL alone, with the statements of the page (数据库内指标)."""

    def of(*statements: str) -> Callable[[], Sample]:
        return lambda: pgbench(target, statements, seconds=seconds)

    def depth(name: str, asked_for: questions.Depth, note: str) -> Measure:
        return Measure(
            name=name,
            unit="ms",
            value=lambda sample: sample.p50,
            limit=of(asked_for.first),
            candidate=of(asked_for.last),
            naive=of(asked_for.last_by_offset),
            goal=2.0,
            note=note,
        )

    def searching(name: str, asked_for: list[questions.Search], ceiling: float, note: str) -> Measure:
        return Measure(
            name=name,
            unit="ms p95",
            value=lambda sample: sample.p95,
            limit=of(*asked.exact),
            candidate=of(*(one.page for one in asked_for)),
            naive=of(*(one.plain for one in asked_for)),
            ceiling=ceiling,
            note=note,
        )

    size = f"{asked.rows:,} rows"
    return [
        depth("lists.last_page", asked.province, f"{size}; limit: the first page; naive: OFFSET"),
        depth("lists.last_page_county", asked.county, f"{size}; one county's officer; limit: the first page"),
        searching(
            "lists.search_two",
            asked.searches,
            10.0,
            f"{size}; two characters, page and capped count; limit: one exact name; naive: LIKE beside a trigram index",
        ),
        searching("lists.search_common", [asked.common], 250.0, f"{size}; a term in a twentieth of all names"),
    ]


def over_http(target: Database, running: Server, asked: Questions, seconds: float) -> list[Measure]:
    """Figures of the whole application (经HTTP指标): the limit is PostgreSQL alone with the statements of the page."""

    def is_list(body: bytes) -> bool:
        return body.count(b"/police/units/") >= questions.PAGE_SIZE // 2

    def is_page(body: bytes) -> bool:
        return "使用单位".encode() in body and b"<table" in body

    def ask(paths: list[str], check_body: Callable[[bytes], bool]) -> Callable[[], Sample]:
        return lambda: browsers(target, running, paths, cookie=asked.cookie, seconds=seconds, check=check_body)

    searched = [f"/police/units/?q={quote(one.term)}" for one in asked.searches]
    plainly = [f"/bench/naive-units/?q={quote(one.term)}" for one in asked.searches]
    return [
        Measure(
            name="lists.http_page",
            unit="CPU µs",
            value=lambda sample: sample.cpu_us,
            limit=lambda: pgbench(target, asked.deep_statements, seconds=seconds),
            candidate=ask(asked.deep_paths, is_list),
            naive=ask(asked.naive_deep_paths, is_list),
            note="random depth, 50 rows, signed in; application and PostgreSQL; naive: page numbers and a whole count",
        ),
        Measure(
            name="lists.http_search",
            unit="ms p95",
            value=lambda sample: sample.p95,
            limit=lambda: pgbench(target, [one.page for one in asked.searches], seconds=seconds),
            candidate=ask(searched, is_page),
            naive=ask(plainly, is_page),
            note="two characters, 4 browsers on 2 workers; naive: icontains and a whole count",
        ),
    ]
