"""The custody ledger (保管账): who has each chip, written twice and never changed.

An entry takes a chip from one party and gives it to another, so every move sums to zero. Entries of a chip are numbered
without gaps, and the database compares each with the one before: a chip has exactly one holder.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sealreg.accounts.models import Organisation
from sealreg.database.numbers import new_public_number


class PartyKind(models.TextChoices):
    """保管方类别. The first four keep stock; TRANSIT is between two of them; the rest are where chips end."""

    INSTITUTE = "INSTITUTE", _("灌装机构")
    OPERATOR = "OPERATOR", _("省级运维单位")
    DEPOT = "DEPOT", _("地市仓库")
    SHOP = "SHOP", _("刻制企业")
    TRANSIT = "TRANSIT", _("运输途中")
    SEAL = "SEAL", _("已装入印章")
    SCRAP = "SCRAP", _("报废")
    MISSING = "MISSING", _("清点短少")
    STOLEN = "STOLEN", pgettext_lazy("chip", "被盗")
    DESTROYED = "DESTROYED", _("已销毁")


WITH_ORGANISATION = (PartyKind.DEPOT, PartyKind.SHOP)


class CustodyParty(models.Model):
    """One account of the ledger (保管方)."""

    kind = models.CharField(_("保管方类别"), max_length=10, choices=PartyKind.choices)
    organisation = models.OneToOneField(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="custody_party"
    )

    class Meta:
        verbose_name = _("保管方")
        verbose_name_plural = _("保管方")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=PartyKind.values), name="custody_party_kind_known"),
            models.CheckConstraint(
                condition=Q(kind__in=WITH_ORGANISATION, organisation__isnull=False)
                | ~Q(kind__in=WITH_ORGANISATION) & Q(organisation__isnull=True),
                name="custody_party_organisation_iff_kept_there",
            ),
            models.UniqueConstraint(
                fields=["kind"], condition=Q(organisation__isnull=True), name="custody_party_one_of_its_kind"
            ),
        ]

    def __str__(self) -> str:
        return str(self.organisation) if self.organisation else str(self.get_kind_display())


class MoveKind(models.TextChoices):
    """账目类别: why chips changed hands."""

    MANUFACTURE = "MANUFACTURE", _("制造入账")
    SEND = "SEND", _("发出")
    RECEIVE = "RECEIVE", _("收货")
    RETURN = "RETURN", _("退回")
    BIND = "BIND", _("装入印章")
    SCRAP = "SCRAP", _("报废")
    MISS = "MISS", _("清点短少")
    FIND = "FIND", _("找回")
    STEAL = "STEAL", _("被盗")
    DESTROY = "DESTROY", _("销毁")
    ADJUST = "ADJUST", _("两人调整")


class CustodyMove(models.Model):
    """One act of the ledger (保管账凭证), holding one entry for each chip it moved. Append-only."""

    number = models.CharField(_("凭证号"), max_length=12, unique=True, default=new_public_number, editable=False)
    kind = models.CharField(_("账目类别"), max_length=12, choices=MoveKind.choices)
    at = models.DateTimeField(_("业务时间"))
    by = models.CharField(_("经办"), max_length=80)
    second = models.CharField(_("复核"), max_length=80, blank=True)
    subject = models.CharField(_("凭据"), max_length=60)
    note = models.CharField(_("说明"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("保管账凭证")
        verbose_name_plural = _("保管账凭证")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=MoveKind.values), name="custody_move_kind_known"),
            models.CheckConstraint(
                condition=~Q(kind=MoveKind.ADJUST) | ~Q(second="") & ~Q(second=F("by")) & ~Q(note=""),
                name="custody_adjustment_by_two",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["at", "id"], name="custody_move_at")]

    def __str__(self) -> str:
        return self.number


class CustodyEntry(models.Model):
    """One chip from one party to another (保管账分录). Append-only; `step` counts the chip's entries from 1."""

    move = models.ForeignKey(CustodyMove, on_delete=models.PROTECT, related_name="entries")
    chip = models.ForeignKey("chips.Chip", on_delete=models.PROTECT, related_name="entries")
    step = models.PositiveIntegerField(_("序次"))
    from_party = models.ForeignKey(CustodyParty, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    to_party = models.ForeignKey(CustodyParty, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("保管账分录")
        verbose_name_plural = _("保管账分录")
        constraints: ClassVar = [
            # With the trigger's comparison: one chain a chip, so one holder a chip.
            models.UniqueConstraint(fields=["chip", "step"], name="custody_entry_one_chain"),
            models.CheckConstraint(
                condition=Q(step=1, from_party__isnull=True) | Q(step__gt=1, from_party__isnull=False),
                name="custody_entry_first_from_nowhere",
            ),
            models.CheckConstraint(
                condition=Q(from_party__isnull=True) | ~Q(from_party=F("to_party")), name="custody_entry_moves"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["to_party", "chip"], name="custody_entry_to"),
            models.Index(fields=["from_party", "chip"], name="custody_entry_from"),
        ]

    def __str__(self) -> str:
        return f"{self.chip_id}/{self.step}"


class CustodyMonth(models.Model):
    """One month of the ledger, closed by two persons (月结). Nothing is entered into a closed month."""

    month = models.DateField(_("月份"), unique=True)
    counted = models.IntegerField(_("盘点数量"))
    booked = models.IntegerField(_("账面数量"))
    explanation = models.CharField(_("差异说明"), max_length=500, blank=True)
    proposed_by = models.CharField(_("结账人"), max_length=80)
    proposed_at = models.DateTimeField(_("结账时间"))
    confirmed_by = models.CharField(_("复核人"), max_length=80, blank=True)
    closed_at = models.DateTimeField(_("复核时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("保管账月结")
        verbose_name_plural = _("保管账月结")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(month__day=1), name="custody_month_is_a_first"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, confirmed_by="")
                | Q(closed_at__isnull=False) & ~Q(confirmed_by="") & ~Q(confirmed_by=F("proposed_by")),
                name="custody_month_closed_by_two",
            ),
            models.CheckConstraint(
                condition=Q(counted=F("booked")) | ~Q(explanation=""), name="custody_month_difference_explained"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"
