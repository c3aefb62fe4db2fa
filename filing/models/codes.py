"""The running numbers of the seal codes (编码计数)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


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
