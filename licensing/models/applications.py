"""Applications for the licence, their papers and the province's list of papers (许可申请与材料)."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils.translation import gettext_lazy as _

from licensing.choices import ClockKind, Handover, Mode, NotAcceptedGround, Regime
from licensing.models.licences import SpecialTradeLicence
from licensing.models.particulars import OpeningScope, ShopStatement
from licensing.states import APPLICATION
from sealreg.attachments.kinds import choices as paper_kinds
from sealreg.attachments.models import Attachment
from sealreg.database.actor import Actor

OPEN = ("DRAFT", "SUBMITTED", "CORRECTION_ASKED", "ACCEPTED", "GRANTED", "ISSUED")
# In the hands of the police or awaited from the shop, once handed in.
WORK = ("SUBMITTED", "CORRECTION_ASKED", "ACCEPTED", "GRANTED", "ISSUED")
_DECIDED = ("GRANTED", "REFUSED", "ISSUED", "COLLECTED")
_TAKEN_IN = ("ACCEPTED", *_DECIDED)
# Where no time runs (paused, ended, not handed in) an application stands after all whose time does.
NO_DAY = dt.date(9999, 12, 31)


class ApplicationQuerySet(OpeningScope["LicenceApplication"]):
    """许可申请查询."""

    def visible_to(self, actor: Actor) -> Self:
        """As OpeningScope (可见范围)."""
        return super().visible_to(actor)


class LicenceApplication(ShopStatement):
    """A shop's application for the licence (特种行业许可申请), decided by the county-level police of the place."""

    status = models.CharField(_("状态"), max_length=16, default="DRAFT", editable=False)
    mode = models.CharField(_("申请方式"), max_length=12, choices=Mode.choices, default=Mode.ORDINARY)
    handover = models.CharField(_("领取方式"), max_length=12, choices=Handover.choices, default=Handover.ELECTRONIC)
    committed_at = models.DateTimeField(_("作出承诺时间"), null=True, blank=True)

    due_on = models.DateField(_("应办结日期"), null=True, blank=True)
    due_at = models.DateTimeField(_("应办结时间"), null=True, blank=True)
    due_provisional = models.BooleanField(_("办结期限待日历确认"), default=False)
    due_calendar = models.PositiveIntegerField(_("办结期限所据日历版本"), null=True, blank=True)
    paused_at = models.DateTimeField(_("计时中止时间"), null=True, blank=True)
    clock_ended_at = models.DateTimeField(_("计时停止时间"), null=True, blank=True)
    # The due day while time runs: what the work list is ordered by, from an index.
    work_day = models.GeneratedField(
        expression=Case(
            When(
                Q(paused_at__isnull=False) | Q(clock_ended_at__isnull=False) | Q(due_on__isnull=True),
                then=Value(NO_DAY),
            ),
            default=F("due_on"),
            output_field=models.DateField(),
        ),
        output_field=models.DateField(),
        db_persist=True,
        verbose_name=_("办理顺序日"),
    )

    assigned_to = models.CharField(_("经办人"), max_length=12, blank=True)
    accepted_at = models.DateTimeField(_("受理时间"), null=True, blank=True)
    accepted_by = models.CharField(_("受理人"), max_length=12, blank=True)
    opinion = models.CharField(_("审查意见"), max_length=500, blank=True)
    decided_at = models.DateTimeField(_("决定时间"), null=True, blank=True)
    decided_by = models.CharField(_("决定人"), max_length=12, blank=True)
    decision_reason = models.CharField(_("决定理由"), max_length=500, blank=True)
    remedy = models.CharField(_("救济途径"), max_length=500, blank=True)
    not_accepted_ground = models.CharField(
        _("不予受理情形"), max_length=20, choices=NotAcceptedGround.choices, blank=True
    )
    licence = models.OneToOneField(
        SpecialTradeLicence, on_delete=models.PROTECT, null=True, blank=True, related_name="application"
    )
    issued_at = models.DateTimeField(_("制发时间"), null=True, blank=True)
    collected_at = models.DateTimeField(_("领取时间"), null=True, blank=True)
    closed_at = models.DateTimeField(_("办结时间"), null=True, blank=True)

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = _("特种行业许可申请")
        verbose_name_plural = _("特种行业许可申请")
        constraints: ClassVar = [
            APPLICATION.check_constraint("application_status_known"),
            models.UniqueConstraint(fields=["organisation"], condition=Q(status__in=OPEN), name="application_one_open"),
            # A company applies once, whoever types its code.
            models.UniqueConstraint(
                fields=["credit_code"], condition=Q(status__in=WORK), name="application_one_per_code"
            ),
            models.CheckConstraint(
                condition=Q(status__in=("DRAFT", "WITHDRAWN"))
                | Q(submitted_at__isnull=False, authority_no__isnull=False, area__isnull=False, draft_form__isnull=True)
                & ~Q(shop_name="")
                & ~Q(credit_code=""),
                name="application_complete_once_submitted",
            ),
            models.CheckConstraint(
                condition=Q(status__in=_DECIDED, decided_at__isnull=False)
                | ~Q(status__in=_DECIDED) & Q(decided_at__isnull=True),
                name="application_decided_at_iff_decided",
            ),
            models.CheckConstraint(
                condition=~Q(status="REFUSED") | ~Q(decision_reason="") & ~Q(remedy=""),
                name="application_refusal_says_why",
            ),
            models.CheckConstraint(
                condition=Q(status="NOT_ACCEPTED") & ~Q(not_accepted_ground="") & ~Q(decision_reason="")
                | ~Q(status="NOT_ACCEPTED") & Q(not_accepted_ground=""),
                name="application_not_accepted_on_a_ground",
            ),
            models.CheckConstraint(
                condition=Q(status__in=("ISSUED", "COLLECTED"), licence__isnull=False, issued_at__isnull=False)
                | ~Q(status__in=("ISSUED", "COLLECTED")) & Q(licence__isnull=True, issued_at__isnull=True),
                name="application_licence_iff_issued",
            ),
            models.CheckConstraint(
                condition=Q(status="COLLECTED", collected_at__isnull=False)
                | ~Q(status="COLLECTED") & Q(collected_at__isnull=True),
                name="application_collected_at_iff_collected",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=_TAKEN_IN) | Q(accepted_at__isnull=False) & ~Q(accepted_by=""),
                name="application_accepted_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=_DECIDED) | ~Q(decided_by="") & ~Q(decision_reason=""),
                name="application_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(submitted_at__isnull=True) | ~Q(mode=Mode.COMMITMENT) | Q(committed_at__isnull=False),
                name="application_commitment_made",
            ),
            # Who takes an application in does not decide it.
            models.CheckConstraint(
                condition=Q(decided_by="") | ~Q(decided_by=F("accepted_by")), name="application_decided_by_another"
            ),
            models.CheckConstraint(
                condition=Q(status="CORRECTION_ASKED", paused_at__isnull=False)
                | ~Q(status="CORRECTION_ASKED") & Q(paused_at__isnull=True),
                name="application_paused_iff_correction_asked",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["authority_no", "status", "due_on", "id"], name="application_work"),
            models.Index(fields=["authority_no", "-id"], name="application_by_authority"),
            models.Index(fields=["work_day", "id"], condition=Q(status__in=WORK), name="application_to_do"),
            models.Index(
                fields=["authority_no", "work_day", "id"], condition=Q(status__in=WORK), name="application_to_do_county"
            ),
            models.Index(
                fields=["due_calendar"],
                condition=Q(clock_ended_at__isnull=True, submitted_at__isnull=False),
                name="application_running",
            ),
        ]

    @property
    def is_commitment(self) -> bool:
        """Whether made by notice and commitment (是否告知承诺)."""
        return self.mode == Mode.COMMITMENT

    @property
    def trips(self) -> int:
        """How often the applicant has to come in person (跑腿次数)."""
        return 1 if self.handover == Handover.COUNTER else 0


class MaterialRequirement(models.Model):
    """One paper the province asks for, over a span of days (材料清单项目). No county or city can add one."""

    code = models.CharField(_("项目代码"), max_length=30)
    regime = models.CharField(_("办理依据"), max_length=16, choices=Regime.choices)
    modes = ArrayField(models.CharField(max_length=12, choices=Mode.choices), verbose_name=_("适用申请方式"))
    label = models.CharField(_("材料名称"), max_length=80)
    label_en = models.CharField(_("英文名称"), max_length=120, blank=True)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    note_en = models.CharField(_("英文说明"), max_length=240, blank=True)
    paper_kind = models.CharField(_("材料种类"), max_length=20, choices=paper_kinds)
    required = models.BooleanField(_("必交"), default=True)
    shared = models.BooleanField(_("登记信息已核实时免交"), default=False)
    basis = models.CharField(_("依据"), max_length=30)
    clause = models.CharField(_("条款"), max_length=40, blank=True)
    applies_from = models.DateField(_("起始日期"))
    applies_until = models.DateField(_("截止日期（不含）"), null=True, blank=True)
    entered_by = models.CharField(_("录入人"), max_length=60)
    entered_at = models.DateTimeField(_("录入时间"))

    class Meta:
        verbose_name = _("材料清单项目")
        verbose_name_plural = _("材料清单项目")
        ordering: ClassVar = ["regime", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(regime__in=Regime.values), name="material_regime_known"),
            models.CheckConstraint(
                condition=Q(applies_until__isnull=True) | Q(applies_until__gt=F("applies_from")),
                name="material_ends_after_start",
            ),
            models.UniqueConstraint(
                fields=["regime", "code"], condition=Q(applies_until__isnull=True), name="material_one_in_force"
            ),
        ]

    def __str__(self) -> str:
        return self.label


class ApplicationPaper(models.Model):
    """A paper handed in for one item of the list (申请材料)."""

    application = models.ForeignKey(
        LicenceApplication, on_delete=models.PROTECT, related_name="papers", verbose_name=_("申请")
    )
    code = models.CharField(_("项目代码"), max_length=30)
    attachment = models.OneToOneField(Attachment, on_delete=models.PROTECT, related_name="+", verbose_name=_("材料"))
    replaced_at = models.DateTimeField(_("更换时间"), null=True, blank=True)
    added_at = models.DateTimeField(_("提交时间"))

    class Meta:
        verbose_name = _("申请材料")
        verbose_name_plural = _("申请材料")
        ordering: ClassVar = ["application", "code", "id"]
        indexes: ClassVar = [models.Index(fields=["application", "code"], name="application_paper_code")]

    def __str__(self) -> str:
        return f"{self.application_id} · {self.code}"


class ApplicationClock(models.Model):
    """One event of the clock of seven working days (计时事件). Append-only: the ledger is read from these."""

    application = models.ForeignKey(
        LicenceApplication, on_delete=models.PROTECT, related_name="clock", verbose_name=_("申请")
    )
    kind = models.CharField(_("事件"), max_length=16)
    at = models.DateTimeField(_("时间"))
    reason = models.CharField(_("原因"), max_length=200, blank=True)
    facts = models.JSONField(_("内容"), default=dict)

    class Meta:
        verbose_name = _("计时事件")
        verbose_name_plural = _("计时事件")
        ordering: ClassVar = ["application", "at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["application", "kind"],
                condition=Q(kind__in=("STARTED", "ENDED", "WARNED_DAY_FOUR", "WARNED_DAY_SIX", "BREACHED")),
                name="application_clock_once",
            ),
            models.CheckConstraint(condition=Q(kind__in=ClockKind.values), name="application_clock_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} · {self.kind}"


class NumberCounter(models.Model):
    """Running numbers of one authority or area (编号计数器), taken in the transaction that uses them."""

    purpose = models.CharField(_("用途"), max_length=12)
    scope = models.PositiveIntegerField(_("管辖编号或行政区划"))
    last = models.PositiveIntegerField(_("已用最大流水号"), default=0)

    class Meta:
        verbose_name = _("编号计数器")
        verbose_name_plural = _("编号计数器")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["purpose", "scope"], name="number_counter_once"),
            models.CheckConstraint(condition=Q(last__lte=999_999), name="number_counter_six_digits"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.scope}: {self.last}"
