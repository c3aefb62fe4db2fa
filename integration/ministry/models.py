"""What was sent to the Ministry, byte for byte, and what came back (上报与回执)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sealreg.database.numbers import new_public_number
from sealreg.database.personal import EncryptedTextField


class Act(models.TextChoices):
    """上报事项: what a push tells; the domain's topic it answers to stands in records.py."""

    FILED = "FILED", _("印章备案")
    DELIVERED = "DELIVERED", _("印章交付")
    LOST = "LOST", _("印章挂失")
    SURRENDERED = "SURRENDERED", _("印章缴销")


class PushState(models.TextChoices):
    """上报状态: how far one push is. Not a business status: the seal does not change with it."""

    READY = "READY", _("待发送")
    SENT = "SENT", _("已发送，待回执")
    ACKNOWLEDGED = "ACKNOWLEDGED", _("已回执")
    REJECTED = "REJECTED", _("被退回")


class PushRecord(models.Model):
    """One version of one record on its way to the Ministry (上报).

    `content` is frozen before the first send and is what is sent every time; the application role may change nothing
    but how far the push is. `attempt` counts the corrected contents of one version: the same bytes are one attempt,
    however often they are sent.
    """

    number = models.CharField(_("上报编号"), max_length=12, unique=True, default=new_public_number, editable=False)
    act = models.CharField(_("上报事项"), max_length=12, choices=Act.choices)
    record_kind = models.CharField(_("对象类别"), max_length=40)
    record_id = models.CharField(_("对象编号"), max_length=64)
    version = models.PositiveBigIntegerField(_("版本"))
    attempt = models.PositiveSmallIntegerField(_("更正次序"), default=1)
    key = models.CharField(_("幂等键"), max_length=128, unique=True)
    content = EncryptedTextField(_("发送内容"))
    sha256 = models.CharField(_("内容摘要"), max_length=64)
    city = models.PositiveSmallIntegerField(_("编码地市"))
    counted_on = models.DateField(_("对账日期"))
    state = models.CharField(_("上报状态"), max_length=12, choices=PushState.choices, default=PushState.READY)
    agency_code = models.CharField(_("平台代码"), max_length=32, blank=True)
    agency_message = models.CharField(_("平台说明"), max_length=300, blank=True)
    agency_field = models.CharField(_("平台所指字段"), max_length=60, blank=True)
    created_at = models.DateTimeField(_("生成时间"))
    sent_at = models.DateTimeField(_("首次发送时间"), null=True, blank=True)
    settled_at = models.DateTimeField(_("回执或退回时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("上报")
        verbose_name_plural = _("上报")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=PushState.values), name="push_state_known"),
            models.CheckConstraint(condition=Q(act__in=Act.values), name="push_act_known"),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="push_digest_form"),
            models.CheckConstraint(condition=Q(attempt__gte=1), name="push_attempt_counts"),
            models.CheckConstraint(
                condition=Q(state="READY", sent_at__isnull=True) | ~Q(state="READY") & Q(sent_at__isnull=False),
                name="push_sent_at_iff_sent",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("READY", "SENT"), settled_at__isnull=True)
                | Q(state__in=("ACKNOWLEDGED", "REJECTED"), settled_at__isnull=False),
                name="push_settled_at_iff_settled",
            ),
            models.CheckConstraint(
                condition=Q(state="REJECTED") & ~Q(agency_code="") | ~Q(state="REJECTED") & Q(agency_code=""),
                name="push_rejected_iff_coded",
            ),
            models.UniqueConstraint(
                fields=["record_kind", "record_id", "version", "attempt"], name="push_once_per_version"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["counted_on", "city"], name="push_by_day"),
            models.Index(fields=["record_id", "id"], condition=Q(state="REJECTED"), name="push_rejected"),
        ]

    def __str__(self) -> str:
        return self.key


class Acknowledgement(models.Model):
    """The Ministry's answer to a push (回执), as it came. Append-only; the same receipt again is one."""

    push = models.ForeignKey(PushRecord, on_delete=models.PROTECT, related_name="acknowledgements")
    receipt = models.CharField(_("回执号"), max_length=64)
    content = EncryptedTextField(_("收到内容"))
    at = models.DateTimeField(_("收到时间"))

    class Meta:
        verbose_name = _("回执")
        verbose_name_plural = _("回执")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["push", "receipt"], name="acknowledgement_once"),
            models.CheckConstraint(condition=~Q(receipt=""), name="acknowledgement_has_receipt"),
        ]

    def __str__(self) -> str:
        return self.receipt
