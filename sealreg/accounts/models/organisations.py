"""Offices and where each acts (机构与管辖)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from sealreg.accounts.choices import AuthorityLevel, OrganisationKind
from sealreg.database.numbers import new_public_number


class Organisation(models.Model):
    """An office, shop, bank or body whose members act here (机构)."""

    number = models.CharField(_("机构编号"), max_length=12, unique=True, default=new_public_number, editable=False)
    kind = models.CharField(_("机构类别"), max_length=20, choices=OrganisationKind.choices)
    name = models.CharField(_("机构名称"), max_length=120)
    name_en = models.CharField(_("英文名称"), max_length=160, blank=True)
    area = models.PositiveIntegerField(_("行政区划代码"), null=True, blank=True)
    is_active = models.BooleanField(_("在用"), default=True)
    created_at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = _("机构")
        verbose_name_plural = _("机构")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=OrganisationKind.values), name="organisation_kind_known"),
        ]
        indexes: ClassVar = [models.Index(fields=["kind", "name"], name="organisation_kind_name")]

    def __str__(self) -> str:
        return self.name_en if self.name_en and not (get_language() or "zh").startswith("zh") else self.name


class PoliceUnit(models.Model):
    """A police authority and the half-open range of authority numbers it oversees (公安机关)."""

    organisation = models.OneToOneField(
        Organisation, on_delete=models.PROTECT, primary_key=True, related_name="police_unit", verbose_name=_("机构")
    )
    level = models.CharField(_("层级"), max_length=10, choices=AuthorityLevel.choices)
    authority_no = models.PositiveIntegerField(_("管辖编号"), unique=True)
    range_low = models.PositiveIntegerField(_("管辖下限（含）"))
    range_high = models.PositiveIntegerField(_("管辖上限（不含）"))

    class Meta:
        verbose_name = _("公安机关")
        verbose_name_plural = _("公安机关")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(level__in=AuthorityLevel.values), name="police_unit_level_known"),
            models.CheckConstraint(
                condition=Q(range_low__lte=F("authority_no"), range_high__gt=F("authority_no")),
                name="police_unit_range_holds_itself",
            ),
            models.CheckConstraint(
                condition=~Q(level="COUNTY") | Q(range_high=F("range_low") + 1),
                name="police_unit_county_is_one_number",
            ),
        ]

    def __str__(self) -> str:
        return str(self.organisation)


class Premises(models.Model):
    """A place carved out of its county for another authority, e.g. an airport (专属管辖场所)."""

    authority = models.ForeignKey(
        PoliceUnit, on_delete=models.PROTECT, related_name="premises", verbose_name=_("管辖机关")
    )
    name = models.CharField(_("场所名称"), max_length=80)
    area = models.PositiveIntegerField(_("所在行政区划"))
    code = models.SlugField(_("场所代码"), max_length=40, unique=True)

    class Meta:
        verbose_name = _("专属管辖场所")
        verbose_name_plural = _("专属管辖场所")

    def __str__(self) -> str:
        return self.name
