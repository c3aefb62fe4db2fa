"""What counts as an anomaly in the use of chips, from which day on (芯片异常标准)."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class AnomalyKind(models.TextChoices):
    """异常类别."""

    SEALS_UNLIKE = "SEALS_UNLIKE", _("用芯与制章不符")
    SPOILAGE = "SPOILAGE", _("报废偏多")
    DISCREPANT = "DISCREPANT", _("多次收货短少")
    EXCHANGE = "EXCHANGE", _("换刻偏多")
    ANOTHER_CARD = "ANOTHER_CARD", _("多次读到另一枚芯片")


class AnomalyRule(models.Model):
    """From how much on something is reported (芯片异常标准), over a span of days; spans of a kind never overlap.

    at_least: chips for SEALS_UNLIKE, chips per thousand used for SPOILAGE, consignments for DISCREPANT, seals per
    thousand filed for EXCHANGE, wrong cards in the reader for one order for ANOTHER_CARD. fewest: spoiled chips or
    exchanged seals below which a share says nothing. window_days: looked back from the day of the report, 0 for all
    time.
    """

    kind = models.CharField(_("异常类别"), max_length=12, choices=AnomalyKind.choices)
    in_force = DateRangeField(_("执行期间"))
    at_least = models.PositiveIntegerField(_("界限"))
    fewest = models.PositiveIntegerField(_("最少数量"), default=1)
    window_days = models.PositiveSmallIntegerField(_("回看天数"), default=0)
    basis = models.CharField(_("依据"), max_length=200)

    class Meta:
        verbose_name = _("芯片异常标准")
        verbose_name_plural = _("芯片异常标准")
        constraints: ClassVar = [
            ExclusionConstraint(
                name="chip_anomaly_rule_one_at_a_time",
                expressions=[("kind", RangeOperators.EQUAL), ("in_force", RangeOperators.OVERLAPS)],
            ),
            models.CheckConstraint(condition=Q(kind__in=AnomalyKind.values), name="chip_anomaly_rule_kind_known"),
            models.CheckConstraint(condition=Q(at_least__gt=0), name="chip_anomaly_rule_positive"),
            models.CheckConstraint(condition=~Q(basis=""), name="chip_anomaly_rule_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.in_force}"
