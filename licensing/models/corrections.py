"""What a shop is asked to put right in an application or a filing (补正): items, answers, the thread."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from licensing.models.applications import LicenceApplication


class Correction(models.Model):
    """One request to complete an application or a filing (补正要求), each item named; one open at a time."""

    application = models.ForeignKey(
        LicenceApplication, on_delete=models.PROTECT, null=True, blank=True, related_name="corrections"
    )
    filing = models.ForeignKey(
        "licensing.ShopFiling", on_delete=models.PROTECT, null=True, blank=True, related_name="corrections"
    )
    number = models.CharField(_("补正编号"), max_length=12, unique=True, editable=False)
    reason = models.CharField(_("总体说明"), max_length=500, blank=True)
    asked_by = models.CharField(_("提出人"), max_length=12)
    asked_by_name = models.CharField(_("提出人姓名"), max_length=60)
    asked_at = models.DateTimeField(_("提出时间"))
    answered_at = models.DateTimeField(_("补正时间"), null=True, blank=True)
    closed_at = models.DateTimeField(_("结束时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("补正要求")
        verbose_name_plural = _("补正要求")
        ordering: ClassVar = ["asked_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(application__isnull=False, filing__isnull=True)
                | Q(application__isnull=True, filing__isnull=False),
                name="correction_of_one_thing",
            ),
            models.UniqueConstraint(
                fields=["application"], condition=Q(closed_at__isnull=True), name="correction_one_open_application"
            ),
            models.UniqueConstraint(
                fields=["filing"], condition=Q(closed_at__isnull=True), name="correction_one_open_filing"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class CorrectionItem(models.Model):
    """One thing to put right (补正事项): a field or a paper by its code, what is wrong, what was answered."""

    correction = models.ForeignKey(Correction, on_delete=models.PROTECT, related_name="items")
    subject = models.CharField(_("补正对象"), max_length=40)
    remark = models.CharField(_("需要补正的内容"), max_length=300)
    answer = models.CharField(_("补正说明"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("补正事项")
        verbose_name_plural = _("补正事项")
        ordering: ClassVar = ["correction", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(remark=""), name="correction_item_says_what"),
            models.UniqueConstraint(fields=["correction", "subject"], name="correction_item_once"),
        ]

    def __str__(self) -> str:
        return self.subject


class CorrectionMessage(models.Model):
    """One message of the thread of a correction (补正往来). Append-only."""

    correction = models.ForeignKey(Correction, on_delete=models.PROTECT, related_name="messages")
    from_shop = models.BooleanField(_("企业发出"))
    author = models.CharField(_("发送人"), max_length=12)
    author_name = models.CharField(_("发送人姓名"), max_length=60)
    text = models.CharField(_("内容"), max_length=500)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("补正往来")
        verbose_name_plural = _("补正往来")
        ordering: ClassVar = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.correction_id} · {self.at:%Y-%m-%d %H:%M}"
