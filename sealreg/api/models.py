"""Who calls the interface and what it must remember (接口调用方与防护记录), all in PostgreSQL."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from sealreg.accounts.models import Organisation
from sealreg.api.choices import Algorithm, Scope
from sealreg.database.numbers import new_public_number


class ApiClient(models.Model):
    """A program of an organisation that calls the interface (接口调用方). It is an Actor."""

    number = models.CharField(_("调用方编号"), max_length=12, unique=True, default=new_public_number, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="api_clients", verbose_name=_("机构")
    )
    name = models.CharField(_("名称"), max_length=80)
    scopes = ArrayField(
        models.CharField(max_length=30, choices=Scope.choices), default=list, verbose_name=_("调用权限")
    )
    is_sandbox = models.BooleanField(_("沙箱"), default=False)
    is_active = models.BooleanField(_("在用"), default=True)
    created_at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = _("接口调用方")
        verbose_name_plural = _("接口调用方")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(scopes__contained_by=Scope.values), name="api_client_scopes_known"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def actor_kind(self) -> str:
        return "client"

    @property
    def actor_id(self) -> str:
        return self.number

    @property
    def actor_name(self) -> str:
        return self.name


class ApiKey(models.Model):
    """One key of a client (接口密钥): a public key, or the digest of a sandbox secret; never a secret itself.

    Two signing keys may live at once, so that a client changes keys without an interruption.
    """

    SLOTS = (1, 2)

    client = models.ForeignKey(ApiClient, on_delete=models.PROTECT, related_name="keys", verbose_name=_("接口调用方"))
    number = models.CharField(_("密钥编号"), max_length=12, unique=True, default=new_public_number, editable=False)
    algorithm = models.CharField(_("签名算法"), max_length=10, choices=Algorithm.choices)
    slot = models.PositiveSmallIntegerField(_("位置"))
    public_key = models.BinaryField(_("公钥"), max_length=64, null=True, blank=True)
    secret_digest = models.BinaryField(_("密钥摘要"), max_length=32, null=True, blank=True, unique=True)
    created_at = models.DateTimeField(_("登记时间"))
    revoked_at = models.DateTimeField(_("停用时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("接口密钥")
        verbose_name_plural = _("接口密钥")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(algorithm__in=Algorithm.values), name="api_key_algorithm_known"),
            models.CheckConstraint(condition=Q(slot__in=(1, 2)), name="api_key_slot_known"),
            models.CheckConstraint(
                condition=Q(algorithm="SANDBOX", public_key__isnull=True, secret_digest__isnull=False)
                | (~Q(algorithm="SANDBOX") & Q(public_key__isnull=False, secret_digest__isnull=True)),
                name="api_key_secret_fits_algorithm",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True) | Q(revoked_at__gte=F("created_at")),
                name="api_key_revoked_after_creation",
            ),
            models.UniqueConstraint(
                fields=["client", "slot"], condition=Q(revoked_at__isnull=True), name="api_key_two_live"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class UsedNonce(models.Model):
    """A nonce a client has used (已用随机串): it never passes twice while its timestamp could still be accepted."""

    client = models.ForeignKey(ApiClient, on_delete=models.CASCADE, verbose_name=_("接口调用方"))
    nonce = models.CharField(_("随机串"), max_length=64)
    used_at = models.DateTimeField(_("使用时间"))

    class Meta:
        verbose_name = _("已用随机串")
        verbose_name_plural = _("已用随机串")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["client", "nonce"], name="used_nonce_once_per_client"),
        ]
        indexes: ClassVar = [models.Index(fields=["used_at"], name="used_nonce_used_at")]

    def __str__(self) -> str:
        return self.nonce


class KeptAnswer(models.Model):
    """The answer to a writing call, kept so that the same call again gets the same bytes (幂等应答)."""

    client = models.ForeignKey(ApiClient, on_delete=models.CASCADE, verbose_name=_("接口调用方"))
    key = models.CharField(_("幂等键"), max_length=128)
    fingerprint = models.BinaryField(_("请求摘要"), max_length=32)
    code = models.PositiveSmallIntegerField(_("应答状态码"), default=0)
    location = models.CharField(_("应答位置"), max_length=300, blank=True)
    body = models.BinaryField(_("应答内容"), default=bytes)
    kept_at = models.DateTimeField(_("保存时间"))

    class Meta:
        verbose_name = _("幂等应答")
        verbose_name_plural = _("幂等应答")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["client", "key"], name="kept_answer_one_per_key"),
        ]
        indexes: ClassVar = [models.Index(fields=["kept_at"], name="kept_answer_kept_at")]

    def __str__(self) -> str:
        return self.key


class RateBucket(models.Model):
    """How soon a caller may call again (限流桶): the moment until which its past calls are spread at the even rate."""

    key = models.CharField(_("对象"), max_length=80, primary_key=True)
    spread_to = models.DateTimeField(_("摊至"))

    class Meta:
        verbose_name = _("限流桶")
        verbose_name_plural = _("限流桶")
        indexes: ClassVar = [models.Index(fields=["spread_to"], name="rate_bucket_spread_to")]

    def __str__(self) -> str:
        return self.key


class ServerKey(models.Model):
    """A public key with which our answers are or were signed (应答公钥), kept for those who check old answers."""

    kid = models.CharField(_("公钥编号"), max_length=43, unique=True)
    algorithm = models.CharField(_("签名算法"), max_length=10, choices=Algorithm.choices)
    public_key = models.BinaryField(_("公钥"), max_length=64)
    used_from = models.DateTimeField(_("启用时间"))
    retired_at = models.DateTimeField(_("停用时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("应答公钥")
        verbose_name_plural = _("应答公钥")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(algorithm__in=(Algorithm.ES256, Algorithm.SM2)), name="server_key_algorithm_signs"
            ),
            models.CheckConstraint(
                condition=Q(retired_at__isnull=True) | Q(retired_at__gte=F("used_from")),
                name="server_key_retired_after_use",
            ),
            models.UniqueConstraint(
                fields=["algorithm"], condition=Q(retired_at__isnull=True), name="server_key_one_in_use"
            ),
        ]

    def __str__(self) -> str:
        return self.kid
