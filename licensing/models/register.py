"""What a shop says of itself (企业登记): profile, staff, equipment, prices, and who changed what."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from licensing.models.shops import EngravingShop
from licensing.opening import CLOSED
from licensing.shop_choices import EquipmentKind, Material, Position, PriceItem, Section
from sealreg.database.numbers import new_public_number
from sealreg.database.personal import EncryptedTextField
from sealreg.units.identifiers import DocumentKind


def closed_week() -> list[str]:
    """A week without opening hours (未填写营业时间)."""
    return list(CLOSED)


class ShopProfile(models.Model):
    """What the public reads of a shop besides name, address and telephone (经营信息)."""

    shop = models.OneToOneField(EngravingShop, on_delete=models.PROTECT, primary_key=True, related_name="profile")
    hours = ArrayField(models.CharField(max_length=11, blank=True), default=closed_week, verbose_name=_("营业时间"))
    scope = models.CharField(_("业务范围"), max_length=300, blank=True)
    materials = ArrayField(
        models.CharField(max_length=2, choices=Material.choices), default=list, blank=True, verbose_name=_("承接材料")
    )
    directions = models.CharField(_("位置说明"), max_length=160, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("经营信息")
        verbose_name_plural = _("经营信息")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(hours__len=7), name="shop_profile_whole_week"),
            models.CheckConstraint(
                condition=Q(materials__contained_by=[str(value) for value in Material.values]),
                name="shop_profile_materials_known",
            ),
        ]

    def __str__(self) -> str:
        return str(self.shop)


class PriceEntry(models.Model):
    """One price of a shop's list (价目), in fen. The shop sets it; the system charges nothing."""

    shop = models.ForeignKey(EngravingShop, on_delete=models.PROTECT, related_name="prices")
    item = models.CharField(_("项目"), max_length=10, choices=PriceItem.choices)
    fen = models.PositiveIntegerField(_("价格（分）"))

    class Meta:
        verbose_name = _("价目")
        verbose_name_plural = _("价目")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["shop", "item"], name="price_entry_once_per_item"),
            models.CheckConstraint(condition=Q(item__in=PriceItem.values), name="price_entry_item_known"),
            models.CheckConstraint(condition=Q(fen__lte=100_000_00), name="price_entry_within_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.shop_id} · {self.item}"


class StaffMember(models.Model):
    """A person who works at a shop (从业人员), as of now; how it came to be stands in StaffVersion."""

    number = models.CharField(_("人员编号"), max_length=12, unique=True, default=new_public_number, editable=False)
    shop = models.ForeignKey(EngravingShop, on_delete=models.PROTECT, related_name="staff")
    name = models.CharField(_("姓名"), max_length=60)
    position = models.CharField(_("岗位"), max_length=10, choices=Position.choices)
    document = models.CharField(_("证件种类"), max_length=20, choices=DocumentKind.choices)
    document_no = EncryptedTextField(_("证件号码"))
    document_index = models.BinaryField(_("证件号码索引"), max_length=16)
    phone = EncryptedTextField(_("联系电话"))
    is_security_officer = models.BooleanField(_("治安负责人"), default=False)
    joined_on = models.DateField(_("入职日期"))
    left_on = models.DateField(_("离职日期"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("从业人员")
        verbose_name_plural = _("从业人员")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(position__in=Position.values), name="staff_position_known"),
            models.CheckConstraint(condition=Q(document__in=DocumentKind.values), name="staff_document_known"),
            models.CheckConstraint(
                condition=Q(left_on__isnull=True) | Q(left_on__gte=models.F("joined_on")),
                name="staff_left_after_joining",
            ),
            models.UniqueConstraint(
                fields=["shop", "document_index"], condition=Q(left_on__isnull=True), name="staff_once_per_shop"
            ),
            models.UniqueConstraint(
                fields=["shop"],
                condition=Q(is_security_officer=True, left_on__isnull=True),
                name="staff_one_security_officer",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["document_index"], name="staff_document_index")]

    def __str__(self) -> str:
        return self.name


class StaffVersion(models.Model):
    """What the register said of a member of staff from a moment on (从业人员历史). Append-only."""

    member = models.ForeignKey(StaffMember, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField(_("版本"))
    name = models.CharField(_("姓名"), max_length=60)
    position = models.CharField(_("岗位"), max_length=10, choices=Position.choices)
    document = models.CharField(_("证件种类"), max_length=20, choices=DocumentKind.choices)
    document_no = EncryptedTextField(_("证件号码"))
    phone = EncryptedTextField(_("联系电话"))
    is_security_officer = models.BooleanField(_("治安负责人"))
    joined_on = models.DateField(_("入职日期"))
    left_on = models.DateField(_("离职日期"), null=True, blank=True)
    recorded_by = models.CharField(_("登记人编号"), max_length=64)
    recorded_by_name = models.CharField(_("登记人"), max_length=80)
    recorded_at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = _("从业人员历史")
        verbose_name_plural = _("从业人员历史")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["member", "version"], name="staff_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} · {self.version}"


class Equipment(models.Model):
    """Equipment of a shop (设备)."""

    number = models.CharField(_("设备编号"), max_length=12, unique=True, default=new_public_number, editable=False)
    shop = models.ForeignKey(EngravingShop, on_delete=models.PROTECT, related_name="equipment")
    kind = models.CharField(_("设备种类"), max_length=12, choices=EquipmentKind.choices)
    name = models.CharField(_("名称和型号"), max_length=80)
    quantity = models.PositiveSmallIntegerField(_("数量"), default=1)

    class Meta:
        verbose_name = _("设备")
        verbose_name_plural = _("设备")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=EquipmentKind.values), name="equipment_kind_known"),
            models.CheckConstraint(condition=Q(quantity__gte=1, quantity__lte=999), name="equipment_quantity_sane"),
        ]

    def __str__(self) -> str:
        return self.name


class ShopChange(models.Model):
    """One change a shop made to its own register (企业变更记录): old, new, by whom, when. Append-only.

    Numbers of persons and telephones stand here masked only.
    """

    shop = models.ForeignKey(EngravingShop, on_delete=models.PROTECT, related_name="changes")
    section = models.CharField(_("变更栏目"), max_length=10, choices=Section.choices)
    subject = models.CharField(_("变更对象"), max_length=80, blank=True)
    field = models.CharField(_("变更项目"), max_length=30)
    old = models.CharField(_("变更前"), max_length=400, blank=True)
    new = models.CharField(_("变更后"), max_length=400, blank=True)
    changed_by = models.CharField(_("变更人编号"), max_length=64)
    changed_by_name = models.CharField(_("变更人"), max_length=80)
    changed_at = models.DateTimeField(_("变更时间"))

    class Meta:
        verbose_name = _("企业变更记录")
        verbose_name_plural = _("企业变更记录")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(section__in=Section.values), name="shop_change_section_known"),
            models.CheckConstraint(condition=~Q(old=models.F("new")), name="shop_change_changes"),
        ]
        indexes: ClassVar = [models.Index(fields=["shop", "-id"], name="shop_change_of_shop")]

    def __str__(self) -> str:
        return f"{self.shop_id} · {self.field}"
