"""The demonstration's registers (演示企业登记): every shop filled, idle shops at each stage, repeatable."""

import datetime as dt

import pytest

from licensing.demo import load_shops
from licensing.demo_register import load_registers
from licensing.idle_states import IDLE_CASE
from licensing.models import IdleCase, PriceEntry, RegistryNotice, ShopChange, ShopProfile, StaffMember
from licensing.services.idle import sweep_idle
from sealreg.accounts.demo import load_cast
from sealreg.clock import SHANGHAI


@pytest.mark.django_db
def test_registers_and_every_stage(settings):
    settings.DEMO = True
    at = dt.datetime(2027, 2, 28, 11, tzinfo=SHANGHAI)  # a month's end, where six months back is another day
    load_cast(seed=7, at=at)
    shops = load_shops(seed=7, at=at)
    count = load_registers(shops, seed=7, at=at)
    assert count == len(IDLE_CASE.names)
    assert set(IdleCase.objects.values_list("status", flat=True)) == set(IDLE_CASE.names)
    assert ShopProfile.objects.count() == len(shops) + count
    assert PriceEntry.objects.values("shop").distinct().count() == len(shops) + count
    assert StaffMember.objects.filter(is_security_officer=True).count() == len(shops) + count
    assert RegistryNotice.objects.count() == 1
    seen = IdleCase.objects.count(), ShopChange.objects.count()
    load_registers(shops, seed=7, at=at)
    assert (IdleCase.objects.count(), ShopChange.objects.count()) == seen
    found = sweep_idle(at=at + dt.timedelta(hours=1))
    assert (found.warned, found.listed, found.closed, found.failed) == (0, 0, 0, [])
