"""What was done on each day, counted for everyone to see (每日统计): no unit, shop or place can be told from it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

from django.db import connection, models
from django.db.models import F, Max, Q
from django.utils.translation import gettext_lazy as _

from sealreg.clock import SHANGHAI, shanghai
from sealreg.database.actor import Actor
from sealreg.database.door import transaction

WINDOW = 30  # days of the public figures, the last one included
DAY = dt.timedelta(days=1)

# A day is one of Shanghai. What happened after the moment of counting stays out, so that the same moment counts the
# same. A filing that was withdrawn was submitted all the same; one made invalid later was filed all the same.
COUNT = """
INSERT INTO filing_dayfigure (day, filings_submitted, seals_filed, new_filed, new_in_time, counted_at)
SELECT span.day::date, coalesce(submitted.n, 0), coalesce(sealed.n, 0), coalesce(new.n, 0), coalesce(new.in_time, 0),
       %(at)s
FROM generate_series(%(first)s::timestamp, %(last)s::timestamp, '1 day') AS span (day)
LEFT JOIN (
  SELECT date_trunc('day', submitted_at AT TIME ZONE 'Asia/Shanghai') AS day, count(*) AS n
  FROM filing_sealfiling WHERE submitted_at >= %(since)s AND submitted_at <= %(at)s GROUP BY 1
) AS submitted ON submitted.day = span.day
LEFT JOIN (
  SELECT date_trunc('day', filed_at AT TIME ZONE 'Asia/Shanghai') AS day, count(*) AS n
  FROM filing_seal WHERE filed_at >= %(since)s AND filed_at <= %(at)s GROUP BY 1
) AS sealed ON sealed.day = span.day
LEFT JOIN (
  SELECT date_trunc('day', filed_at AT TIME ZONE 'Asia/Shanghai') AS day, count(*) AS n,
         count(*) FILTER (WHERE filed_at <= due_at) AS in_time
  FROM filing_sealfiling
  WHERE is_new_enterprise AND due_at IS NOT NULL AND filed_at >= %(since)s AND filed_at <= %(at)s GROUP BY 1
) AS new ON new.day = span.day
ORDER BY span.day
ON CONFLICT (day) DO UPDATE SET
  filings_submitted = EXCLUDED.filings_submitted, seals_filed = EXCLUDED.seals_filed,
  new_filed = EXCLUDED.new_filed, new_in_time = EXCLUDED.new_in_time, counted_at = EXCLUDED.counted_at
"""


class DayFigure(models.Model):
    """The figures of one day in Shanghai (每日统计), as counted last."""

    day = models.DateField(_("日期"), primary_key=True)
    filings_submitted = models.PositiveIntegerField(_("提交备案数"))
    seals_filed = models.PositiveIntegerField(_("备案印章数"))
    new_filed = models.PositiveIntegerField(_("新办企业办结数"))
    new_in_time = models.PositiveIntegerField(_("其中时限内办结数"))
    counted_at = models.DateTimeField(_("统计时间"))

    class Meta:
        app_label = "filing"
        verbose_name = _("每日统计")
        verbose_name_plural = _("每日统计")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(new_in_time__lte=F("new_filed")), name="day_figure_part_of_whole"),
        ]

    def __str__(self) -> str:
        return self.day.isoformat()


@dataclass(frozen=True, slots=True)
class PublicFigures:
    """What the public is told (公开统计), as of `counted_at`.

    submitted: on the day of counting. The others: in the 30 days that end with it. in_time_permille: of the new
    enterprises' filings finished then, how many kept the half-day limit; None where none was finished.
    """

    counted_at: dt.datetime
    submitted: int
    seals_filed: int
    in_time_permille: int | None

    @property
    def day(self) -> dt.date:
        """The day `submitted` belongs to (当日)."""
        return shanghai(self.counted_at).date()


def count_days(*, by: Actor, at: dt.datetime, since: dt.date | None = None) -> int:
    """Count the days up to `at` and keep the figures (统计每日数据); the same again changes nothing. Returns how many.

    since: the first day, where older ones are wanted too. Otherwise yesterday, or the last day counted if that is
    longer ago, so that an outage leaves no day half counted; at first as many days as the public sees.
    """
    today = shanghai(at).date()
    last = DayFigure.objects.aggregate(last=Max("day"))["last"]
    first = since or min(today - DAY, last or today - (WINDOW - 1) * DAY)
    begins = dt.datetime.combine(first, dt.time(), SHANGHAI)
    with transaction(by), connection.cursor() as cursor:
        cursor.execute(COUNT, {"first": first, "last": today, "since": begins, "at": at})
        return int(cursor.rowcount)


def public_figures(*, at: dt.datetime) -> PublicFigures | None:
    """The figures of the last day counted and of the 30 days up to it (公开统计), in one query; None before any."""
    today = shanghai(at).date()
    rows = list(DayFigure.objects.filter(day__lte=today).order_by("-day")[:WINDOW])
    if not rows:
        return None
    latest = rows[0]
    finished = sum(row.new_filed for row in rows)
    # Rounded down: one that was late is enough for it not to say 100%.
    in_time = sum(row.new_in_time for row in rows) * 1000 // finished if finished else None
    return PublicFigures(latest.counted_at, latest.filings_submitted, sum(row.seals_filed for row in rows), in_time)
