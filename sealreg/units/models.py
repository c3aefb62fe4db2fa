"""Units that use seals (使用单位), with every version they had and the people who may act for them."""

from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from sealreg.accounts.jurisdiction import ScopedQuerySet, jurisdiction_of, within
from sealreg.accounts.models import User
from sealreg.accounts.roles import Permission
from sealreg.database.actor import Actor
from sealreg.database.numbers import new_public_number
from sealreg.database.personal import EncryptedTextField
from sealreg.units.identifiers import DocumentKind


class UnitKind(models.TextChoices):
    """使用单位类型, GA 241.2."""

    ORGAN = "01", _("党政机关、人大、政协")
    ENTERPRISE = "02", _("企业单位")
    INSTITUTION = "03", _("事业单位")
    SOCIAL_BODY = "04", _("社会团体")
    PRIVATE_NON_ENTERPRISE = "05", _("民办非企业单位")
    OTHER = "99", _("其他")


class RegistryState(models.TextChoices):
    """登记状态: what the business registry says of the unit. Not a status of ours; nothing here moves it."""

    IN_BUSINESS = "IN_BUSINESS", _("存续")
    CANCELLED = "CANCELLED", _("注销")
    REVOKED = "REVOKED", _("吊销")
    UNKNOWN = "UNKNOWN", _("未核实")


class UnitSource(models.TextChoices):
    """资料来源: who said so."""

    REGISTRY = "REGISTRY", _("登记机关推送")
    FORM = "FORM", _("办理时填报")
    CORRECTION = "CORRECTION", _("公安机关更正")
    MIGRATION = "MIGRATION", _("历史数据迁移")


class UnitQuerySet(ScopedQuerySet["Unit"]):
    """使用单位查询."""

    def visible_to(self, actor: Actor) -> Self:
        """Police and provincial readers by range, a company's people by grant, jobs of the system all (可见范围)."""
        if actor.actor_kind == "system":
            return self
        if not isinstance(actor, User):
            return self.none()
        if actor.may(Permission.READ_FILINGS):
            return self.filter(within(jurisdiction_of(actor), "authority_no"))
        if actor.may(Permission.APPLY_FOR_SEALS):
            return self.filter(
                pk__in=UnitGrant.objects.filter(user=actor, ended_at__isnull=True).values_list("unit_id", flat=True)
            )
        return self.none()


class Unit(models.Model):
    """A body that has seals made (使用单位), as last known."""

    number = models.CharField(_("单位编号"), max_length=12, unique=True, default=new_public_number, editable=False)
    credit_code = models.CharField(_("统一社会信用代码"), max_length=18, unique=True, null=True, blank=True)
    registration_no = models.CharField(_("旧注册号"), max_length=15, blank=True)
    name = models.CharField(_("单位名称"), max_length=100)
    name_en = models.CharField(_("英文名称"), max_length=160, blank=True)
    name_key = models.GeneratedField(
        expression=Func(F("name"), function="unit_name_key"),
        output_field=models.TextField(db_collation="C"),
        db_persist=True,
        verbose_name=_("名称检索键"),
    )
    kind = models.CharField(_("单位类型"), max_length=2, choices=UnitKind.choices)
    area = models.PositiveIntegerField(_("所在行政区划"))
    address = models.CharField(_("地址"), max_length=200, blank=True)
    legal_representative = models.CharField(_("法定代表人（负责人）"), max_length=60, blank=True)
    legal_document_kind = models.CharField(
        _("法定代表人证件种类"), max_length=20, choices=DocumentKind.choices, blank=True
    )
    legal_document_no = EncryptedTextField(_("法定代表人证件号码"), null=True, blank=True)
    legal_document_index = models.BinaryField(_("证件号码索引"), max_length=16, null=True, editable=False)
    legal_phone = EncryptedTextField(_("法定代表人联系电话"), null=True, blank=True)
    legal_phone_index = models.BinaryField(_("联系电话索引"), max_length=16, null=True, editable=False)
    established_on = models.DateField(_("成立日期"), null=True, blank=True)
    registry_state = models.CharField(
        _("登记状态"), max_length=12, choices=RegistryState.choices, default=RegistryState.UNKNOWN
    )
    registry_version = models.BigIntegerField(_("登记数据版本"), default=0)
    confirmed_at = models.DateTimeField(_("登记机关核实时间"), null=True, blank=True)
    authority_no = models.PositiveIntegerField(_("管辖机关编号"))
    version = models.PositiveIntegerField(_("资料版本"), default=1)
    created_at = models.DateTimeField(_("建档时间"))
    updated_at = models.DateTimeField(_("更新时间"))

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = _("使用单位")
        verbose_name_plural = _("使用单位")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=UnitKind.values), name="unit_kind_known"),
            models.CheckConstraint(
                condition=Q(registry_state__in=RegistryState.values), name="unit_registry_state_known"
            ),
            models.CheckConstraint(
                condition=Q(credit_code__isnull=True) | Q(credit_code__regex=r"^[0-9A-Z]{18}$"),
                name="unit_credit_code_form",
            ),
            models.CheckConstraint(
                condition=Q(registration_no="") | Q(registration_no__regex=r"^[0-9]{15}$"),
                name="unit_registration_no_form",
            ),
            models.CheckConstraint(
                condition=Q(legal_document_no__isnull=True, legal_document_index__isnull=True)
                | Q(legal_document_no__isnull=False, legal_document_index__isnull=False),
                name="unit_document_has_its_index",
            ),
            models.CheckConstraint(
                condition=Q(legal_phone__isnull=True, legal_phone_index__isnull=True)
                | Q(legal_phone__isnull=False, legal_phone_index__isnull=False),
                name="unit_phone_has_its_index",
            ),
            models.CheckConstraint(
                condition=Q(registry_version=0) | Q(confirmed_at__isnull=False),
                name="unit_from_registry_is_confirmed",
            ),
        ]
        indexes: ClassVar = [
            # The work list of one authority, newest first, is one range of this index; so is any later page of it.
            models.Index(fields=["authority_no", "id"], name="unit_authority"),
            models.Index(fields=["name_key"], name="unit_name_key"),
            models.Index(fields=["registration_no"], name="unit_registration", condition=~Q(registration_no="")),
            models.Index(fields=["legal_document_index"], name="unit_document"),
            models.Index(fields=["id"], name="unit_to_confirm", condition=Q(confirmed_at__isnull=True)),
            GinIndex(Func(F("name_key"), function="unit_name_bigrams"), name="unit_name_bigrams"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_confirmed(self) -> bool:
        """Whether the business registry has confirmed what is on file (是否已核实)."""
        return self.confirmed_at is not None


class UnitVersion(models.Model):
    """What a unit was at one version, and who said so (使用单位历史版本). Append-only."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField(_("资料版本"))
    source = models.CharField(_("资料来源"), max_length=12, choices=UnitSource.choices)
    registry_version = models.BigIntegerField(_("登记数据版本"), default=0)
    changed = ArrayField(models.CharField(max_length=40), verbose_name=_("变更字段"))
    facts = models.JSONField(_("资料内容"))
    legal_document_no = EncryptedTextField(_("法定代表人证件号码"), null=True)
    legal_phone = EncryptedTextField(_("法定代表人联系电话"), null=True)
    reason = models.CharField(_("原因"), max_length=200, blank=True)
    recorded_by = models.CharField(_("记录人"), max_length=80)
    recorded_by_name = models.CharField(_("记录人姓名"), max_length=80)
    recorded_at = models.DateTimeField(_("记录时间"))

    class Meta:
        verbose_name = _("使用单位历史版本")
        verbose_name_plural = _("使用单位历史版本")
        ordering: ClassVar = ["-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["unit", "version"], name="unit_version_once"),
            models.CheckConstraint(condition=Q(source__in=UnitSource.values), name="unit_version_source_known"),
            models.CheckConstraint(
                condition=~Q(source="CORRECTION") | ~Q(reason=""), name="unit_correction_states_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} · {self.version}"


class UnitGrant(models.Model):
    """A person who may act for a unit (单位经办授权)."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="grants")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="unit_grants")
    granted_by = models.CharField(_("授权人"), max_length=80)
    granted_at = models.DateTimeField(_("授权时间"))
    ended_at = models.DateTimeField(_("终止时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("单位经办授权")
        verbose_name_plural = _("单位经办授权")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["unit", "user"], condition=Q(ended_at__isnull=True), name="unit_grant_one_live"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("granted_at")), name="unit_grant_ends_after"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} · {self.user_id}"
