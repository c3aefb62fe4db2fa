"""Filings (公章刻制备案)."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar, Self

from django.db import models
from django.db.models import Case, DateTimeField, F, Q, Value, When
from django.utils.translation import gettext_lazy as _

from filing.choices import Origin, Reason
from filing.models.scope import FilingScope
from filing.states import FILING
from licensing.models import EngravingShop
from sealreg.accounts.models import User
from sealreg.accounts.roles import Permission
from sealreg.attachments.models import Attachment
from sealreg.database.actor import Actor
from sealreg.database.numbers import new_public_number
from sealreg.database.personal import EncryptedTextField
from sealreg.units.identifiers import DocumentKind
from sealreg.units.models import Unit


def _far(year: int) -> Value:
    return Value(dt.datetime(year, 1, 1, tzinfo=dt.UTC))


# The order in which filings press (待办次序): what runs against a limit, then what has none, then drafts, then what is
# done. An index holds it, so the list and the index must use this one expression.
PRESSING = Case(
    When(due_at__isnull=False, status="SUBMITTED", then=F("due_at")),
    When(status="SUBMITTED", then=_far(9001)),
    When(status="DRAFT", then=_far(9002)),
    When(status="FILED", then=_far(9003)),
    default=_far(9004),
    output_field=DateTimeField(),
)


class FilingQuerySet(FilingScope["SealFiling"]):
    """备案查询: a draft is seen by its shop alone."""

    def visible_to(self, actor: Actor) -> Self:
        """As FilingScope; what is not yet submitted stays with the shop (可见范围)."""
        found = super().visible_to(actor)
        own = actor.actor_kind == "system" or (isinstance(actor, User) and actor.may(Permission.SUBMIT_FILINGS))
        return found if own else found.filter(submitted_at__isnull=False)


class SealFiling(models.Model):
    """One filing by one shop for one unit, holding one or several seals (公章刻制备案)."""

    number = models.CharField(_("备案编号"), max_length=12, unique=True, default=new_public_number, editable=False)
    status = models.CharField(_("状态"), max_length=12, default="DRAFT", editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    origin = models.CharField(_("来源"), max_length=10, choices=Origin.choices, default=Origin.SHOP)
    shop = models.ForeignKey(EngravingShop, on_delete=models.PROTECT, related_name="filings")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="filings")
    reason = models.CharField(_("刻制原因"), max_length=2, choices=Reason.choices, default=Reason.NEW)

    authority_no = models.PositiveIntegerField(_("备案管辖编号"), null=True, blank=True)
    shop_authority_no = models.PositiveIntegerField(_("企业管辖编号"))

    handler_name = models.CharField(_("经办人"), max_length=40, blank=True)
    handler_document = models.CharField(_("证件种类"), max_length=20, choices=DocumentKind.choices, blank=True)
    handler_id = EncryptedTextField(_("证件号码"), null=True, blank=True)
    handler_id_index = models.BinaryField(null=True, editable=False)
    handler_phone = EncryptedTextField(_("联系电话"), null=True, blank=True)
    handler_is_representative = models.BooleanField(_("经办人即法定代表人"), default=False)
    authorisation = models.ForeignKey(
        Attachment, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("授权委托书")
    )

    draft_form = EncryptedTextField(_("未提交的填写内容"), null=True, blank=True)
    drafted_by = models.CharField(_("录入人"), max_length=12, blank=True)
    source_key = models.CharField(_("来源标识"), max_length=64, null=True, blank=True, unique=True)

    is_new_enterprise = models.BooleanField(_("新办企业"), default=False)
    to_be_confirmed = models.BooleanField(_("登记信息待核实"), default=False)
    created_at = models.DateTimeField(_("创建时间"))
    submitted_at = models.DateTimeField(_("提交时间"), null=True, blank=True)
    due_at = models.DateTimeField(_("办结时限"), null=True, blank=True)
    due_calendar = models.PositiveIntegerField(_("时限所据日历版本"), null=True, blank=True)
    due_provisional = models.BooleanField(_("时限待日历确认"), default=False)
    filed_at = models.DateTimeField(_("备案时间"), null=True, blank=True)
    closed_at = models.DateTimeField(_("撤回或作废时间"), null=True, blank=True)

    objects = FilingQuerySet.as_manager()

    class Meta:
        verbose_name = _("公章刻制备案")
        verbose_name_plural = _("公章刻制备案")
        constraints: ClassVar = [
            FILING.check_constraint("filing_status_known"),
            models.CheckConstraint(
                condition=Q(status__in=("DRAFT", "WITHDRAWN"))
                | Q(
                    unit__isnull=False,
                    authority_no__isnull=False,
                    submitted_at__isnull=False,
                    draft_form__isnull=True,
                )
                & ~Q(handler_name=""),
                name="filing_complete_once_submitted",
            ),
            models.CheckConstraint(
                condition=Q(status__in=("FILED", "INVALIDATED"), filed_at__isnull=False)
                | Q(status__in=("DRAFT", "SUBMITTED", "WITHDRAWN"), filed_at__isnull=True),
                name="filing_filed_at_iff_filed",
            ),
            models.CheckConstraint(
                condition=Q(status__in=("WITHDRAWN", "INVALIDATED"), closed_at__isnull=False)
                | ~Q(status__in=("WITHDRAWN", "INVALIDATED")) & Q(closed_at__isnull=True),
                name="filing_closed_at_iff_closed",
            ),
            models.CheckConstraint(
                condition=Q(handler_is_representative=True)
                | Q(authorisation__isnull=False)
                | Q(status__in=("DRAFT", "WITHDRAWN"))
                | Q(origin=Origin.MIGRATION),
                name="filing_handler_authorised",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["shop", "status", "-id"], name="filing_by_shop"),
            models.Index("shop", PRESSING, F("id").desc(), name="filing_by_pressing"),
            models.Index(fields=["authority_no", "-id"], name="filing_by_authority"),
            models.Index(fields=["shop_authority_no", "-id"], name="filing_by_shop_authority"),
            models.Index(fields=["due_at"], condition=Q(status="SUBMITTED"), name="filing_due"),
            models.Index(fields=["submitted_at"], condition=Q(submitted_at__isnull=False), name="filing_submitted"),
            models.Index(
                fields=["filed_at"],
                condition=Q(is_new_enterprise=True, filed_at__isnull=False),
                name="filing_new_filed",
            ),
        ]

    def __str__(self) -> str:
        return self.number
