"""What the portal itself keeps (门户数据): the clock of the demonstration, nothing else."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

THE_ONLY = 1


class DemoClock(models.Model):
    """How far the demonstration's domain time is ahead of real time (演示时钟): one row for every process to read.

    Installations that are no demonstration have the table and never look at it.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=THE_ONLY)
    ahead_seconds = models.PositiveBigIntegerField(_("比真实时间快（秒）"), default=0)
    moved_at = models.DateTimeField(_("拨动时间"))

    class Meta:
        verbose_name = _("演示时钟")
        verbose_name_plural = _("演示时钟")
        constraints: ClassVar = [models.CheckConstraint(condition=Q(id=THE_ONLY), name="demo_clock_is_one")]

    def __str__(self) -> str:
        return f"+{self.ahead_seconds} s"
