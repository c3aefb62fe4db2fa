"""What sign-in needs to remember (登录安全记录), all in PostgreSQL so that no cache flush undoes it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sealreg.accounts.choices import AttemptResult, AttemptStep
from sealreg.accounts.models.people import User
from sealreg.database.personal import EncryptedTextField


class SecondFactor(models.Model):
    """A person's time-based one-time password, RFC 6238 (动态口令)."""

    user = models.OneToOneField(
        User, on_delete=models.PROTECT, primary_key=True, related_name="second_factor", verbose_name=_("用户")
    )
    secret = EncryptedTextField(_("密钥"))
    enrolled_at = models.DateTimeField(_("启用时间"))
    # A code is good for one use: only a later time step than the last accepted one passes.
    last_step = models.BigIntegerField(_("最近使用的时间步"), default=0)

    class Meta:
        verbose_name = _("动态口令")
        verbose_name_plural = _("动态口令")

    def __str__(self) -> str:
        return str(self.user)


class RecoveryCode(models.Model):
    """One of ten codes for the day the telephone is lost, kept as a keyed digest (恢复码)."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="recovery_codes", verbose_name=_("用户"))
    digest = models.BinaryField(_("摘要"), max_length=16)
    created_at = models.DateTimeField(_("生成时间"))
    used_at = models.DateTimeField(_("使用时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("恢复码")
        verbose_name_plural = _("恢复码")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "digest"], name="recovery_code_once_per_user"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}"


class Session(AbstractBaseSession):
    """A signed-in browser (会话): Django's session with its owner and moments in columns, so that it can be listed."""

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="sessions", null=True, blank=True, verbose_name=_("用户")
    )
    signed_in_at = models.DateTimeField(_("登录时间"), null=True, blank=True)
    seen_at = models.DateTimeField(_("最近活动"), null=True, blank=True)
    address = models.GenericIPAddressField(_("网络地址"), null=True, blank=True)
    agent = models.CharField(_("浏览器"), max_length=200, blank=True)

    class Meta(AbstractBaseSession.Meta):
        abstract = False
        verbose_name = _("会话")  # type: ignore[assignment]
        verbose_name_plural = _("会话")  # type: ignore[assignment]

    @classmethod
    def get_session_store_class(cls) -> type[SessionStore]:
        return SessionStore


class SessionStore(DatabaseStore):
    """Django's database sessions, kept in our table (会话存储)."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row = super().create_model_instance(data)
        if not isinstance(row, Session):
            raise TypeError("the session table is ours")
        row.user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        for column in ("signed_in_at", "seen_at"):
            setattr(row, column, datetime.fromisoformat(data[column]) if column in data else None)
        row.address = data.get("address")
        row.agent = data.get("agent", "")
        return row


class SignInAttempt(models.Model):
    """One try to prove an identity (登录记录), append-only.

    The typed name is kept as a keyed digest, because people type passwords into that field.
    """

    at = models.DateTimeField(_("时间"))
    name_digest = models.BinaryField(_("用户名摘要"), max_length=16)
    user = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="attempts", null=True, blank=True, verbose_name=_("用户")
    )
    step = models.CharField(_("环节"), max_length=20, choices=AttemptStep.choices)
    result = models.CharField(_("结果"), max_length=10, choices=AttemptResult.choices)
    address = models.GenericIPAddressField(_("网络地址"), null=True, blank=True)
    agent = models.CharField(_("浏览器"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("登录记录")
        verbose_name_plural = _("登录记录")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(step__in=AttemptStep.values), name="sign_in_attempt_step_known"),
            models.CheckConstraint(condition=Q(result__in=AttemptResult.values), name="sign_in_attempt_result_known"),
        ]
        indexes: ClassVar = [models.Index(fields=["user", "-at"], name="sign_in_attempt_user_at")]

    def __str__(self) -> str:
        return f"{self.at:%F %T} {self.get_result_display()}"


class Throttle(models.Model):
    """How often something was tried of late (尝试计数): a row per account, second factor or network address."""

    key = models.CharField(_("对象"), max_length=80, primary_key=True)
    tries = models.PositiveIntegerField(_("次数"))
    since = models.DateTimeField(_("起算时间"))
    locked_until = models.DateTimeField(_("限制至"), null=True, blank=True)

    class Meta:
        verbose_name = _("尝试计数")
        verbose_name_plural = _("尝试计数")
        indexes: ClassVar = [models.Index(fields=["since"], name="throttle_since")]

    def __str__(self) -> str:
        return self.key
