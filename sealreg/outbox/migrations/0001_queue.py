"""The queue of what other systems are owed (待发消息)."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import sealreg.database.numbers
from sealreg.database.operations import append_only


class Migration(migrations.Migration):
    initial = True

    dependencies = [("database", "0001_roles")]

    operations = [
        migrations.CreateModel(
            name="RaisedAlarm",
            fields=[
                ("kind", models.CharField(max_length=60, primary_key=True, serialize=False, verbose_name="告警类别")),
                (
                    "raised_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="告警时间"),
                ),
            ],
            options={
                "verbose_name": "最近告警",
                "verbose_name_plural": "最近告警",
            },
        ),
        migrations.CreateModel(
            name="RelayHeartbeat",
            fields=[
                ("relay", models.CharField(max_length=120, primary_key=True, serialize=False, verbose_name="进程")),
                (
                    "beat_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="最近心跳"),
                ),
            ],
            options={
                "verbose_name": "发送进程心跳",
                "verbose_name_plural": "发送进程心跳",
            },
        ),
        migrations.CreateModel(
            name="OutboxMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=220, unique=True, verbose_name="幂等键")),
                ("topic", models.CharField(max_length=80, verbose_name="主题")),
                ("record_kind", models.CharField(max_length=40, verbose_name="对象类别")),
                ("record_id", models.CharField(max_length=64, verbose_name="对象编号")),
                ("version", models.PositiveBigIntegerField(verbose_name="版本")),
                ("payload", models.JSONField(verbose_name="内容")),
                ("sha256", models.CharField(max_length=64, verbose_name="内容摘要")),
                ("at", models.DateTimeField(verbose_name="业务时间")),
                (
                    "owed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="入库时间"
                    ),
                ),
            ],
            options={
                "verbose_name": "待发消息",
                "verbose_name_plural": "待发消息",
                "indexes": [models.Index(fields=["record_kind", "record_id", "version"], name="outbox_message_record")],
            },
        ),
        migrations.CreateModel(
            name="OutboxDelivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "number",
                    models.CharField(
                        default=sealreg.database.numbers.new_public_number,
                        editable=False,
                        max_length=12,
                        unique=True,
                        verbose_name="投递编号",
                    ),
                ),
                ("subscriber", models.CharField(max_length=60, verbose_name="接收方")),
                ("record_kind", models.CharField(max_length=40, verbose_name="对象类别")),
                ("record_id", models.CharField(max_length=64, verbose_name="对象编号")),
                ("version", models.PositiveBigIntegerField(verbose_name="版本")),
                (
                    "state",
                    models.CharField(
                        choices=[("PENDING", "待发送"), ("SENT", "已送达"), ("PARKED", "已停放"), ("CLOSED", "已关闭")],
                        default="PENDING",
                        max_length=10,
                        verbose_name="投递状态",
                    ),
                ),
                (
                    "next_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="下次发送时间"
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0, verbose_name="已尝试次数")),
                ("lease_until", models.DateTimeField(blank=True, null=True, verbose_name="占用至")),
                ("lease_token", models.PositiveBigIntegerField(default=0, verbose_name="占用令牌")),
                ("last_error_code", models.CharField(blank=True, max_length=60, verbose_name="最近错误代码")),
                ("last_error", models.CharField(blank=True, max_length=300, verbose_name="最近错误")),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="送达时间")),
                ("response_reference", models.CharField(blank=True, max_length=120, verbose_name="对方回执号")),
                (
                    "owed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="入库时间"
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="outbox.outboxmessage",
                        verbose_name="消息",
                    ),
                ),
            ],
            options={
                "verbose_name": "投递",
                "verbose_name_plural": "投递",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "PENDING")),
                        fields=["subscriber", "next_at", "id"],
                        name="outbox_delivery_due",
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ["PENDING", "PARKED"])),
                        fields=["subscriber", "record_kind", "record_id", "version", "id"],
                        name="outbox_delivery_unfinished",
                    ),
                    models.Index(
                        models.OrderBy(models.F("id"), descending=True),
                        condition=models.Q(("state", "PARKED")),
                        name="outbox_delivery_parked",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("message", "subscriber"), name="outbox_delivery_once_per_subscriber"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["PENDING", "SENT", "PARKED", "CLOSED"])),
                        name="outbox_delivery_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("sent_at__isnull", False), ("state", "SENT")),
                            models.Q(models.Q(("state", "SENT"), _negated=True), ("sent_at__isnull", True)),
                            _connector="OR",
                        ),
                        name="outbox_delivery_sent_iff_sent_at",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state", "PENDING"), ("lease_until__isnull", True), _connector="OR"),
                        name="outbox_delivery_lease_only_pending",
                    ),
                ],
            },
        ),
        append_only("outbox_outboxmessage"),
    ]
