"""A shop without chips is excused (缺货不计时限): the half-day clock stands while its order waits for the operator.

Only filings that still need a chip are excused. While the shop lacks chips the limit stands where it was and the filing
is called paused; when chips are back the limit moves on by the office time that was lost.
"""

from __future__ import annotations

import datetime as dt

from django.db.models import Exists, OuterRef, Q

from chips.logistics.alarms import stock_outs, when_stocked
from chips.models import AlarmKind, ChipAlarm
from filing.clocks import half_day_due
from filing.models import Seal, SealFiling
from licensing.models import EngravingShop
from sealreg.workdays.calendar import Pause

_NEEDS_CHIP = Exists(
    Seal.objects.filter(filing=OuterRef("pk"), chip__isnull=True).exclude(status__in=("WITHDRAWN", "FILED"))
)
_OUT = ChipAlarm.objects.filter(
    shop=OuterRef("shop"), kind=AlarmKind.STOCK_OUT, settled_at__isnull=True, raised_at__lte=OuterRef("due_at")
)


def is_paused() -> Q:
    """Filings whose clock stands because their shop waits for chips (缺货暂停计时), as a condition."""
    return Q(_NEEDS_CHIP, Exists(_OUT), status="SUBMITTED", due_at__isnull=False)


def paused_since(filing: SealFiling) -> dt.datetime | None:
    """Since when the filing's clock stands (暂停计时起点); None while it runs."""
    if filing.status != "SUBMITTED" or filing.due_at is None:
        return None
    if not SealFiling.objects.filter(is_paused(), pk=filing.pk).exists():
        return None
    alarm = ChipAlarm.objects.filter(shop=filing.shop_id, kind=AlarmKind.STOCK_OUT, settled_at__isnull=True).first()
    return max(alarm.raised_at, filing.submitted_at or alarm.raised_at) if alarm else None


def paused_among(filings: list[int]) -> set[int]:
    """Those of the filings whose clock stands (列表中暂停计时的备案), by key, in one query."""
    # No key is 0: a list of none is asked for too, so that a page always asks as often.
    return set(SealFiling.objects.filter(is_paused(), pk__in=[*filings, 0]).values_list("pk", flat=True))


def excused_spans(filing: SealFiling, *, at: dt.datetime) -> list[tuple[dt.datetime, dt.datetime]]:
    """Spans not counted in the filing's limit (不计入时限的缺货时段), the running one up to `at`.

    A span that began after the last seal had its chip, or after the limit had passed, excuses nothing.
    """
    if filing.due_at is None or filing.submitted_at is None:
        return []
    bound = list(filing.seals.exclude(status="WITHDRAWN").values_list("chip_bound_at", flat=True))
    limits = [filing.due_at, filing.filed_at or at]
    if bound and None not in bound:
        limits.append(max(moment for moment in bound if moment is not None))
    spans = stock_outs(filing.shop, since=filing.submitted_at, until=filing.filed_at or at)
    return [(start, end) for start, end in spans if start < min(limits)]


def move_limits(shop: EngravingShop, at: dt.datetime) -> int:
    """Chips are back: move the limits of the shop's open filings (补足时限), in the caller's transaction.

    Returns how many moved. The limit is counted anew from the application with all spans left out, so that calling
    twice moves nothing twice. A filing whose limit had passed before the shop ran out stays late.
    """
    waiting = SealFiling.objects.select_for_update(of=("self",)).filter(
        _NEEDS_CHIP,
        shop=shop,
        status="SUBMITTED",
        due_at__isnull=False,
        submitted_at__lt=at,
        authority_no__isnull=False,
    )
    moved = 0
    for filing in waiting.order_by("pk"):
        if filing.submitted_at is None or filing.authority_no is None:
            continue
        spans = [Pause(start, end) for start, end in excused_spans(filing, at=at)]
        due = half_day_due(filing.submitted_at, filing.authority_no, pauses=spans)
        moved += SealFiling.objects.filter(pk=filing.pk, due_at__lt=due.at).update(
            due_at=due.at, due_provisional=due.provisional, due_calendar=due.calendar_version
        )
    return moved


when_stocked(move_limits)
