"""The register of chips (芯片登记). It holds no key and no card memory: keys are derived when needed, never stored."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chips.states import CHIP
from licensing.models import EngravingShop
from sealreg.accounts.jurisdiction import ScopedQuerySet, jurisdiction_of, within
from sealreg.accounts.models import User
from sealreg.accounts.roles import Permission
from sealreg.database.actor import Actor


class Suite(models.TextChoices):
    """算法套件: data, because the real chip's algorithm is not public."""

    AES_CMAC = "AES-CMAC", "AES-CMAC"
    SM4_CMAC = "SM4-CMAC", "SM4-CMAC"


# Before these a chip has no key; from these on it is at a shop, or was.
UNFILLED = ("MANUFACTURED", "INJECTING", "UNCERTAIN")
BEFORE_SHOPS = (*UNFILLED, "INJECTED", "PACKED", "SHIPPED", "RECEIVED")
AT_SHOPS = ("ISSUED", "SHOP_RECEIVED", "PACKAGED", "BOUND", "ACTIVE", "SUSPENDED", "LOST", "RETURNING", "DESTROYED")
IN_SEALS = ("BOUND", "ACTIVE", "SUSPENDED", "LOST")
# Out of use in a way that somebody should know of when they turn up; with those on watch, a list of its own.
GONE = ("LOST", "STOLEN", "DESTROYED")
TO_LOOK_AT = Q(watched_at__isnull=False) | Q(status__in=GONE)


class ChipQuerySet(ScopedQuerySet["Chip"]):
    """Chips narrowed to who may know of them (限定可见的芯片)."""

    def visible_to(self, actor: Actor) -> Self:
        """Institute: until shipped; operator: all; shop: its own (可见芯片).

        Depot: its own stock and its city's shops; police and the province's readers: those of shops under them.
        """
        if not isinstance(actor, User) or actor.role is None or actor.organisation is None:
            return self.none()
        if actor.role.may(Permission.INJECT_KEYS):
            return self.filter(status__in=(*UNFILLED, "INJECTED", "PACKED", "SCRAPPED"))
        if actor.role.may(Permission.HANDLE_CHIPS):
            area = actor.organisation.area
            if area is None or area % 10_000 == 0:
                return self
            low = area // 100 * 100
            at_its_shops = Q(shop__area__gte=low, shop__area__lt=low + 100)
            return self.filter(Q(holder__organisation=actor.organisation.pk) | at_its_shops)
        if actor.role.may(Permission.KEEP_CHIPS):
            return self.filter(shop=actor.organisation.pk)
        if actor.role.may(Permission.ENTER_POLICE):
            return self.filter(within(jurisdiction_of(actor), "shop__authority_no"))
        return self.none()


class Chip(models.Model):
    """One chip (芯片) by its unique identifier; a running serial is given when it is packed, so that ranges mean."""

    uid = models.CharField(_("芯片编号"), max_length=14, unique=True)
    serial = models.BigIntegerField(_("序号"), unique=True, null=True, blank=True)
    lot = models.ForeignKey("chips.MakerLot", on_delete=models.PROTECT, null=True, blank=True, related_name="chips")
    batch_no = models.CharField(_("批次号"), max_length=20, blank=True)
    suite = models.CharField(_("算法套件"), max_length=10, choices=Suite.choices)
    key_version = models.PositiveSmallIntegerField(_("密钥版本"), default=0)
    key_check = models.CharField(_("密钥校验值"), max_length=6, blank=True)
    shop = models.ForeignKey(EngravingShop, on_delete=models.PROTECT, null=True, blank=True, related_name="chips")
    holder = models.ForeignKey(
        "chips.CustodyParty", on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="chips"
    )
    custody_step = models.PositiveIntegerField(default=0, editable=False)
    status = models.CharField(_("状态"), max_length=14, default="MANUFACTURED", editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    last_counter = models.BigIntegerField(_("最近认证计数"), default=0, editable=False)
    counter_window = models.BigIntegerField(_("计数窗口"), default=0, editable=False)
    counter_at = models.DateTimeField(_("最近认证时间"), null=True, blank=True, editable=False)
    watched_at = models.DateTimeField(_("列入关注时间"), null=True, blank=True, editable=False)
    injected_at = models.DateTimeField(_("灌装时间"), null=True, blank=True)
    bound_at = models.DateTimeField(_("捆绑时间"), null=True, blank=True, editable=False)

    objects = ChipQuerySet.as_manager()

    class Meta:
        verbose_name = _("芯片")
        verbose_name_plural = _("芯片")
        constraints: ClassVar = [
            CHIP.check_constraint("chip_status_known"),
            models.CheckConstraint(condition=Q(uid__regex=r"^[0-9A-F]{14}$"), name="chip_uid_form"),
            models.CheckConstraint(condition=Q(suite__in=Suite.values), name="chip_suite_known"),
            models.CheckConstraint(
                condition=~Q(status__in=AT_SHOPS) | Q(shop__isnull=False), name="chip_has_shop_once_issued"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=BEFORE_SHOPS) | Q(shop__isnull=True), name="chip_has_no_shop_before"
            ),
            models.CheckConstraint(
                condition=Q(status__in=UNFILLED, injected_at__isnull=True)
                | Q(status="SCRAPPED")
                | ~Q(status__in=UNFILLED) & Q(injected_at__isnull=False, key_version__gt=0) & ~Q(key_check=""),
                name="chip_has_key_once_injected",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=IN_SEALS) | Q(bound_at__isnull=False), name="chip_bound_once_active"
            ),
            models.CheckConstraint(condition=Q(last_counter__gte=0), name="chip_counter_positive"),
            models.CheckConstraint(
                condition=Q(counter_window__gte=0, counter_window__lt=2**32), name="chip_counter_window_of_32"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["shop", "status", "uid"], name="chip_by_shop"),
            models.Index(fields=["holder", "status", "serial"], name="chip_by_holder"),
            models.Index(fields=["batch_no", "status"], name="chip_by_batch"),
            models.Index(fields=["-id"], condition=TO_LOOK_AT, name="chip_to_look_at"),
        ]

    def __str__(self) -> str:
        return self.uid


class ChipChallenge(models.Model):
    """One question put to one chip (芯片质询): answered once, within its time. Kept in the database, not the broker."""

    txn = models.CharField(_("核验流水号"), max_length=16, unique=True)
    uid = models.CharField(_("芯片编号"), max_length=14)
    asked_by = models.CharField(_("核验方"), max_length=60)
    purpose = models.CharField(_("用途"), max_length=40)
    expected_credit_code = models.CharField(_("预期单位信用代码"), max_length=18, blank=True)
    nonce = models.BinaryField()
    issued_at = models.DateTimeField(_("发出时间"))
    answerable_until = models.DateTimeField(_("应答截止"))
    used_at = models.DateTimeField(_("应答时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("芯片质询")
        verbose_name_plural = _("芯片质询")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(answerable_until__gt=models.F("issued_at")), name="chip_challenge_has_time"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["answerable_until"], name="chip_challenge_until")]

    def __str__(self) -> str:
        return self.txn
