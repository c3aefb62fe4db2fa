"""From the maker to the shop (芯片物流): every step, every refusal, and nothing half done."""

import datetime as dt
import json

import pytest
from django.db import IntegrityError, connection
from django.db import transaction as django_transaction

from chips.logistics import ledger, parties
from chips.logistics.counting import finish_count, read_codes, reopen_count, scan, tally
from chips.logistics.making import allocate_batch, cancel_batch, import_manifest, release_batch
from chips.logistics.ordering import cancel_order, free_ranges, grant_chips, place_order, supply_depot
from chips.logistics.packing import accept_manifest, check_manifest, merkle_root, pack_batch, ship_batch, write_manifest
from chips.logistics.receiving import confirm_count, refuse_consignment, return_chips
from chips.logistics.sampling import authenticate_samples
from chips.models import BatchManifest, Chip, ChipAlarm, ChipBatch, ChipOrder, Consignment, MakerLot, PartyKind
from sealreg.accounts.choices import OrganisationKind
from sealreg.errors import Conflict, IllegalMove, NotFound, OutsideJurisdiction, RuleBroken
from tests.chips.world import FEN, NOW, SUITE, VERSION, codes_of
from tests.factories import filing as made
from tests.factories.accounts import authority, office, person
from tests.factories.chips import chips, uids

pytestmark = pytest.mark.django_db


def refused(code, act, field=""):
    with pytest.raises(RuleBroken) as caught, django_transaction.atomic():
        act()
    assert caught.value.reason == code
    if field:
        assert field in caught.value.fields
    return str(caught.value.message)


def statuses(**narrow) -> set[str]:
    return set(Chip.objects.filter(**narrow).values_list("status", flat=True))


def test_demand_44_the_whole_way_leaves_the_books_balanced(world):
    world.stocked(6)
    assert statuses() == {"SHOP_RECEIVED"}
    assert ledger.problems() == []
    (account,) = ledger.balances(party=parties.of_shop(world.shop))
    assert (account.received, account.on_hand, account.difference) == (6, 6, 0)
    assert sum(one.on_hand for one in ledger.balances()) == 6
    assert Consignment.objects.filter(status="CONFIRMED").count() == 2


class TestMaking:
    def test_a_manifest_enters_once_and_whole(self, world):
        codes = uids(3)
        lot = import_manifest(["UID", *codes, ""], maker="甲厂", lot_no="L1", suite=SUITE, by=world.filler, at=NOW)
        assert lot.quantity == 3
        again = {"maker": "甲厂", "suite": SUITE, "by": world.filler, "at": NOW}
        refused("lot_known", lambda: import_manifest(codes, lot_no="L1", **again), "lot_no")
        said = refused("duplicate_uid", lambda: import_manifest([*uids(2), codes[1]], lot_no="L2", **again), "manifest")
        assert codes[1] in said
        assert Chip.objects.count() == 3
        assert MakerLot.objects.count() == 1

    @pytest.mark.parametrize(
        ("lines", "code", "told"),
        [
            (["04A1B2C3D4E5F6", "04a1b2c3d4e5f6"], "duplicate_uid", "（1、2）"),
            (["04A1B2C3D4E5F6", "04A1B2C3D4E5", "\x00", "零四"], "manifest_malformed", "第2、3、4行"),
            (["UID", "  "], "manifest_empty", ""),
        ],
    )
    def test_a_bad_manifest_names_its_lines(self, world, lines, code, told):
        act = {"maker": "甲厂", "lot_no": "L1", "suite": SUITE, "by": world.filler, "at": NOW}
        assert told in refused(code, lambda: import_manifest(lines, **act), "manifest")
        assert not Chip.objects.exists()

    def test_two_persons_release_a_batch(self, world):
        lot = import_manifest(uids(3), maker="甲厂", lot_no="L1", suite=SUITE, by=world.filler, at=NOW)
        about = {"number": "P-001", "key_version": VERSION, "agreement": world.agreement, "at": NOW}
        refused("batch_above_stock", lambda: allocate_batch(lot, 4, by=world.filler, **about), "quantity")
        batch = allocate_batch(lot, 2, by=world.filler, **about)
        refused("second_person_needed", lambda: release_batch(batch, by=world.filler, at=NOW))
        with pytest.raises(IntegrityError), django_transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE chips_chipbatch SET status = 'RELEASED', version = 2, released_by = allocated_by, "
                "released_at = now()"
            )
        assert release_batch(batch, by=world.releaser, at=NOW).status == "RELEASED"
        with pytest.raises(IllegalMove):
            cancel_batch(batch, by=world.filler, at=NOW)

    def test_demand_37_no_batch_without_an_agreement_in_force(self, world):
        lot = import_manifest(uids(1), maker="甲厂", lot_no="L1", suite=SUITE, by=world.filler, at=NOW)
        world.agreement.ended_on = dt.date(2026, 6, 8)
        about = {"number": "P-001", "key_version": VERSION, "agreement": world.agreement, "at": NOW}
        refused("agreement_missing", lambda: allocate_batch(lot, 1, by=world.filler, **about), "agreement")
        with pytest.raises(IntegrityError), django_transaction.atomic():
            ChipBatch.objects.create(
                number="P-002", lot=lot, suite=SUITE, key_version=1, quantity=1, allocated_by="x", allocated_at=NOW
            )

    def test_a_cancelled_batch_frees_its_chips(self, world):
        lot = import_manifest(uids(2), maker="甲厂", lot_no="L1", suite=SUITE, by=world.filler, at=NOW)
        about = {"key_version": VERSION, "agreement": world.agreement, "by": world.filler, "at": NOW}
        cancel_batch(allocate_batch(lot, 2, number="P-001", **about), by=world.filler, at=NOW)
        assert allocate_batch(lot, 2, number="P-002", **about).quantity == 2


class TestPacking:
    def test_demand_34_a_list_signed_by_another_key_is_refused(self, world):
        batch = world.filled(3)
        listed = list(Chip.objects.values_list("uid", flat=True))
        body = write_manifest(batch, listed, first_serial=1, at=NOW)
        good = world.signer.sign(body.encode()).hex()
        about = {"key_id": world.signer.key_id, "by": world.filler, "at": NOW}
        for signature in (good[:-2] + ("00" if good[-2:] != "00" else "01"), "zz", ""):
            refused(
                "manifest_signature_wrong",
                lambda signature=signature: accept_manifest(batch, body, signature=signature, **about),
                "manifest",
            )
        unknown = about | {"key_id": "x"}
        refused("manifest_signature_wrong", lambda: accept_manifest(batch, body, signature=good, **unknown))
        assert not BatchManifest.objects.exists()
        assert accept_manifest(batch, body, signature=good, **about).last_serial == 3

    @pytest.mark.parametrize("change", ["missing", "extra", "doubled"])
    def test_a_list_that_does_not_fit_is_refused(self, world, change):
        batch = world.filled(3)
        listed = sorted(Chip.objects.values_list("uid", flat=True))
        listed = {"missing": listed[1:], "extra": [*listed, "04FFFFFFFFFFFF"], "doubled": [*listed, listed[0]]}[change]
        body = write_manifest(batch, listed, first_serial=1, at=NOW)
        about = {"key_id": world.signer.key_id, "signature": world.signer.sign(body.encode()).hex()}
        refused("manifest_mismatch", lambda: accept_manifest(batch, body, by=world.filler, at=NOW, **about))
        assert statuses() == {"INJECTED"}

    @pytest.mark.parametrize("said", [{"merkle_root": "0" * 64}, {"count": 4}, {"batch": "P2026-002"}, {"schema": "x"}])
    def test_a_signed_list_that_contradicts_itself_is_refused(self, world, said):
        batch = world.filled(3)
        whole = json.loads(
            write_manifest(batch, sorted(Chip.objects.values_list("uid", flat=True)), first_serial=1, at=NOW)
        )
        body = json.dumps(whole | said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        about = {"key_id": world.signer.key_id, "signature": world.signer.sign(body.encode()).hex()}
        refused("manifest_mismatch", lambda: accept_manifest(batch, body, by=world.filler, at=NOW, **about), "manifest")
        assert statuses() == {"INJECTED"}

    def test_serials_run_in_order_of_identifiers(self, world):
        batch = world.filled(3)
        manifest = pack_batch(batch, world.signer, by=world.filler, at=NOW)
        pairs = list(Chip.objects.order_by("uid").values_list("serial", flat=True))
        assert pairs == list(range(manifest.first_serial, manifest.last_serial + 1))
        check_manifest(batch, Chip.objects.all(), status="PACKED")
        with pytest.raises(Exception, match=r"append-only|permission denied"), django_transaction.atomic():
            BatchManifest.objects.update(body="{}")

    def test_the_root_binds_every_identifier(self):
        some = [f"04{number:012X}" for number in range(5)]
        assert merkle_root(some) == merkle_root(some[::-1])
        assert len({merkle_root(some[:count]) for count in range(6)}) == 6

    def test_an_unsealed_box_does_not_leave(self, world):
        batch = world.filled(2)
        pack_batch(batch, world.signer, by=world.filler, at=NOW)
        refused("bag_not_sealed", lambda: ship_batch(batch, bag_seal=" ", by=world.filler, at=NOW), "bag_seal")
        assert statuses() == {"PACKED"}


class TestCounting:
    def test_repetitions_foreign_chips_and_nonsense_are_told(self, world):
        bag = world.shipped(3)
        first, *_rest = codes_of(bag)
        told = scan(bag, read_codes(f"{first.lower()}\n{first},04FFFFFFFFFFFF 乱码"), by=world.operator, at=NOW)
        assert (told.new, told.again, told.foreign, told.malformed) == (
            (first,), (first,), ("04FFFFFFFFFFFF",), ("乱码",),
        )  # fmt: skip
        stand = tally(bag)
        assert (stand.expected, stand.found, stand.short, stand.doubled) == (3, 1, 2, 1)
        assert not stand.fits

    def test_a_second_person_confirms(self, world):
        bag = world.shipped(2)
        scan(bag, codes_of(bag), by=world.operator, at=NOW)
        counted = finish_count(bag, by=world.operator, at=NOW)
        authenticate_samples(counted, world.cards.insert, by=world.operator, at=NOW)
        refused("second_person_needed", lambda: confirm_count(counted, by=world.operator, at=NOW))
        assert statuses() == {"SHIPPED"}
        confirm_count(counted, by=world.second, at=NOW)
        assert statuses() == {"RECEIVED"}

    def test_nothing_is_accepted_without_samples_that_prove_themselves(self, world):
        bag = world.shipped(3)
        scan(bag, codes_of(bag), by=world.operator, at=NOW)
        counted = finish_count(bag, by=world.operator, at=NOW)
        refused("samples_missing", lambda: confirm_count(counted, by=world.second, at=NOW))

        def broken(uid):
            raise OSError

        checks = authenticate_samples(counted, broken, by=world.operator, at=NOW)
        assert {(one.passed, one.result) for one in checks} == {(False, "no_answer")}
        refused("sample_failed", lambda: confirm_count(counted, by=world.second, at=NOW))
        swapped = {uid: codes_of(bag)[place - 1] for place, uid in enumerate(codes_of(bag))}
        checks = authenticate_samples(counted, lambda uid: world.cards.insert(swapped[uid]), by=world.operator, at=NOW)
        assert {one.result for one in checks} == {"not_genuine"}
        authenticate_samples(counted, world.cards.insert, by=world.operator, at=NOW)
        assert confirm_count(counted, by=world.second, at=NOW).status == "CONFIRMED"

    def test_a_short_bag_is_named_searched_for_and_booked(self, world):
        bag = world.shipped(4)
        lost = codes_of(bag)[0]
        said = refused("chips_missing", lambda: world.receive(bag, leave=1), "accept_short")
        assert lost in said
        bag.refresh_from_db()
        done = world.receive(bag, leave=1, extra=["04FFFFFFFFFFFF"], accept_short=True)
        assert done.status == "SHORT"
        assert statuses(uid=lost) == {"DISCREPANT"}
        assert set(ChipAlarm.objects.values_list("kind", flat=True)) == {"SHORT", "FOREIGN"}
        assert ledger.problems() == []

    def test_counting_again_starts_anew(self, world):
        bag = world.shipped(2)
        scan(bag, codes_of(bag)[:1], by=world.operator, at=NOW)
        again = reopen_count(finish_count(bag, by=world.operator, at=NOW), by=world.second, at=NOW)
        assert (again.status, again.counted_by, tally(again).found) == ("SENT", "", 0)
        refused("nothing_scanned", lambda: finish_count(again, by=world.operator, at=NOW), "codes")

    def test_a_shop_with_one_account_names_its_witness(self, world):
        sent = world.grant(world.order(2), world.in_stock(2))
        scan(sent, codes_of(sent), by=world.clerk, at=NOW)
        counted = finish_count(sent, by=world.clerk, at=NOW)
        refused("second_person_needed", lambda: confirm_count(counted, by=world.clerk, at=NOW))
        own = f" {world.clerk.name} "
        refused("second_person_needed", lambda: confirm_count(counted, by=world.clerk, at=NOW, witness=own), "witness")
        assert confirm_count(counted, by=world.clerk, at=NOW, witness="测试见证").confirmed_by == "witness:测试见证"

    def test_nothing_is_confirmed_or_told_before_the_count_is_finished(self, world):
        sent = world.grant(world.order(3), world.in_stock(3))
        scan(sent, codes_of(sent)[:1], by=world.clerk, at=NOW)
        with pytest.raises(IllegalMove) as early:
            confirm_count(sent, by=world.other_clerk, at=NOW)
        assert not any(uid in str(early.value.message) for uid in codes_of(sent))

    def test_demand_36_an_unconfirmed_transfer_changes_no_stock(self, world):
        world.grant(world.order(2), world.in_stock(2))
        assert [one.on_hand for one in ledger.balances(party=parties.of_shop(world.shop))] == []
        assert statuses() == {"ISSUED"}


class TestOrders:
    def test_part_and_rest_of_an_order_are_granted_in_ranges(self, world):
        serials = world.in_stock(6)
        order = world.order(5)
        world.grant(order, serials[:2])
        order.refresh_from_db()
        assert (order.status, order.rest) == ("PART_GRANTED", 3)
        assert free_ranges(parties.the(PartyKind.OPERATOR)) == [(serials[2], serials[5])]
        world.grant(order, serials[2:4])
        refused("grant_above_order", lambda: world.grant(order, serials[4:6]), "last_serial")
        world.grant(order, serials[4:5])
        order.refresh_from_db()
        assert (order.status, order.rest) == ("GRANTED", 0)

    def test_a_range_that_is_not_all_there_is_refused(self, world):
        serials = world.in_stock(4)
        order = world.order(10)
        world.grant(order, serials[1:2])
        said = refused("chips_not_in_stock", lambda: world.grant(order, serials), "first_serial")
        assert str(serials[1]) in said
        refused("chips_not_in_stock", lambda: world.grant(order, range(9_000_001, 9_000_003)), "first_serial")
        reversed_range = {"first_serial": 5, "last_serial": 4, "bag_seal": "S", "by": world.operator, "at": NOW}
        refused("range_reversed", lambda: grant_chips(order, **reversed_range), "last_serial")
        order.refresh_from_db()
        assert (order.granted, Consignment.objects.filter(kind="GRANT").count()) == (1, 1)

    @pytest.mark.parametrize("fen", [FEN - 1, FEN + 1, 0])
    def test_demand_46_an_order_is_at_the_price_in_force(self, world, fen):
        act = {"unit_price_fen": fen, "by": world.clerk, "at": NOW}
        refused("price_not_in_force", lambda: place_order(world.shop, 5, **act), "unit_price_fen")
        about = {"ordered_by": "x", "ordered_at": NOW, "address": "x", "price": world.order(1).price}
        with pytest.raises(IntegrityError, match="price in force"), django_transaction.atomic():
            ChipOrder.objects.create(shop=world.shop, quantity=1, unit_price_fen=fen, **about)

    def test_a_suspended_licence_orders_and_receives_nothing(self, world):
        sent = world.grant(world.order(2), world.in_stock(3)[:2])
        licence = world.shop.licences.get()
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE licensing_specialtradelicence SET status = 'SUSPENDED', version = version + 1, "
                "suspended_at = now(), suspend_ground = 'RECTIFICATION' WHERE id = %s",
                [licence.pk],
            )
        refused("shop_not_licensed", lambda: world.order(1))
        refused("shop_not_licensed", lambda: world.receive(sent))
        refused("shop_not_licensed", lambda: world.grant(ChipOrder.objects.get(), range(3, 4)))

    @pytest.mark.parametrize("quantity", [0, -1, 5_001])
    def test_an_impossible_quantity_is_refused(self, world, quantity):
        refused("order_too_large", lambda: world.order(quantity), "quantity")

    def test_a_refused_bag_goes_back_and_the_order_is_open_again(self, world):
        serials = world.in_stock(3)
        order = world.order(3)
        sent = world.grant(order, serials)
        refused("reason_missing", lambda: refuse_consignment(sent, reason=" ", by=world.clerk, at=NOW), "reason")
        back = refuse_consignment(sent, reason="封签破损", by=world.clerk, at=NOW)
        order.refresh_from_db()
        assert (order.status, order.granted, back.kind) == ("PART_GRANTED", 0, "RETURN")
        assert statuses() == {"RETURNING"}
        world.receive(back)
        assert statuses() == {"RECEIVED"}
        assert not Chip.objects.filter(shop__isnull=False).exists()
        assert ledger.problems() == []
        world.grant(order, serials)

    def test_a_chip_reaches_another_shop_through_the_operator_alone(self, world):
        world.stocked(2)
        other = made.shop()
        code = Chip.objects.order_by("uid").first().uid
        with pytest.raises(IntegrityError, match="through the operator"), django_transaction.atomic():
            Chip.objects.filter(uid=code).update(shop=other)
        back = return_chips(world.shop, [code], bag_seal="S-3", reason="调剂", by=world.clerk, at=NOW)
        received = world.receive(back)
        clerk = made.clerk_of(other)
        order = place_order(other, 1, unit_price_fen=FEN, by=clerk, at=NOW)
        sent = world.grant(order, range(received.first_serial, received.last_serial + 1))
        scan(sent, [code], by=clerk, at=NOW)
        confirm_count(finish_count(sent, by=clerk, at=NOW), by=made.clerk_of(other), at=NOW)
        assert Chip.objects.get(uid=code).shop == other
        assert ledger.problems() == []

    def test_only_own_unused_chips_are_returned(self, world):
        world.stocked(1)
        code = Chip.objects.get().uid
        stranger = chips(shop=made.shop())[0].uid
        about = {"bag_seal": "S", "reason": "多余", "by": world.clerk, "at": NOW}
        refused("chip_of_another_shop", lambda: return_chips(world.shop, [code, stranger], **about), "codes")
        refused("chip_of_another_shop", lambda: return_chips(world.shop, [], **about), "codes")
        return_chips(world.shop, [code], **about)
        refused("chip_not_in_stock", lambda: return_chips(world.shop, [code], **about), "codes")

    def test_cancelling_leaves_what_was_granted(self, world):
        order = world.order(4)
        world.grant(order, world.in_stock(2))
        order.refresh_from_db()
        assert cancel_order(order, by=world.clerk, at=NOW).rest == 0
        refused("grant_above_order", lambda: world.grant(order, range(1, 2)))


class TestWho:
    """Role by verb by place: what each may do, and to whom a record does not exist."""

    def test_institute_operator_and_shop_keep_to_their_own(self, world):
        bag, order = world.shipped(2), world.order(1)
        lot = MakerLot.objects.get()
        batch = ChipBatch.objects.get()
        act = {"key_version": 1, "agreement": world.agreement, "number": "P-9", "at": NOW}
        for actor in (world.operator, world.clerk, person("county_officer"), person("association_staff")):
            with pytest.raises(OutsideJurisdiction):
                allocate_batch(lot, 1, by=actor, **act)
            with pytest.raises(OutsideJurisdiction):
                ship_batch(batch, bag_seal="x", by=actor, at=NOW)
        for actor in (world.filler, world.clerk, person("province_officer")):
            with pytest.raises(OutsideJurisdiction):
                scan(bag, [], by=actor, at=NOW)
            with pytest.raises(OutsideJurisdiction):
                world.grant(order, range(1, 2), by=actor)
        stranger = made.clerk_of(made.shop())
        with pytest.raises(NotFound):
            cancel_order(order, by=stranger, at=NOW)
        with pytest.raises(NotFound):
            place_order(world.shop, 1, unit_price_fen=FEN, by=stranger, at=NOW)

    def test_lists_hold_only_what_one_may_know(self, world):
        sent = world.grant(world.order(2), world.in_stock(3)[:2])
        stranger = made.clerk_of(made.shop())
        police = person("county_officer", place=authority(world.shop.authority_no).organisation)
        assert list(Consignment.objects.visible_to(world.clerk)) == [sent]
        assert Consignment.objects.visible_to(world.operator).count() == 2
        assert [one.kind for one in Consignment.objects.visible_to(world.filler)] == ["DELIVERY"]
        elsewhere = person("county_officer", place=authority(440605).organisation)
        for nobody in (stranger, elsewhere, person("association_staff"), person("bank_teller")):
            for model in (Consignment, ChipOrder, Chip):
                assert not model.objects.visible_to(nobody).exists(), (model, nobody.role)
        for model in (Consignment, ChipOrder):
            assert not model.objects.visible_to(police).exists(), model
        assert Chip.objects.visible_to(police).count() == 2  # those at its shop, and none of the operator's
        assert Chip.objects.visible_to(world.clerk).count() == 2
        assert Chip.objects.visible_to(world.operator).count() == 3

    def test_a_depot_serves_its_city_alone(self, world):
        serials = world.in_stock(4)
        here = office(OrganisationKind.OPERATOR, area=440600)
        there = office(OrganisationKind.OPERATOR, area=440800)
        staff, second, far = (person("operator_staff", place=place) for place in (here, here, there))
        about = {"bag_seal": "S-5", "by": world.operator, "at": NOW}
        not_depot = office(OrganisationKind.OPERATOR, area=440000)
        refused("not_a_depot", lambda: supply_depot(not_depot, first_serial=1, last_serial=2, **about), "depot")
        bag = supply_depot(here, first_serial=serials[0], last_serial=serials[2], **about)
        with pytest.raises(OutsideJurisdiction):
            supply_depot(here, first_serial=1, last_serial=1, bag_seal="x", by=staff, at=NOW)
        with pytest.raises(NotFound):
            scan(bag, [], by=far, at=NOW)
        scan(bag, codes_of(bag), by=staff, at=NOW)
        counted = finish_count(bag, by=staff, at=NOW)
        authenticate_samples(counted, world.cards.insert, by=staff, at=NOW)
        confirm_count(counted, by=second, at=NOW)
        order = world.order(2)
        assert list(ChipOrder.objects.visible_to(staff)) == [order]
        assert not ChipOrder.objects.visible_to(far).exists()
        with pytest.raises(NotFound):
            world.grant(order, serials[:2], by=far)
        refused("chips_not_in_stock", lambda: world.grant(order, serials[:2], by=world.operator))
        world.receive(world.grant(order, serials[:2], by=staff))
        assert Chip.objects.visible_to(staff).count() == 3  # one of its own, two at a shop of its city
        assert not Chip.objects.visible_to(far).exists()
        back = return_chips(
            world.shop, [Chip.objects.filter(shop=world.shop).first().uid], bag_seal="S", reason="多余",
            by=world.clerk, at=NOW,
        )  # fmt: skip
        assert back.receiver == parties.of_depot(here)
        assert ledger.problems() == []


def test_the_same_verb_from_a_stale_page_is_a_conflict(world):
    batch = world.filled(2)
    stale = ChipBatch.objects.get(pk=batch.pk)
    pack_batch(batch, world.signer, by=world.filler, at=NOW)
    with pytest.raises((Conflict, RuleBroken)):
        pack_batch(stale, world.signer, by=world.filler, at=NOW)
