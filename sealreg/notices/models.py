"""In-site notices and the addresses of people without an account (通知与站外地址)."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from sealreg.database.numbers import new_public_number
from sealreg.database.personal import EncryptedTextField


class Notice(models.Model):
    """One line in a user's inbox (通知): template and parameters, put into words in the reader's language when read."""

    number = models.CharField(_("通知编号"), max_length=12, unique=True, default=new_public_number, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("收件人"), on_delete=models.PROTECT, related_name="notices"
    )
    template = models.CharField(_("模板"), max_length=80)
    params = models.JSONField(_("参数"), default=dict, blank=True)
    link = models.CharField(_("链接"), max_length=300, blank=True)
    at = models.DateTimeField(_("发出时间"))
    read_at = models.DateTimeField(_("阅读时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("通知")
        verbose_name_plural = _("通知")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(link="") | (Q(link__startswith="/") & ~Q(link__startswith="//")),
                name="notice_links_stay_here",
            ),
            models.CheckConstraint(
                condition=Q(read_at__isnull=True) | Q(read_at__gte=F("at")), name="notice_read_after_sent"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "at", "id"], name="notice_inbox"),
            models.Index(fields=["user"], condition=Q(read_at__isnull=True), name="notice_unread"),
        ]

    def __str__(self) -> str:
        return f"{self.template} → {self.user_id}"


class AddressKind(models.TextChoices):
    """地址种类."""

    EMAIL = "EMAIL", _("电子邮箱")
    PHONE = "PHONE", _("手机号码")


class OutsideAddress(models.Model):
    """Where one message to a person without an account goes (站外地址): encrypted, named by number in the outbox."""

    number = models.CharField(_("地址编号"), max_length=12, unique=True, default=new_public_number, editable=False)
    kind = models.CharField(_("种类"), max_length=10, choices=AddressKind.choices)
    value = EncryptedTextField(_("地址"))
    at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = _("站外地址")
        verbose_name_plural = _("站外地址")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=AddressKind.values), name="outside_address_kind_known"),
        ]

    def __str__(self) -> str:
        return self.number
