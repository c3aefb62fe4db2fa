"""Chips used against seals made (芯片使用核对)."""

import pytest

from chips.models import ChipAlarm
from chips.services import bind_chip
from filing.chip_use import Unlike, chips_unlike_seals, compare_chips
from sealreg.database.actor import SystemActor
from sealreg.database.door import transaction
from tests.factories import filing as made

BY = SystemActor("suite")


@pytest.mark.django_db
def test_demand_45_a_chip_used_without_a_seal_is_found():
    place = made.shop()
    clerk = made.clerk_of(place)
    made.filed(clerk, made.request_for(place))
    assert chips_unlike_seals() == []
    assert compare_chips(by=BY, at=made.TUESDAY_TEN) == 0
    with transaction(BY):
        bind_chip(made.chip_of(place), shop=place, seal_code="4406069999999", by=clerk, at=made.TUESDAY_TEN)
    assert chips_unlike_seals() == [Unlike(place.pk, 2, 1)]
    assert compare_chips(by=BY, at=made.TUESDAY_TEN) == 1
    assert compare_chips(by=BY, at=made.TUESDAY_TEN) == 0
    alarm = ChipAlarm.objects.get(kind="LEDGER")
    assert (alarm.shop, alarm.facts) == (place, {"chips": 2, "seals": 1})
