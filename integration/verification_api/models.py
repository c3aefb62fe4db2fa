"""What was asked, what was answered, byte for byte (核验记录), and the queue of long batches."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from integration.verification_api.choices import Channel, ChipResult, Purpose, Verdict
from sealreg.accounts.models import Organisation
from sealreg.api.models import ApiClient
from sealreg.database.numbers import new_public_number


class SealCheck(models.Model):
    """One check of one seal with the exact answer given (公章核验). Append-only.

    asked_by: `client:NUMBER` or `user:NUMBER`, who alone may fetch the answer again; request_hash: SHA-256 of the
    canonical question.
    """

    number = models.CharField(_("核验编号"), max_length=12, unique=True)
    asked_by = models.CharField(_("核验方"), max_length=25)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="seal_checks", verbose_name=_("机构")
    )
    is_sandbox = models.BooleanField(_("沙箱"), default=False)
    channel = models.CharField(_("核验途径"), max_length=6, choices=Channel.choices)
    purpose = models.CharField(_("核验用途"), max_length=20, choices=Purpose.choices)
    seal_code = models.CharField(_("印章编码"), max_length=13)
    verdict = models.CharField(_("核验结论"), max_length=11, choices=Verdict.choices)
    reasons = ArrayField(models.CharField(max_length=40), verbose_name=_("原因代码"))
    request_hash = models.BinaryField(_("请求摘要"), max_length=32)
    checked_at = models.DateTimeField(_("核验时间"))
    answer = models.BinaryField(_("应答内容"))

    class Meta:
        verbose_name = _("公章核验")
        verbose_name_plural = _("公章核验")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(verdict__in=Verdict.values), name="seal_check_verdict_known"),
            models.CheckConstraint(condition=Q(purpose__in=Purpose.values), name="seal_check_purpose_known"),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="seal_check_channel_known"),
        ]
        indexes: ClassVar = [models.Index(fields=["organisation", "-id"], name="seal_check_by_organisation")]

    def __str__(self) -> str:
        return self.number


class ChipCheck(models.Model):
    """One answered chip challenge with the exact answer given (芯片核验). Append-only; txn is the challenge's."""

    txn = models.CharField(_("核验流水号"), max_length=16, unique=True)
    asked_by = models.CharField(_("核验方"), max_length=25)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="chip_checks", verbose_name=_("机构")
    )
    is_sandbox = models.BooleanField(_("沙箱"), default=False)
    purpose = models.CharField(_("核验用途"), max_length=20, choices=Purpose.choices)
    uid = models.CharField(_("芯片编号"), max_length=14)
    counter = models.BigIntegerField(_("芯片计数"))
    result = models.CharField(_("芯片核验结果"), max_length=20, choices=ChipResult.choices)
    reasons = ArrayField(models.CharField(max_length=40), verbose_name=_("原因代码"))
    seal_code = models.CharField(_("印章编码"), max_length=13, blank=True)
    request_hash = models.BinaryField(_("请求摘要"), max_length=32)
    checked_at = models.DateTimeField(_("核验时间"))
    answer = models.BinaryField(_("应答内容"))

    class Meta:
        verbose_name = _("芯片核验")
        verbose_name_plural = _("芯片核验")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(result__in=ChipResult.values), name="chip_check_result_known"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "-id"], name="chip_check_by_organisation"),
            models.Index(fields=["uid", "-checked_at"], name="chip_check_by_chip"),
        ]

    def __str__(self) -> str:
        return self.txn


class FailedChecks(models.Model):
    """How often checks of one code failed lately (未通过次数), so that the county hears of it once."""

    seal_code = models.CharField(_("印章编码"), max_length=13, primary_key=True)
    failed = models.PositiveIntegerField(_("次数"))
    first_at = models.DateTimeField(_("首次时间"))
    last_at = models.DateTimeField(_("最近时间"))
    alerted_at = models.DateTimeField(_("告警时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("未通过核验计数")
        verbose_name_plural = _("未通过核验计数")

    def __str__(self) -> str:
        return f"{self.seal_code}: {self.failed}"


class CheckBatch(models.Model):
    """A long list of checks (批量核验): row and items are the queue; a worker killed at any moment loses none."""

    number = models.CharField(_("批次编号"), max_length=12, unique=True, default=new_public_number, editable=False)
    client = models.ForeignKey(
        ApiClient, on_delete=models.PROTECT, related_name="batches", verbose_name=_("接口调用方")
    )
    algorithm = models.CharField(_("签名算法"), max_length=10)
    total = models.PositiveIntegerField(_("项数"))
    created_at = models.DateTimeField(_("提交时间"))
    finished_at = models.DateTimeField(_("完成时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("批量核验")
        verbose_name_plural = _("批量核验")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) | Q(finished_at__gte=F("created_at")),
                name="check_batch_finished_after",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=Q(finished_at__isnull=True), name="check_batch_open"),
        ]

    def __str__(self) -> str:
        return self.number


class CheckBatchItem(models.Model):
    """One item of a batch (批量核验项): its question, then the number of its check or why it could not be asked."""

    batch = models.ForeignKey(CheckBatch, on_delete=models.CASCADE, related_name="items", verbose_name=_("批量核验"))
    position = models.PositiveIntegerField(_("序号"))
    question = models.JSONField(_("核验内容"))
    check_number = models.CharField(_("核验编号"), max_length=12, blank=True)
    error = models.JSONField(_("错误"), null=True, blank=True)
    done = models.BooleanField(_("已完成"), default=False)

    class Meta:
        verbose_name = _("批量核验项")
        verbose_name_plural = _("批量核验项")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["batch", "position"], name="check_item_position"),
            models.CheckConstraint(
                condition=Q(done=False, check_number="", error__isnull=True)
                | Q(done=True, error__isnull=True) & ~Q(check_number="")
                | Q(done=True, check_number="", error__isnull=False),
                name="check_item_answered_or_refused",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["batch", "position"], condition=Q(done=False), name="check_item_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id} · {self.position}"
