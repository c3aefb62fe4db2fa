"""The register of engraving shops (印章刻制企业名录)."""

from __future__ import annotations

from typing import ClassVar, Self

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sealreg.accounts.jurisdiction import ScopedQuerySet, jurisdiction_of, within
from sealreg.accounts.models import Organisation, User
from sealreg.accounts.roles import Permission
from sealreg.database.actor import Actor


class ShopQuerySet(ScopedQuerySet["EngravingShop"]):
    """企业查询."""

    def visible_to(self, actor: Actor) -> Self:
        """The shop itself; police by the shop's authority; jobs of the system all (可见范围)."""
        if actor.actor_kind == "system":
            return self
        if not isinstance(actor, User):
            return self.none()
        if actor.may(Permission.ENTER_SHOP):
            return self.filter(pk=actor.organisation.pk) if actor.organisation else self.none()
        if actor.may(Permission.ENTER_POLICE):
            return self.filter(within(jurisdiction_of(actor), "authority_no"))
        return self.none()


class EngravingShop(models.Model):
    """A shop that engraves official seals (印章刻制企业); its members are those of its organisation."""

    organisation = models.OneToOneField(
        Organisation, on_delete=models.PROTECT, primary_key=True, related_name="engraving_shop"
    )
    code = models.CharField(
        _("制作单位编码"), max_length=12, unique=True, validators=[RegexValidator(r"^\d{12}$", _("应为12位数字。"))]
    )
    credit_code = models.CharField(_("统一社会信用代码"), max_length=18, unique=True)
    area = models.PositiveIntegerField(_("所在行政区划"))
    authority_no = models.PositiveIntegerField(_("管辖编号"))
    address = models.CharField(_("营业地址"), max_length=160)
    phone = models.CharField(_("对外联系电话"), max_length=20)
    opened_on = models.DateField(_("开业日期"))

    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name = _("印章刻制企业")
        verbose_name_plural = _("印章刻制企业")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(code__regex=r"^\d{12}$"), name="shop_code_form"),
        ]
        indexes: ClassVar = [models.Index(fields=["authority_no", "organisation"], name="shop_authority")]

    def __str__(self) -> str:
        return self.organisation.name

    @property
    def city(self) -> int:
        """Four-digit city (地市前四位) the shop stands in."""
        return self.area // 100
