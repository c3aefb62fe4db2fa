"""The trail of acts and of looks at personal data, append-only (审计日志与查阅日志)."""

import django.contrib.postgres.fields
import django.db.models.functions.datetime
from django.db import migrations, models

from sealreg.database.operations import append_only


class Migration(migrations.Migration):
    initial = True

    dependencies = [("database", "0001_roles")]

    operations = [
        migrations.CreateModel(
            name="AuditEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("actor_kind", models.CharField(max_length=10, verbose_name="操作人类别")),
                ("actor_id", models.CharField(max_length=64, verbose_name="操作人编号")),
                ("actor_name", models.CharField(max_length=80, verbose_name="操作人名称")),
                ("subject_kind", models.CharField(max_length=40, verbose_name="对象类别")),
                ("subject_id", models.CharField(max_length=64, verbose_name="对象编号")),
                ("at", models.DateTimeField(verbose_name="业务时间")),
                (
                    "recorded_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="入库时间"
                    ),
                ),
                ("request_id", models.CharField(blank=True, max_length=64, verbose_name="请求编号")),
                ("event", models.CharField(max_length=80, verbose_name="事件")),
                ("authority_no", models.PositiveIntegerField(blank=True, null=True, verbose_name="管辖编号")),
                ("facts", models.JSONField(blank=True, default=dict, verbose_name="事实")),
            ],
            options={
                "verbose_name": "审计事件",
                "verbose_name_plural": "审计事件",
                "indexes": [
                    models.Index(fields=["at", "id"], name="audit_event_at"),
                    models.Index(fields=["subject_kind", "subject_id", "at", "id"], name="audit_event_subject"),
                    models.Index(fields=["actor_kind", "actor_id", "at", "id"], name="audit_event_actor"),
                    models.Index(fields=["event", "at", "id"], name="audit_event_event"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReadLog",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("actor_kind", models.CharField(max_length=10, verbose_name="操作人类别")),
                ("actor_id", models.CharField(max_length=64, verbose_name="操作人编号")),
                ("actor_name", models.CharField(max_length=80, verbose_name="操作人名称")),
                ("subject_kind", models.CharField(max_length=40, verbose_name="对象类别")),
                ("subject_id", models.CharField(max_length=64, verbose_name="对象编号")),
                ("at", models.DateTimeField(verbose_name="业务时间")),
                (
                    "recorded_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="入库时间"
                    ),
                ),
                ("request_id", models.CharField(blank=True, max_length=64, verbose_name="请求编号")),
                (
                    "fields",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60), size=None, verbose_name="查阅字段"
                    ),
                ),
                ("purpose", models.CharField(max_length=200, verbose_name="查阅目的")),
            ],
            options={
                "verbose_name": "查阅日志",
                "verbose_name_plural": "查阅日志",
                "indexes": [
                    models.Index(fields=["at", "id"], name="read_log_at"),
                    models.Index(fields=["subject_kind", "subject_id", "at", "id"], name="read_log_subject"),
                    models.Index(fields=["actor_kind", "actor_id", "at", "id"], name="read_log_actor"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("fields", []), _negated=True), name="read_log_names_fields"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("purpose", ""), _negated=True), name="read_log_states_purpose"
                    ),
                ],
            },
        ),
        append_only("audit_auditevent"),
        append_only("audit_readlog"),
    ]
