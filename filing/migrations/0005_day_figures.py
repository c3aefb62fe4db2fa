from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("attachments", "0001_papers"),
        ("chips", "0008_exchanges"),
        ("filing", "0004_by_pressing"),
        ("licensing", "0010_filing_changes"),
        ("units", "0001_unit"),
    ]

    operations = [
        migrations.CreateModel(
            name="DayFigure",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False, verbose_name="日期")),
                ("filings_submitted", models.PositiveIntegerField(verbose_name="提交备案数")),
                ("seals_filed", models.PositiveIntegerField(verbose_name="备案印章数")),
                ("new_filed", models.PositiveIntegerField(verbose_name="新办企业办结数")),
                ("new_in_time", models.PositiveIntegerField(verbose_name="其中时限内办结数")),
                ("counted_at", models.DateTimeField(verbose_name="统计时间")),
            ],
            options={
                "verbose_name": "每日统计",
                "verbose_name_plural": "每日统计",
            },
        ),
        migrations.AddIndex(
            model_name="seal",
            index=models.Index(condition=models.Q(("filed_at__isnull", False)), fields=["filed_at"], name="seal_filed"),
        ),
        migrations.AddIndex(
            model_name="sealfiling",
            index=models.Index(
                condition=models.Q(("submitted_at__isnull", False)), fields=["submitted_at"], name="filing_submitted"
            ),
        ),
        migrations.AddIndex(
            model_name="sealfiling",
            index=models.Index(
                condition=models.Q(("filed_at__isnull", False), ("is_new_enterprise", True)),
                fields=["filed_at"],
                name="filing_new_filed",
            ),
        ),
        migrations.AddConstraint(
            model_name="dayfigure",
            constraint=models.CheckConstraint(
                condition=models.Q(("new_in_time__lte", models.F("new_filed"))), name="day_figure_part_of_whole"
            ),
        ),
    ]
