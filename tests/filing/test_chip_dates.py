"""Which seals need a chip from which day on, and that nobody is made to exchange one (芯片起用日期、不得强制换章)."""

import datetime as dt

import pytest
from django.db import DatabaseError, connection

from chips.models import Chip, ChipAlarm
from chips.tasks import fill_batches, watch_ledger
from filing.choices import Reason
from filing.exchanges import exchanges, watch_exchanges
from filing.models import Seal
from filing.services.delivery import deliver_seal
from filing.services.ending import report_loss
from filing.services.making import bind_chip, complete_filing
from filing.tasks import compare
from integration.verification_api.rules import judge
from integration.verification_api.selectors import seals_by_code
from sealreg.clock import SHANGHAI, fixed_at
from sealreg.database.actor import SystemActor
from sealreg.errors import RuleBroken
from tests.chips.test_races import at_once
from tests.factories import filing as made
from tests.factories.units import unit as some_unit
from tests.filing.test_ending import loss

BY = SystemActor("suite")


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


AUGUST = moment("2018-08-20T10:00:00")


@pytest.fixture
def place(db):
    return made.shop()


@pytest.fixture
def clerk(place):
    return made.clerk_of(place)


@pytest.fixture
def unit(db):
    return some_unit(established_on=dt.date(2015, 1, 1))


def engraved(clerk, place, unit, at, **fields):
    filing = made.submitted(clerk, made.request_for(place, unit=unit, **fields), at=at)
    return made.engraved(filing.seals.get(), clerk, at=at)


def refused(act) -> str:
    with pytest.raises(RuleBroken) as caught:
        act()
    return caught.value.reason


def old_seal(clerk, place, unit, at=AUGUST) -> Seal:
    """In use, engraved before the duty, without a chip."""
    seal = engraved(clerk, place, unit, at)
    complete_filing(seal.filing, by=clerk, at=at)
    card = made.paper("IMPRINT_CARD", by=clerk)
    return deliver_seal(Seal.objects.get(pk=seal.pk), made.handler(), card, by=clerk, at=at)


@pytest.mark.parametrize(
    ("at", "chipless", "chipped"),
    [
        ("2018-07-31T23:59:59", "", "chip_before_rollout"),
        ("2018-08-01T00:00:00", "", ""),
        ("2018-09-30T23:59:59", "", ""),
        ("2018-10-01T00:00:00", "chip_missing", ""),
        ("2026-06-09T10:00:00", "chip_missing", ""),
    ],
)
class TestDates:
    def test_demand_40_without_a_chip(self, clerk, place, unit, at, chipless, chipped):
        seal = engraved(clerk, place, unit, moment(at))
        if chipless:
            assert refused(lambda: complete_filing(seal.filing, by=clerk, at=moment(at))) == chipless
            with pytest.raises(DatabaseError, match="seal_chip_duty"), connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE filing_seal SET status = 'FILED', filed_at = now(), version = version + 1 WHERE id = %s",
                    [seal.pk],
                )
        else:
            assert complete_filing(seal.filing, by=clerk, at=moment(at)).status == "FILED"

    def test_demand_38_with_a_chip(self, clerk, place, unit, at, chipless, chipped):
        seal = engraved(clerk, place, unit, moment(at))
        chip = made.chip_of(place)
        if chipped:
            assert refused(lambda: bind_chip(seal, chip, by=clerk, at=moment(at))) == chipped
        else:
            bind_chip(seal, chip, by=clerk, at=moment(at))
            assert complete_filing(seal.filing, by=clerk, at=moment(at)).status == "FILED"


@pytest.mark.parametrize("reason", list(Reason))
def test_demand_41_new_damaged_and_lost_all_need_one(clerk, place, unit, reason):
    at = moment("2018-10-08T10:00:00")
    if reason != Reason.NEW:
        old = old_seal(clerk, place, unit)
        if reason == Reason.LOST:
            told = loss(clerk, reporter=made.handler(name=unit.legal_representative), lost_on=at.date())
            report_loss(old, told, by=clerk, at=at)
    seal = engraved(clerk, place, unit, at, reason=reason)
    assert refused(lambda: complete_filing(seal.filing, by=clerk, at=at)) == "chip_missing"
    bind_chip(seal, made.chip_of(place), by=clerk, at=at)
    assert complete_filing(seal.filing, by=clerk, at=at).status == "FILED"


class TestNobodyMustExchange:
    def test_demand_42_an_old_seal_stays_valid_whatever_runs(self, clerk, place, unit, settings):
        seal = old_seal(clerk, place, unit)
        before = Seal.objects.filter(pk=seal.pk).values().get()
        with fixed_at(moment("2030-01-07T02:00:00")):
            for job in (compare, watch_ledger, fill_batches):
                job()
        assert Seal.objects.filter(pk=seal.pk).values().get() == before
        verdict = judge(seals_by_code([seal.code])[seal.code])
        assert (verdict.verdict.value, verdict.notes) == ("valid", ("no_chip_required",))

    def test_demand_42_a_shop_that_exchanges_many_is_asked_why(self, clerk, place, monkeypatch):
        begin, at = AUGUST, moment("2018-11-05T10:00:00")
        for number in range(11):
            unit = some_unit(established_on=dt.date(2015, 1, 1))
            old_seal(clerk, place, unit, begin)
            if number == 10:
                break
            seal = engraved(clerk, place, unit, at, reason=Reason.DAMAGED)
            bind_chip(seal, made.chip_of(place), by=clerk, at=at)
            complete_filing(seal.filing, by=clerk, at=at)
            assert watch_exchanges(by=BY, at=at) == (number == 9)
        assert exchanges(since=moment("2018-10-01T00:00:00"), until=at) == [(place.pk, 10, 10)]
        assert watch_exchanges(by=BY, at=at) == 0
        alarm = ChipAlarm.objects.get(kind="EXCHANGE")
        assert (alarm.shop, alarm.facts) == (place, {"exchanged": 10, "filed": 20})
        assert Seal.objects.filter(chip__isnull=True, use_status="IN_USE").count() == 11


def test_one_chip_is_bound_once_by_two_at_the_same_moment(own_database):
    place = made.shop()
    clerk = made.clerk_of(place)
    seals = [made.engraved(made.submitted(clerk, made.request_for(place)).seals.get(), clerk) for _ in range(2)]
    chip = made.chip_of(place)
    results = at_once(*(lambda seal=seal: bind_chip(seal, chip, by=clerk, at=made.TUESDAY_TEN) for seal in seals))
    assert sorted(type(one).__name__ for one in results) == ["RuleBroken", "Seal"]
    assert Seal.objects.filter(chip=chip).count() == 1
    assert Chip.objects.get(pk=chip.pk).status == "ACTIVE"
