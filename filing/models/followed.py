"""What follows a filing (退回更正、非本人办理声明与评价)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from filing.models.filings import SealFiling
from sealreg.database.numbers import new_public_number


class FilingReturn(models.Model):
    """A county's request to put a record right (退回更正): a record of its own that stops nothing."""

    number = models.CharField(_("退回编号"), max_length=12, unique=True, default=new_public_number, editable=False)
    filing = models.ForeignKey(SealFiling, on_delete=models.PROTECT, related_name="returns")
    reason = models.CharField(_("退回原因"), max_length=20)
    remark = models.CharField(_("说明"), max_length=500)
    returned_by = models.CharField(_("退回人"), max_length=60)
    returned_at = models.DateTimeField(_("退回时间"))
    answer = models.CharField(_("更正说明"), max_length=500, blank=True)
    answered_at = models.DateTimeField(_("更正时间"), null=True, blank=True)
    closed_at = models.DateTimeField(_("结束时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("退回更正")
        verbose_name_plural = _("退回更正")
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(remark=""), name="filing_return_says_why"),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True) | Q(answered_at__gte=F("returned_at")),
                name="filing_return_answered_after",
            ),
            models.UniqueConstraint(
                fields=["filing"], condition=Q(closed_at__isnull=True), name="filing_return_one_open"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Disavowal(models.Model):
    """The unit's own statement that it did not ask for a filing (非本人办理): delivery waits while it stands."""

    filing = models.ForeignKey(SealFiling, on_delete=models.PROTECT, related_name="disavowals")
    stated_by = models.CharField(_("声明人"), max_length=60)
    stated_at = models.DateTimeField(_("声明时间"))
    remark = models.CharField(_("说明"), max_length=500, blank=True)
    lifted_at = models.DateTimeField(_("撤回时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("非本人办理声明")
        verbose_name_plural = _("非本人办理声明")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["filing"], condition=Q(lifted_at__isnull=True), name="disavowal_one_standing"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.filing_id}"


class Rating(models.Model):
    """The unit's rating of one filing, given once after collection (好差评)."""

    filing = models.OneToOneField(SealFiling, on_delete=models.PROTECT, related_name="rating")
    grade = models.PositiveSmallIntegerField(_("评价等级"))
    remark = models.CharField(_("意见"), max_length=500, blank=True)
    rated_at = models.DateTimeField(_("评价时间"))

    class Meta:
        verbose_name = _("评价")
        verbose_name_plural = _("评价")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(grade__gte=1, grade__lte=5), name="rating_five_grades"),
        ]

    def __str__(self) -> str:
        return f"{self.filing_id}: {self.grade}"
