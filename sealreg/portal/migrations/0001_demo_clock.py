"""The demonstration's clock (演示时钟)."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies: ClassVar = [("database", "0001_roles")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="DemoClock",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("ahead_seconds", models.PositiveBigIntegerField(default=0, verbose_name="比真实时间快（秒）")),
                ("moved_at", models.DateTimeField(verbose_name="拨动时间")),
            ],
            options={
                "verbose_name": "演示时钟",
                "verbose_name_plural": "演示时钟",
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="demo_clock_is_one")],
            },
        ),
    ]
