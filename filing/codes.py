"""Seal codes (印章编码): six digits of the area, seven of its running number; no check digit, never used twice."""

from __future__ import annotations

from django.db import connection
from django.utils.translation import gettext_lazy as _

from sealreg.errors import Conflict

LAST_SERIAL = 9_999_999


def take_codes(prefix: int, count: int) -> list[str]:
    """Take the next `count` codes of one area (取号), in the caller's transaction.

    prefix: six-digit division code. Returns 13-digit codes in order. The counter row stays locked until the
    transaction ends, so a rollback gives the numbers back and leaves no gap.
    Raises Conflict when the area's seven digits are used up, RuntimeError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("codes are taken in the filing's own transaction")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO filing_codecounter (prefix, last) VALUES (%s, %s) "
            "ON CONFLICT (prefix) DO UPDATE SET last = filing_codecounter.last + EXCLUDED.last "
            "WHERE filing_codecounter.last + EXCLUDED.last <= %s RETURNING last",
            [str(prefix), count, LAST_SERIAL],
        )
        row = cursor.fetchone()
    if row is None:
        raise Conflict(_("该行政区划的印章编码已用完，请联系省厅。"), code="codes_used_up")
    return [f"{prefix}{serial:07d}" for serial in range(row[0] - count + 1, row[0] + 1)]
