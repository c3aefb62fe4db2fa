"""Inboxes and encrypted addresses of people without an account (通知)."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import sealreg.database.numbers
import sealreg.database.personal


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("database", "0001_roles"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="OutsideAddress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "number",
                    models.CharField(
                        default=sealreg.database.numbers.new_public_number,
                        editable=False,
                        max_length=12,
                        unique=True,
                        verbose_name="地址编号",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("EMAIL", "电子邮箱"), ("PHONE", "手机号码")], max_length=10, verbose_name="种类"
                    ),
                ),
                ("value", sealreg.database.personal.EncryptedTextField(editable=True, verbose_name="地址")),
                ("at", models.DateTimeField(verbose_name="登记时间")),
            ],
            options={
                "verbose_name": "站外地址",
                "verbose_name_plural": "站外地址",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["EMAIL", "PHONE"])), name="outside_address_kind_known"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "number",
                    models.CharField(
                        default=sealreg.database.numbers.new_public_number,
                        editable=False,
                        max_length=12,
                        unique=True,
                        verbose_name="通知编号",
                    ),
                ),
                ("template", models.CharField(max_length=80, verbose_name="模板")),
                ("params", models.JSONField(blank=True, default=dict, verbose_name="参数")),
                ("link", models.CharField(blank=True, max_length=300, verbose_name="链接")),
                ("at", models.DateTimeField(verbose_name="发出时间")),
                ("read_at", models.DateTimeField(blank=True, null=True, verbose_name="阅读时间")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notices",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="收件人",
                    ),
                ),
            ],
            options={
                "verbose_name": "通知",
                "verbose_name_plural": "通知",
                "indexes": [
                    models.Index(fields=["user", "at", "id"], name="notice_inbox"),
                    models.Index(condition=models.Q(("read_at__isnull", True)), fields=["user"], name="notice_unread"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("link", ""),
                            models.Q(("link__startswith", "/"), models.Q(("link__startswith", "//"), _negated=True)),
                            _connector="OR",
                        ),
                        name="notice_links_stay_here",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("read_at__isnull", True), ("read_at__gte", models.F("at")), _connector="OR"
                        ),
                        name="notice_read_after_sent",
                    ),
                ],
            },
        ),
    ]
