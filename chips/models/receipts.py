"""What a unit paid for its chip (芯片金额)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from chips.models.chip import Chip
from chips.models.supply import ChipPrice


class ChipReceiptLine(models.Model):
    """The chip's line on the unit's receipt (票据芯片项): integer fen, at most the price in force. Append-only."""

    chip = models.OneToOneField(Chip, on_delete=models.PROTECT, related_name="receipt_line")
    fen = models.PositiveIntegerField(_("芯片金额"))
    price = models.ForeignKey(ChipPrice, on_delete=models.PROTECT, related_name="receipt_lines")
    entered_by = models.CharField(_("登记人"), max_length=80)
    entered_at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = _("芯片金额")
        verbose_name_plural = _("芯片金额")
        indexes: ClassVar = [models.Index(fields=["entered_at"], name="chip_receipt_by_time")]

    def __str__(self) -> str:
        return f"{self.chip_id}: {self.fen}"

    @property
    def yuan(self) -> str:
        """The amount in words (金额)."""
        return _("%(yuan)s元") % {"yuan": f"{self.fen // 100}.{self.fen % 100:02d}"}
