"""The moved clock in processes of their own (演示时钟的边界): the local stack follows it, production cannot."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from sealreg.clock import real_now
from sealreg.portal.models import DemoClock
from tests.architecture.source import ROOT
from tests.plugin import TEMPLATE
from tests.production import sample_environment

A_DAY = 86_400
_SAY = (
    "import django; django.setup()\n"
    "from sealreg import clock\n"
    "print(round((clock.now() - clock.real_now()).total_seconds()))"
)


@pytest.fixture
def moved_row(own_database: str) -> str:
    """The address of a database whose clock row says one day ahead (已拨快的数据库)."""
    DemoClock.objects.create(ahead_seconds=A_DAY, moved_at=real_now())
    address = os.environ["SEALREG_DATABASE_URL"].replace(TEMPLATE, own_database)
    assert own_database in address
    return address


def seconds_ahead(environment: dict[str, str]) -> int:
    ran = subprocess.run(
        [sys.executable, "-c", _SAY], cwd=ROOT, check=True, capture_output=True, text=True, env=environment, timeout=60
    )
    return int(ran.stdout)


def test_production_ignores_a_row_that_says_otherwise(moved_row):
    asked = {"SEALREG_DEMO_CLOCK": "1", "SEALREG_DEMO": "1", "SEALREG_DATABASE_URL": moved_row}
    assert seconds_ahead(sample_environment() | asked) == 0


def test_the_local_stack_follows_it(moved_row, tmp_path):
    local = {
        "DJANGO_SETTINGS_MODULE": "sealreg.settings.local",
        "SEALREG_LOCAL_DIR": str(tmp_path),
        "SEALREG_DATABASE_URL": moved_row,
    }
    assert seconds_ahead(os.environ | local) == A_DAY
