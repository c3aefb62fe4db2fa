"""Statements that are planned once per connection (预备语句), for the few that run for every call of a program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from django.db import connection

_AFTER = 2  # runs before the server keeps the plan; psycopg keeps at most a hundred per connection


def fetch_row(sql: str, params: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """Run one statement on Django's own connection and return its first row (执行预备语句), or None.

    Same transaction, same errors as any query of Django's; what differs is that values travel beside the text, so that
    the plan is kept. Not for statements whose best plan depends on their values (sealreg/database/plans.py).
    """
    connection.validate_no_broken_transaction()
    connection.ensure_connection()
    raw = connection.connection
    if raw.prepare_threshold is None:
        raw.prepare_threshold = _AFTER
    with connection.wrap_database_errors, psycopg.Cursor(raw) as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()
