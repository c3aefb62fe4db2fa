"""Anomalies in the use of chips (芯片异常): found by dated limits, reported by an association, answered by a city."""

import datetime as dt

import pytest
from django.db import IntegrityError
from django.db import transaction as django_transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.urls import reverse

from chips.logistics.alarms import settle_alarm
from chips.logistics.anomalies import answer_anomaly, report_anomaly, rule_on, watch_use
from chips.logistics.endings import confirm_ending, report_ending
from chips.logistics.parties import of_shop
from chips.models import AnomalyKind, AnomalyRule, Chip, ChipAlarm, EndingKind
from filing.chip_use import compare_chips
from sealreg.accounts.choices import AuthorityLevel, OrganisationKind
from sealreg.clock import fixed_at
from sealreg.database.actor import SystemActor
from sealreg.errors import Conflict, NotFound, OutsideJurisdiction
from sealreg.notices.models import Notice
from tests.chips.test_logistics import refused
from tests.chips.test_pages import send, text_of
from tests.chips.world import NOW
from tests.factories.accounts import authority, office, person
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db
BY = SystemActor("suite")


def city_officer(area):
    return person("city_officer", place=authority(area, AuthorityLevel.CITY).organisation)


def scrap(world, quantity, *, at=NOW):
    uids = list(Chip.objects.filter(shop=world.shop, status="SHOP_RECEIVED").values_list("uid", flat=True)[:quantity])
    ending = report_ending(EndingKind.SCRAP, of_shop(world.shop), uids, reason="天线断裂", by=world.clerk, at=at)
    confirm_ending(ending, by=world.other_clerk, at=at)


class TestLimits:
    def test_demand_45_a_shop_that_spoils_many_chips_is_found(self, world):
        world.stocked(8)
        scrap(world, 2)
        assert watch_use(by=BY, at=NOW) == 0  # fewer than three say nothing
        scrap(world, 2)
        assert watch_use(by=BY, at=NOW) == 1
        assert watch_use(by=BY, at=NOW) == 0
        alarm = ChipAlarm.objects.get(kind="SPOILAGE")
        assert (alarm.shop, alarm.facts) == (world.shop, {"spoilt": 4, "used": 0})
        settle_alarm(alarm, "焊接机故障，已修复", by=world.operator, at=NOW)
        later = NOW + dt.timedelta(days=1)
        assert watch_use(by=BY, at=later) == 0  # settled: only what comes after counts
        scrap(world, 3, at=later)
        assert watch_use(by=BY, at=later) == 1

    def test_demand_45_a_shop_whose_bags_come_short_again_is_found(self, world):
        serials = world.in_stock(6)
        for place in (0, 3):
            bag = world.grant(world.order(3), serials[place : place + 3])
            assert watch_use(by=BY, at=NOW) == 0
            world.receive(bag, leave=1, accept_short=True)
        assert watch_use(by=BY, at=NOW + dt.timedelta(days=91)) == 0  # out of the window
        assert watch_use(by=BY, at=NOW) == 1
        alarm = ChipAlarm.objects.get(kind="REPEATED")
        assert (alarm.shop, alarm.facts) == (world.shop, {"consignments": 2, "chips": 2})

    def test_limits_are_dated_say_why_and_never_overlap(self):
        for kind in AnomalyKind:
            assert rule_on(kind, dt.date(2018, 7, 31)) is None
            found = rule_on(kind, dt.date(2018, 8, 1))
            assert "146号" in found.basis
            with pytest.raises(IntegrityError), django_transaction.atomic():
                AnomalyRule.objects.create(kind=kind, in_force=DateRange(NOW.date()), at_least=1, basis="x")
        assert compare_chips(by=BY, at=dt.datetime(2018, 7, 1, tzinfo=NOW.tzinfo)) == 0


class TestReports:
    def test_demand_64_an_anomaly_goes_to_the_citys_queue_and_comes_back_answered(self, world):
        reporter, foshan, guangzhou = person("association_staff"), city_officer(440600), city_officer(440100)
        depot = person("operator_staff", place=office(OrganisationKind.OPERATOR, area=440600))
        with fixed_at(NOW):
            sent = client_of(reporter)
            assert send(sent, "chip_anomalies", "report", city="", text="某店加价").status_code == 422
            wrong = send(sent, "chip_anomalies", "report", city="4406", text=" ")
            assert wrong.status_code == 422
            assert send(sent, "chip_anomalies", "report", city="4406", text="芯片每枚加价五元").status_code == 302
            alarm = ChipAlarm.objects.get(kind="REPORTED")
            told = Notice.objects.filter(template="chips.anomaly_reported")
            assert [notice.user for notice in told] == [foshan]
            here = reverse("chip_anomaly", args=[alarm.number])
            assert client_of(guangzhou).get(here).status_code == 404
            assert alarm.number not in text_of(client_of(guangzhou).get(reverse("chip_anomalies")))
            police = client_of(foshan)
            assert "芯片每枚加价五元" in text_of(police.get(reverse("chip_anomalies")))
            assert send(police, "chip_anomaly", "settle", alarm.number, settlement=" ").status_code == 422
            assert send(sent, "chip_anomaly", "settle", alarm.number, settlement="自答").status_code == 409
            assert ChipAlarm.objects.get().settled_at is None
            assert "由该市公安机关核实" in text_of(client_of(depot).get(reverse("chip_alarm", args=[alarm.number])))
            refused("answered_by_the_city", lambda: settle_alarm(alarm, "x", by=world.operator, at=NOW))
            assert (
                send(police, "chip_anomaly", "settle", alarm.number, settlement="已核查，责令退款").status_code == 302
            )
            assert "已核查，责令退款" in text_of(sent.get(here))
            assert Notice.objects.filter(template="chips.anomaly_answered", user=reporter).count() == 1
            again = send(police, "chip_anomaly", "settle", alarm.number, settlement="再答")
            assert (again.status_code, ChipAlarm.objects.get().settlement) != (302, "再答")
            assert b"".join(sent.get(reverse("chip_anomalies"), {"export": "csv"})).decode("utf-8-sig").count("\n") >= 2

    def test_others_neither_report_nor_read(self, world):
        reporter, other = person("association_staff"), person("association_staff")
        made = report_anomaly(4406, "异常", by=reporter, at=NOW)
        refused("region_not_a_city", lambda: report_anomaly(4499, "异常", by=reporter, at=NOW), "city")
        for stranger in (world.clerk, world.operator, world.filler):
            with pytest.raises(OutsideJurisdiction):
                report_anomaly(4406, "异常", by=stranger, at=NOW)
            assert client_of(stranger).get(reverse("chip_anomalies")).status_code == 403
        if other.organisation != reporter.organisation:
            assert client_of(other).get(reverse("chip_anomaly", args=[made.number])).status_code == 404

    def test_a_second_answer_is_told_of_the_first(self):
        officer, elsewhere = city_officer(440600), city_officer(440100)
        made = report_anomaly(4406, "异常", by=person("association_staff"), at=NOW)
        with pytest.raises(NotFound):
            answer_anomaly(made, "越界", by=elsewhere, at=NOW)
        answer_anomaly(made, "已核实", by=officer, at=NOW)
        with pytest.raises(Conflict):
            answer_anomaly(made, "再次", by=officer, at=NOW)
