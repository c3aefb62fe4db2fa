from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chips", "0001_register")]

    operations = [
        migrations.AddField(
            model_name="chip",
            name="counter_window",
            field=models.BigIntegerField(default=0, editable=False, verbose_name="计数窗口"),
        ),
        migrations.AddField(
            model_name="chip",
            name="counter_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="最近认证时间"),
        ),
        migrations.AddField(
            model_name="chip",
            name="watched_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="列入关注时间"),
        ),
        migrations.AddConstraint(
            model_name="chip",
            constraint=models.CheckConstraint(
                condition=models.Q(("counter_window__gte", 0), ("counter_window__lt", 2**32)),
                name="chip_counter_window_of_32",
            ),
        ),
    ]
