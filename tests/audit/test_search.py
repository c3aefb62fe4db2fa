"""Searching the trail by subject, actor, event and date, a range of one index each (查询审计)."""

import datetime as dt

import pytest
from django.db import connection

from sealreg.audit.selectors import last_act_on, search_events, search_reads
from sealreg.audit.services import record, record_read
from sealreg.clock import SHANGHAI
from sealreg.database.actor import SystemActor

DAY = dt.datetime(2026, 11, 1, tzinfo=SHANGHAI)


@pytest.fixture
def trail(db):
    for day in range(6):
        at = DAY + dt.timedelta(days=day)
        by = SystemActor("even" if day % 2 == 0 else "odd")
        record(f"test.{'a' if day < 3 else 'b'}", by=by, at=at, subject=("thing", f"K{day % 3}"))
        record_read(by=by, at=at, subject=("thing", f"K{day % 3}"), fields=["phone"], purpose="核对")


def days(rows):
    return [(row.at.astimezone(SHANGHAI) - DAY).days for row in rows]


def test_each_filter_narrows_and_the_newest_comes_first(trail):
    assert days(search_events()) == [5, 4, 3, 2, 1, 0]
    assert days(search_events(subject=("thing", "K1"))) == [4, 1]
    assert days(search_events(actor=("system", "odd"), event="test.b")) == [5, 3]
    assert days(search_events(since=DAY + dt.timedelta(days=1), until=DAY + dt.timedelta(days=3))) == [2, 1]
    assert days(search_reads(subject=("thing", "K2"), actor=("system", "odd"))) == [5]
    assert days([last_act_on(("thing", "K0"))]) == [3]
    assert last_act_on(("thing", "K9")) is None


@pytest.mark.parametrize(
    ("rows", "index"),
    [
        (lambda: search_events(), "audit_event_at"),
        (lambda: search_events(subject=("thing", "K1")), "audit_event_subject"),
        (lambda: search_events(actor=("system", "odd")), "audit_event_actor"),
        (lambda: search_events(event="test.b", since=DAY), "audit_event_event"),
        (lambda: search_reads(subject=("thing", "K1")), "read_log_subject"),
    ],
)
def test_a_page_is_one_range_of_one_index_without_a_sort(trail, rows, index):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        plan = rows()[:50].explain()
    assert index in plan
    assert "Sort" not in plan
