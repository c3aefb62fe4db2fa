"""Chips used against seals made (芯片使用核对): each chip a shop used is in a seal of its own, or somebody asks why.

A chip replaced before its seal was filed is scrapped and in no seal; its own alarm tells of it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import connection

from chips.logistics.alarms import raise_alarm
from chips.logistics.anomalies import rule_on
from chips.models import AlarmKind, AnomalyKind
from licensing.models import EngravingShop
from sealreg.clock import shanghai
from sealreg.database.actor import Actor

_UNLIKE = """
SELECT shop_id, coalesce(c.n, 0), coalesce(s.n, 0)
  FROM (SELECT shop_id, count(*) AS n FROM chips_chip
         WHERE bound_at IS NOT NULL AND status <> 'SCRAPPED' GROUP BY 1) c
  FULL JOIN (SELECT shop_id, count(*) AS n FROM filing_seal WHERE chip_id IS NOT NULL GROUP BY 1) s USING (shop_id)
 WHERE coalesce(c.n, 0) <> coalesce(s.n, 0) ORDER BY shop_id
"""


@dataclass(frozen=True, slots=True)
class Unlike:
    """A shop whose used chips and chipped seals differ (用芯与制章不符). shop: its key."""

    shop: int
    chips: int
    seals: int


def chips_unlike_seals() -> list[Unlike]:
    """Shops where the two counts differ (用芯与制章核对); an empty list is the rule. Source: notice 三(三)3."""
    with connection.cursor() as cursor:
        cursor.execute(_UNLIKE)
        return [Unlike(*row) for row in cursor.fetchall()]


def compare_chips(*, by: Actor, at: dt.datetime) -> int:
    """Raise an alarm for every such shop from the limit in force on (核对告警); returns how many are new."""
    rule = rule_on(AnomalyKind.SEALS_UNLIKE, shanghai(at).date())
    if rule is None:
        return 0
    found = {one.shop: one for one in chips_unlike_seals() if abs(one.chips - one.seals) >= rule.at_least}
    opened = 0
    for shop in EngravingShop.objects.select_related("organisation").filter(pk__in=found):
        one = found[shop.pk]
        opened += raise_alarm(
            AlarmKind.LEDGER, f"seals:{shop.organisation.number}", by=by, at=at, shop=shop,
            facts={"chips": one.chips, "seals": one.seals},
        )  # fmt: skip
    return opened
