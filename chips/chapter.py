"""The chapter on chip seals of the monthly report (月报芯片章节): what a territory's shops ordered, got and used.

Every figure is counted from the records it speaks of, so that it can be traced. The chapter on the system and the
report itself come with supervision. Source: notice 四(三).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import connection

from sealreg.accounts.jurisdiction import Jurisdiction


@dataclass(frozen=True, slots=True)
class ChipMonth:
    """One month of chips (芯片月度数字): counts of chips, `trained` of shops that came to a training that month."""

    month: str
    ordered: int
    granted: int
    received: int
    mounted: int
    bound: int
    trained: int


_FIGURES = ("ordered", "granted", "received", "mounted", "bound", "trained")
_WITHIN = "s.authority_no >= %(low)s AND s.authority_no < %(high)s"
# A month is a calendar month of Shanghai; the bounds are moments, so that indexes on times serve.
_MONTHS = f"""
WITH span AS (
  SELECT to_char(m, 'YYYY-MM') AS month, m AT TIME ZONE 'Asia/Shanghai' AS begins,
         (m + interval '1 month') AT TIME ZONE 'Asia/Shanghai' AS ends, m::date AS first_day,
         (m + interval '1 month')::date AS next_day
    FROM generate_series(
      date_trunc('month', %(until)s AT TIME ZONE 'Asia/Shanghai') - make_interval(months => %(months)s - 1),
      date_trunc('month', %(until)s AT TIME ZONE 'Asia/Shanghai'), interval '1 month') m)
SELECT month,
  (SELECT coalesce(sum(CASE o.status WHEN 'CANCELLED' THEN o.granted ELSE o.quantity END), 0)
     FROM chips_chiporder o JOIN licensing_engravingshop s
      ON s.organisation_id = o.shop_id
    WHERE o.ordered_at >= begins AND o.ordered_at < ends AND {_WITHIN}),
  (SELECT coalesce(sum(k.quantity), 0) FROM chips_consignment k JOIN chips_chiporder o ON o.id = k.order_id
      JOIN licensing_engravingshop s ON s.organisation_id = o.shop_id
    WHERE k.kind = 'GRANT' AND k.status <> 'REFUSED' AND k.sent_at >= begins AND k.sent_at < ends AND {_WITHIN}),
  (SELECT count(*) FROM chips_custodymove m JOIN chips_custodyentry e ON e.move_id = m.id
      JOIN chips_custodyparty p ON p.id = e.to_party_id AND p.kind = 'SHOP'
      JOIN licensing_engravingshop s ON s.organisation_id = p.organisation_id
    WHERE m.kind = 'RECEIVE' AND m.at >= begins AND m.at < ends AND {_WITHIN}),
  (SELECT count(*) FROM chips_chippackaging g JOIN chips_chip c ON c.id = g.chip_id
      JOIN licensing_engravingshop s ON s.organisation_id = c.shop_id
    WHERE g.packaged_at >= begins AND g.packaged_at < ends AND {_WITHIN}),
  (SELECT count(*) FROM chips_chip c JOIN licensing_engravingshop s ON s.organisation_id = c.shop_id
    WHERE c.bound_at >= begins AND c.bound_at < ends AND c.status <> 'SCRAPPED' AND {_WITHIN}),
  (SELECT count(DISTINCT a.shop_id) FROM chips_trainingattendance a
      JOIN chips_trainingsession t ON t.id = a.session_id
      JOIN licensing_engravingshop s ON s.organisation_id = a.shop_id
    WHERE t.took_place_on >= first_day AND t.took_place_on < next_day AND {_WITHIN})
  FROM span ORDER BY begins
"""  # noqa: S608 - the one piece set in is a constant


def chip_months(where: Jurisdiction, *, months: int, until: dt.datetime) -> list[ChipMonth]:
    """Each month's figures of the chips at a territory's shops (芯片月度数字), oldest first, in one query.

    months: how many, the month of `until` being the last. Of a cancelled order what was granted counts as ordered; a
    refused bag was not granted, and a chip replaced in its seal before that was filed is in none.
    """
    with connection.cursor() as cursor:
        cursor.execute(_MONTHS, {"until": until, "months": months, "low": where.low, "high": where.high})
        return [
            ChipMonth(month, **dict(zip(_FIGURES, map(int, figures), strict=True)))
            for month, *figures in cursor.fetchall()
        ]
