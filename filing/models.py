"""Filings, seals and the code counters (备案、印章与编码计数)."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar, Self, TypeVar

from django.db import models
from django.db.models import Case, DateTimeField, F, Q, Value, When
from django.db.models.functions import Cast, Left
from django.utils.translation import gettext_lazy as _

from chips.models import Chip
from filing.choices import Material, Origin, Reason, SealType, Shape
from filing.day_figures import DayFigure as DayFigure
from filing.states import FILING, SEAL_MAKING, SEAL_USE
from licensing.models import EngravingShop
from sealreg.accounts.jurisdiction import ScopedQuerySet, jurisdiction_of, within
from sealreg.accounts.models import User
from sealreg.accounts.roles import Permission
from sealreg.attachments.models import Attachment
from sealreg.database.actor import Actor
from sealreg.database.numbers import new_public_number
from sealreg.database.personal import EncryptedTextField
from sealreg.units.identifiers import DocumentKind
from sealreg.units.models import Unit

USE_ENDED = ("LOST", "SURRENDERED", "INVALIDATED")
CHIP_DUTY_FROM = "2018-10-01"  # notice 三(三)2; a day, compared by the database with the day of engraving


def _far(year: int) -> Value:
    return Value(dt.datetime(year, 1, 1, tzinfo=dt.UTC))


# The order in which filings press (待办次序): what runs against a limit, then what has none, then drafts, then what is
# done. An index holds it, so the list and the index must use this one expression.
PRESSING = Case(
    When(due_at__isnull=False, status="SUBMITTED", then=F("due_at")),
    When(status="SUBMITTED", then=_far(9001)),
    When(status="DRAFT", then=_far(9002)),
    When(status="FILED", then=_far(9003)),
    default=_far(9004),
    output_field=DateTimeField(),
)


ModelT = TypeVar("ModelT", bound=models.Model, covariant=True)


class FilingScope(ScopedQuerySet[ModelT]):
    """Who sees filings and seals (备案可见范围): both carry the same columns, so one rule serves both."""

    def visible_to(self, actor: Actor) -> Self:
        """The shop's own; police by the unit's or the shop's authority; a company's own; jobs of the system all."""
        if actor.actor_kind == "system":
            return self
        if not isinstance(actor, User):
            return self.none()
        if actor.may(Permission.SUBMIT_FILINGS):
            return self.filter(shop_id=actor.organisation.pk) if actor.organisation else self.none()
        if actor.may(Permission.READ_FILINGS):
            jurisdiction = jurisdiction_of(actor)
            return self.filter(within(jurisdiction, "authority_no") | within(jurisdiction, "shop_authority_no"))
        if actor.may(Permission.APPLY_FOR_SEALS):
            return self.filter(unit__grants__user=actor, unit__grants__ended_at__isnull=True)
        return self.none()


class FilingQuerySet(FilingScope["SealFiling"]):
    """备案查询: a draft is seen by its shop alone."""

    def visible_to(self, actor: Actor) -> Self:
        """As FilingScope; what is not yet submitted stays with the shop (可见范围)."""
        found = super().visible_to(actor)
        own = actor.actor_kind == "system" or (isinstance(actor, User) and actor.may(Permission.SUBMIT_FILINGS))
        return found if own else found.filter(submitted_at__isnull=False)


class SealQuerySet(FilingScope["Seal"]):
    """印章查询."""

    def visible_to(self, actor: Actor) -> Self:
        """As FilingScope (可见范围)."""
        return super().visible_to(actor)


class CodeCounter(models.Model):
    """The running number of one area (编码计数器): one row per code prefix, taken in the filing's own transaction."""

    prefix = models.CharField(_("行政区划代码"), max_length=6, primary_key=True)
    last = models.PositiveIntegerField(_("已用最大流水号"), default=0)

    class Meta:
        verbose_name = _("编码计数器")
        verbose_name_plural = _("编码计数器")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(prefix__regex=r"^44\d{4}$"), name="code_counter_prefix_form"),
            models.CheckConstraint(condition=Q(last__lte=9_999_999), name="code_counter_seven_digits"),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}·{self.last:07d}"


class SealFiling(models.Model):
    """One filing by one shop for one unit, holding one or several seals (公章刻制备案)."""

    number = models.CharField(_("备案编号"), max_length=12, unique=True, default=new_public_number, editable=False)
    status = models.CharField(_("状态"), max_length=12, default="DRAFT", editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    origin = models.CharField(_("来源"), max_length=10, choices=Origin.choices, default=Origin.SHOP)
    shop = models.ForeignKey(EngravingShop, on_delete=models.PROTECT, related_name="filings")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="filings")
    reason = models.CharField(_("刻制原因"), max_length=2, choices=Reason.choices, default=Reason.NEW)

    authority_no = models.PositiveIntegerField(_("备案管辖编号"), null=True, blank=True)
    shop_authority_no = models.PositiveIntegerField(_("企业管辖编号"))

    handler_name = models.CharField(_("经办人"), max_length=40, blank=True)
    handler_document = models.CharField(_("证件种类"), max_length=20, choices=DocumentKind.choices, blank=True)
    handler_id = EncryptedTextField(_("证件号码"), null=True, blank=True)
    handler_id_index = models.BinaryField(null=True, editable=False)
    handler_phone = EncryptedTextField(_("联系电话"), null=True, blank=True)
    handler_is_representative = models.BooleanField(_("经办人即法定代表人"), default=False)
    authorisation = models.ForeignKey(
        Attachment, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("授权委托书")
    )

    draft_form = EncryptedTextField(_("未提交的填写内容"), null=True, blank=True)
    drafted_by = models.CharField(_("录入人"), max_length=12, blank=True)
    source_key = models.CharField(_("来源标识"), max_length=64, null=True, blank=True, unique=True)

    is_new_enterprise = models.BooleanField(_("新办企业"), default=False)
    to_be_confirmed = models.BooleanField(_("登记信息待核实"), default=False)
    created_at = models.DateTimeField(_("创建时间"))
    submitted_at = models.DateTimeField(_("提交时间"), null=True, blank=True)
    due_at = models.DateTimeField(_("办结时限"), null=True, blank=True)
    due_calendar = models.PositiveIntegerField(_("时限所据日历版本"), null=True, blank=True)
    due_provisional = models.BooleanField(_("时限待日历确认"), default=False)
    filed_at = models.DateTimeField(_("备案时间"), null=True, blank=True)
    closed_at = models.DateTimeField(_("撤回或作废时间"), null=True, blank=True)

    objects = FilingQuerySet.as_manager()

    class Meta:
        verbose_name = _("公章刻制备案")
        verbose_name_plural = _("公章刻制备案")
        constraints: ClassVar = [
            FILING.check_constraint("filing_status_known"),
            models.CheckConstraint(
                condition=Q(status__in=("DRAFT", "WITHDRAWN"))
                | Q(
                    unit__isnull=False,
                    authority_no__isnull=False,
                    submitted_at__isnull=False,
                    draft_form__isnull=True,
                )
                & ~Q(handler_name=""),
                name="filing_complete_once_submitted",
            ),
            models.CheckConstraint(
                condition=Q(status__in=("FILED", "INVALIDATED"), filed_at__isnull=False)
                | Q(status__in=("DRAFT", "SUBMITTED", "WITHDRAWN"), filed_at__isnull=True),
                name="filing_filed_at_iff_filed",
            ),
            models.CheckConstraint(
                condition=Q(status__in=("WITHDRAWN", "INVALIDATED"), closed_at__isnull=False)
                | ~Q(status__in=("WITHDRAWN", "INVALIDATED")) & Q(closed_at__isnull=True),
                name="filing_closed_at_iff_closed",
            ),
            models.CheckConstraint(
                condition=Q(handler_is_representative=True)
                | Q(authorisation__isnull=False)
                | Q(status__in=("DRAFT", "WITHDRAWN"))
                | Q(origin=Origin.MIGRATION),
                name="filing_handler_authorised",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["shop", "status", "-id"], name="filing_by_shop"),
            models.Index("shop", PRESSING, F("id").desc(), name="filing_by_pressing"),
            models.Index(fields=["authority_no", "-id"], name="filing_by_authority"),
            models.Index(fields=["shop_authority_no", "-id"], name="filing_by_shop_authority"),
            models.Index(fields=["due_at"], condition=Q(status="SUBMITTED"), name="filing_due"),
            models.Index(fields=["submitted_at"], condition=Q(submitted_at__isnull=False), name="filing_submitted"),
            models.Index(
                fields=["filed_at"],
                condition=Q(is_new_enterprise=True, filed_at__isnull=False),
                name="filing_new_filed",
            ),
        ]

    def __str__(self) -> str:
        return self.number


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
