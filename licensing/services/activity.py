"""A shop does business (企业经营活动): whoever does it says so here, in the transaction of the act."""

from __future__ import annotations

import datetime as dt

from django.db import connection

from licensing.idle_states import OPEN
from licensing.models import EngravingShop, IdleCase
from licensing.shop_choices import CloseReason
from sealreg.database.actor import SystemActor
from sealreg.workflow.advance import advance

RADAR = SystemActor("idle-radar")

_NOTE = """
INSERT INTO licensing_shopactivity AS known (shop_id, last_business_at) VALUES (%s, %s)
ON CONFLICT (shop_id) DO UPDATE SET last_business_at = GREATEST(known.last_business_at, EXCLUDED.last_business_at)
"""


def note_business(shop: EngravingShop, *, at: dt.datetime) -> None:
    """The shop has done business at this moment (记经营活动): idle months count anew, an open case closes.

    Called inside the transaction of the act, which holds the lock on the shop. Raises RuntimeError outside one.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("business is noted in the transaction of the act")
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, [shop.pk, at])
    case = IdleCase.objects.select_related("shop").filter(shop=shop, status__in=OPEN).first()
    if case is not None:
        advance(
            case,
            "close_idle_case",
            by=RADAR,
            at=at,
            facts={"reason": CloseReason.BUSINESS.value},
            closed_at=at,
            close_reason=CloseReason.BUSINESS,
        )
