"""From the maker to the sealed box (制造、灌装与装箱)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chips.models.chip import Chip, Suite
from chips.models.supply import ChipAgreement
from chips.states import BATCH
from sealreg.api.choices import Algorithm
from sealreg.database.numbers import new_public_number


class MakerLot(models.Model):
    """Chips as their maker delivered them (芯片制造批), by the maker's manifest."""

    number = models.CharField(_("制造批编号"), max_length=12, unique=True, default=new_public_number, editable=False)
    maker = models.CharField(_("制造商"), max_length=80)
    lot_no = models.CharField(_("制造批号"), max_length=40)
    suite = models.CharField(_("算法套件"), max_length=10, choices=Suite.choices)
    quantity = models.PositiveIntegerField(_("数量"))
    manifest_sha256 = models.CharField(_("清单摘要"), max_length=64, unique=True)
    imported_by = models.CharField(_("导入人"), max_length=80)
    imported_at = models.DateTimeField(_("导入时间"))

    class Meta:
        verbose_name = _("芯片制造批")
        verbose_name_plural = _("芯片制造批")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["maker", "lot_no"], name="maker_lot_once"),
            models.CheckConstraint(condition=Q(suite__in=Suite.values), name="maker_lot_suite_known"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="maker_lot_not_empty"),
        ]

    def __str__(self) -> str:
        return self.lot_no


class ChipBatch(models.Model):
    """Chips filled, packed and sent together (芯片批次): allocated by one person, released by another."""

    number = models.CharField(_("批次号"), max_length=20, unique=True)
    lot = models.ForeignKey(MakerLot, on_delete=models.PROTECT, related_name="batches")
    agreement = models.ForeignKey(ChipAgreement, on_delete=models.PROTECT, related_name="batches")
    suite = models.CharField(_("算法套件"), max_length=10, choices=Suite.choices)
    key_version = models.PositiveSmallIntegerField(_("密钥版本"))
    quantity = models.PositiveIntegerField(_("数量"))
    status = models.CharField(_("状态"), max_length=12, default="ALLOCATED", editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    allocated_by = models.CharField(_("分配人"), max_length=80)
    allocated_at = models.DateTimeField(_("分配时间"))
    released_by = models.CharField(_("放行人"), max_length=80, blank=True)
    released_at = models.DateTimeField(_("放行时间"), null=True, blank=True)
    filling_from = models.DateTimeField(_("开始灌装"), null=True, blank=True)
    filled_at = models.DateTimeField(_("完成灌装"), null=True, blank=True)
    tried_at = models.DateTimeField(_("最近一次灌装"), null=True, blank=True)
    trouble = models.CharField(_("灌装受阻原因"), max_length=40, blank=True)
    trouble_since = models.DateTimeField(_("受阻开始"), null=True, blank=True)

    class Meta:
        verbose_name = _("芯片批次")
        verbose_name_plural = _("芯片批次")
        constraints: ClassVar = [
            BATCH.check_constraint("chip_batch_status_known"),
            models.CheckConstraint(
                condition=Q(number__regex=r"^[0-9A-Z][0-9A-Z-]{3,19}$"), name="chip_batch_number_form"
            ),
            models.CheckConstraint(condition=Q(suite__in=Suite.values), name="chip_batch_suite_known"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="chip_batch_not_empty"),
            models.CheckConstraint(
                condition=Q(status__in=("ALLOCATED", "CANCELLED"), released_by="")
                | ~Q(status__in=("ALLOCATED", "CANCELLED"))
                & ~Q(released_by="")
                & ~Q(released_by=F("allocated_by"))
                & Q(released_at__isnull=False),
                name="chip_batch_released_by_two",
            ),
            models.CheckConstraint(
                condition=Q(trouble="", trouble_since__isnull=True)
                | ~Q(trouble="") & Q(trouble_since__isnull=False, status="RELEASED"),
                name="chip_batch_troubled_while_filling",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["status", "-id"], name="chip_batch_by_status")]

    def __str__(self) -> str:
        return self.number


class InjectionIntent(models.Model):
    """What was about to be done to a chip, stored before it was done (灌装意图): once per batch, chip and version."""

    batch = models.ForeignKey(ChipBatch, on_delete=models.PROTECT, related_name="intents")
    chip = models.ForeignKey(Chip, on_delete=models.PROTECT, related_name="intents")
    key_version = models.PositiveSmallIntegerField(_("密钥版本"))
    tries = models.PositiveSmallIntegerField(_("次数"), default=1)
    intended_at = models.DateTimeField(_("意图时间"))
    done_at = models.DateTimeField(_("完成时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("灌装意图")
        verbose_name_plural = _("灌装意图")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["batch", "chip", "key_version"], name="injection_intent_once"),
            models.UniqueConstraint(fields=["chip"], condition=Q(done_at__isnull=False), name="injection_one_live_key"),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.chip_id}"


class InstituteKey(models.Model):
    """A public key with which the institute signs its manifests (灌装机构签名公钥)."""

    key_id = models.CharField(_("公钥标识"), max_length=43, unique=True)
    algorithm = models.CharField(_("签名算法"), max_length=10, choices=Algorithm.choices)
    public_pem = models.TextField(_("公钥"))
    since = models.DateTimeField(_("启用时间"))
    ended_at = models.DateTimeField(_("停用时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("灌装机构签名公钥")
        verbose_name_plural = _("灌装机构签名公钥")

    def __str__(self) -> str:
        return self.key_id


class BatchManifest(models.Model):
    """The signed list of one batch (批次清单): what left the institute. Append-only."""

    batch = models.OneToOneField(ChipBatch, on_delete=models.PROTECT, related_name="manifest")
    body = models.TextField(_("清单内容"))
    merkle_root = models.CharField(_("默克尔根"), max_length=64)
    key = models.ForeignKey(InstituteKey, on_delete=models.PROTECT, related_name="manifests")
    signature = models.CharField(_("签名"), max_length=128)
    quantity = models.PositiveIntegerField(_("数量"))
    first_serial = models.BigIntegerField(_("起始序号"))
    last_serial = models.BigIntegerField(_("终止序号"))
    packed_by = models.CharField(_("装箱人"), max_length=80)
    packed_at = models.DateTimeField(_("装箱时间"))

    class Meta:
        verbose_name = _("批次清单")
        verbose_name_plural = _("批次清单")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(last_serial=F("first_serial") + F("quantity") - 1), name="batch_manifest_serials_run"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}"
