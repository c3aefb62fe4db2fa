"""Stored files, the papers they are, and uploads on their way (文件、材料与续传)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sealreg.attachments.kinds import KINDS, choices
from sealreg.database.actor import Actor
from sealreg.database.numbers import new_public_number
from sealreg.database.personal import EncryptedTextField

_KNOWN_KIND = Q(kind__in=tuple(KINDS))


class StoredFile(models.Model):
    """One content in the store (已存文件), shared by every paper with the same bytes."""

    sha256 = models.CharField(_("SHA-256"), max_length=64, unique=True)
    size = models.PositiveIntegerField(_("字节数"))
    media_type = models.CharField(_("媒体类型"), max_length=40)
    width = models.PositiveIntegerField(_("像素宽"), null=True, blank=True)
    height = models.PositiveIntegerField(_("像素高"), null=True, blank=True)
    pages = models.PositiveIntegerField(_("页数"), null=True, blank=True)
    encrypted = models.BooleanField(_("加密存储"))
    key_id = models.CharField(_("密钥编号"), max_length=40, blank=True)
    stored_at = models.DateTimeField(_("存入时间"))

    class Meta:
        verbose_name = _("已存文件")
        verbose_name_plural = _("已存文件")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="stored_file_sha256_form"),
            models.CheckConstraint(
                condition=Q(media_type__in=("image/jpeg", "image/png", "application/pdf")),
                name="stored_file_media_type_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    media_type="application/pdf",
                    pages__isnull=False,
                    pages__gt=0,
                    width__isnull=True,
                    height__isnull=True,
                )
                | Q(
                    ~Q(media_type="application/pdf"),
                    pages__isnull=True,
                    width__isnull=False,
                    width__gt=0,
                    height__isnull=False,
                    height__gt=0,
                ),
                name="stored_file_measured_as_its_type",
            ),
            models.CheckConstraint(
                condition=Q(Q(encrypted=True) & ~Q(key_id="")) | Q(encrypted=False, key_id=""),
                name="stored_file_encrypted_names_its_key",
            ),
        ]

    def __str__(self) -> str:
        return self.sha256[:12]


class Attachment(models.Model):
    """A paper handed in (材料): waits for the record it belongs to, then belongs to it for good."""

    number = models.CharField(_("材料编号"), max_length=12, unique=True, default=new_public_number, editable=False)
    kind = models.CharField(_("材料种类"), max_length=20, choices=choices)
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="attachments", verbose_name=_("文件"))
    # People name files after themselves and their identity numbers.
    original_name = EncryptedTextField(_("原文件名"))
    uploaded_by_kind = models.CharField(_("上传人类别"), max_length=10)
    uploaded_by_id = models.CharField(_("上传人编号"), max_length=64)
    uploaded_at = models.DateTimeField(_("上传时间"))
    subject_kind = models.CharField(_("所属对象类别"), max_length=40, null=True, blank=True)
    subject_id = models.CharField(_("所属对象编号"), max_length=64, null=True, blank=True)
    attached_at = models.DateTimeField(_("归入时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("材料")
        verbose_name_plural = _("材料")
        constraints: ClassVar = [
            models.CheckConstraint(condition=_KNOWN_KIND, name="attachment_kind_known"),
            models.CheckConstraint(
                condition=Q(subject_kind__isnull=True, subject_id__isnull=True, attached_at__isnull=True)
                | Q(
                    subject_kind__isnull=False,
                    subject_kind__gt="",
                    subject_id__isnull=False,
                    subject_id__gt="",
                    attached_at__isnull=False,
                ),
                name="attachment_attached_wholly_or_not",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["subject_kind", "subject_id"], name="attachment_subject"),
            models.Index(
                fields=["uploaded_by_kind", "uploaded_by_id", "uploaded_at"],
                condition=Q(subject_kind__isnull=True),
                name="attachment_waiting",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def kind_label(self) -> Promise:
        """Name of the kind for people (材料种类名称)."""
        return KINDS[self.kind].label

    @property
    def is_personal(self) -> bool:
        """Whether each look at it is logged (是否含个人信息)."""
        return KINDS[self.kind].personal

    def belongs_to_uploader(self, actor: Actor) -> bool:
        """Whether `actor` handed it in (是否本人上传)."""
        return (self.uploaded_by_kind, self.uploaded_by_id) == (actor.actor_kind, actor.actor_id)


class Upload(models.Model):
    """A file on its way in pieces (续传任务); its pieces wait encrypted in the store's folder `.parts`."""

    number = models.CharField(_("续传编号"), max_length=12, unique=True, default=new_public_number, editable=False)
    kind = models.CharField(_("材料种类"), max_length=20, choices=choices)
    name = EncryptedTextField(_("原文件名"))
    size = models.PositiveIntegerField(_("字节数"))
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True)
    received = models.PositiveIntegerField(_("已收字节"), default=0)
    owner_kind = models.CharField(_("上传人类别"), max_length=10)
    owner_id = models.CharField(_("上传人编号"), max_length=64)
    created_at = models.DateTimeField(_("开始时间"))
    keep_until = models.DateTimeField(_("保留至"))
    attachment = models.OneToOneField(
        Attachment, on_delete=models.CASCADE, null=True, blank=True, related_name="upload", verbose_name=_("材料")
    )

    class Meta:
        verbose_name = _("续传任务")
        verbose_name_plural = _("续传任务")
        constraints: ClassVar = [
            models.CheckConstraint(condition=_KNOWN_KIND, name="upload_kind_known"),
            models.CheckConstraint(condition=Q(size__gt=0, received__lte=F("size")), name="upload_within_its_size"),
            models.CheckConstraint(
                condition=Q(attachment__isnull=True) | Q(received=F("size")), name="upload_stored_when_whole"
            ),
            models.CheckConstraint(condition=Q(keep_until__gt=F("created_at")), name="upload_kept_a_while"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["owner_kind", "owner_id"], name="upload_owner"),
            models.Index(fields=["keep_until"], name="upload_keep_until"),
        ]

    def __str__(self) -> str:
        return self.number
