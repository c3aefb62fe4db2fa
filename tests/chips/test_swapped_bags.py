"""A bag whose chips are not those of its signed list, and samples that nobody can know before (调包)."""

import datetime as dt

import pytest

from chips.logistics.counting import finish_count, reopen_count, scan
from chips.logistics.injector import FileSigner
from chips.logistics.packing import pack_batch, ship_batch
from chips.logistics.receiving import confirm_count
from chips.logistics.sampling import authenticate_samples, samples_wanted
from chips.models import Chip, ConsignmentLine, InstituteKey
from sealreg.api.crypto import write_public_pem
from tests.chips.test_logistics import refused
from tests.chips.world import NOW, codes_of

pytestmark = pytest.mark.django_db


def counted(world, bag):
    scan(bag, codes_of(bag), by=world.operator, at=NOW)
    closed = finish_count(bag, by=world.operator, at=NOW)
    authenticate_samples(closed, world.cards.insert, by=world.operator, at=NOW)
    return closed


class TestList:
    """The institute signed which chips a batch has: the bag is held against that list, not only against itself."""

    @pytest.mark.parametrize("moved", ["in", "out"])
    def test_a_chip_moved_between_bags_past_the_list_is_seen_on_receipt(self, world, moved):
        bag, other = world.shipped(3), world.shipped(3, number="P2026-002")
        frm, to = (other, bag) if moved == "in" else (bag, other)
        line = frm.lines.first()
        ConsignmentLine.objects.filter(pk=line.pk).update(consignment=to)
        closed = counted(world, bag)
        said = refused(
            "manifest_mismatch", lambda: confirm_count(closed, by=world.second, at=NOW, accept_short=True), "manifest"
        )
        assert line.chip.uid in said
        assert set(Chip.objects.filter(consignment_lines__consignment=bag).values_list("status", flat=True)) == {
            "SHIPPED"
        }
        ConsignmentLine.objects.filter(pk=line.pk).update(consignment=frm)

    def test_a_chip_put_into_a_packed_batch_does_not_leave_with_it(self, world):
        batch, other = world.filled(2), world.filled(2, number="P2026-002")
        for one in (batch, other):
            pack_batch(one, world.signer, by=world.filler, at=NOW)
        stranger = Chip.objects.filter(batch_no=other.number).first()
        Chip.objects.filter(pk=stranger.pk).update(batch_no=batch.number)
        said = refused(
            "manifest_mismatch", lambda: ship_batch(batch, bag_seal="S-1", by=world.filler, at=NOW), "manifest"
        )
        assert stranger.uid in said
        batch.refresh_from_db()
        assert batch.status == "PACKED"

    def test_a_list_whose_key_was_exchanged_afterwards_is_neither_sent_nor_taken_in(self, world, tmp_path):
        other = FileSigner(tmp_path / "other.json").pair
        batch = world.filled(2)
        pack_batch(batch, world.signer, by=world.filler, at=NOW)
        right = InstituteKey.objects.get()
        stranger = write_public_pem(other.algorithm, other.public)
        InstituteKey.objects.update(public_pem=stranger)
        refused("manifest_signature_wrong", lambda: ship_batch(batch, bag_seal="S-1", by=world.filler, at=NOW))
        InstituteKey.objects.update(public_pem=right.public_pem)
        batch.refresh_from_db()
        bag = ship_batch(batch, bag_seal="S-1", by=world.filler, at=NOW)
        closed = counted(world, bag)
        InstituteKey.objects.update(public_pem=stranger)
        refused("manifest_signature_wrong", lambda: confirm_count(closed, by=world.second, at=NOW))
        assert set(Chip.objects.values_list("status", flat=True)) == {"SHIPPED"}


class TestSamples:
    def test_nobody_knows_them_before_the_count_is_closed(self, world):
        """Drawn from number and identifiers alone, they would be known to whoever packs the bag or carries it."""
        bag = world.shipped(20)
        drawn = []
        for later in range(3):
            at = NOW + dt.timedelta(microseconds=later)
            scan(bag, codes_of(bag), by=world.operator, at=at)
            closed = finish_count(bag, by=world.operator, at=at)
            drawn.append(tuple(samples_wanted(closed)))
            closed.refresh_from_db()
            assert tuple(samples_wanted(closed)) == drawn[-1]
            bag = reopen_count(closed, by=world.operator, at=at)
        assert len(set(drawn)) == 3
