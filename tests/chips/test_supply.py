"""Price, agreements, pilots, training, and the dates of the notice (供应依据与日期)."""

import datetime as dt

import pytest
from django.db import DatabaseError, IntegrityError
from django.db import transaction as django_transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.urls import reverse

from chips.logistics.making import allocate_batch, import_manifest
from chips.logistics.supply import end_agreement, register_agreement, set_price, start_pilot
from chips.models import ChipPrice, ChipReceiptLine
from chips.rules import check_chip_line, is_pilot, price_on
from chips.services import bind_chip, package_chip
from sealreg.clock import fixed_at
from sealreg.database.actor import SystemActor
from sealreg.database.door import transaction
from sealreg.errors import Conflict, OutsideJurisdiction
from tests.chips.test_logistics import refused
from tests.chips.world import FEN, NOW, SUITE
from tests.factories import filing as made
from tests.factories.chips import chips, uids
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db
BY = SystemActor("suite")


class TestPrice:
    def test_demand_35_a_new_price_follows_the_old_one_and_both_stay(self, world):
        set_price(1_800, from_on=dt.date(2026, 7, 1), document="新文件", by=world.operator, at=NOW)
        assert price_on(dt.date(2026, 6, 30)).unit_price_fen == FEN
        assert price_on(dt.date(2026, 7, 1)).unit_price_fen == 1_800
        about = {"document": "x", "by": world.operator, "at": NOW}
        refused("price_overlaps", lambda: set_price(1, from_on=dt.date(2026, 7, 1), **about), "from_on")
        refused("document_missing", lambda: set_price(1, from_on=dt.date(2027, 1, 1), **about | {"document": " "}))
        refused("price_not_in_force", lambda: set_price(0, from_on=dt.date(2027, 1, 1), **about))
        refused("price_not_in_force", lambda: price_on(dt.date(2018, 4, 30)))

    def test_demand_35_no_price_reaches_back_over_what_was_ordered_or_charged(self, world):
        about = {"document": "补发文件", "by": world.operator, "at": NOW}
        world.order(1)
        for day in (dt.date(2018, 6, 1), NOW.date()):
            told = refused("price_overlaps", lambda day=day: set_price(1_800, from_on=day, **about), "from_on")
            assert NOW.date().isoformat() in told
        later = NOW + dt.timedelta(days=3)
        chip = chips(shop=world.shop)[0]
        ChipReceiptLine.objects.create(
            chip=chip, price=ChipPrice.objects.get(), fen=FEN, entered_by="t", entered_at=later
        )
        refused("price_overlaps", lambda: set_price(1_800, from_on=later.date(), **about), "from_on")
        assert set_price(1_800, from_on=later.date() + dt.timedelta(days=1), **about).unit_price_fen == 1_800

    def test_the_database_keeps_the_history(self, world):
        old = ChipPrice.objects.get()
        with pytest.raises(IntegrityError, match="one_at_a_time"), django_transaction.atomic():
            ChipPrice.objects.create(
                unit_price_fen=1, in_force=DateRange(dt.date(2020, 1, 1), dt.date(2020, 2, 1)), document="x",
                entered_by="x", entered_at=NOW,
            )  # fmt: skip
        for change in ({"unit_price_fen": 1}, {"document": "y"}):
            with pytest.raises(DatabaseError, match="stays on record"), django_transaction.atomic():
                ChipPrice.objects.filter(pk=old.pk).update(**change)
        with pytest.raises(DatabaseError), django_transaction.atomic():
            old.delete()

    def test_the_database_takes_no_charge_above_the_price_and_changes_none(self, world):
        chip = chips(shop=world.shop)[0]
        price = ChipPrice.objects.get()
        about = {"price": price, "entered_by": "t", "entered_at": NOW}
        with pytest.raises(DatabaseError), django_transaction.atomic():
            ChipReceiptLine.objects.create(chip=chip, fen=price.unit_price_fen + 1, **about)
        ChipReceiptLine.objects.create(chip=chip, fen=price.unit_price_fen, **about)
        with pytest.raises(DatabaseError), django_transaction.atomic():
            ChipReceiptLine.objects.update(fen=1)

    @pytest.mark.parametrize(("fen", "allowed"), [(0, True), (FEN, True), (FEN + 1, False)])
    def test_demand_46_the_chip_line_of_a_receipt_is_at_most_the_price(self, world, fen, allowed):
        if allowed:
            check_chip_line(fen, on=NOW.date())
        else:
            refused("chip_price_above", lambda: check_chip_line(fen, on=NOW.date()), "chip_fen")

    def test_only_the_province_operator_enters_what_supply_rests_on(self, world):
        act = {"by": world.clerk, "at": NOW}
        with pytest.raises(OutsideJurisdiction):
            set_price(1, from_on=NOW.date(), document="x", **act)
        with pytest.raises(OutsideJurisdiction):
            register_agreement("x", party_name="x", subject="x", signed_on=NOW.date(), **act)
        with pytest.raises(OutsideJurisdiction):
            start_pilot(4406, from_on=dt.date(2018, 5, 1), **act)


class TestAgreements:
    def test_demand_37_one_that_ended_carries_batches_to_its_last_day_and_no_further(self, world):
        lot = import_manifest(uids(2), maker="测试厂", lot_no="L-1", suite=SUITE, by=world.filler, at=NOW)
        about = {"agreement": world.agreement, "by": world.filler, "key_version": 1}
        early = world.agreement.signed_on - dt.timedelta(days=1)
        act = {"by": world.operator, "at": NOW}
        refused("agreement_dates_wrong", lambda: end_agreement(world.agreement, on=early, **act), "ended_on")
        about["agreement"] = end_agreement(world.agreement, on=NOW.date(), **act)
        assert allocate_batch(lot, 1, number="P-001", at=NOW, **about).number == "P-001"
        later = NOW + dt.timedelta(days=1)
        refused("agreement_missing", lambda: allocate_batch(lot, 1, number="P-002", at=later, **about), "agreement")
        with pytest.raises(Conflict):
            end_agreement(world.agreement, on=later.date(), **act)
        with pytest.raises(OutsideJurisdiction):
            end_agreement(world.agreement, on=later.date(), by=world.filler, at=NOW)

    def test_it_is_entered_on_the_page_once(self, world):
        data = {"act": "ended", "ended-agreement": world.agreement.pk, "ended-ended_on": "2018-04-01"}
        with fixed_at(NOW):
            client, here = client_of(world.operator), reverse("chip_supply")
            early = client.post(here, data)
            assert (early.status_code, "终止日期不能早于签订日期" in early.content.decode()) == (422, True)
            assert client.post(here, data | {"ended-ended_on": "2026-06-09"}).status_code == 302
            again = client.post(here, data | {"ended-ended_on": "2026-07-01"})
            assert (again.status_code, "该协议的终止日期已登记" in again.content.decode()) == (422, True)
        world.agreement.refresh_from_db()
        assert world.agreement.ended_on == NOW.date()


class TestDates:
    """Demands 38, 92: pilots before 1 August 2018, everyone may from then, everyone must from 1 October."""

    @pytest.mark.parametrize(
        ("engraved_on", "pilot", "allowed"),
        [
            (dt.date(2018, 7, 31), False, False),
            (dt.date(2018, 7, 31), True, True),
            (dt.date(2018, 8, 1), False, True),
            (dt.date(2018, 10, 1), False, True),
        ],
    )
    def test_demand_38_before_the_roll_out_only_pilots_bind(self, world, engraved_on, pilot, allowed):
        if pilot:
            start_pilot(4406, from_on=dt.date(2018, 6, 1), by=world.operator, at=NOW)
        (chip,) = chips(shop=world.shop)
        about = {"shop": world.shop, "seal_code": "4406060000001", "by": world.clerk, "at": NOW}
        if allowed:
            with transaction(BY):
                assert bind_chip(chip, engraved_on=engraved_on, **about).status == "ACTIVE"
        else:
            refused("chip_before_rollout", lambda: bind_chip(chip, engraved_on=engraved_on, **about), "chip_uid")

    def test_demand_92_a_pilot_ends_with_the_duty(self, world):
        start_pilot(4406, from_on=dt.date(2018, 6, 1), by=world.operator, at=NOW)
        days = (dt.date(2018, 5, 31), dt.date(2018, 6, 1), dt.date(2018, 10, 1))
        assert [is_pilot(4406, on=day) for day in days] == [False, True, False]
        act = {"by": world.operator, "at": NOW}
        refused("pilot_known", lambda: start_pilot(4406, from_on=dt.date(2018, 6, 1), **act), "city")
        refused("pilot_too_late", lambda: start_pilot(4407, from_on=dt.date(2018, 10, 1), **act), "from_on")
        refused("region_not_a_city", lambda: start_pilot(4499, from_on=dt.date(2018, 6, 1), **act), "city")


class TestPackaging:
    def test_one_chip_one_body(self, world):
        first, second = chips(shop=world.shop, quantity=2)
        about = {"shop": world.shop, "by": world.clerk, "at": NOW}
        with transaction(BY):
            packaged = package_chip(first, body_serial="B-1", **about)
        refused("body_taken", lambda: package_chip(second, body_serial="B-1", **about), "body_serial")
        refused("chip_not_in_stock", lambda: package_chip(packaged, body_serial="B-2", **about), "chip_uid")
        with transaction(BY):
            assert bind_chip(packaged, seal_code="4406060000001", **about).status == "ACTIVE"

    def test_demand_43_a_second_binding_is_refused(self, world):
        (chip,) = chips(shop=world.shop)
        about = {"shop": world.shop, "by": world.clerk, "at": NOW}
        with transaction(BY):
            bound = bind_chip(chip, seal_code="4406060000001", **about)
        refused("chip_not_in_stock", lambda: bind_chip(bound, seal_code="4406060000002", **about), "chip_uid")
        stranger = chips(shop=made.shop())[0]
        refused("chip_of_another_shop", lambda: bind_chip(stranger, seal_code="4406060000003", **about), "chip_uid")
