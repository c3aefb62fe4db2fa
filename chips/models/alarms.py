"""What a person must look at (芯片告警)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from licensing.models import EngravingShop
from sealreg.database.numbers import new_public_number


class AlarmKind(models.TextChoices):
    """告警类别."""

    THEFT = "THEFT", _("芯片被盗")
    SHORT = "SHORT", _("清点短少")
    FOREIGN = "FOREIGN", _("混入他批芯片")
    STOCK_OUT = "STOCK_OUT", _("企业缺货")
    MISMATCH = "MISMATCH", _("卡内状态与登记不符")
    LATE = "LATE", _("运输超过7天")
    LEDGER = "LEDGER", _("保管账不平")
    PRICE = "PRICE", _("芯片价格超过部定价")
    INJECTION = "INJECTION", _("灌装三次未成")
    REPORTED = "REPORTED", _("协会反映异常")
    SPOILAGE = "SPOILAGE", _("企业报废偏多")
    REPEATED = "REPEATED", _("企业多次收货短少")
    EXCHANGE = "EXCHANGE", _("企业换刻偏多")
    REPLACED = "REPLACED", _("印章芯片被换下")


class ChipAlarm(models.Model):
    """One alarm (芯片告警), open until a person settles it with a word, or its cause is gone.

    subject: public id of what it is about; one open alarm of a kind for each. shop: whose matter it is, if a shop's.
    city: four digits, whose police answer it, for what an association reported.
    """

    number = models.CharField(_("告警编号"), max_length=12, unique=True, default=new_public_number, editable=False)
    kind = models.CharField(_("告警类别"), max_length=12, choices=AlarmKind.choices)
    subject = models.CharField(_("对象"), max_length=60)
    shop = models.ForeignKey(EngravingShop, on_delete=models.PROTECT, null=True, blank=True, related_name="chip_alarms")
    city = models.PositiveSmallIntegerField(_("地市"), null=True, blank=True)
    facts = models.JSONField(_("事实"), default=dict)
    raised_at = models.DateTimeField(_("告警时间"))
    settled_at = models.DateTimeField(_("处理时间"), null=True, blank=True)
    settled_by = models.CharField(_("处理人"), max_length=80, blank=True)
    settlement = models.CharField(_("处理情况"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("芯片告警")
        verbose_name_plural = _("芯片告警")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=AlarmKind.values), name="chip_alarm_kind_known"),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, settled_by="")
                | Q(settled_at__isnull=False) & ~Q(settled_by="") & ~Q(settlement=""),
                name="chip_alarm_settled_with_a_word",
            ),
            models.CheckConstraint(
                condition=Q(kind=AlarmKind.REPORTED, city__isnull=False)
                | ~Q(kind=AlarmKind.REPORTED) & Q(city__isnull=True),
                name="chip_alarm_reported_to_a_city",
            ),
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=Q(settled_at__isnull=True), name="chip_alarm_one_open"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-id"], condition=Q(settled_at__isnull=True), name="chip_alarm_open"),
            models.Index(fields=["shop", "kind", "raised_at"], name="chip_alarm_by_shop"),
        ]

    def __str__(self) -> str:
        return self.number
