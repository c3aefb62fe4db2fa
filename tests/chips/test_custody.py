"""The custody ledger (保管账): one holder a chip, sums that never change, and two persons for what is not routine."""

import datetime as dt

import pytest
from django.db import DatabaseError, IntegrityError, connection
from django.db import transaction as django_transaction
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from chips.logistics import ledger, parties
from chips.logistics.alarms import note_card_state, note_stock, raise_alarm, settle_alarm, stock_outs, watch
from chips.logistics.closing import booked_stock, close_month, propose_month
from chips.logistics.endings import confirm_ending, report_ending
from chips.logistics.receiving import return_chips
from chips.models import (
    AlarmKind,
    Chip,
    ChipAlarm,
    Consignment,
    CustodyEntry,
    CustodyMove,
    DiscardReason,
    EndingKind,
    MoveKind,
    PartyKind,
)
from chips.services import bind_chip, discard_chip, package_chip
from sealreg.database.actor import SystemActor
from sealreg.database.door import transaction
from sealreg.errors import Conflict, NotFound, OutsideJurisdiction, RuleBroken
from tests.chips.test_logistics import refused, statuses
from tests.chips.world import NOW
from tests.chips.world import world as build
from tests.factories import filing as made
from tests.factories.chips import chips

pytestmark = pytest.mark.django_db
BY = SystemActor("suite")


def sql(statement, *values):
    with django_transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


class TestDatabase:
    """What the application's own role is refused, by SQL."""

    def test_entries_and_moves_are_never_changed(self):
        chips(shop=made.shop())
        for statement in (
            "UPDATE chips_custodyentry SET to_party_id = from_party_id",
            "DELETE FROM chips_custodyentry",
            "UPDATE chips_custodymove SET note = 'x'",
            "DELETE FROM chips_custodymove",
            "TRUNCATE chips_custodyentry",
        ):
            with pytest.raises(DatabaseError, match=r"permission denied|append-only"):
                sql(statement)

    def test_a_chip_has_the_holder_the_ledger_says(self):
        (chip,) = chips(shop=made.shop())
        for statement in (
            "UPDATE chips_chip SET holder_id = (SELECT id FROM chips_custodyparty WHERE kind = 'OPERATOR')",
            "UPDATE chips_chip SET custody_step = custody_step + 1",
        ):
            with pytest.raises(IntegrityError, match="through the ledger"):
                sql(statement)
        assert ledger.problems() == []
        move = CustodyMove.objects.first()
        operator, shop = parties.the(PartyKind.OPERATOR), chip.holder
        wrong = [
            {"step": chip.custody_step + 1, "from_party": operator, "to_party": shop},  # it is not there
            {"step": chip.custody_step + 2, "from_party": shop, "to_party": operator},  # a gap
            {"step": chip.custody_step, "from_party": shop, "to_party": operator},  # a second branch
        ]
        for entry in wrong:
            with pytest.raises(IntegrityError), django_transaction.atomic():
                CustodyEntry.objects.create(move=move, chip=chip, **entry)

    def test_no_chip_is_born_in_stock(self):
        for fields in ({"status": "RECEIVED", "injected_at": NOW, "key_version": 1, "key_check": "A"}, {"shop": 1}):
            with pytest.raises(DatabaseError), django_transaction.atomic():
                Chip.objects.create(
                    uid="04A1B2C3D4E5F6", suite="AES-CMAC", shop=made.shop() if "shop" in fields else None,
                    **{key: value for key, value in fields.items() if key != "shop"},
                )  # fmt: skip

    def test_no_step_is_skipped(self):
        (chip,) = chips("confirm_injection")
        for status in ("SHOP_RECEIVED", "ACTIVE", "RECEIVED", "SHIPPED"):
            with pytest.raises(IntegrityError):
                sql("UPDATE chips_chip SET status = %s, version = version + 1 WHERE id = %s", status, chip.pk)


class TestEndings:
    def test_stolen_chips_are_locked_at_once_and_an_alarm_rings(self, world):
        world.stocked(3)
        stolen = list(Chip.objects.values_list("uid", flat=True))[:2]
        party = parties.of_shop(world.shop)
        ending = report_ending(EndingKind.THEFT, party, stolen, reason="门店失窃", by=world.clerk, at=NOW)
        assert statuses(uid__in=stolen) == {"STOLEN"}
        assert ChipAlarm.objects.get(kind="THEFT").facts["chips"] == 2
        refused("second_person_needed", lambda: confirm_ending(ending, by=world.clerk, at=NOW))
        confirm_ending(ending, by=world.other_clerk, at=NOW)
        with pytest.raises(Conflict):
            confirm_ending(ending, by=world.other_clerk, at=NOW)
        assert ledger.problems() == []

    def test_scrap_waits_for_a_second_person(self, world):
        world.in_stock(2)
        codes = list(Chip.objects.values_list("uid", flat=True))[:1]
        party = parties.the(PartyKind.OPERATOR)
        ending = report_ending(EndingKind.SCRAP, party, codes, reason="天线断裂", by=world.operator, at=NOW)
        assert statuses() == {"RECEIVED"}
        confirm_ending(ending, by=world.second, at=NOW)
        assert statuses(uid__in=codes) == {"SCRAPPED"}
        assert ledger.problems() == []

    def test_what_was_missed_is_found_by_two(self, world):
        bag = world.shipped(3)
        world.receive(bag, leave=1, accept_short=True)
        missing = list(Chip.objects.filter(status="DISCREPANT").values_list("uid", flat=True))
        party = parties.the(PartyKind.OPERATOR)
        ending = report_ending(EndingKind.FOUND, party, missing, reason="箱底", by=world.operator, at=NOW)
        confirm_ending(ending, by=world.second, at=NOW)
        assert statuses() == {"RECEIVED"}
        assert ledger.problems() == []

    def test_a_stock_take_is_put_right_by_two_never_by_an_edit(self, world):
        world.in_stock(2)
        codes = list(Chip.objects.values_list("uid", flat=True))[:1]
        party = parties.the(PartyKind.OPERATOR)
        ending = report_ending(EndingKind.SHORTAGE, party, codes, reason="盘点未见", by=world.operator, at=NOW)
        confirm_ending(ending, by=world.second, at=NOW)
        move = CustodyMove.objects.get(kind=MoveKind.ADJUST)
        assert (move.second, move.note) == (ending.reported_by, "盘点未见")
        with pytest.raises(IntegrityError, match="by_two"), django_transaction.atomic():
            CustodyMove.objects.create(kind=MoveKind.ADJUST, at=NOW, by="a", second="a", subject="x", note="x")

    def test_nobody_reports_the_stock_of_others(self, world):
        world.stocked(1)
        codes = list(Chip.objects.values_list("uid", flat=True))
        act = {"reason": "x", "at": NOW}
        stranger = made.clerk_of(made.shop())
        with pytest.raises(NotFound):
            report_ending(EndingKind.SCRAP, parties.of_shop(world.shop), codes, by=stranger, **act)
        with pytest.raises(NotFound):
            report_ending(EndingKind.SCRAP, parties.of_shop(world.shop), codes, by=world.operator, **act)
        with pytest.raises(OutsideJurisdiction):
            report_ending(EndingKind.SCRAP, parties.the(PartyKind.INSTITUTE), codes, by=world.operator, **act)
        operator = parties.the(PartyKind.OPERATOR)
        refused(
            "chips_not_in_stock", lambda: report_ending(EndingKind.SCRAP, operator, codes, by=world.operator, **act),
            "codes",
        )  # fmt: skip

    def test_a_seal_s_chip_is_destroyed_before_two_witnesses(self, world):
        world.stocked(1)
        chip = Chip.objects.get()
        with transaction(BY):
            bind_chip(chip, shop=world.shop, seal_code="4406060000001", by=world.clerk, at=NOW)
        party = parties.of_shop(world.shop)
        ending = report_ending(EndingKind.DESTRUCTION, party, [chip.uid], reason="缴销", by=world.clerk, at=NOW)
        confirm_ending(ending, by=world.other_clerk, at=NOW)
        assert statuses() == {"DESTROYED"}
        assert ledger.problems() == []


class TestAlarms:
    def test_card_and_register_apart_raise_an_alarm_and_heal_nothing(self):
        (chip,) = chips(shop=made.shop())
        assert note_card_state(chip, 0x03, by=BY, at=NOW)
        assert not note_card_state(chip, 0x7F, by=BY, at=NOW)
        assert not note_card_state(chip, 0x7F, by=BY, at=NOW)
        alarm = ChipAlarm.objects.get()
        assert (alarm.kind, alarm.facts) == ("MISMATCH", {"register": "SHOP_RECEIVED", "card": "7F"})
        chip.refresh_from_db()
        assert chip.status == "SHOP_RECEIVED"

    def test_an_alarm_is_settled_once_with_a_word(self, world):
        raise_alarm(AlarmKind.LATE, "X", by=BY, at=NOW)
        alarm = ChipAlarm.objects.get()
        refused("settlement_missing", lambda: settle_alarm(alarm, "  ", by=world.operator, at=NOW), "settlement")
        with pytest.raises(OutsideJurisdiction):
            settle_alarm(alarm, "x", by=world.clerk, at=NOW)
        settle_alarm(alarm, "已查明", by=world.operator, at=NOW)
        with pytest.raises(Conflict):
            settle_alarm(alarm, "已查明", by=world.operator, at=NOW)
        assert raise_alarm(AlarmKind.LATE, "X", by=BY, at=NOW)

    def test_a_shop_without_chips_while_its_order_waits_is_excused(self, world):
        serials = world.in_stock(2)
        order = world.order(2)
        later = NOW + dt.timedelta(hours=3)
        assert stock_outs(world.shop, since=NOW, until=later) == [(NOW, later)]
        sent = world.grant(order, serials)
        world.receive(sent)
        assert stock_outs(world.shop, since=NOW + dt.timedelta(hours=1), until=later) == []
        for chip in Chip.objects.filter(shop=world.shop):
            with transaction(BY):
                bind_chip(chip, shop=world.shop, seal_code=chip.uid[-13:], by=world.clerk, at=NOW)
        note_stock(world.shop, by=BY, at=NOW)
        assert not ChipAlarm.objects.filter(settled_at__isnull=True).exists()  # nothing ordered: its own affair

    def test_chips_packaged_in_advance_excuse_nobody(self, world):
        world.stocked(2)
        first, last = Chip.objects.filter(shop=world.shop).order_by("uid")
        with transaction(BY):
            bind_chip(first, shop=world.shop, seal_code=first.uid[-13:], by=world.clerk, at=NOW)
            package_chip(last, shop=world.shop, body_serial="B-1", by=world.clerk, at=NOW)
        later = NOW + dt.timedelta(hours=3)
        world.order(2)
        assert stock_outs(world.shop, since=NOW + dt.timedelta(seconds=1), until=later) == []
        with transaction(BY):
            last.refresh_from_db()
            bind_chip(last, shop=world.shop, seal_code=last.uid[-13:], by=world.clerk, at=NOW)
        assert stock_outs(world.shop, since=NOW + dt.timedelta(seconds=1), until=later) != []

    def test_the_nightly_look_finds_late_bags_and_unbooked_chips(self, world):
        bag = world.shipped(2)
        assert watch(by=BY, at=NOW + dt.timedelta(days=6)) == 0
        assert watch(by=BY, at=NOW + dt.timedelta(days=8)) == 1
        assert watch(by=BY, at=NOW + dt.timedelta(days=9)) == 0
        assert ChipAlarm.objects.get().subject == bag.number
        Chip.objects.create(uid="04FFFFFFFFFFFF", suite="AES-CMAC", batch_no="X")
        assert [(one.problem, one.subject) for one in ledger.problems()] == [("unbooked", "X")]
        assert watch(by=BY, at=NOW) == 1


class TestMonths:
    def test_a_month_is_closed_by_two_and_takes_no_more_entries(self, world):
        world.in_stock(2)
        july = NOW + dt.timedelta(days=40)
        june = dt.date(2026, 6, 1)
        refused("month_not_over", lambda: propose_month(june, 2, by=world.operator, at=NOW), "month")
        refused("difference_unexplained", lambda: propose_month(june, 1, by=world.operator, at=july), "explanation")
        proposed = propose_month(june, booked_stock(), by=world.operator, at=july)
        refused("second_person_needed", lambda: close_month(proposed, by=world.operator, at=july))
        close_month(proposed, by=world.second, at=july)
        with pytest.raises(Conflict):
            close_month(proposed, by=world.second, at=july)
        with pytest.raises(IntegrityError, match="closed"), django_transaction.atomic():
            chips(shop=made.shop(), at=NOW)
        chips(shop=made.shop(), at=july)


def test_chips_of_before_the_ledger_are_entered_as_they_stand(world):
    """What the migration did, on chips that only the loader could have made so."""
    chips(shop=world.shop, quantity=2)
    Chip.objects.create(uid="04FFFFFFFFFFFF", suite="AES-CMAC", batch_no="OLD")
    with connection.cursor() as cursor:
        cursor.execute("SELECT chips_open_books('system:test', '期初')")
        assert cursor.fetchone() == (1,)
        cursor.execute("SELECT chips_open_books('system:test', '期初')")
        assert cursor.fetchone() == (0,)
    assert ledger.problems() == []


class Walk(RuleBasedStateMachine):
    """Any order of acts: the number of chips never changes, and each is in exactly one place."""

    made_world = None

    def __init__(self):
        super().__init__()
        self.block = django_transaction.atomic()
        self.block.__enter__()

    def teardown(self):
        django_transaction.set_rollback(True)
        self.block.__exit__(None, None, None)

    @initialize()
    def begin(self):
        self.serials = self.made_world.in_stock(8, number="P-WALK")
        self.acts = 0

    def attempt(self, act):
        """An act, or its refusal, which must change nothing."""
        try:
            with django_transaction.atomic():
                act()
            self.acts += 1
        except (RuleBroken, Conflict):
            pass

    @rule(first=st.integers(0, 7), quantity=st.integers(1, 4))
    def grant(self, first, quantity):
        def act():
            wanted = range(self.serials[0] + first, self.serials[0] + first + quantity)
            self.made_world.grant(self.made_world.order(quantity), wanted)

        self.attempt(act)

    @rule(leave=st.integers(0, 1))
    def receive(self, leave):
        bag = Consignment.objects.filter(status="SENT").order_by("pk").first()
        if bag is not None:
            self.attempt(lambda: self.made_world.receive(bag, leave=leave, accept_short=True))

    @rule()
    def send_back(self):
        mine = Chip.objects.filter(shop=self.made_world.shop, status="SHOP_RECEIVED")
        codes = list(mine.order_by("pk").values_list("uid", flat=True)[:2])
        about = {"bag_seal": "S", "reason": "x", "by": self.made_world.clerk, "at": NOW}
        self.attempt(lambda: return_chips(self.made_world.shop, codes, **about))

    @rule(kind=st.sampled_from([EndingKind.SCRAP, EndingKind.THEFT, EndingKind.SHORTAGE]))
    def end(self, kind):
        party = parties.the(PartyKind.OPERATOR)
        codes = list(Chip.objects.filter(holder=party).order_by("pk").values_list("uid", flat=True)[:1])

        def act():
            ending = report_ending(kind, party, codes, reason="x", by=self.made_world.operator, at=NOW)
            confirm_ending(ending, by=self.made_world.second, at=NOW)

        self.attempt(act)

    @rule()
    def bind(self):
        chip = Chip.objects.filter(shop=self.made_world.shop, status="SHOP_RECEIVED").order_by("pk").first()
        if chip is not None:
            about = {"shop": self.made_world.shop, "seal_code": chip.uid[-13:], "by": self.made_world.clerk, "at": NOW}
            self.attempt(lambda: bind_chip(chip, **about))

    @rule()
    def replace(self):
        chip = Chip.objects.filter(shop=self.made_world.shop, status="ACTIVE").order_by("pk").first()
        if chip is not None:
            about = {"reason": DiscardReason.BROKEN, "by": self.made_world.clerk, "at": NOW}
            self.attempt(lambda: discard_chip(chip, seal_code=chip.uid[-13:], **about))

    @invariant()
    def sums_hold(self):
        if not hasattr(self, "serials"):
            return
        assert ledger.problems() == []
        assert sum(one.on_hand for one in ledger.balances()) == 8
        assert Chip.objects.count() == 8


def test_any_walk_keeps_the_sums(tmp_path, settings):
    Walk.made_world = build(tmp_path, settings)
    run_state_machine_as_test(
        Walk,
        settings=hypothesis_settings(
            max_examples=8, stateful_step_count=12, deadline=None, derandomize=True, database=None
        ),
    )
