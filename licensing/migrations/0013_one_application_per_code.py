"""A company applies once, whoever types its code (一个信用代码一项在办申请)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("licensing", "0012_walls"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="licenceapplication",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ("SUBMITTED", "CORRECTION_ASKED", "ACCEPTED", "GRANTED", "ISSUED"))),
                fields=("credit_code",),
                name="application_one_per_code",
            ),
        ),
    ]
