"""What is to be written to a card (写卡), kept before any reader is touched."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chips.models.chip import Chip


class CardAct(models.TextChoices):
    """写卡事项."""

    BIND = "BIND", _("写入备案摘要并启用")
    SUSPEND = "SUSPEND", _("停用")
    RESUME = "RESUME", _("恢复")
    LOCK = "LOCK", _("挂失锁定")
    END = "END", _("终止并清除密钥")


class EndProof(models.TextChoices):
    """终止证明: how it is known that a card has ended."""

    ANSWER = "ANSWER", _("卡片以通道鉴别码应答")
    SEEN = "SEEN", _("应答中断，重新读卡确认")


class CardWriting(models.Model):
    """One act on one card (写卡): ordered with the act in the register, carried out at a reader.

    doubted_at: the card gave no answer, and what it did is unknown until it is read again. why: the last trouble.
    others, other_uid: how often another chip lay in the reader, and which one last. For END: ending, by which two
    persons; sent_at, noted before the card is told; proof, how it is known.
    """

    chip = models.ForeignKey(Chip, on_delete=models.PROTECT, related_name="writings", verbose_name=_("芯片"))
    act = models.CharField(_("写卡事项"), max_length=8, choices=CardAct.choices)
    digest = models.CharField(_("备案摘要"), max_length=64, blank=True)
    ordered_at = models.DateTimeField(_("登记时间"))
    tries = models.PositiveIntegerField(_("次数"), default=0)
    tried_at = models.DateTimeField(_("最近写卡时间"), null=True, blank=True)
    doubted_at = models.DateTimeField(_("无应答时间"), null=True, blank=True)
    done_at = models.DateTimeField(_("完成时间"), null=True, blank=True)
    refused_at = models.DateTimeField(_("拒绝时间"), null=True, blank=True)
    why = models.CharField(_("原因"), max_length=40, blank=True)
    others = models.PositiveSmallIntegerField(_("读到另一枚次数"), default=0)
    other_uid = models.CharField(_("读到的另一枚"), max_length=14, blank=True)
    ending = models.ForeignKey(
        "chips.ChipEnding", on_delete=models.PROTECT, null=True, blank=True, related_name="writings",
        verbose_name=_("销毁记录"),
    )  # fmt: skip
    sent_at = models.DateTimeField(_("终止命令发出时间"), null=True, blank=True)
    proof = models.CharField(_("终止证明"), max_length=6, choices=EndProof.choices, blank=True)

    class Meta:
        verbose_name = _("写卡")
        verbose_name_plural = _("写卡")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(act__in=CardAct.values), name="card_writing_act_known"),
            models.CheckConstraint(
                condition=Q(act="BIND", digest__regex=r"^[0-9a-f]{64}$") | ~Q(act="BIND") & Q(digest=""),
                name="card_writing_digest_of_binding",
            ),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True) | Q(refused_at__isnull=True, tries__gt=0),
                name="card_writing_one_end",
            ),
            models.UniqueConstraint(fields=["chip"], condition=Q(act="BIND"), name="card_writing_digest_once"),
            models.CheckConstraint(
                condition=Q(act="END", ending__isnull=False)
                | ~Q(act="END") & Q(ending__isnull=True, sent_at__isnull=True, proof=""),
                name="card_writing_end_of_a_destruction",
            ),
            models.CheckConstraint(
                condition=~Q(act="END") | Q(done_at__isnull=True, proof="") | Q(done_at__isnull=False) & ~Q(proof=""),
                name="card_writing_end_is_proved",
            ),
            models.CheckConstraint(condition=Q(proof__in=["", *EndProof.values]), name="card_writing_proof_known"),
            models.UniqueConstraint(
                fields=["chip"],
                condition=Q(act="END", refused_at__isnull=True),
                name="card_writing_one_end_at_a_time",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["chip", "id"],
                condition=Q(done_at__isnull=True, refused_at__isnull=True),
                name="card_writing_open",
            ),
            models.Index(fields=["-id"], condition=Q(act="END", done_at__isnull=True), name="card_writing_unended"),
        ]

    def __str__(self) -> str:
        return f"{self.chip_id}/{self.act}"
