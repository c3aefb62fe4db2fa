"""Exchanges that nobody asked for (强制换章): seals engraved before the chips stay valid, nobody is made to exchange.

Notice 三(三)2: except for new seals and damaged or lost ones nobody need change. A shop that exchanges many chipless
seals of its customers is asked why.
"""

from __future__ import annotations

import datetime as dt

from django.db import connection

from chips.logistics.alarms import raise_alarm
from chips.logistics.anomalies import rule_on
from chips.models import AlarmKind, AnomalyKind
from licensing.models import EngravingShop
from sealreg.clock import shanghai
from sealreg.database.actor import Actor

# Of the seals a shop filed: those in the place of one without a chip that was neither lost nor ended before.
_EXCHANGED = """
WITH settled AS (SELECT shop_id, max(settled_at) AS at FROM chips_chipalarm WHERE kind = 'EXCHANGE' GROUP BY 1)
SELECT s.shop_id, count(*) FILTER (WHERE f.reason = '02' AND EXISTS (
         SELECT FROM filing_seal o WHERE o.unit_id = s.unit_id AND o.seal_type = s.seal_type AND o.id < s.id
            AND o.chip_id IS NULL AND o.status = 'DELIVERED' AND o.use_status IN ('IN_USE', 'SUSPENDED', 'SURRENDERED'))
       ) AS exchanged, count(*) AS filed
  FROM filing_seal s JOIN filing_sealfiling f ON f.id = s.filing_id LEFT JOIN settled k ON k.shop_id = s.shop_id
 WHERE s.filed_at > %(since)s AND s.filed_at <= %(until)s AND (k.at IS NULL OR s.filed_at > k.at)
 GROUP BY 1 ORDER BY 1
"""


def exchanges(*, since: dt.datetime, until: dt.datetime) -> list[tuple[int, int, int]]:
    """By shop: how many chipless seals it exchanged, and how many seals it filed in all (换刻统计)."""
    with connection.cursor() as cursor:
        cursor.execute(_EXCHANGED, {"since": since, "until": until})
        return list(cursor.fetchall())


def watch_exchanges(*, by: Actor, at: dt.datetime) -> int:
    """Raise an alarm for each shop that passes the limit in force (换刻告警). Returns how many opened."""
    rule = rule_on(AnomalyKind.EXCHANGE, shanghai(at).date())
    if rule is None:
        return 0
    found = {
        shop: (exchanged, filed)
        for shop, exchanged, filed in exchanges(since=at - dt.timedelta(days=rule.window_days or 36_500), until=at)
        if exchanged >= rule.fewest and exchanged * 1000 >= rule.at_least * filed
    }
    opened = 0
    for shop in EngravingShop.objects.select_related("organisation").filter(pk__in=found).order_by("pk"):
        exchanged, filed = found[shop.pk]
        opened += raise_alarm(
            AlarmKind.EXCHANGE, str(shop.organisation.number), by=by, at=at, shop=shop,
            facts={"exchanged": exchanged, "filed": filed},
        )  # fmt: skip
    return opened
