"""Filings of shops under the later law (开业备案): in effect when made, nobody decides."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from licensing.choices import EndGround, FilingItem
from licensing.models.applications import LicenceApplication
from licensing.models.particulars import OpeningScope, ShopStatement
from licensing.models.shops import EngravingShop
from licensing.states import SHOP_FILING
from sealreg.accounts.jurisdiction import ScopedQuerySet
from sealreg.attachments.models import Attachment
from sealreg.database.actor import Actor
from sealreg.database.numbers import new_public_number
from sealreg.database.personal import EncryptedTextField


class ShopFilingQuerySet(OpeningScope["ShopFiling"]):
    """开业备案查询."""

    def visible_to(self, actor: Actor) -> Self:
        """As OpeningScope (可见范围)."""
        return super().visible_to(actor)


class ShopFiling(ShopStatement):
    """A shop's filing with the county police after its business licence (开业备案)."""

    status = models.CharField(_("状态"), max_length=12, default="DRAFT", editable=False)
    shop = models.ForeignKey(
        EngravingShop, on_delete=models.PROTECT, null=True, blank=True, related_name="shop_filings"
    )
    business_licence_on = models.DateField(_("营业执照签发日期"), null=True, blank=True)
    due_on = models.DateField(_("应备案日期"), null=True, blank=True)
    filed_late = models.BooleanField(_("超过期限备案"), default=False)
    converted_from = models.OneToOneField(
        LicenceApplication, on_delete=models.PROTECT, null=True, blank=True, related_name="converted_to"
    )
    end_ground = models.CharField(_("终止情形"), max_length=30, choices=EndGround.choices, blank=True)
    ended_at = models.DateTimeField(_("终止时间"), null=True, blank=True)

    objects = ShopFilingQuerySet.as_manager()

    class Meta:
        verbose_name = _("开业备案")
        verbose_name_plural = _("开业备案")
        constraints: ClassVar = [
            SHOP_FILING.check_constraint("shop_filing_status_known"),
            models.UniqueConstraint(
                fields=["organisation"], condition=Q(status__in=("DRAFT", "FILED")), name="shop_filing_one_alive"
            ),
            models.CheckConstraint(
                condition=Q(status__in=("DRAFT", "DISCARDED"))
                | Q(
                    submitted_at__isnull=False,
                    authority_no__isnull=False,
                    area__isnull=False,
                    shop__isnull=False,
                    draft_form__isnull=True,
                )
                & ~Q(shop_name="")
                & ~Q(credit_code=""),
                name="shop_filing_complete_once_filed",
            ),
            models.CheckConstraint(
                condition=Q(status="ENDED", ended_at__isnull=False) & ~Q(end_ground="")
                | ~Q(status="ENDED") & Q(ended_at__isnull=True, end_ground=""),
                name="shop_filing_ended_iff_over",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["authority_no", "-id"], name="shop_filing_by_authority")]


class ShopFilingPaper(models.Model):
    """A paper of a shop's filing (开业备案材料)."""

    filing = models.ForeignKey(ShopFiling, on_delete=models.PROTECT, related_name="papers")
    code = models.CharField(_("项目代码"), max_length=30)
    attachment = models.OneToOneField(Attachment, on_delete=models.PROTECT, related_name="+", verbose_name=_("材料"))
    replaced_at = models.DateTimeField(_("更换时间"), null=True, blank=True)
    added_at = models.DateTimeField(_("提交时间"))

    class Meta:
        verbose_name = _("开业备案材料")
        verbose_name_plural = _("开业备案材料")
        ordering: ClassVar = ["filing", "code", "id"]

    def __str__(self) -> str:
        return f"{self.filing_id} · {self.code}"


class FilingChangeQuerySet(ScopedQuerySet["ShopFilingChange"]):
    """备案变更查询."""

    def visible_to(self, actor: Actor) -> Self:
        """Who sees the filing sees how it changed (可见范围)."""
        if actor.actor_kind == "system":
            return self
        return self.filter(filing__in=ShopFiling.objects.visible_to(actor))


class ShopFilingChange(models.Model):
    """A change of what a shop filed (备案变更), old and new value: in effect when filed, so it has no status.

    Append-only; the database takes one only while the filing is in force (migration 0010). Of a new legal
    representative's document the filing holds the present number and this record the former one.
    """

    number = models.CharField(_("编号"), max_length=12, unique=True, default=new_public_number, editable=False)
    filing = models.ForeignKey(ShopFiling, on_delete=models.PROTECT, related_name="changes")
    item = models.CharField(_("变更事项"), max_length=24, choices=FilingItem.choices)
    old_value = models.CharField(_("变更前"), max_length=160, blank=True)
    new_value = models.CharField(_("变更后"), max_length=160)
    old_document = models.CharField(_("变更前证件种类"), max_length=20, blank=True)
    old_document_no = EncryptedTextField(_("变更前证件号码"), null=True, blank=True)
    paper = models.ForeignKey(
        Attachment, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("证明材料")
    )
    filed_by = models.CharField(_("提交人"), max_length=12)
    filed_at = models.DateTimeField(_("提交时间"))

    objects = FilingChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("备案变更")
        verbose_name_plural = _("备案变更")
        ordering: ClassVar = ["-filed_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(item__in=FilingItem.values), name="filing_change_item_known"),
            # Another person may bear the same name.
            models.CheckConstraint(
                condition=~Q(new_value="") & (~Q(new_value=F("old_value")) | Q(item=FilingItem.LEGAL_REPRESENTATIVE)),
                name="filing_change_changes_something",
            ),
            models.CheckConstraint(
                condition=Q(item=FilingItem.LEGAL_REPRESENTATIVE) | Q(old_document="", old_document_no__isnull=True),
                name="filing_change_document_of_a_person",
            ),
        ]

    def __str__(self) -> str:
        return self.number
