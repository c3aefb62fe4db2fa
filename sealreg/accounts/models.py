"""Who uses the system and where each may act (用户、机构与管辖)."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from sealreg.database.numbers import new_public_number
from sealreg.database.personal import EncryptedTextField


class OrganisationKind(models.TextChoices):
    """机构类别: decides which roles its members can hold."""

    POLICE = "POLICE", _("公安机关")
    PROVINCE_UNIT = "PROVINCE_UNIT", _("省厅业务部门")
    PLATFORM = "PLATFORM", _("系统管理单位")
    SHOP = "SHOP", _("印章刻制企业")
    BANK = "BANK", _("银行")
    TAX = "TAX", _("税务机关")
    AGENCY = "AGENCY", _("其他协作部门")
    OPERATOR = "OPERATOR", _("省级信息系统运维单位")
    INSTITUTE = "INSTITUTE", _("密钥灌装机构")
    ASSOCIATION = "ASSOCIATION", _("行业协会")


class Organisation(models.Model):
    """An office, shop, bank or body whose members act here (机构)."""

    number = models.CharField(_("机构编号"), max_length=12, unique=True, default=new_public_number, editable=False)
    kind = models.CharField(_("机构类别"), max_length=20, choices=OrganisationKind.choices)
    name = models.CharField(_("机构名称"), max_length=120)
    name_en = models.CharField(_("英文名称"), max_length=160, blank=True)
    area = models.PositiveIntegerField(_("行政区划代码"), null=True, blank=True)
    is_active = models.BooleanField(_("在用"), default=True)
    created_at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = _("机构")
        verbose_name_plural = _("机构")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind__in=OrganisationKind.values), name="organisation_kind_known"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["kind", "name"], name="organisation_kind_name")]

    def __str__(self) -> str:
        return self.name


class AuthorityLevel(models.TextChoices):
    """公安机关层级: apart from the range, because Dongguan decides as a county at a city's code."""

    PROVINCE = "PROVINCE", _("省级")
    CITY = "CITY", _("地市级")
    COUNTY = "COUNTY", _("县级")


class PoliceUnit(models.Model):
    """A police authority and the half-open range of authority numbers it oversees (公安机关)."""

    organisation = models.OneToOneField(
        Organisation, on_delete=models.PROTECT, primary_key=True, related_name="police_unit"
    )
    level = models.CharField(_("层级"), max_length=10, choices=AuthorityLevel.choices)
    authority_no = models.PositiveIntegerField(_("管辖编号"), unique=True)
    range_low = models.PositiveIntegerField(_("管辖下限（含）"))
    range_high = models.PositiveIntegerField(_("管辖上限（不含）"))

    class Meta:
        verbose_name = _("公安机关")
        verbose_name_plural = _("公安机关")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(level__in=AuthorityLevel.values), name="police_unit_level_known"
            ),
            models.CheckConstraint(
                condition=Q(range_low__lte=F("authority_no"), range_high__gt=F("authority_no")),
                name="police_unit_range_holds_itself",
            ),
            models.CheckConstraint(
                condition=~Q(level="COUNTY") | Q(range_high=F("range_low") + 1),
                name="police_unit_county_is_one_number",
            ),
        ]

    def __str__(self) -> str:
        return self.organisation.name


class Premises(models.Model):
    """A place carved out of its county for another authority, e.g. an airport (专属管辖场所)."""

    authority = models.ForeignKey(PoliceUnit, on_delete=models.PROTECT, related_name="premises")
    name = models.CharField(_("场所名称"), max_length=80)
    area = models.PositiveIntegerField(_("所在行政区划"))
    code = models.SlugField(_("场所代码"), max_length=40, unique=True)

    class Meta:
        verbose_name = _("专属管辖场所")
        verbose_name_plural = _("专属管辖场所")

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """用户管理器: looks names up as typed, without case."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username__iexact=username)


class User(AbstractBaseUser):
    """A person who signs in (用户)."""

    number = models.CharField(_("用户编号"), max_length=12, unique=True, default=new_public_number, editable=False)
    username = models.CharField(_("用户名"), max_length=40, unique=True)
    name = models.CharField(_("姓名"), max_length=40)
    email = models.EmailField(_("电子邮箱"), blank=True)
    phone = EncryptedTextField(_("手机号码"), null=True, blank=True)
    language = models.CharField(_("界面语言"), max_length=10, default="zh-hans")
    is_active = models.BooleanField(_("可登录"), default=True)
    must_change_password = models.BooleanField(_("下次登录须修改密码"), default=False)
    password_changed_at = models.DateTimeField(_("密码修改时间"), null=True, blank=True)
    created_at = models.DateTimeField(_("登记时间"))

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar = []

    objects = UserManager()

    class Meta:
        verbose_name = _("用户")
        verbose_name_plural = _("用户")

    def __str__(self) -> str:
        return self.name or self.username

    @property
    def actor_kind(self) -> str:
        return "user"

    @property
    def actor_id(self) -> str:
        return self.number

    @property
    def actor_name(self) -> str:
        return self.name or self.username


class Membership(models.Model):
    """A person's present or past place in an organisation (任职). One at a time, so administrators exclude each other."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(_("角色"), max_length=30)
    granted_by = models.CharField(_("授权人"), max_length=60)
    granted_at = models.DateTimeField(_("授权时间"))
    ended_at = models.DateTimeField(_("终止时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("任职")
        verbose_name_plural = _("任职")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(ended_at__isnull=True), name="membership_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("granted_at")),
                name="membership_ends_after_grant",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.role}"
