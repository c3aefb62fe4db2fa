"""Licences, their changes and their revocation (特种行业许可证)."""

from __future__ import annotations

from typing import ClassVar, Self, TypeVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from licensing.choices import ChangeItem, RevokeGround, SuspendGround
from licensing.models.shops import EngravingShop
from licensing.states import CHANGE, LICENCE, REVOCATION
from sealreg.accounts.jurisdiction import ScopedQuerySet, jurisdiction_of, within
from sealreg.accounts.models import User
from sealreg.accounts.roles import Permission
from sealreg.attachments.models import Attachment
from sealreg.database.actor import Actor
from sealreg.database.numbers import new_public_number

ModelT = TypeVar("ModelT", bound=models.Model, covariant=True)

OVER = ("REVOKED", "CANCELLED", "RECOVERED")
ALIVE = ("VALID", "SUSPENDED")


class LicenceQuerySet(ScopedQuerySet["SpecialTradeLicence"]):
    """许可证查询."""

    def visible_to(self, actor: Actor) -> Self:
        """The shop its own; police by the shop's place; jobs of the system all (可见范围)."""
        if actor.actor_kind == "system":
            return self
        if not isinstance(actor, User) or actor.role is None:
            return self.none()
        if actor.may(Permission.ENTER_SHOP):
            return self.filter(shop_id=actor.organisation.pk) if actor.organisation else self.none()
        if actor.may(Permission.READ_FILINGS):
            return self.filter(within(jurisdiction_of(actor), "shop__authority_no"))
        return self.none()


class SpecialTradeLicence(models.Model):
    """The licence of a shop (特种行业许可证), issued once by the county-level police; it never lapses by time.

    The database revokes it only under a proposal confirmed by a second person, and takes it back only under a case so
    decided (migration 0006; threat T9).
    """

    shop = models.ForeignKey(EngravingShop, on_delete=models.PROTECT, related_name="licences")
    number = models.CharField(_("许可证编号"), max_length=40, unique=True)
    issued_by_no = models.PositiveIntegerField(_("发证机关管辖编号"))
    issued_on = models.DateField(_("发证日期"))
    holder_name = models.CharField(_("企业名称"), max_length=100, blank=True)
    address = models.CharField(_("住所地址"), max_length=160, blank=True)
    legal_representative = models.CharField(_("法定代表人（负责人）"), max_length=60, blank=True)
    premises = models.CharField(_("经营场所"), max_length=160, blank=True)
    status = models.CharField(_("状态"), max_length=12, default="VALID", editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    suspended_at = models.DateTimeField(_("暂停时间"), null=True, blank=True, editable=False)
    suspend_ground = models.CharField(
        _("暂停情形"), max_length=20, choices=SuspendGround.choices, blank=True, editable=False
    )
    ended_at = models.DateTimeField(_("终止时间"), null=True, blank=True, editable=False)
    end_reason = models.CharField(_("终止理由"), max_length=500, blank=True, editable=False)

    objects = LicenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("特种行业许可证")
        verbose_name_plural = _("特种行业许可证")
        constraints: ClassVar = [
            LICENCE.check_constraint("licence_status_known"),
            models.UniqueConstraint(
                fields=["shop"], condition=Q(status__in=("VALID", "SUSPENDED")), name="licence_one_alive_per_shop"
            ),
            models.CheckConstraint(
                condition=Q(status__in=OVER, ended_at__isnull=False) | Q(status__in=ALIVE, ended_at__isnull=True),
                name="licence_ended_iff_over",
            ),
            models.CheckConstraint(
                condition=Q(status="SUSPENDED", suspended_at__isnull=False) & ~Q(suspend_ground="")
                | ~Q(status="SUSPENDED") & Q(suspended_at__isnull=True, suspend_ground=""),
                name="licence_suspended_iff_on_a_ground",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def authority_no(self) -> int:
        """Authority of the place the shop stands in (管辖编号)."""
        return self.shop.authority_no

    @property
    def status_label(self) -> str:
        """Name of the status for people (状态名称)."""
        return str(LICENCE.status(self.status).label)


class LicenceSpell(models.Model):
    """A span in which a licence was suspended (许可证暂停期间), kept for the count of idle months."""

    licence = models.ForeignKey(SpecialTradeLicence, on_delete=models.PROTECT, related_name="spells")
    ground = models.CharField(_("暂停情形"), max_length=20, choices=SuspendGround.choices)
    reason = models.CharField(_("暂停理由"), max_length=500)
    started_at = models.DateTimeField(_("暂停时间"))
    ended_at = models.DateTimeField(_("恢复时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("许可证暂停期间")
        verbose_name_plural = _("许可证暂停期间")
        ordering: ClassVar = ["started_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["licence"], condition=Q(ended_at__isnull=True), name="licence_spell_one_open"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at")), name="licence_spell_ends_after"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.licence_id} · {self.started_at:%Y-%m-%d}"


class OfLicenceScope(ScopedQuerySet[ModelT]):
    """许可证事项查询: what hangs on a licence is the shop's and its authority's."""

    def visible_to(self, actor: Actor) -> Self:
        """The shop its own; police by the authority that handles it; jobs of the system all (可见范围)."""
        if actor.actor_kind == "system":
            return self
        if not isinstance(actor, User) or actor.role is None:
            return self.none()
        if actor.may(Permission.ENTER_SHOP):
            return self.filter(licence__shop_id=actor.organisation.pk) if actor.organisation else self.none()
        if actor.may(Permission.READ_FILINGS):
            return self.filter(within(jurisdiction_of(actor), "authority_no"))
        return self.none()


class RevocationQuerySet(OfLicenceScope["RevocationProposal"]):
    """拟撤销许可查询."""

    def visible_to(self, actor: Actor) -> Self:
        """As OfLicenceScope (可见范围): who is to state its case must know ground and facts."""
        return super().visible_to(actor)


class StatementQuerySet(ScopedQuerySet["RevocationStatement"]):
    """陈述申辩查询."""

    def visible_to(self, actor: Actor) -> Self:
        """Who sees the proposal sees what was said against it (可见范围)."""
        if actor.actor_kind == "system":
            return self
        return self.filter(proposal__in=RevocationProposal.objects.visible_to(actor))


class ChangeQuerySet(OfLicenceScope["LicenceChange"]):
    """许可证变更查询."""

    def visible_to(self, actor: Actor) -> Self:
        """As OfLicenceScope (可见范围)."""
        return super().visible_to(actor)


class RevocationProposal(models.Model):
    """A proposal to revoke a licence (拟撤销许可): one person proposes, another decides."""

    number = models.CharField(_("编号"), max_length=12, unique=True, default=new_public_number, editable=False)
    licence = models.ForeignKey(SpecialTradeLicence, on_delete=models.PROTECT, related_name="revocations")
    authority_no = models.PositiveIntegerField(_("管辖编号"))
    status = models.CharField(_("状态"), max_length=12, default="PROPOSED", editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    ground = models.CharField(_("撤销情形"), max_length=20, choices=RevokeGround.choices)
    reason = models.CharField(_("事实与理由"), max_length=500)
    proposed_by = models.CharField(_("提出人"), max_length=12)
    proposed_by_name = models.CharField(_("提出人姓名"), max_length=60)
    proposed_at = models.DateTimeField(_("提出时间"))
    decided_by = models.CharField(_("决定人"), max_length=12, blank=True)
    decided_at = models.DateTimeField(_("决定时间"), null=True, blank=True)
    decision = models.CharField(_("决定意见"), max_length=500, blank=True)

    objects = RevocationQuerySet.as_manager()

    class Meta:
        verbose_name = _("拟撤销许可")
        verbose_name_plural = _("拟撤销许可")
        constraints: ClassVar = [
            REVOCATION.check_constraint("revocation_status_known"),
            models.CheckConstraint(condition=~Q(reason="") & ~Q(proposed_by=""), name="revocation_says_why"),
            models.CheckConstraint(
                condition=Q(status="PROPOSED", decided_at__isnull=True, decided_by="")
                | ~Q(status="PROPOSED") & Q(decided_at__isnull=False) & ~Q(decided_by="") & ~Q(decision=""),
                name="revocation_decided_whole",
            ),
            models.CheckConstraint(condition=~Q(decided_by=F("proposed_by")), name="revocation_four_eyes"),
            models.UniqueConstraint(fields=["licence"], condition=Q(status="PROPOSED"), name="revocation_one_open"),
        ]
        indexes: ClassVar = [models.Index(fields=["authority_no", "-id"], name="revocation_by_authority")]

    def __str__(self) -> str:
        return self.number


class RevocationStatement(models.Model):
    """What a shop states against the proposed revocation of its licence (陈述申辩). Append-only.

    The database takes none once the proposal is decided (migration 0009).
    """

    number = models.CharField(_("编号"), max_length=12, unique=True, default=new_public_number, editable=False)
    proposal = models.ForeignKey(RevocationProposal, on_delete=models.PROTECT, related_name="statements")
    text = models.CharField(_("陈述申辩内容"), max_length=2000)
    paper = models.ForeignKey(
        Attachment, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("证明材料")
    )
    stated_by = models.CharField(_("陈述人"), max_length=12)
    stated_by_name = models.CharField(_("陈述人姓名"), max_length=60)
    stated_at = models.DateTimeField(_("陈述时间"))

    objects = StatementQuerySet.as_manager()

    class Meta:
        verbose_name = _("陈述申辩")
        verbose_name_plural = _("陈述申辩")
        ordering: ClassVar = ["stated_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(text="") & ~Q(stated_by=""), name="revocation_statement_says_what")
        ]

    def __str__(self) -> str:
        return self.number


class LicenceChange(models.Model):
    """A change of what stands on a licence (许可证变更), with the old and the new value."""

    number = models.CharField(_("编号"), max_length=12, unique=True, default=new_public_number, editable=False)
    licence = models.ForeignKey(SpecialTradeLicence, on_delete=models.PROTECT, related_name="changes")
    authority_no = models.PositiveIntegerField(_("管辖编号"))
    status = models.CharField(_("状态"), max_length=16, default="REQUESTED", editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    item = models.CharField(_("变更事项"), max_length=24, choices=ChangeItem.choices)
    old_value = models.CharField(_("变更前"), max_length=160, blank=True)
    new_value = models.CharField(_("变更后"), max_length=160)
    reason = models.CharField(_("变更原因"), max_length=300)
    paper = models.ForeignKey(
        Attachment, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("证明材料")
    )
    requested_by = models.CharField(_("申请人"), max_length=12)
    requested_at = models.DateTimeField(_("申请时间"))
    closed_by = models.CharField(_("办结人"), max_length=12, blank=True)
    closed_at = models.DateTimeField(_("办结时间"), null=True, blank=True)
    answer = models.CharField(_("办理意见"), max_length=500, blank=True)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("许可证变更")
        verbose_name_plural = _("许可证变更")
        ordering: ClassVar = ["-requested_at", "-id"]
        constraints: ClassVar = [
            CHANGE.check_constraint("licence_change_status_known"),
            models.CheckConstraint(
                condition=~Q(new_value="") & ~Q(new_value=F("old_value")), name="licence_change_changes_something"
            ),
            models.CheckConstraint(
                condition=~Q(status="NOT_RECORDED") | ~Q(answer=""), name="licence_change_refusal_says_why"
            ),
            models.CheckConstraint(
                condition=Q(status="REQUESTED", closed_at__isnull=True)
                | ~Q(status="REQUESTED") & Q(closed_at__isnull=False),
                name="licence_change_closed_whole",
            ),
            models.UniqueConstraint(
                fields=["licence", "item"], condition=Q(status="REQUESTED"), name="licence_change_one_open"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["authority_no", "-id"], name="licence_change_by_authority")]

    def __str__(self) -> str:
        return self.number
