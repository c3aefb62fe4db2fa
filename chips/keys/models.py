"""Records of keys (密钥的记录): names, check values and who did what. No key bytes, sealed or not, stand here."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chips.keys.choices import KeyAct, KeyPurpose, MinuteStep
from chips.keys.states import CEREMONY, KEY_VERSION
from sealreg.accounts.jurisdiction import ScopedQuerySet
from sealreg.accounts.models import User
from sealreg.accounts.roles import Permission
from sealreg.database.actor import Actor
from sealreg.database.numbers import new_public_number


class KeyVersion(models.Model):
    """One version of one key of the province (密钥版本): what it is for, its check value, whether it is in use."""

    number = models.CharField(_("密钥编号"), max_length=12, unique=True, default=new_public_number, editable=False)
    purpose = models.CharField(_("用途"), max_length=10, choices=KeyPurpose.choices)
    province = models.CharField(_("省级代码"), max_length=2, default="44")
    suite = models.CharField(_("算法套件"), max_length=10)
    key_version = models.PositiveSmallIntegerField(_("密钥版本"))
    check_value = models.CharField(_("校验值"), max_length=6)
    public = models.CharField(_("公钥"), max_length=128, blank=True)
    status = models.CharField(_("状态"), max_length=12, default="PRE_ACTIVE", editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    taken_at = models.DateTimeField(_("登记时间"))
    activated_at = models.DateTimeField(_("启用时间"), null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(_("停用时间"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("密钥版本")
        verbose_name_plural = _("密钥版本")
        constraints: ClassVar = [
            KEY_VERSION.check_constraint("key_status_known"),
            models.UniqueConstraint(fields=["province", "purpose", "key_version"], name="key_version_once"),
            models.UniqueConstraint(
                fields=["province", "purpose"], condition=Q(status="ACTIVE"), name="key_one_active_per_purpose"
            ),
            models.CheckConstraint(condition=Q(purpose__in=KeyPurpose.values), name="key_purpose_known"),
            models.CheckConstraint(condition=Q(key_version__gte=1, key_version__lte=99), name="key_version_1_to_99"),
            models.CheckConstraint(condition=Q(check_value__regex=r"^[0-9A-F]{6}$"), name="key_check_value_form"),
            models.CheckConstraint(
                condition=~Q(status__in=("ACTIVE", "VERIFY_ONLY")) | Q(activated_at__isnull=False),
                name="key_activated_once_in_use",
            ),
            models.CheckConstraint(
                condition=Q(status__in=("PRE_ACTIVE", "ACTIVE"), ended_at__isnull=True)
                | Q(status__in=("VERIFY_ONLY", "COMPROMISED", "DESTROYED"), ended_at__isnull=False),
                name="key_ended_iff_over",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.suite} {self.key_version}"


class CeremonyQuerySet(ScopedQuerySet["KeyCeremony"]):
    """仪式查询."""

    def visible_to(self, actor: Actor) -> Self:
        """All of them to who holds ceremonies, none to anybody else (可见仪式)."""
        return self if isinstance(actor, User) and actor.may(Permission.KEEP_KEYS) else self.none()


class KeyCeremony(models.Model):
    """An act on a key that needs two persons (密钥仪式): proposed by one, confirmed by another within its time."""

    number = models.CharField(_("仪式编号"), max_length=12, unique=True, default=new_public_number, editable=False)
    act = models.CharField(_("事项"), max_length=12, choices=KeyAct.choices)
    key = models.ForeignKey(
        KeyVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="ceremonies", verbose_name=_("密钥")
    )
    block = models.TextField(_("密钥块"), blank=True, max_length=400)
    check_value = models.CharField(_("清单所列校验值"), max_length=6, blank=True)
    suite = models.CharField(_("算法套件"), max_length=10, blank=True)
    reason = models.CharField(_("理由"), max_length=200)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("提出人"))
    proposed_at = models.DateTimeField(_("提出时间"))
    due_at = models.DateTimeField(_("复核截止"))
    confirmed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("复核人")
    )
    ended_at = models.DateTimeField(_("办结时间"), null=True, blank=True, editable=False)
    status = models.CharField(_("状态"), max_length=10, default="PROPOSED", editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = CeremonyQuerySet.as_manager()

    class Meta:
        verbose_name = _("密钥仪式")
        verbose_name_plural = _("密钥仪式")
        constraints: ClassVar = [
            CEREMONY.check_constraint("ceremony_status_known"),
            models.CheckConstraint(condition=Q(act__in=KeyAct.values), name="ceremony_act_known"),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("proposed_by")), name="ceremony_two_people"
            ),
            models.CheckConstraint(
                condition=Q(status="PROPOSED", confirmed_by__isnull=True, ended_at__isnull=True)
                | Q(status="PERFORMED", confirmed_by__isnull=False, ended_at__isnull=False)
                | Q(status__in=("REFUSED", "TIMED_OUT"), confirmed_by__isnull=True, ended_at__isnull=False),
                name="ceremony_performed_iff_confirmed",
            ),
            models.CheckConstraint(
                condition=Q(due_at__gt=F("proposed_at"))
                & (Q(status="TIMED_OUT") | Q(ended_at__isnull=True) | Q(ended_at__lte=F("due_at"))),
                name="ceremony_ends_in_time",
            ),
            models.CheckConstraint(
                condition=Q(act="IMPORT") & ~Q(block="") & ~Q(check_value="") | ~Q(act="IMPORT") & Q(block=""),
                name="ceremony_block_iff_import",
            ),
            models.UniqueConstraint(
                fields=["key"], condition=Q(status="PROPOSED", key__isnull=False), name="ceremony_one_open_per_key"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["-proposed_at", "-id"], name="ceremony_latest")]

    def __str__(self) -> str:
        return self.number


class KeyMinute(models.Model):
    """One line of a ceremony's minutes (仪式纪要), append-only; each holds the digest of the line before."""

    ceremony = models.ForeignKey(KeyCeremony, on_delete=models.PROTECT, related_name="minutes")
    line = models.PositiveSmallIntegerField(_("序号"))
    step = models.CharField(_("步骤"), max_length=20, choices=MinuteStep.choices)
    actor_id = models.CharField(_("办理人编号"), max_length=60)
    actor_name = models.CharField(_("办理人"), max_length=80)
    facts = models.JSONField(_("事实"), default=dict, blank=True)
    at = models.DateTimeField(_("时间"))
    previous = models.CharField(_("上一行摘要"), max_length=64, blank=True)
    sha256 = models.CharField(_("本行摘要"), max_length=64)

    class Meta:
        verbose_name = _("仪式纪要")
        verbose_name_plural = _("仪式纪要")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(step__in=MinuteStep.values), name="minute_step_known"),
            models.UniqueConstraint(fields=["ceremony", "line"], name="minute_line_once"),
        ]

    def __str__(self) -> str:
        return f"{self.ceremony} {self.line}"
