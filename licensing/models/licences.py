"""Licences (特种行业许可证)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from licensing.models.shops import EngravingShop
from licensing.states import LICENCE


class SpecialTradeLicence(models.Model):
    """The licence of a shop (特种行业许可证), issued once by the county-level police; it never lapses by time."""

    shop = models.ForeignKey(EngravingShop, on_delete=models.PROTECT, related_name="licences")
    number = models.CharField(_("许可证编号"), max_length=40, unique=True)
    issued_by_no = models.PositiveIntegerField(_("发证机关管辖编号"))
    issued_on = models.DateField(_("发证日期"))
    status = models.CharField(_("状态"), max_length=12, default="VALID", editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    ended_at = models.DateTimeField(_("终止时间"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("特种行业许可证")
        verbose_name_plural = _("特种行业许可证")
        constraints: ClassVar = [
            LICENCE.check_constraint("licence_status_known"),
            models.UniqueConstraint(
                fields=["shop"], condition=Q(status__in=("VALID", "SUSPENDED")), name="licence_one_alive_per_shop"
            ),
            models.CheckConstraint(
                condition=Q(status__in=("REVOKED", "CANCELLED"), ended_at__isnull=False)
                | Q(status__in=("VALID", "SUSPENDED"), ended_at__isnull=True),
                name="licence_ended_iff_over",
            ),
        ]

    def __str__(self) -> str:
        return self.number
