"""What supply rests on (供应依据): agreements, the Ministry's price, pilots, training."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from licensing.models import EngravingShop
from sealreg.database.numbers import new_public_number


class ChipAgreement(models.Model):
    """A formal agreement with the institute or the operator (芯片供应协议). Source: notice 三(三)1."""

    number = models.CharField(_("协议编号"), max_length=40, unique=True)
    party_name = models.CharField(_("签约单位"), max_length=120)
    subject = models.CharField(_("事项"), max_length=200)
    signed_on = models.DateField(_("签订日期"))
    ended_on = models.DateField(_("终止日期"), null=True, blank=True)
    is_fictitious = models.BooleanField(_("演示虚构"), default=False)
    entered_by = models.CharField(_("登记人"), max_length=80)
    entered_at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = _("芯片供应协议")
        verbose_name_plural = _("芯片供应协议")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("signed_on")), name="chip_agreement_dates"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class ChipPrice(models.Model):
    """The Ministry's price of one chip over a span of days (部定芯片价格). Integer fen; spans never overlap."""

    unit_price_fen = models.PositiveIntegerField(_("单价"))
    in_force = DateRangeField(_("执行期间"))
    document = models.CharField(_("定价文件"), max_length=200)
    is_fictitious = models.BooleanField(_("演示虚构"), default=False)
    entered_by = models.CharField(_("登记人"), max_length=80)
    entered_at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = _("部定芯片价格")
        verbose_name_plural = _("部定芯片价格")
        constraints: ClassVar = [
            ExclusionConstraint(name="chip_price_one_at_a_time", expressions=[("in_force", RangeOperators.OVERLAPS)]),
            models.CheckConstraint(condition=Q(unit_price_fen__gt=0), name="chip_price_positive"),
            models.CheckConstraint(condition=~Q(document=""), name="chip_price_names_document"),
            models.CheckConstraint(
                condition=Q(in_force__startswith__isnull=False, in_force__isempty=False), name="chip_price_begins"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_price_fen} {self.in_force}"


class ChipPilot(models.Model):
    """A city that tried chips before everyone had to (芯片试点地市). Source: notice 三(三)1."""

    city = models.PositiveSmallIntegerField(_("地市"), unique=True)
    from_on = models.DateField(_("试点开始日期"))
    entered_by = models.CharField(_("登记人"), max_length=80)
    entered_at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = _("芯片试点地市")
        verbose_name_plural = _("芯片试点地市")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(city__gte=4401, city__lte=4499), name="chip_pilot_city_form"),
        ]

    def __str__(self) -> str:
        return f"{self.city}"


class TrainingSession(models.Model):
    """A training on chips for shops (芯片培训). Source: notice 三(三)2."""

    number = models.CharField(_("培训编号"), max_length=12, unique=True, default=new_public_number, editable=False)
    topic = models.CharField(_("主题"), max_length=120)
    city = models.PositiveSmallIntegerField(_("地市"))
    place = models.CharField(_("地点"), max_length=120)
    took_place_on = models.DateField(_("培训日期"))
    entered_by = models.CharField(_("登记人"), max_length=80)
    entered_at = models.DateTimeField(_("登记时间"))
    noted_by = models.CharField(_("出席登记人"), max_length=80, blank=True)
    noted_at = models.DateTimeField(_("出席登记时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("芯片培训")
        verbose_name_plural = _("芯片培训")
        indexes: ClassVar = [models.Index(fields=["-took_place_on", "-id"], name="chip_training_recent")]

    def __str__(self) -> str:
        return self.topic


class TrainingInvitation(models.Model):
    """One shop asked to come to a training (培训邀请)."""

    session = models.ForeignKey(TrainingSession, on_delete=models.PROTECT, related_name="invitations")
    shop = models.ForeignKey(EngravingShop, on_delete=models.PROTECT, related_name="chip_invitations")

    class Meta:
        verbose_name = _("培训邀请")
        verbose_name_plural = _("培训邀请")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["session", "shop"], name="chip_training_invited_once"),
        ]

    def __str__(self) -> str:
        return f"{self.session_id}: {self.shop_id}"


class TrainingAttendance(models.Model):
    """One shop at one training (培训出席)."""

    session = models.ForeignKey(TrainingSession, on_delete=models.PROTECT, related_name="attendances")
    shop = models.ForeignKey(EngravingShop, on_delete=models.PROTECT, related_name="chip_trainings")
    people = models.PositiveSmallIntegerField(_("人数"))

    class Meta:
        verbose_name = _("培训出席")
        verbose_name_plural = _("培训出席")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["session", "shop"], name="chip_training_shop_once"),
            models.CheckConstraint(condition=Q(people__gt=0), name="chip_training_somebody_came"),
        ]

    def __str__(self) -> str:
        return f"{self.session_id}: {self.shop_id}"
