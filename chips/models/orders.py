"""Orders of shops (芯片订购)."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chips.models.supply import ChipPrice
from chips.states import ORDER
from licensing.models import EngravingShop
from sealreg.accounts.jurisdiction import ScopedQuerySet
from sealreg.accounts.models import User
from sealreg.accounts.roles import Permission
from sealreg.database.actor import Actor
from sealreg.database.numbers import new_public_number


def city_served(user: User) -> int | None:
    """The four-digit city a depot's people serve (仓库所在地市); None for the province's own operator."""
    area = user.organisation.area if user.organisation is not None else None
    return area // 100 if area is not None and area % 10_000 else None


class ChipOrderQuerySet(ScopedQuerySet["ChipOrder"]):
    """Orders narrowed to who may know of them (限定可见的订单)."""

    def visible_to(self, actor: Actor) -> Self:
        """A shop's people see its own, a depot's those of its city, the operator all (可见订单)."""
        if not isinstance(actor, User) or actor.role is None or actor.organisation is None:
            return self.none()
        if actor.role.may(Permission.KEEP_CHIPS):
            return self.filter(shop=actor.organisation.pk)
        if actor.role.may(Permission.HANDLE_CHIPS):
            city = city_served(actor)
            return self if city is None else self.filter(shop__area__gte=city * 100, shop__area__lt=city * 100 + 100)
        return self.none()


class ChipOrder(models.Model):
    """A shop's order for chips at the Ministry's price (芯片订单). Money is integer fen."""

    number = models.CharField(_("订单号"), max_length=12, unique=True, default=new_public_number, editable=False)
    shop = models.ForeignKey(EngravingShop, on_delete=models.PROTECT, related_name="chip_orders")
    quantity = models.PositiveIntegerField(_("订购数量"))
    granted = models.PositiveIntegerField(_("已发放数量"), default=0, editable=False)
    price = models.ForeignKey(ChipPrice, on_delete=models.PROTECT, related_name="orders")
    unit_price_fen = models.PositiveIntegerField(_("单价"))
    wanted_on = models.DateField(_("期望到货日期"), null=True, blank=True)
    address = models.CharField(_("收货地址"), max_length=160)
    remark = models.CharField(_("备注"), max_length=300, blank=True)
    status = models.CharField(_("状态"), max_length=12, default="PLACED", editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    ordered_by = models.CharField(_("订购人"), max_length=80)
    ordered_at = models.DateTimeField(_("订购时间"))

    objects = ChipOrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("芯片订单")
        verbose_name_plural = _("芯片订单")
        constraints: ClassVar = [
            ORDER.check_constraint("chip_order_status_known"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="chip_order_not_empty"),
            models.CheckConstraint(condition=Q(granted__lte=F("quantity")), name="chip_order_granted_within"),
            models.CheckConstraint(
                condition=~Q(status="GRANTED") | Q(granted=F("quantity")), name="chip_order_granted_whole"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["shop", "-id"], name="chip_order_by_shop"),
            models.Index(fields=["status", "id"], name="chip_order_by_status"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def rest(self) -> int:
        """Chips still to be granted (未发放数量)."""
        return 0 if self.status == "CANCELLED" else self.quantity - self.granted

    @property
    def amount_fen(self) -> int:
        """Price of the whole order in fen (金额)."""
        return self.quantity * self.unit_price_fen
