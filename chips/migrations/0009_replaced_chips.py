"""A chip may leave a seal that is not filed: scrapped, and the seal's body free for another."""

from django.db import migrations, models

from sealreg.workflow.triggers import enforce_table


class Migration(migrations.Migration):
    dependencies = [
        ("attachments", "0001_papers"),
        ("chips", "0008_exchanges"),
        ("licensing", "0008_work_list"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="chipalarm",
            name="chip_alarm_kind_known",
        ),
        migrations.RemoveConstraint(
            model_name="chipending",
            name="chip_ending_kind_known",
        ),
        migrations.AddField(
            model_name="chippackaging",
            name="taken_out_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="换下时间"),
        ),
        migrations.AlterField(
            model_name="chipalarm",
            name="kind",
            field=models.CharField(
                choices=[
                    ("THEFT", "芯片被盗"),
                    ("SHORT", "清点短少"),
                    ("FOREIGN", "混入他批芯片"),
                    ("STOCK_OUT", "企业缺货"),
                    ("MISMATCH", "卡内状态与登记不符"),
                    ("LATE", "运输超过7天"),
                    ("LEDGER", "保管账不平"),
                    ("PRICE", "芯片价格超过部定价"),
                    ("INJECTION", "灌装三次未成"),
                    ("REPORTED", "协会反映异常"),
                    ("SPOILAGE", "企业报废偏多"),
                    ("REPEATED", "企业多次收货短少"),
                    ("EXCHANGE", "企业换刻偏多"),
                    ("REPLACED", "印章芯片被换下"),
                ],
                max_length=12,
                verbose_name="告警类别",
            ),
        ),
        migrations.AlterField(
            model_name="chipending",
            name="kind",
            field=models.CharField(
                choices=[
                    ("SCRAP", "报废"),
                    ("THEFT", "被盗"),
                    ("FOUND", "找回"),
                    ("DESTRUCTION", "销毁"),
                    ("SHORTAGE", "盘点短少"),
                    ("REPLACED", "换下报废"),
                ],
                max_length=12,
                verbose_name="退出类别",
            ),
        ),
        migrations.AlterField(
            model_name="chippackaging",
            name="body_serial",
            field=models.CharField(max_length=40, verbose_name="印章坯体序号"),
        ),
        migrations.AddConstraint(
            model_name="chipalarm",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "THEFT",
                            "SHORT",
                            "FOREIGN",
                            "STOCK_OUT",
                            "MISMATCH",
                            "LATE",
                            "LEDGER",
                            "PRICE",
                            "INJECTION",
                            "REPORTED",
                            "SPOILAGE",
                            "REPEATED",
                            "EXCHANGE",
                            "REPLACED",
                        ],
                    )
                ),
                name="chip_alarm_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="chipending",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["SCRAP", "THEFT", "FOUND", "DESTRUCTION", "SHORTAGE", "REPLACED"])),
                name="chip_ending_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="chippackaging",
            constraint=models.UniqueConstraint(
                condition=models.Q(("taken_out_at__isnull", True)),
                fields=("body_serial",),
                name="chip_packaging_one_in_a_body",
            ),
        ),
        enforce_table(
            "chips_chip",
            field="status",
            initial=("MANUFACTURED",),
            moves=(
                ("ACTIVE", "DESTROYED"),
                ("ACTIVE", "LOST"),
                ("ACTIVE", "SCRAPPED"),
                ("ACTIVE", "SUSPENDED"),
                ("BOUND", "ACTIVE"),
                ("BOUND", "DESTROYED"),
                ("BOUND", "SCRAPPED"),
                ("DISCREPANT", "RECEIVED"),
                ("DISCREPANT", "SCRAPPED"),
                ("DISCREPANT", "STOLEN"),
                ("INJECTED", "PACKED"),
                ("INJECTED", "SCRAPPED"),
                ("INJECTED", "STOLEN"),
                ("INJECTING", "INJECTED"),
                ("INJECTING", "UNCERTAIN"),
                ("ISSUED", "DISCREPANT"),
                ("ISSUED", "RETURNING"),
                ("ISSUED", "SCRAPPED"),
                ("ISSUED", "SHOP_RECEIVED"),
                ("ISSUED", "STOLEN"),
                ("LOST", "DESTROYED"),
                ("MANUFACTURED", "INJECTING"),
                ("MANUFACTURED", "SCRAPPED"),
                ("PACKAGED", "BOUND"),
                ("PACKAGED", "DESTROYED"),
                ("PACKAGED", "SCRAPPED"),
                ("PACKAGED", "STOLEN"),
                ("PACKED", "SCRAPPED"),
                ("PACKED", "SHIPPED"),
                ("PACKED", "STOLEN"),
                ("RECEIVED", "DISCREPANT"),
                ("RECEIVED", "ISSUED"),
                ("RECEIVED", "SCRAPPED"),
                ("RECEIVED", "SHIPPED"),
                ("RECEIVED", "STOLEN"),
                ("RETURNING", "DISCREPANT"),
                ("RETURNING", "RECEIVED"),
                ("RETURNING", "SCRAPPED"),
                ("RETURNING", "STOLEN"),
                ("SHIPPED", "DISCREPANT"),
                ("SHIPPED", "RECEIVED"),
                ("SHIPPED", "SCRAPPED"),
                ("SHIPPED", "STOLEN"),
                ("SHOP_RECEIVED", "DISCREPANT"),
                ("SHOP_RECEIVED", "PACKAGED"),
                ("SHOP_RECEIVED", "RETURNING"),
                ("SHOP_RECEIVED", "SCRAPPED"),
                ("SHOP_RECEIVED", "STOLEN"),
                ("STOLEN", "RECEIVED"),
                ("SUSPENDED", "ACTIVE"),
                ("SUSPENDED", "DESTROYED"),
                ("SUSPENDED", "LOST"),
                ("UNCERTAIN", "INJECTED"),
                ("UNCERTAIN", "INJECTING"),
                ("UNCERTAIN", "SCRAPPED"),
            ),
        ),
    ]
