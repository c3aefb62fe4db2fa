"""What a shop asks of the county for its licence: to be suspended, to be reinstated (停业复业申请)."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from licensing.choices import SuspensionKind
from licensing.models.licences import OfLicenceScope, SpecialTradeLicence
from licensing.states import SUSPENSION_REQUEST
from sealreg.database.actor import Actor
from sealreg.database.numbers import new_public_number

UNDECIDED = ("REQUESTED", "GRANTED")  # under way: not yet in effect, and not over
_DECIDED = ("GRANTED", "IN_EFFECT", "DECLINED")


class SuspensionRequestQuerySet(OfLicenceScope["SuspensionRequest"]):
    """停业复业申请查询."""

    def visible_to(self, actor: Actor) -> Self:
        """As OfLicenceScope (可见范围)."""
        return super().visible_to(actor)


class SuspensionRequest(models.Model):
    """A shop asks for its licence to be suspended or reinstated from a day on (停业复业申请); the county decides once.

    from_on: the day it is to stop or to resume. until_on: when it means to resume, for people to know; nothing happens
    by itself on that day. The database takes a request only of a licence it can change (migration 0011).
    """

    number = models.CharField(_("编号"), max_length=12, unique=True, default=new_public_number, editable=False)
    licence = models.ForeignKey(SpecialTradeLicence, on_delete=models.PROTECT, related_name="suspension_requests")
    authority_no = models.PositiveIntegerField(_("管辖编号"))
    kind = models.CharField(_("申请种类"), max_length=10, choices=SuspensionKind.choices)
    status = models.CharField(_("状态"), max_length=12, default="REQUESTED", editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    from_on = models.DateField(_("起始日期"))
    until_on = models.DateField(_("预计复业日期"), null=True, blank=True)
    reason = models.CharField(_("申请理由"), max_length=300)
    requested_by = models.CharField(_("申请人编号"), max_length=12)
    requested_by_name = models.CharField(_("申请人"), max_length=60)
    requested_at = models.DateTimeField(_("申请时间"))
    decided_by = models.CharField(_("决定人"), max_length=12, blank=True)
    decided_at = models.DateTimeField(_("决定时间"), null=True, blank=True)
    answer = models.CharField(_("办理意见"), max_length=500, blank=True)
    closed_at = models.DateTimeField(_("办结时间"), null=True, blank=True)

    objects = SuspensionRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("停业复业申请")
        verbose_name_plural = _("停业复业申请")
        ordering: ClassVar = ["-requested_at", "-id"]
        constraints: ClassVar = [
            SUSPENSION_REQUEST.check_constraint("suspension_request_status_known"),
            models.CheckConstraint(condition=Q(kind__in=SuspensionKind.values), name="suspension_request_kind_known"),
            models.CheckConstraint(condition=~Q(reason="") & ~Q(requested_by=""), name="suspension_request_says_why"),
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(kind="SUSPEND", until_on__gt=F("from_on")),
                name="suspension_request_ends_after",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=_DECIDED) | Q(decided_at__isnull=False) & ~Q(decided_by="") & ~Q(answer=""),
                name="suspension_request_decided_whole",
            ),
            models.CheckConstraint(
                condition=Q(status__in=UNDECIDED, closed_at__isnull=True)
                | ~Q(status__in=UNDECIDED) & Q(closed_at__isnull=False),
                name="suspension_request_closed_whole",
            ),
            models.UniqueConstraint(
                fields=["licence"], condition=Q(status__in=UNDECIDED), name="suspension_request_one_open"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["authority_no", "-id"], name="suspension_by_authority"),
            models.Index(fields=["from_on"], condition=Q(status="GRANTED"), name="suspension_to_begin"),
        ]

    def __str__(self) -> str:
        return self.number
