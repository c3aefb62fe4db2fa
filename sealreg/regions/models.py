"""Administrative divisions of Guangdong (行政区划)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class RegionLevel(models.TextChoices):
    """行政级别."""

    PROVINCE = "PROVINCE", _("省级")
    CITY = "CITY", _("地市级")
    COUNTY = "COUNTY", _("县级")


class IntegrationClass(models.TextChoices):
    """地市接入类别: the four ways of the notice, 三(二), 2 + 6 + 6 + 7 cities."""

    OWN_NODE = "OWN_NODE", _("自建应用服务器")
    KEEP_MODE = "KEEP_MODE", _("暂保留原模式")
    MIGRATE = "MIGRATE", _("迁移后停用本地服务器")
    DIRECT = "DIRECT", _("直接登录省级系统")


class Region(models.Model):
    """A province, city or county by its GB/T 2260 code (行政区划). Migrations alone change this table."""

    code = models.PositiveIntegerField(_("区划代码"), primary_key=True)
    name = models.CharField(_("名称"), max_length=40)
    name_en = models.CharField(_("英文名称"), max_length=60)
    level = models.CharField(_("级别"), max_length=10, choices=RegionLevel.choices)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("上级区划")
    )
    integration_class = models.CharField(
        _("地市接入类别"), max_length=10, choices=IntegrationClass.choices, null=True, blank=True
    )

    class Meta:
        verbose_name = _("行政区划")
        verbose_name_plural = _("行政区划")
        ordering: ClassVar = ["code"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(code__gte=100000, code__lte=999999), name="region_code_six_digits"),
            models.CheckConstraint(condition=Q(level__in=RegionLevel.values), name="region_level_known"),
            models.CheckConstraint(
                # A CHECK passes on NULL, so "not null" is said beside the list.
                condition=Q(
                    level="CITY", integration_class__isnull=False, integration_class__in=IntegrationClass.values
                )
                | (~Q(level="CITY") & Q(integration_class__isnull=True)),
                name="region_exactly_cities_have_class",
            ),
            models.CheckConstraint(
                condition=Q(level="PROVINCE", parent__isnull=True) | (~Q(level="PROVINCE") & Q(parent__isnull=False)),
                name="region_only_province_has_no_parent",
            ),
        ]

    def __str__(self) -> str:
        return self.name if (get_language() or "zh").startswith("zh") else self.name_en
