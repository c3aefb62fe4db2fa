"""What a shop states of itself, the same for an application and for a filing (企业申报内容)."""

from __future__ import annotations

from typing import Self, TypeVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from sealreg.accounts.jurisdiction import ScopedQuerySet, jurisdiction_of, within
from sealreg.accounts.models import Organisation, User
from sealreg.accounts.roles import Permission
from sealreg.database.actor import Actor
from sealreg.database.numbers import new_public_number
from sealreg.database.personal import EncryptedTextField
from sealreg.units.identifiers import DocumentKind

ModelT = TypeVar("ModelT", bound=models.Model, covariant=True)


class OpeningScope(ScopedQuerySet[ModelT]):
    """Who sees what a shop states (开办事项可见范围): the shop itself, the police once it is handed in."""

    def visible_to(self, actor: Actor) -> Self:
        """The shop's own; police by range, drafts excepted; jobs of the system all (可见范围)."""
        if actor.actor_kind == "system":
            return self
        if not isinstance(actor, User) or actor.role is None:
            return self.none()
        if actor.may(Permission.ENTER_SHOP):
            return self.filter(organisation_id=actor.organisation.pk) if actor.organisation else self.none()
        if actor.may(Permission.READ_FILINGS):
            return self.filter(within(jurisdiction_of(actor), "authority_no"), submitted_at__isnull=False)
        return self.none()


class ShopStatement(models.Model):
    """What the shop states, typed first as a draft, fixed when handed in (申报内容)."""

    number = models.CharField(_("编号"), max_length=12, unique=True, default=new_public_number, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", verbose_name=_("申请企业")
    )
    shop_name = models.CharField(_("企业名称"), max_length=100, blank=True)
    credit_code = models.CharField(_("统一社会信用代码"), max_length=18, blank=True)
    area = models.PositiveIntegerField(_("所在行政区划"), null=True, blank=True)
    premises_code = models.CharField(_("专属管辖场所"), max_length=40, blank=True)
    address = models.CharField(_("经营地址"), max_length=160, blank=True)
    phone = models.CharField(_("对外联系电话"), max_length=20, blank=True)
    legal_representative = models.CharField(_("法定代表人（负责人）"), max_length=60, blank=True)
    legal_document = models.CharField(_("证件种类"), max_length=20, choices=DocumentKind.choices, blank=True)
    legal_document_no = EncryptedTextField(_("证件号码"), null=True, blank=True)
    legal_document_index = models.BinaryField(max_length=16, null=True, editable=False)
    contact_phone = EncryptedTextField(_("联系手机"), null=True, blank=True)
    security_officer = models.CharField(_("治安负责人"), max_length=60, blank=True)
    staff = EncryptedTextField(_("从业人员"), null=True, blank=True)
    equipment = models.JSONField(_("设备"), default=list, blank=True)
    confirmed_by_registry = models.BooleanField(_("登记机关已核实"), default=False)
    authority_no = models.PositiveIntegerField(_("管辖编号"), null=True, blank=True)
    draft_form = EncryptedTextField(_("未提交的填写内容"), null=True, blank=True)
    drafted_by = models.CharField(_("填写人"), max_length=12, blank=True)
    created_at = models.DateTimeField(_("创建时间"))
    submitted_at = models.DateTimeField(_("提交时间"), null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.number
