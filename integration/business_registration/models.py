"""What we remember of the registry (登记数据对接): where we are in its feed, what we hold, what we could not take."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from filing.models import SealFiling
from sealreg.database.personal import EncryptedTextField
from sealreg.units.models import Unit


class FeedPosition(models.Model):
    """How far a feed has been read (读取位置). The cursor moves in the transaction that keeps the page it follows."""

    feed = models.CharField(_("数据源"), max_length=20, unique=True)
    cursor = models.CharField(_("游标"), max_length=512, blank=True)
    advanced_at = models.DateTimeField(_("最近读到新数据的时间"), null=True)
    caught_up_at = models.DateTimeField(_("最近读到末尾的时间"), null=True)
    failing_since = models.DateTimeField(_("开始失败的时间"), null=True)
    failure = models.CharField(_("失败原因"), max_length=32, blank=True)
    failure_detail = models.CharField(_("失败详情"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("登记数据读取位置")
        verbose_name_plural = _("登记数据读取位置")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(failing_since__isnull=True, failure="") | Q(failing_since__isnull=False) & ~Q(failure=""),
                name="feed_failure_has_its_time",
            ),
        ]

    def __str__(self) -> str:
        return self.feed


class RegistryRecord(models.Model):
    """The newest version of a company's record that we hold (登记数据版本); only a newer one changes anything."""

    credit_code = models.CharField(_("统一社会信用代码"), max_length=18, unique=True)
    version = models.BigIntegerField(_("登记数据版本"))
    deleted = models.BooleanField(_("已由登记机关删除"), default=False)
    seen_at = models.DateTimeField(_("读取时间"))

    class Meta:
        verbose_name = _("登记数据版本")
        verbose_name_plural = _("登记数据版本")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(version__gt=0), name="registry_record_has_version"),
        ]

    def __str__(self) -> str:
        return f"{self.credit_code} · {self.version}"


class QuarantinedRecord(models.Model):
    """A record of the feed that could not be taken (待处理登记数据), with the reason; the others passed."""

    digest = models.BinaryField(_("内容摘要"), max_length=32, unique=True)
    feed = models.CharField(_("数据源"), max_length=20)
    cursor = models.CharField(_("所在页"), max_length=512, blank=True)
    event_id = models.CharField(_("事件编号"), max_length=64, blank=True)
    credit_code = models.CharField(_("统一社会信用代码"), max_length=18, blank=True)
    version = models.BigIntegerField(_("登记数据版本"), null=True)
    content = EncryptedTextField(_("原始内容"))
    reason = models.CharField(_("原因"), max_length=300)
    times = models.PositiveIntegerField(_("收到次数"), default=1)
    first_seen_at = models.DateTimeField(_("首次收到时间"))
    last_seen_at = models.DateTimeField(_("最近收到时间"))
    settled_at = models.DateTimeField(_("处理完毕时间"), null=True)

    class Meta:
        verbose_name = _("待处理登记数据")
        verbose_name_plural = _("待处理登记数据")
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(reason=""), name="quarantine_states_reason"),
            models.CheckConstraint(condition=Q(times__gt=0), name="quarantine_counts"),
            models.CheckConstraint(condition=Q(last_seen_at__gte=F("first_seen_at")), name="quarantine_seen_in_order"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], name="quarantine_open", condition=Q(settled_at__isnull=True)),
            models.Index(fields=["credit_code"], name="quarantine_of_company", condition=Q(settled_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.feed} · {self.event_id or self.pk}"


class ConfirmationTry(models.Model):
    """When the registry was last asked about a unit that is still to be confirmed (核实记录), and when it is next."""

    unit = models.OneToOneField(Unit, on_delete=models.CASCADE, related_name="confirmation_try")
    tries = models.PositiveIntegerField(_("询问次数"), default=0)
    tried_at = models.DateTimeField(_("最近询问时间"))
    next_at = models.DateTimeField(_("下次询问时间"), db_index=True)

    class Meta:
        verbose_name = _("核实记录")
        verbose_name_plural = _("核实记录")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(next_at__gt=F("tried_at")), name="confirmation_try_looks_ahead"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} · {self.tries}"


class RegistryOrder(models.Model):
    """A draft filing that came out of the registry's exchange table (登记推送刻章), and which rows are in it.

    `rows` maps the id of an exchange row to its version taken: the same version again changes nothing. A company that
    chooses another shop gets another draft, so `place` counts the drafts of one business.
    """

    business_id = models.CharField(_("业务编号"), max_length=64)
    place = models.PositiveSmallIntegerField(_("次序"), default=1)
    filing = models.OneToOneField(
        SealFiling, on_delete=models.PROTECT, related_name="registry_order", verbose_name=_("备案")
    )
    rows = models.JSONField(_("交换表记录"), default=dict)
    taken_at = models.DateTimeField(_("接收时间"))

    class Meta:
        verbose_name = _("登记推送刻章")
        verbose_name_plural = _("登记推送刻章")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["business_id", "place"], name="registry_order_once"),
        ]

    def __str__(self) -> str:
        return f"{self.business_id} · {self.place}"
