"""The sample's record (样例记录)."""

from django.conf import settings
from django.db import models

from sealreg.database.numbers import new_public_number
from tests.workflow_sample.states import CASE


class SampleCase(models.Model):
    number = models.CharField(max_length=12, unique=True, default=new_public_number)
    status = models.CharField(max_length=12, choices=CASE.choices, default="OPEN")
    version = models.PositiveIntegerField(default=1)
    authority_no = models.PositiveIntegerField(default=440606)
    applicant = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "样例"
        constraints = [CASE.check_constraint("sample_case_status_known")]  # noqa: RUF012

    def __str__(self) -> str:
        return self.number
