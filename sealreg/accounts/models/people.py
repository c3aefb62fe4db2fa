"""Persons and the places they hold (用户与任职)."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar, Self

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, FilteredRelation, Q, Value
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from sealreg.accounts.models.organisations import Organisation, PoliceUnit
from sealreg.accounts.roles import ROLES, Permission, Role
from sealreg.accounts.usernames import clean_username
from sealreg.database.numbers import new_public_number
from sealreg.database.personal import EncryptedTextField


class UserQuerySet(models.QuerySet["User"]):
    """用户查询."""

    def with_place(self) -> Self:
        """Load membership, organisation and police unit in the same query (连同任职载入)."""
        return self.annotate(
            live_membership=FilteredRelation("memberships", condition=Q(memberships__ended_at__isnull=True)),
            place_loaded=Value(True),  # a person without a place leaves no other trace of the join
        ).select_related("live_membership__organisation__police_unit")


class UserManager(BaseUserManager["User"]):
    """用户管理器: looks names up as typed, without case."""

    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def with_place(self) -> UserQuerySet:
        return self.get_queryset().with_place()

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username=clean_username(username or ""))


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
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(username=Lower("username")), name="user_username_lower_case"),
        ]

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

    @cached_property
    def membership(self) -> Membership | None:
        """The present place, if any (现任职). `with_place()` brings it along; otherwise it is one query."""
        if "place_loaded" in self.__dict__:
            loaded: Membership | None = self.__dict__.get("live_membership")
            return loaded
        return (
            Membership.objects.filter(user=self, ended_at__isnull=True)
            .select_related("organisation__police_unit")
            .first()
        )

    def forget_place(self) -> None:
        """Read the membership anew at its next use (重新读取任职)."""
        for name in ("membership", "place_loaded", "live_membership"):
            self.__dict__.pop(name, None)

    @property
    def role(self) -> type[Role] | None:
        """The present role (现角色); none while the organisation is out of use."""
        place = self.membership
        if place is None or (place.organisation is not None and not place.organisation.is_active):
            return None
        return ROLES.get(place.role)

    @property
    def organisation(self) -> Organisation | None:
        return self.membership.organisation if self.membership else None

    @property
    def police_unit(self) -> PoliceUnit | None:
        return getattr(self.organisation, "police_unit", None)

    def may(self, permission: Permission) -> bool:
        """Whether the present role holds the permission (是否有此权限)."""
        return self.role is not None and self.role.may(permission)


class Membership(models.Model):
    """A person's present or past place (任职): one at a time, so the three administrators exclude each other."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("用户"))
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        related_name="memberships",
        null=True,
        blank=True,
        verbose_name=_("机构"),
    )
    role = models.CharField(_("角色"), max_length=30)
    reason = models.CharField(_("授权理由"), max_length=200)
    granted_by = models.CharField(_("授权人"), max_length=60)
    confirmed_by = models.CharField(_("复核人"), max_length=60, blank=True)
    granted_at = models.DateTimeField(_("授权时间"))
    ended_at = models.DateTimeField(_("终止时间"), null=True, blank=True)
    ended_by = models.CharField(_("终止人"), max_length=60, blank=True)
    end_reason = models.CharField(_("终止理由"), max_length=200, blank=True)

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
            models.CheckConstraint(condition=Q(role__in=sorted(ROLES)), name="membership_role_known"),
            models.CheckConstraint(
                condition=Q(
                    organisation__isnull=False, role__in=sorted(key for key, role in ROLES.items() if role.kinds)
                )
                | Q(organisation__isnull=True, role__in=sorted(key for key, role in ROLES.items() if not role.kinds)),
                name="membership_organisation_as_role_asks",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by="") | ~Q(confirmed_by=F("granted_by")),
                name="membership_confirmed_by_another",
            ),
        ]

    def __str__(self) -> str:
        role = ROLES.get(self.role)
        return str(role.label) if role else self.role


class RoleRequest(models.Model):
    """A role asked for by one administrator, to be confirmed by another (角色申请)."""

    number = models.CharField(_("申请编号"), max_length=12, unique=True, default=new_public_number, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="role_requests", verbose_name=_("用户"))
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", verbose_name=_("机构"))
    role = models.CharField(_("角色"), max_length=30)
    reason = models.CharField(_("申请理由"), max_length=200)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("申请人"))
    asked_at = models.DateTimeField(_("申请时间"))
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("复核人")
    )
    decided_at = models.DateTimeField(_("复核时间"), null=True, blank=True)
    granted = models.BooleanField(_("是否授予"), null=True, blank=True)
    answer = models.CharField(_("复核意见"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("角色申请")
        verbose_name_plural = _("角色申请")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(role__in=sorted(ROLES)), name="role_request_role_known"),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True, decided_at__isnull=True, granted__isnull=True)
                | Q(decided_by__isnull=False, decided_at__isnull=False, granted__isnull=False),
                name="role_request_decided_whole",
            ),
            models.CheckConstraint(
                condition=~Q(asked_by=F("user"))
                & (Q(decided_by__isnull=True) | (~Q(decided_by=F("asked_by")) & ~Q(decided_by=F("user")))),
                name="role_request_four_eyes",
            ),
            models.UniqueConstraint(
                fields=["user"], condition=Q(decided_at__isnull=True), name="role_request_one_open"
            ),
        ]

    def __str__(self) -> str:
        return self.number
