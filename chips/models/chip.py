"""The register of chips (芯片登记). It holds no key and no card memory: keys are derived when needed, never stored."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chips.states import CHIP
from licensing.models import EngravingShop


class Suite(models.TextChoices):
    """算法套件: data, because the real chip's algorithm is not public."""

    AES_CMAC = "AES-CMAC", "AES-CMAC"
    SM4_CMAC = "SM4-CMAC", "SM4-CMAC"


class Chip(models.Model):
    """One chip (芯片) by its unique identifier."""

    uid = models.CharField(_("芯片编号"), max_length=14, unique=True)
    batch_no = models.CharField(_("批次号"), max_length=20)
    suite = models.CharField(_("算法套件"), max_length=10, choices=Suite.choices)
    key_version = models.PositiveSmallIntegerField(_("密钥版本"))
    key_check = models.CharField(_("密钥校验值"), max_length=6)
    shop = models.ForeignKey(EngravingShop, on_delete=models.PROTECT, null=True, blank=True, related_name="chips")
    status = models.CharField(_("状态"), max_length=14, default="INJECTED", editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    last_counter = models.BigIntegerField(_("最近认证计数"), default=0, editable=False)
    counter_window = models.BigIntegerField(_("计数窗口"), default=0, editable=False)
    counter_at = models.DateTimeField(_("最近认证时间"), null=True, blank=True, editable=False)
    watched_at = models.DateTimeField(_("列入关注时间"), null=True, blank=True, editable=False)
    injected_at = models.DateTimeField(_("灌装时间"))
    bound_at = models.DateTimeField(_("捆绑时间"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("芯片")
        verbose_name_plural = _("芯片")
        constraints: ClassVar = [
            CHIP.check_constraint("chip_status_known"),
            models.CheckConstraint(condition=Q(uid__regex=r"^[0-9A-F]{14}$"), name="chip_uid_form"),
            models.CheckConstraint(condition=Q(suite__in=Suite.values), name="chip_suite_known"),
            models.CheckConstraint(
                condition=Q(status="INJECTED") | Q(shop__isnull=False), name="chip_has_holder_once_issued"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=("ACTIVE", "SUSPENDED", "LOST")) | Q(bound_at__isnull=False),
                name="chip_bound_once_active",
            ),
            models.CheckConstraint(condition=Q(last_counter__gte=0), name="chip_counter_positive"),
            models.CheckConstraint(
                condition=Q(counter_window__gte=0, counter_window__lt=2**32), name="chip_counter_window_of_32"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["shop", "status", "uid"], name="chip_by_shop")]

    def __str__(self) -> str:
        return self.uid


class ChipChallenge(models.Model):
    """One question put to one chip (芯片质询): answered once, within its time. Kept in the database, not the broker."""

    txn = models.CharField(_("核验流水号"), max_length=16, unique=True)
    uid = models.CharField(_("芯片编号"), max_length=14)
    asked_by = models.CharField(_("核验方"), max_length=60)
    purpose = models.CharField(_("用途"), max_length=40)
    expected_credit_code = models.CharField(_("预期单位信用代码"), max_length=18, blank=True)
    nonce = models.BinaryField()
    issued_at = models.DateTimeField(_("发出时间"))
    answerable_until = models.DateTimeField(_("应答截止"))
    used_at = models.DateTimeField(_("应答时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("芯片质询")
        verbose_name_plural = _("芯片质询")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(answerable_until__gt=models.F("issued_at")), name="chip_challenge_has_time"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["answerable_until"], name="chip_challenge_until")]

    def __str__(self) -> str:
        return self.txn
