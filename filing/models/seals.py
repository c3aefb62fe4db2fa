"""Seals and their loss (印章与挂失)."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Cast, Left
from django.utils.translation import gettext_lazy as _

from chips.models import Chip
from filing.choices import Material, Origin, SealType, Shape
from filing.models.filings import SealFiling
from filing.models.scope import FilingScope
from filing.states import SEAL_MAKING, SEAL_USE
from licensing.models import EngravingShop
from sealreg.attachments.models import Attachment
from sealreg.database.actor import Actor
from sealreg.database.personal import EncryptedTextField
from sealreg.units.identifiers import DocumentKind
from sealreg.units.models import Unit

USE_ENDED = ("LOST", "SURRENDERED", "INVALIDATED")
CHIP_DUTY_FROM = "2018-10-01"  # notice 三(三)2; a day, compared by the database with the day of engraving


class SealQuerySet(FilingScope["Seal"]):
    """印章查询."""

    def visible_to(self, actor: Actor) -> Self:
        """As FilingScope (可见范围)."""
        return super().visible_to(actor)


class Seal(models.Model):
    """One official seal (公章) and its record: how it is made, and how it is used."""

    code = models.CharField(_("印章编码"), max_length=13, unique=True, editable=False)
    city = models.PositiveSmallIntegerField(_("编码地市"), editable=False)
    filing = models.ForeignKey(SealFiling, on_delete=models.PROTECT, related_name="seals")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="seals")
    shop = models.ForeignKey(EngravingShop, on_delete=models.PROTECT, related_name="seals")
    origin = models.CharField(_("来源"), max_length=10, choices=Origin.choices, default=Origin.SHOP)
    unit_area = models.PositiveIntegerField(_("单位所在行政区划"))
    shop_area = models.PositiveIntegerField(_("企业所在行政区划"))
    authority_no = models.PositiveIntegerField(_("备案管辖编号"))
    shop_authority_no = models.PositiveIntegerField(_("企业管辖编号"))

    seal_type = models.CharField(_("印章类型"), max_length=2, choices=SealType.choices)
    name = models.CharField(_("印章名称"), max_length=80)
    shape = models.CharField(_("形状"), max_length=8, choices=Shape.choices)
    width_mm = models.DecimalField(_("宽度（毫米）"), max_digits=4, decimal_places=1)
    height_mm = models.DecimalField(_("高度（毫米）"), max_digits=4, decimal_places=1)
    material = models.CharField(_("章面材料"), max_length=2, choices=Material.choices)

    status = models.CharField(_("制作状态"), max_length=12, default="ACCEPTED", editable=False)
    use_status = models.CharField(_("使用状态"), max_length=12, default="PENDING", editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    imprint = models.ForeignKey(
        Attachment, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("印模")
    )
    engraved_on = models.DateField(_("刻制日期"), null=True, blank=True)
    engraved_at = models.DateTimeField(_("印模上传时间"), null=True, blank=True)
    chip = models.ForeignKey(Chip, on_delete=models.PROTECT, null=True, blank=True, related_name="seals")
    chip_bound_at = models.DateTimeField(_("芯片写入时间"), null=True, blank=True)
    filed_at = models.DateTimeField(_("备案时间"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("领取时间"), null=True, blank=True)
    taker_name = models.CharField(_("领取人"), max_length=40, blank=True)
    taker_document = models.CharField(_("领取人证件种类"), max_length=20, choices=DocumentKind.choices, blank=True)
    taker_id = EncryptedTextField(_("领取人证件号码"), null=True, blank=True)
    imprint_card = models.ForeignKey(
        Attachment, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("印鉴留存卡")
    )
    use_ended_at = models.DateTimeField(_("停止使用时间"), null=True, blank=True)

    objects = SealQuerySet.as_manager()

    class Meta:
        verbose_name = _("公章")
        verbose_name_plural = _("公章")
        constraints: ClassVar = [
            SEAL_MAKING.check_constraint("seal_status_known"),
            SEAL_USE.check_constraint("seal_use_status_known"),
            models.CheckConstraint(condition=Q(code__regex=r"^44\d{11}$"), name="seal_code_form"),
            models.CheckConstraint(
                condition=Q(city=Cast(Left("code", 4), models.PositiveSmallIntegerField())), name="seal_city_of_code"
            ),
            models.CheckConstraint(
                condition=Q(status__in=("ACCEPTED", "WITHDRAWN"))
                | Q(engraved_on__isnull=False, engraved_at__isnull=False, imprint__isnull=False)
                | Q(origin=Origin.MIGRATION),
                name="seal_engraved_has_imprint",
            ),
            models.CheckConstraint(
                condition=~Q(status="ENGRAVED") | Q(chip__isnull=True, chip_bound_at__isnull=True),
                name="seal_engraved_holds_no_chip",
            ),
            # The chip duty of the notice: a seal engraved on or after 1 October 2018 is not filed without its chip.
            models.CheckConstraint(
                condition=~Q(status__in=("FILED", "DELIVERED"))
                | Q(chip__isnull=False, chip_bound_at__isnull=False)
                | Q(engraved_on__lt=CHIP_DUTY_FROM)
                | Q(origin=Origin.MIGRATION),
                name="seal_chip_duty",
            ),
            models.CheckConstraint(
                condition=Q(status__in=("FILED", "DELIVERED"), filed_at__isnull=False)
                | ~Q(status__in=("FILED", "DELIVERED")) & Q(filed_at__isnull=True),
                name="seal_filed_at_iff_filed",
            ),
            models.CheckConstraint(
                condition=Q(status="DELIVERED", delivered_at__isnull=False)
                | ~Q(status="DELIVERED") & Q(delivered_at__isnull=True),
                name="seal_delivered_at_iff_delivered",
            ),
            models.CheckConstraint(
                condition=~Q(status="DELIVERED")
                | ~Q(taker_name="") & Q(taker_id__isnull=False, imprint_card__isnull=False)
                | Q(origin=Origin.MIGRATION),
                name="seal_taker_known",
            ),
            models.CheckConstraint(
                condition=Q(use_status__in=("PENDING", "INVALIDATED")) | Q(status="DELIVERED"),
                name="seal_used_only_after_delivery",
            ),
            models.CheckConstraint(
                condition=Q(use_status__in=USE_ENDED, use_ended_at__isnull=False)
                | ~Q(use_status__in=USE_ENDED) & Q(use_ended_at__isnull=True)
                | Q(origin=Origin.MIGRATION),
                name="seal_use_ended_at_iff_ended",
            ),
            models.CheckConstraint(
                condition=Q(width_mm__gt=0, height_mm__gt=0, width_mm__lte=60, height_mm__lte=60),
                name="seal_size_possible",
            ),
            models.UniqueConstraint(
                fields=["unit"],
                condition=Q(seal_type=SealType.STATUTORY, use_status__in=("IN_USE", "SUSPENDED")),
                name="seal_one_statutory_alive",
            ),
            models.UniqueConstraint(
                fields=["unit"],
                condition=Q(seal_type=SealType.STATUTORY, use_status="PENDING") & ~Q(status="WITHDRAWN"),
                name="seal_one_statutory_pending",
            ),
            models.UniqueConstraint(
                fields=["unit"],
                condition=Q(seal_type=SealType.LEGAL_REPRESENTATIVE, use_status__in=("IN_USE", "SUSPENDED")),
                name="seal_one_representative_alive",
            ),
            models.UniqueConstraint(
                fields=["chip"],
                condition=Q(chip__isnull=False),
                name="seal_one_chip_one_seal",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["unit", "seal_type"], name="seal_by_unit"),
            models.Index(fields=["shop", "status", "-id"], name="seal_by_shop"),
            models.Index(fields=["authority_no", "-id"], name="seal_by_authority"),
            models.Index(fields=["shop_authority_no", "-id"], name="seal_by_shop_authority"),
            models.Index(fields=["filed_at"], condition=Q(filed_at__isnull=False), name="seal_filed"),
        ]

    def __str__(self) -> str:
        return self.code


class SealLoss(models.Model):
    """The unit's report that a seal is lost (公章挂失): who said so, on what paper. The seal is LOST at once."""

    seal = models.OneToOneField(Seal, on_delete=models.PROTECT, related_name="loss")
    lost_on = models.DateField(_("遗失日期"))
    reporter_name = models.CharField(_("挂失人"), max_length=40)
    reporter_document = models.CharField(_("证件种类"), max_length=20, choices=DocumentKind.choices)
    reporter_id = EncryptedTextField(_("证件号码"))
    reporter_is_representative = models.BooleanField(_("挂失人即法定代表人"))
    authorisation = models.ForeignKey(
        Attachment, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("授权委托书")
    )
    statement = models.ForeignKey(
        Attachment, on_delete=models.PROTECT, related_name="+", verbose_name=_("挂失证明材料")
    )
    reported_at = models.DateTimeField(_("挂失时间"))

    class Meta:
        verbose_name = _("公章挂失")
        verbose_name_plural = _("公章挂失")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(reporter_is_representative=True) | Q(authorisation__isnull=False),
                name="seal_loss_authorised",
            ),
            models.CheckConstraint(condition=~Q(reporter_name=""), name="seal_loss_names_reporter"),
        ]

    def __str__(self) -> str:
        return f"{self.seal_id}"
