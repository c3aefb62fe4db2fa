"""People and a case of the sample (流程夹具)."""

from __future__ import annotations

import datetime as dt

import pytest

from sealreg.accounts.models import User
from sealreg.clock import SHANGHAI
from sealreg.database.actor import SystemActor
from tests.workflow_sample.models import SampleCase

AT = dt.datetime(2026, 11, 23, 9, 30, tzinfo=SHANGHAI)
BY = SystemActor("officer-of-the-suite")

# Legal ways to each status from the start.
WAYS = {
    "OPEN": (),
    "TAKEN": ("take_case",),
    "ASKED": ("take_case", "ask_applicant"),
    "GRANTED": ("take_case", "grant_case"),
    "REFUSED": ("refuse_case",),
}


def make_people():
    return [
        User.objects.create(username=name, name=shown, created_at=AT, email=f"{name}@example.org")
        for name, shown in (("applicant", "申请人"), ("officer", "李警官"))
    ]


@pytest.fixture
def people(db):
    return make_people()


@pytest.fixture
def case(people):
    applicant, officer = people
    return SampleCase.objects.create(applicant=applicant, officer=officer)
