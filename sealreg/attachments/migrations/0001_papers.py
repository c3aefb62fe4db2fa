"""Papers, their contents, and uploads in pieces (材料、文件与续传)."""

import django.db.models.deletion
from django.db import migrations, models

import sealreg.attachments.kinds
import sealreg.database.numbers
import sealreg.database.personal

# What was handed in stays as it was: a paper takes its record once, then neither changes nor goes.
GUARD = """
CREATE FUNCTION attachments_paper_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.subject_kind IS NOT NULL THEN
    RAISE EXCEPTION 'paper % belongs to a record: % refused', OLD.number, TG_OP
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RETURN OLD;
  END IF;
  IF (NEW.number, NEW.kind, NEW.file_id, NEW.original_name, NEW.uploaded_by_kind, NEW.uploaded_by_id, NEW.uploaded_at)
     IS DISTINCT FROM
     (OLD.number, OLD.kind, OLD.file_id, OLD.original_name, OLD.uploaded_by_kind, OLD.uploaded_by_id, OLD.uploaded_at)
  THEN
    RAISE EXCEPTION 'paper % may only be attached, not changed', OLD.number USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER attachments_paper_guard BEFORE UPDATE OR DELETE ON attachments_attachment
  FOR EACH ROW EXECUTE FUNCTION attachments_paper_guard();
"""
UNGUARD = """
DROP TRIGGER attachments_paper_guard ON attachments_attachment;
DROP FUNCTION attachments_paper_guard();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [("database", "0001_roles")]

    operations = [
        migrations.CreateModel(
            name="StoredFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sha256", models.CharField(max_length=64, unique=True, verbose_name="SHA-256")),
                ("size", models.PositiveIntegerField(verbose_name="字节数")),
                ("media_type", models.CharField(max_length=40, verbose_name="媒体类型")),
                ("width", models.PositiveIntegerField(blank=True, null=True, verbose_name="像素宽")),
                ("height", models.PositiveIntegerField(blank=True, null=True, verbose_name="像素高")),
                ("pages", models.PositiveIntegerField(blank=True, null=True, verbose_name="页数")),
                ("encrypted", models.BooleanField(verbose_name="加密存储")),
                ("key_id", models.CharField(blank=True, max_length=40, verbose_name="密钥编号")),
                ("stored_at", models.DateTimeField(verbose_name="存入时间")),
            ],
            options={
                "verbose_name": "已存文件",
                "verbose_name_plural": "已存文件",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("sha256__regex", "^[0-9a-f]{64}$")), name="stored_file_sha256_form"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("media_type__in", ("image/jpeg", "image/png", "application/pdf"))),
                        name="stored_file_media_type_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("height__isnull", True),
                                ("media_type", "application/pdf"),
                                ("pages__gt", 0),
                                ("pages__isnull", False),
                                ("width__isnull", True),
                            ),
                            models.Q(
                                models.Q(("media_type", "application/pdf"), _negated=True),
                                ("height__gt", 0),
                                ("height__isnull", False),
                                ("pages__isnull", True),
                                ("width__gt", 0),
                                ("width__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="stored_file_measured_as_its_type",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("encrypted", True), models.Q(("key_id", ""), _negated=True)),
                            models.Q(("encrypted", False), ("key_id", "")),
                            _connector="OR",
                        ),
                        name="stored_file_encrypted_names_its_key",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Attachment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "number",
                    models.CharField(
                        default=sealreg.database.numbers.new_public_number,
                        editable=False,
                        max_length=12,
                        unique=True,
                        verbose_name="材料编号",
                    ),
                ),
                (
                    "kind",
                    models.CharField(choices=sealreg.attachments.kinds.choices, max_length=20, verbose_name="材料种类"),
                ),
                ("original_name", sealreg.database.personal.EncryptedTextField(editable=True, verbose_name="原文件名")),
                ("uploaded_by_kind", models.CharField(max_length=10, verbose_name="上传人类别")),
                ("uploaded_by_id", models.CharField(max_length=64, verbose_name="上传人编号")),
                ("uploaded_at", models.DateTimeField(verbose_name="上传时间")),
                ("subject_kind", models.CharField(blank=True, max_length=40, null=True, verbose_name="所属对象类别")),
                ("subject_id", models.CharField(blank=True, max_length=64, null=True, verbose_name="所属对象编号")),
                ("attached_at", models.DateTimeField(blank=True, null=True, verbose_name="归入时间")),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attachments",
                        to="attachments.storedfile",
                        verbose_name="文件",
                    ),
                ),
            ],
            options={
                "verbose_name": "材料",
                "verbose_name_plural": "材料",
            },
        ),
        migrations.CreateModel(
            name="Upload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "number",
                    models.CharField(
                        default=sealreg.database.numbers.new_public_number,
                        editable=False,
                        max_length=12,
                        unique=True,
                        verbose_name="续传编号",
                    ),
                ),
                (
                    "kind",
                    models.CharField(choices=sealreg.attachments.kinds.choices, max_length=20, verbose_name="材料种类"),
                ),
                ("name", sealreg.database.personal.EncryptedTextField(editable=True, verbose_name="原文件名")),
                ("size", models.PositiveIntegerField(verbose_name="字节数")),
                ("sha256", models.CharField(blank=True, max_length=64, verbose_name="SHA-256")),
                ("received", models.PositiveIntegerField(default=0, verbose_name="已收字节")),
                ("owner_kind", models.CharField(max_length=10, verbose_name="上传人类别")),
                ("owner_id", models.CharField(max_length=64, verbose_name="上传人编号")),
                ("created_at", models.DateTimeField(verbose_name="开始时间")),
                ("keep_until", models.DateTimeField(verbose_name="保留至")),
                (
                    "attachment",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="upload",
                        to="attachments.attachment",
                        verbose_name="材料",
                    ),
                ),
            ],
            options={
                "verbose_name": "续传任务",
                "verbose_name_plural": "续传任务",
            },
        ),
        migrations.AddIndex(
            model_name="attachment",
            index=models.Index(fields=["subject_kind", "subject_id"], name="attachment_subject"),
        ),
        migrations.AddIndex(
            model_name="attachment",
            index=models.Index(
                condition=models.Q(("subject_kind__isnull", True)),
                fields=["uploaded_by_kind", "uploaded_by_id", "uploaded_at"],
                name="attachment_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="attachment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        (
                            "BUSINESS_LICENCE",
                            "IDENTITY",
                            "AUTHORISATION",
                            "APPROVAL",
                            "FLOOR_PLAN",
                            "EQUIPMENT_LIST",
                            "SECURITY_RULES",
                            "PREMISES_PHOTO",
                            "IMPRINT",
                            "IMPRINT_CARD",
                            "TAKER_PHOTO",
                            "LOSS_REPORT",
                            "EVIDENCE",
                            "OTHER",
                        ),
                    )
                ),
                name="attachment_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="attachment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("attached_at__isnull", True), ("subject_id__isnull", True), ("subject_kind__isnull", True)
                    ),
                    models.Q(
                        ("attached_at__isnull", False),
                        ("subject_id__gt", ""),
                        ("subject_id__isnull", False),
                        ("subject_kind__gt", ""),
                        ("subject_kind__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="attachment_attached_wholly_or_not",
            ),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(fields=["owner_kind", "owner_id"], name="upload_owner"),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(fields=["keep_until"], name="upload_keep_until"),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        (
                            "BUSINESS_LICENCE",
                            "IDENTITY",
                            "AUTHORISATION",
                            "APPROVAL",
                            "FLOOR_PLAN",
                            "EQUIPMENT_LIST",
                            "SECURITY_RULES",
                            "PREMISES_PHOTO",
                            "IMPRINT",
                            "IMPRINT_CARD",
                            "TAKER_PHOTO",
                            "LOSS_REPORT",
                            "EVIDENCE",
                            "OTHER",
                        ),
                    )
                ),
                name="upload_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.CheckConstraint(
                condition=models.Q(("received__lte", models.F("size")), ("size__gt", 0)), name="upload_within_its_size"
            ),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.CheckConstraint(
                condition=models.Q(("attachment__isnull", True), ("received", models.F("size")), _connector="OR"),
                name="upload_stored_when_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.CheckConstraint(
                condition=models.Q(("keep_until__gt", models.F("created_at"))), name="upload_kept_a_while"
            ),
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
