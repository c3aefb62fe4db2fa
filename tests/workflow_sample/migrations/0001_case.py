"""The sample's table with its state trigger (样例表)."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import sealreg.database.numbers
from sealreg.workflow.triggers import enforce_table


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("database", "0001_roles"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SampleCase",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "number",
                    models.CharField(default=sealreg.database.numbers.new_public_number, max_length=12, unique=True),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("OPEN", "待受理"),
                            ("TAKEN", "办理中"),
                            ("ASKED", "待补正"),
                            ("GRANTED", "已办结"),
                            ("REFUSED", "不予办理"),
                        ],
                        default="OPEN",
                        max_length=12,
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("authority_no", models.PositiveIntegerField(default=440606)),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "applicant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "officer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "样例",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ("OPEN", "TAKEN", "ASKED", "GRANTED", "REFUSED"))),
                        name="sample_case_status_known",
                    )
                ],
            },
        ),
        enforce_table(
            "workflow_sample_samplecase",
            field="status",
            initial=("OPEN",),
            moves=(
                ("ASKED", "TAKEN"),
                ("OPEN", "REFUSED"),
                ("OPEN", "TAKEN"),
                ("TAKEN", "ASKED"),
                ("TAKEN", "GRANTED"),
                ("TAKEN", "REFUSED"),
            ),
        ),
    ]
