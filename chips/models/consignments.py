"""Chips on their way from one keeper to the next (芯片交接单), with what the receiver scanned."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chips.models.batches import ChipBatch
from chips.models.chip import Chip
from chips.models.custody import CustodyParty, PartyKind
from chips.models.orders import ChipOrder, city_served
from chips.states import CONSIGNMENT
from sealreg.accounts.jurisdiction import ScopedQuerySet
from sealreg.accounts.models import User
from sealreg.accounts.roles import Permission
from sealreg.database.actor import Actor
from sealreg.database.numbers import new_public_number


class ConsignmentKind(models.TextChoices):
    """交接类别."""

    DELIVERY = "DELIVERY", _("机构发货")
    SUPPLY = "SUPPLY", _("调拨地市")
    GRANT = "GRANT", _("发放企业")
    RETURN = "RETURN", _("退回")


class ConsignmentQuerySet(ScopedQuerySet["Consignment"]):
    """Consignments narrowed to their two ends (限定可见的交接单)."""

    def visible_to(self, actor: Actor) -> Self:
        """Who sends or receives; the province's operator sees all (可见交接单)."""
        if not isinstance(actor, User) or actor.role is None or actor.organisation is None:
            return self.none()
        if actor.role.may(Permission.INJECT_KEYS):
            return self.filter(sender__kind=PartyKind.INSTITUTE)
        if actor.role.may(Permission.HANDLE_CHIPS) and city_served(actor) is None:
            return self
        if actor.role.may(Permission.HANDLE_CHIPS) or actor.role.may(Permission.KEEP_CHIPS):
            own = actor.organisation.pk
            return self.filter(Q(sender__organisation=own) | Q(receiver__organisation=own))
        return self.none()


class Consignment(models.Model):
    """One sealed bag or box between two keepers (芯片交接单): sent by one, counted and confirmed by two others."""

    number = models.CharField(_("交接单号"), max_length=12, unique=True, default=new_public_number, editable=False)
    kind = models.CharField(_("交接类别"), max_length=10, choices=ConsignmentKind.choices)
    batch = models.ForeignKey(ChipBatch, on_delete=models.PROTECT, null=True, blank=True, related_name="consignments")
    order = models.ForeignKey(ChipOrder, on_delete=models.PROTECT, null=True, blank=True, related_name="consignments")
    sender = models.ForeignKey(CustodyParty, on_delete=models.PROTECT, related_name="+")
    receiver = models.ForeignKey(CustodyParty, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField(_("数量"))
    first_serial = models.BigIntegerField(_("起始序号"), null=True, blank=True)
    last_serial = models.BigIntegerField(_("终止序号"), null=True, blank=True)
    bag_seal = models.CharField(_("封签号"), max_length=40)
    way = models.CharField(_("交付方式"), max_length=60, blank=True)
    receiver_name = models.CharField(_("收货人"), max_length=40, blank=True)
    remark = models.CharField(_("备注"), max_length=300, blank=True)
    status = models.CharField(_("状态"), max_length=12, default="SENT", editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    sent_by = models.CharField(_("发货人"), max_length=80)
    sent_at = models.DateTimeField(_("发货时间"))
    counted_by = models.CharField(_("清点人"), max_length=80, blank=True)
    counted_at = models.DateTimeField(_("清点时间"), null=True, blank=True)
    confirmed_by = models.CharField(_("复核人"), max_length=80, blank=True)
    confirmed_at = models.DateTimeField(_("复核时间"), null=True, blank=True)

    objects = ConsignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("芯片交接单")
        verbose_name_plural = _("芯片交接单")
        constraints: ClassVar = [
            CONSIGNMENT.check_constraint("consignment_status_known"),
            models.CheckConstraint(condition=Q(kind__in=ConsignmentKind.values), name="consignment_kind_known"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="consignment_not_empty"),
            models.CheckConstraint(condition=~Q(bag_seal=""), name="consignment_bag_sealed"),
            models.CheckConstraint(condition=~Q(sender=F("receiver")), name="consignment_goes_somewhere"),
            models.CheckConstraint(
                condition=Q(kind="DELIVERY", batch__isnull=False)
                | Q(kind="GRANT", order__isnull=False)
                | Q(kind__in=("SUPPLY", "RETURN")),
                name="consignment_has_its_ground",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=("COUNTED", "CONFIRMED", "SHORT")) | ~Q(counted_by=""),
                name="consignment_counted",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=("CONFIRMED", "SHORT"))
                | ~Q(confirmed_by="") & ~Q(confirmed_by=F("counted_by")) & Q(confirmed_at__isnull=False),
                name="consignment_confirmed_by_another",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["receiver", "status", "-id"], name="consignment_by_receiver"),
            models.Index(fields=["sender", "-id"], name="consignment_by_sender"),
            models.Index(fields=["sent_at"], condition=Q(status__in=("SENT", "COUNTED")), name="consignment_under_way"),
        ]

    def __str__(self) -> str:
        return self.number


class ConsignmentLine(models.Model):
    """One chip that should be in a consignment (交接明细)."""

    consignment = models.ForeignKey(Consignment, on_delete=models.PROTECT, related_name="lines")
    chip = models.ForeignKey(Chip, on_delete=models.PROTECT, related_name="consignment_lines")
    # True while the bag is under way; no chip lies in two bags.
    is_open = models.BooleanField(default=True, editable=False)

    class Meta:
        verbose_name = _("交接明细")
        verbose_name_plural = _("交接明细")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["consignment", "chip"], name="consignment_line_once"),
            models.UniqueConstraint(fields=["chip"], condition=Q(is_open=True), name="consignment_chip_in_one_bag"),
        ]

    def __str__(self) -> str:
        return f"{self.consignment_id}: {self.chip_id}"


class ConsignmentScan(models.Model):
    """One code the receiver scanned (扫码记录). `times` counts repetitions."""

    consignment = models.ForeignKey(Consignment, on_delete=models.PROTECT, related_name="scans")
    uid = models.CharField(_("芯片编号"), max_length=14)
    times = models.PositiveIntegerField(_("次数"), default=1)
    belongs = models.BooleanField(_("属于本单"))
    scanned_by = models.CharField(_("扫码人"), max_length=80)
    scanned_at = models.DateTimeField(_("扫码时间"))

    class Meta:
        verbose_name = _("扫码记录")
        verbose_name_plural = _("扫码记录")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["consignment", "uid"], name="consignment_scan_once"),
        ]

    def __str__(self) -> str:
        return self.uid


class SampleCheck(models.Model):
    """One chip of a consignment authenticated live before acceptance (抽样认证). Append-only."""

    consignment = models.ForeignKey(Consignment, on_delete=models.PROTECT, related_name="samples")
    uid = models.CharField(_("芯片编号"), max_length=14)
    passed = models.BooleanField(_("通过"))
    result = models.CharField(_("结果"), max_length=40)
    checked_by = models.CharField(_("认证人"), max_length=80)
    checked_at = models.DateTimeField(_("认证时间"))

    class Meta:
        verbose_name = _("抽样认证")
        verbose_name_plural = _("抽样认证")

    def __str__(self) -> str:
        return self.uid
