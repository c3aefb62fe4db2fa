"""What we owe other systems (待发消息): the database is the queue, nothing is lost with the broker."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from sealreg.database.numbers import new_public_number


class OutboxMessage(models.Model):
    """A fact owed to subscribers, written with the business change itself (待发消息). Append-only.

    `key` is topic, record and version in one; receivers use it as their idempotency key. The payload is canonical JSON
    without personal data; `sha256` is the digest of its canonical text.
    """

    key = models.CharField(_("幂等键"), max_length=220, unique=True)
    topic = models.CharField(_("主题"), max_length=80)
    record_kind = models.CharField(_("对象类别"), max_length=40)
    record_id = models.CharField(_("对象编号"), max_length=64)
    version = models.PositiveBigIntegerField(_("版本"))
    payload = models.JSONField(_("内容"))
    sha256 = models.CharField(_("内容摘要"), max_length=64)
    at = models.DateTimeField(_("业务时间"))
    owed_at = models.DateTimeField(_("入库时间"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("待发消息")
        verbose_name_plural = _("待发消息")
        indexes: ClassVar = [models.Index(fields=["record_kind", "record_id", "version"], name="outbox_message_record")]

    def __str__(self) -> str:
        return self.key


class DeliveryState(models.TextChoices):
    """投递状态: not a business status; the relay moves it with its fencing token."""

    PENDING = "PENDING", _("待发送")
    SENT = "SENT", _("已送达")
    PARKED = "PARKED", _("已停放")
    CLOSED = "CLOSED", _("已关闭")


class OutboxDelivery(models.Model):
    """One message on its way to one subscriber (投递).

    `lease_token` grows with every claim: only the latest claimant may write the outcome. `next_at` is when a relay may
    next take it, by the database's clock; while it is leased, the end of the lease. Record and version are copied from
    the message, for order is asked at every claim.
    """

    number = models.CharField(_("投递编号"), max_length=12, unique=True, default=new_public_number, editable=False)
    message = models.ForeignKey(
        OutboxMessage, verbose_name=_("消息"), on_delete=models.PROTECT, related_name="deliveries"
    )
    subscriber = models.CharField(_("接收方"), max_length=60)
    record_kind = models.CharField(_("对象类别"), max_length=40)
    record_id = models.CharField(_("对象编号"), max_length=64)
    version = models.PositiveBigIntegerField(_("版本"))
    state = models.CharField(_("投递状态"), max_length=10, choices=DeliveryState.choices, default=DeliveryState.PENDING)
    next_at = models.DateTimeField(_("下次发送时间"), db_default=Now())
    attempts = models.PositiveIntegerField(_("已尝试次数"), default=0)
    lease_until = models.DateTimeField(_("占用至"), null=True, blank=True)
    lease_token = models.PositiveBigIntegerField(_("占用令牌"), default=0)
    last_error_code = models.CharField(_("最近错误代码"), max_length=60, blank=True)
    last_error = models.CharField(_("最近错误"), max_length=300, blank=True)
    sent_at = models.DateTimeField(_("送达时间"), null=True, blank=True)
    response_reference = models.CharField(_("对方回执号"), max_length=120, blank=True)
    owed_at = models.DateTimeField(_("入库时间"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("投递")
        verbose_name_plural = _("投递")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message", "subscriber"], name="outbox_delivery_once_per_subscriber"),
            models.CheckConstraint(condition=Q(state__in=DeliveryState.values), name="outbox_delivery_state_known"),
            models.CheckConstraint(
                condition=Q(state=DeliveryState.SENT, sent_at__isnull=False)
                | (~Q(state=DeliveryState.SENT) & Q(sent_at__isnull=True)),
                name="outbox_delivery_sent_iff_sent_at",
            ),
            models.CheckConstraint(
                condition=Q(state=DeliveryState.PENDING) | Q(lease_until__isnull=True),
                name="outbox_delivery_lease_only_pending",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["subscriber", "next_at", "id"],
                condition=Q(state=DeliveryState.PENDING),
                name="outbox_delivery_due",
            ),
            models.Index(
                fields=["subscriber", "record_kind", "record_id", "version", "id"],
                condition=Q(state__in=[DeliveryState.PENDING, DeliveryState.PARKED]),
                name="outbox_delivery_unfinished",
            ),
            models.Index(F("id").desc(), condition=Q(state=DeliveryState.PARKED), name="outbox_delivery_parked"),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} → {self.subscriber}"


class RelayHeartbeat(models.Model):
    """Sign of life of a relay (发送进程心跳), for `doctor` and the operator."""

    relay = models.CharField(_("进程"), max_length=120, primary_key=True)
    beat_at = models.DateTimeField(_("最近心跳"), db_default=Now())

    class Meta:
        verbose_name = _("发送进程心跳")
        verbose_name_plural = _("发送进程心跳")

    def __str__(self) -> str:
        return self.relay


class RaisedAlarm(models.Model):
    """When an alarm of one kind was last raised (最近告警), so that many relays raise it once."""

    kind = models.CharField(_("告警类别"), max_length=60, primary_key=True)
    raised_at = models.DateTimeField(_("告警时间"), db_default=Now())

    class Meta:
        verbose_name = _("最近告警")
        verbose_name_plural = _("最近告警")

    def __str__(self) -> str:
        return self.kind
