"""The working-day calendar as announced, with the history of every change (工作日历)."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class DayKind(models.TextChoices):
    """日期类别: what a notice says of a day; every other day follows Monday to Friday."""

    HOLIDAY = "HOLIDAY", _("放假")
    WORKDAY = "WORKDAY", _("调休上班")


class CalendarYear(models.Model):
    """One State Council notice, by the year it arranges (年度放假安排)."""

    year = models.PositiveSmallIntegerField(_("年份"), primary_key=True)
    complete = models.BooleanField(_("全年安排已录入"), default=False)
    announced_on = models.DateField(_("公布日期"), null=True, blank=True)
    source = models.CharField(_("依据"), max_length=200)

    class Meta:
        verbose_name = _("年度放假安排")
        verbose_name_plural = _("年度放假安排")
        ordering: ClassVar = ["year"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(year__gte=2008, year__lte=2200), name="calendar_year_plausible")
        ]

    def __str__(self) -> str:
        return str(self.year)


class CalendarDay(models.Model):
    """A day off or a make-up working day (放假与调休日期)."""

    date = models.DateField(_("日期"), unique=True)
    kind = models.CharField(_("类别"), max_length=10, choices=DayKind.choices)
    name = models.CharField(_("节日"), max_length=20)
    year = models.ForeignKey(
        CalendarYear, on_delete=models.PROTECT, related_name="days", verbose_name=_("所属年度安排")
    )
    source = models.CharField(_("依据"), max_length=200)
    entered_by = models.CharField(_("录入人"), max_length=60)
    entered_at = models.DateTimeField(_("录入时间"))

    class Meta:
        verbose_name = _("放假与调休日期")
        verbose_name_plural = _("放假与调休日期")
        ordering: ClassVar = ["date"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=DayKind.values), name="calendar_day_kind_known"),
            models.CheckConstraint(
                condition=Q(date__year=F("year")) | Q(date__year=F("year") - 1, date__month=12),
                name="calendar_day_in_reach_of_its_notice",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.get_kind_display()}"


class ChangeKind(models.TextChoices):
    """日历变更类别."""

    SHIPPED = "SHIPPED", _("随系统载入")
    DAY_ADDED = "DAY_ADDED", _("新增日期")
    DAY_REMOVED = "DAY_REMOVED", _("移除日期")
    YEAR_IMPORTED = "YEAR_IMPORTED", _("导入年度安排")
    HOURS_SET = "HOURS_SET", _("设置办公时间")


class CalendarChange(models.Model):
    """One change of the calendar or of office hours (日历变更); its version marks what was computed before it."""

    version = models.PositiveIntegerField(_("日历版本"), primary_key=True)
    kind = models.CharField(_("变更类别"), max_length=20, choices=ChangeKind.choices)
    summary = models.JSONField(_("变更内容"))
    reason = models.CharField(_("变更原因"), max_length=200)
    digest = models.CharField(_("变更后日历摘要"), max_length=64)
    changed_by = models.CharField(_("变更人"), max_length=60)
    changed_by_name = models.CharField(_("变更人姓名"), max_length=60)
    changed_at = models.DateTimeField(_("变更时间"))

    class Meta:
        verbose_name = _("日历变更")
        verbose_name_plural = _("日历变更")
        ordering: ClassVar = ["-version"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=ChangeKind.values), name="calendar_change_kind_known")
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.get_kind_display()}"


class AuthorityHours(models.Model):
    """Office hours of one authority from a day on (公安机关办公时间). The newest row of a day counts."""

    authority_no = models.PositiveIntegerField(_("管辖编号"))
    valid_from = models.DateField(_("起始日期"))
    periods = ArrayField(models.PositiveSmallIntegerField(), verbose_name=_("办公时段（分钟）"))
    reason = models.CharField(_("设置原因"), max_length=200)
    entered_by = models.CharField(_("录入人"), max_length=60)
    entered_at = models.DateTimeField(_("录入时间"))

    class Meta:
        verbose_name = _("办公时间")
        verbose_name_plural = _("办公时间")
        ordering: ClassVar = ["authority_no", "valid_from", "id"]
        indexes: ClassVar = [models.Index(fields=["authority_no", "valid_from", "id"], name="authority_hours_by_day")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(periods__len__gte=2, periods__len__lte=12), name="authority_hours_has_periods"
            )
        ]

    def __str__(self) -> str:
        return f"{self.authority_no} {self.valid_from}"
