"""Packaging, and how chips leave for good (封装与退出)."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chips.models.chip import Chip
from chips.models.custody import CustodyParty
from chips.models.orders import city_served
from sealreg.accounts.jurisdiction import ScopedQuerySet, jurisdiction_of, within
from sealreg.accounts.models import User
from sealreg.accounts.roles import Permission
from sealreg.attachments.models import Attachment
from sealreg.database.actor import Actor
from sealreg.database.numbers import new_public_number


class PackagingQuerySet(ScopedQuerySet["ChipPackaging"]):
    """Packagings narrowed to who may look at them (限定可见的封装登记)."""

    def visible_to(self, actor: Actor) -> Self:
        """Shop: its own; operator: all; depot: its city's shops; police: those of shops under them (可见封装登记)."""
        if not isinstance(actor, User) or actor.role is None or actor.organisation is None:
            return self.none()
        if actor.role.may(Permission.HANDLE_CHIPS):
            city = city_served(actor)
            low, high = ((city or 0) * 100, (city or 0) * 100 + 100)
            return self if city is None else self.filter(chip__shop__area__gte=low, chip__shop__area__lt=high)
        if actor.role.may(Permission.KEEP_CHIPS):
            return self.filter(chip__shop=actor.organisation.pk)
        if actor.role.may(Permission.ENTER_POLICE) and actor.police_unit is not None:
            return self.filter(within(jurisdiction_of(actor), "chip__shop__authority_no"))
        return self.none()


class ChipPackaging(models.Model):
    """A chip in a seal's body (芯片封装): one chip, one body, until it is taken out again."""

    chip = models.OneToOneField(Chip, on_delete=models.PROTECT, related_name="packaging")
    body_serial = models.CharField(_("印章坯体序号"), max_length=40)
    photo = models.ForeignKey(Attachment, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    packaged_by = models.CharField(_("封装人"), max_length=80)
    packaged_at = models.DateTimeField(_("封装时间"))
    taken_out_at = models.DateTimeField(_("换下时间"), null=True, blank=True)

    objects = PackagingQuerySet.as_manager()

    class Meta:
        verbose_name = _("芯片封装")
        verbose_name_plural = _("芯片封装")
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(body_serial=""), name="chip_packaging_names_body"),
            models.UniqueConstraint(
                fields=["body_serial"], condition=Q(taken_out_at__isnull=True), name="chip_packaging_one_in_a_body"
            ),
        ]

    def __str__(self) -> str:
        return self.body_serial


class EndingKind(models.TextChoices):
    """退出类别."""

    SCRAP = "SCRAP", _("报废")
    THEFT = "THEFT", _("被盗")
    FOUND = "FOUND", _("找回")
    DESTRUCTION = "DESTRUCTION", _("销毁")
    SHORTAGE = "SHORTAGE", _("盘点短少")
    REPLACED = "REPLACED", _("换下报废")


class DiscardReason(models.TextChoices):
    """换下原因: why a chip leaves a seal that is not filed yet."""

    REFUSED = "REFUSED", _("芯片拒绝写入备案摘要")
    NO_ANSWER = "NO_ANSWER", _("芯片多次无应答")
    BROKEN = "BROKEN", _("芯片在装入时损坏")
    WRONG_CARD = "WRONG_CARD", _("多次读到另一枚芯片")


class ChipEnding(models.Model):
    """A report on chips that leave, or come back (芯片退出记录).

    Theft counts at once on one person's word, and so does a chip replaced in a seal, for a filing waits for nobody;
    everything else waits for a second. uids: as listed when reported.
    """

    number = models.CharField(_("记录编号"), max_length=12, unique=True, default=new_public_number, editable=False)
    kind = models.CharField(_("退出类别"), max_length=12, choices=EndingKind.choices)
    party = models.ForeignKey(CustodyParty, on_delete=models.PROTECT, related_name="+")
    uids = models.JSONField(_("芯片编号"))
    reason = models.CharField(_("原因"), max_length=300)
    reported_by = models.CharField(_("报告人"), max_length=80)
    reported_at = models.DateTimeField(_("报告时间"))
    confirmed_by = models.CharField(_("复核人"), max_length=80, blank=True)
    confirmed_at = models.DateTimeField(_("复核时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("芯片退出记录")
        verbose_name_plural = _("芯片退出记录")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=EndingKind.values), name="chip_ending_kind_known"),
            models.CheckConstraint(condition=~Q(reason=""), name="chip_ending_says_why"),
            models.CheckConstraint(
                condition=Q(confirmed_by="", confirmed_at__isnull=True)
                | ~Q(confirmed_by="") & ~Q(confirmed_by=F("reported_by")) & Q(confirmed_at__isnull=False),
                name="chip_ending_confirmed_by_another",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["party", "-id"], name="chip_ending_by_party")]

    def __str__(self) -> str:
        return self.number

    @property
    def why(self) -> str:
        """The reason in words (原因): as written, or the one chosen from the list."""
        return str(DiscardReason(self.reason).label) if self.kind == EndingKind.REPLACED else self.reason
