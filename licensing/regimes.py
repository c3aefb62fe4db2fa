"""Which law a shop opens under on a day (办理依据): the licence of 2018, or the filing of 2025 where it is in force."""

from __future__ import annotations

import datetime as dt

from django.conf import settings

from licensing.choices import Regime


def filing_from(area: int) -> dt.date | None:
    """First day of the filing regime in a place (开业备案施行日期); None where no setting switches it on.

    area: six-digit division code. The setting SHOP_FILING_FROM maps a prefix of division codes (44 for the province,
    4419 for a city) to a date; the longest prefix that fits counts.
    """
    dates: dict[str, dt.date] = settings.SHOP_FILING_FROM
    fitting = [prefix for prefix in dates if str(area).startswith(prefix)]
    return dates[max(fitting, key=len)] if fitting else None


def regime_on(day: dt.date, area: int) -> Regime:
    """The regime an application of that Shanghai date falls under (适用依据)."""
    first = filing_from(area)
    return Regime.FILING_2025 if first is not None and day >= first else Regime.LICENSING_2018


def recall_applies(day: dt.date, area: int) -> bool:
    """Whether licences idle for over six months are taken back (是否适用闲置收回).

    Our reading: where shops file instead, a licence is no longer needed, so there is nothing to take back.
    """
    return regime_on(day, area) is Regime.LICENSING_2018
