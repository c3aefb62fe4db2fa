"""Idle shops (企业闲置): last act of business, the recall case and the notice to the registry."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from licensing.idle_states import IDLE_CASE, OPEN
from licensing.models.licences import SpecialTradeLicence
from licensing.models.shops import EngravingShop
from licensing.shop_choices import CloseReason, RecoveryWay
from sealreg.accounts.jurisdiction import ScopedQuerySet, jurisdiction_of, within
from sealreg.accounts.models import User
from sealreg.accounts.roles import Permission
from sealreg.database.actor import Actor
from sealreg.database.numbers import new_public_number


class ShopActivity(models.Model):
    """When a shop last did business (最近经营): written by the act itself, in its transaction."""

    shop = models.OneToOneField(EngravingShop, on_delete=models.PROTECT, primary_key=True, related_name="activity")
    last_business_at = models.DateTimeField(_("最近经营时间"))

    class Meta:
        verbose_name = _("最近经营")
        verbose_name_plural = _("最近经营")

    def __str__(self) -> str:
        return f"{self.shop_id} · {self.last_business_at:%Y-%m-%d}"


class IdleCaseQuerySet(ScopedQuerySet["IdleCase"]):
    """闲置收回案查询."""

    def visible_to(self, actor: Actor) -> Self:
        """The shop's own; police by the shop's authority; jobs of the system all (可见范围)."""
        if actor.actor_kind == "system":
            return self
        if not isinstance(actor, User):
            return self.none()
        if actor.may(Permission.ENTER_SHOP):
            return self.filter(shop_id=actor.organisation.pk) if actor.organisation else self.none()
        if actor.may(Permission.ENTER_POLICE):
            return self.filter(within(jurisdiction_of(actor), "authority_no"))
        return self.none()


def _iff(name: str, statuses: tuple[str, ...], field: str) -> models.CheckConstraint:
    """`field` is set if and only if the status is one of these."""
    return models.CheckConstraint(
        condition=Q(status__in=statuses, **{f"{field}__isnull": False})
        | (~Q(status__in=statuses) & Q(**{f"{field}__isnull": True})),
        name=name,
    )


class IdleCase(models.Model):
    """One span of idleness of one shop and what became of it (闲置收回案).

    last_on: the day idleness is counted from. recall_due_at: the first clock, from the listing to the decision; the
    second, the notice to the registry, stands in RegistryNotice.
    """

    number = models.CharField(_("案件编号"), max_length=12, unique=True, default=new_public_number, editable=False)
    shop = models.ForeignKey(EngravingShop, on_delete=models.PROTECT, related_name="idle_cases")
    licence = models.ForeignKey(
        SpecialTradeLicence, on_delete=models.PROTECT, null=True, blank=True, related_name="idle_cases"
    )
    authority_no = models.PositiveIntegerField(_("管辖编号"))
    status = models.CharField(_("状态"), max_length=16, default="WARNED", editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    last_on = models.DateField(_("计算起始日"))
    opened_at = models.DateTimeField(_("首次提醒时间"))
    warned_again_at = models.DateTimeField(_("再次提醒时间"), null=True, blank=True)
    listed_at = models.DateTimeField(_("列入闲置时间"), null=True, blank=True)
    recall_due_at = models.DateTimeField(_("作出决定时限"), null=True, blank=True)
    recall_due_provisional = models.BooleanField(_("决定时限暂定"), default=False)
    due_calendar = models.PositiveIntegerField(_("时限所据日历版本"), null=True, blank=True)
    hearing_offered_at = models.DateTimeField(_("告知听证权利时间"), null=True, blank=True)
    answer_due_at = models.DateTimeField(_("答复时限"), null=True, blank=True)
    answered_at = models.DateTimeField(_("答复时间"), null=True, blank=True)
    statement = models.CharField(_("企业陈述"), max_length=1000, blank=True)
    heard_at = models.DateTimeField(_("听证时间"), null=True, blank=True)
    hearing_minutes = models.CharField(_("听证笔录摘要"), max_length=2000, blank=True)
    proposed_by = models.CharField(_("提出人编号"), max_length=12, blank=True)
    proposed_by_name = models.CharField(_("提出人"), max_length=80, blank=True)
    proposed_at = models.DateTimeField(_("提出意见时间"), null=True, blank=True)
    proposal_reason = models.CharField(_("处理意见"), max_length=1000, blank=True)
    decided_by = models.CharField(_("决定人编号"), max_length=12, blank=True)
    decided_by_name = models.CharField(_("决定人"), max_length=80, blank=True)
    decided_at = models.DateTimeField(_("决定时间"), null=True, blank=True)
    decision_reason = models.CharField(_("决定理由"), max_length=1000, blank=True)
    closed_at = models.DateTimeField(_("结案时间"), null=True, blank=True)
    close_reason = models.CharField(_("结案原因"), max_length=12, choices=CloseReason.choices, blank=True)
    close_remark = models.CharField(_("结案说明"), max_length=500, blank=True)
    recovered_at = models.DateTimeField(_("证件收回时间"), null=True, blank=True)
    recovery_way = models.CharField(_("证件收回方式"), max_length=10, choices=RecoveryWay.choices, blank=True)

    objects = IdleCaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("闲置收回案")
        verbose_name_plural = _("闲置收回案")
        constraints: ClassVar = [
            IDLE_CASE.check_constraint("idle_case_status_known"),
            models.UniqueConstraint(fields=["shop"], condition=Q(status__in=OPEN), name="idle_case_one_open_per_shop"),
            _iff("idle_case_closed_iff", ("CLOSED",), "closed_at"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, close_reason="") | Q(closed_at__isnull=False) & ~Q(close_reason=""),
                name="idle_case_closed_for_a_reason",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=("PROPOSED", "DECIDED_RECALL"))
                | Q(proposed_at__isnull=False) & ~Q(proposal_reason="") & ~Q(proposed_by=""),
                name="idle_case_proposed_with_reason",
            ),
            models.CheckConstraint(
                condition=~Q(status="DECIDED_RECALL")
                | Q(decided_at__isnull=False) & ~Q(decision_reason="") & ~Q(decided_by=""),
                name="idle_case_decided_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(decided_by="") | ~Q(decided_by=F("proposed_by")), name="idle_case_four_eyes"
            ),
            models.CheckConstraint(
                condition=Q(status__in=("WARNED", "WARNED_AGAIN", "CLOSED"))
                | Q(listed_at__isnull=False, recall_due_at__isnull=False),
                name="idle_case_listed_has_its_clock",
            ),
            models.CheckConstraint(
                condition=Q(recovered_at__isnull=True, recovery_way="")
                | Q(recovered_at__isnull=False, status="DECIDED_RECALL") & ~Q(recovery_way=""),
                name="idle_case_recovered_after_decision",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["authority_no", "last_on", "id"], name="idle_case_by_authority"),
        ]

    def __str__(self) -> str:
        return self.number


class RegistryNotice(models.Model):
    """What the registry is owed when a shop's licence ends (告知登记机关): its clock runs until its receipt is here."""

    number = models.CharField(_("告知编号"), max_length=12, unique=True, default=new_public_number, editable=False)
    shop = models.ForeignKey(EngravingShop, on_delete=models.PROTECT, related_name="registry_notices")
    case = models.OneToOneField(
        IdleCase, on_delete=models.PROTECT, null=True, blank=True, related_name="registry_notice"
    )
    event = models.CharField(
        _("告知事项"),
        max_length=10,
        choices=(("RECOVERED", _("收回")), ("REVOKED", _("撤销")), ("CANCELLED", _("注销"))),
    )
    authority_no = models.PositiveIntegerField(_("管辖编号"))
    # As they were at the decision: a second sending must be the same to the byte.
    credit_code = models.CharField(_("统一社会信用代码"), max_length=18)
    shop_name = models.CharField(_("企业名称"), max_length=120)
    decided_on = models.DateField(_("决定日期"))
    reason = models.CharField(_("事由"), max_length=300)
    legal_basis = models.CharField(_("依据"), max_length=200, blank=True)
    owed_at = models.DateTimeField(_("应告知起始时间"))
    due_at = models.DateTimeField(_("告知时限"))
    due_provisional = models.BooleanField(_("告知时限暂定"), default=False)
    due_calendar = models.PositiveIntegerField(_("告知时限所据日历版本"), null=True, blank=True)
    receipt_no = models.CharField(_("登记机关回执号"), max_length=64, blank=True)
    receipt_digest = models.CharField(_("回执内容摘要"), max_length=64, blank=True)
    received_at = models.DateTimeField(_("收到回执时间"), null=True, blank=True)
    alarmed_at = models.DateTimeField(_("逾期告警时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("告知登记机关")
        verbose_name_plural = _("告知登记机关")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(event__in=("RECOVERED", "REVOKED", "CANCELLED")), name="registry_notice_event_known"
            ),
            models.CheckConstraint(
                condition=Q(received_at__isnull=True, receipt_no="") | Q(received_at__isnull=False) & ~Q(receipt_no=""),
                name="registry_notice_receipt_whole",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=Q(received_at__isnull=True), name="registry_notice_waiting"),
        ]

    def __str__(self) -> str:
        return self.number
