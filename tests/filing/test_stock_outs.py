"""A shop without chips is excused (缺货不计时限)."""

import datetime as dt

import pytest
from django.urls import reverse

from chips.logistics.alarms import note_stock, settle_alarm
from chips.models import Chip, ChipAlarm, ChipOrder
from chips.services import bind_chip as use_chip
from filing.models import SealFiling
from filing.oversight import in_view
from filing.services.making import bind_chip, complete_filing
from filing.stock_outs import excused_spans, move_limits, paused_since
from filing.work import work_counts
from sealreg.clock import SHANGHAI
from sealreg.database.actor import SystemActor
from sealreg.database.door import transaction
from sealreg.errors import RuleBroken
from tests.factories import chips as made_chips
from tests.factories import filing as made
from tests.factories.accounts import person
from tests.factories.units import unit as some_unit
from tests.portal.signing_in import client_of

BY = SystemActor("suite")
TEN = made.TUESDAY_TEN
pytestmark = pytest.mark.django_db


def at(hour: int, minute: int = 0, *, day: int = 9) -> dt.datetime:
    return dt.datetime(2026, 6, day, hour, minute, tzinfo=SHANGHAI)


@pytest.fixture
def place():
    return made.shop()


@pytest.fixture
def clerk(place):
    return made.clerk_of(place)


def new_filing(clerk, place, *, when=TEN) -> SealFiling:
    return made.submitted(clerk, made.request_for(place, unit=some_unit(established_on=dt.date(2026, 6, 1))), at=when)


def waits(place) -> ChipOrder:
    """An order nobody has granted yet (待发放订单); the shop's stock is looked at by the test."""
    price = made_chips.price()
    return ChipOrder.objects.create(
        shop=place, quantity=2, price=price, unit_price_fen=price.unit_price_fen, address="测试路2号", ordered_by="t",
        ordered_at=TEN,
    )  # fmt: skip


def out(place, when) -> None:
    with transaction(BY):
        note_stock(place, by=BY, at=when)


def back(place, when) -> Chip:
    chip = made.chip_of(place)
    out(place, when)
    return chip


def test_the_limit_moves_on_by_the_office_time_that_was_lost(place, clerk):
    filing = new_filing(clerk, place)
    assert filing.due_at == at(16)  # four office hours, the noon hours left out
    waits(place)
    out(place, at(11))
    assert paused_since(filing) == at(11)
    back(place, at(9, 30, day=10))
    filing.refresh_from_db()
    # One hour was used before; three are left from the next morning on, when the chips came.
    assert (paused_since(filing), filing.due_at) == (None, at(14, 30, day=10))
    assert excused_spans(filing, at=at(10, day=10)) == [(at(11), at(9, 30, day=10))]
    with transaction(BY):
        assert move_limits(place, at(10, day=10)) == 0  # nothing is given twice


def test_a_paused_filing_is_late_nowhere(place, clerk):
    filing = new_filing(clerk, place)
    officer = person("county_officer")
    waits(place)
    late = at(17)
    assert list(in_view(officer, "overdue", at=late)) == [filing]
    out(place, at(15))
    assert list(in_view(officer, "overdue", at=late)) == []
    assert work_counts(clerk, at=late)["due"] == 0


def test_nothing_is_excused_without_need_of_a_chip_or_after_the_limit(place, clerk):
    chipped = new_filing(clerk, place)
    (seal,) = chipped.seals.all()
    bind_chip(made.engraved(seal, clerk), made.chip_of(place), by=clerk, at=at(10, 30))
    late = new_filing(clerk, place, when=TEN - dt.timedelta(days=1))
    limit = late.due_at
    waits(place)
    out(place, at(11))
    for filing in (chipped, late):
        assert paused_since(filing) is None
        assert excused_spans(filing, at=at(15)) == []
    back(place, at(15))
    late.refresh_from_db()
    chipped.refresh_from_db()
    assert (late.due_at, chipped.due_at) == (limit, at(16))


def test_a_shop_that_ordered_nothing_is_not_excused(place, clerk):
    filing = new_filing(clerk, place)
    out(place, at(11))
    assert paused_since(filing) is None
    assert not ChipAlarm.objects.exists()


def test_pages_say_why_the_clock_stands_and_what_it_was_moved_for(place, clerk):
    filing = new_filing(clerk, place)
    waits(place)
    out(place, at(11))
    officer = person("county_officer")
    page = client_of(clerk).get(reverse("shop_filing", args=[filing.number])).content.decode()
    assert "自2026-06-09 11:00起暂停计时" in page
    assert "办结时限：" not in page
    assert "缺货，暂停计时" in client_of(clerk).get(reverse("shop_home")).content.decode()
    police = client_of(officer)
    assert "暂停计时" in police.get(reverse("police_filing", args=[filing.number])).content.decode()
    chip = back(place, at(14))
    (seal,) = filing.seals.all()
    bind_chip(made.engraved(seal, clerk), chip, by=clerk, at=at(14, 30))
    page = client_of(clerk).get(reverse("shop_filing", args=[filing.number])).content.decode()
    assert "时限已顺延：2026-06-09 11:00至2026-06-09 14:00" in page
    complete_filing(filing, by=clerk, at=at(15))
    assert "时限已顺延" in police.get(reverse("police_filing", args=[filing.number])).content.decode()


def test_a_stock_out_ends_with_its_cause_and_not_with_a_word(place, clerk):
    waits(place)
    out(place, at(11))
    alarm = ChipAlarm.objects.get()
    with pytest.raises(RuleBroken) as refused:
        settle_alarm(alarm, "已处理", by=BY, at=at(12))
    assert refused.value.reason == "stock_out_ends_itself"
    back(place, at(12))
    alarm.refresh_from_db()
    assert alarm.settled_at == at(12)


def test_the_last_chip_starts_the_stock_out(place, clerk):
    chip = made.chip_of(place)
    waits(place)
    filing = new_filing(clerk, place)
    with transaction(BY):
        use_chip(chip, shop=place, seal_code="4406069999999", by=clerk, at=at(11, 30))
    assert paused_since(filing) == at(11, 30)
