"""The filing's digest on the card (写卡): ordered with the binding, written once, proved, settled after a power cut."""

import datetime as dt

import pytest
from django.db import DatabaseError, IntegrityError, connection
from django.db import transaction as django_transaction

from chips import profile, record
from chips.models import CardAct, CardWriting, Chip, ChipAlarm
from chips.readers import site
from chips.readers.transport import InProcess
from chips.services import bind_chip as use_chip
from chips.subscriptions import bring
from chips.verification import Result
from filing.models import Seal
from filing.record import record_digest
from filing.services.delivery import deliver_seal
from filing.services.ending import report_loss
from filing.services.making import complete_filing
from sealreg.errors import RuleBroken
from sealreg.notices.models import Notice
from sealreg.outbox.errors import TryAgain
from sealreg.outbox.models import OutboxDelivery
from sealreg.outbox.registry import Delivery
from tests.chips.cards import DIGEST
from tests.chips.desk import NOW, bound, card, card_with, checked, stocked, write
from tests.factories import filing as made
from tests.factories.accounts import authority, person
from tests.factories.chips import BY
from tests.factories.units import unit as some_unit
from tests.filing.test_ending import NEXT_DAY, loss

pytestmark = pytest.mark.django_db


class TestBinding:
    def test_digest_is_written_and_the_chip_active_once_it_has_proved_itself(self, readers, place, clerk, seal):
        chip = stocked(readers, place)
        sealed = bound(seal, chip, clerk)
        chip.refresh_from_db()
        assert (chip.status, card(readers, chip).digest, readers.taken) == ("BOUND", b"", 0)
        assert write(chip) == ""
        chip.refresh_from_db()
        held = card(readers, chip)
        assert (held.state, held.digest) == (profile.STATE_ACTIVE, record_digest(sealed, chip_uid=chip.uid))
        assert chip.status == "ACTIVE"
        assert chip.last_counter == held.counter
        assert checked(readers, chip).result == Result.GENUINE
        assert complete_filing(sealed.filing, by=clerk, at=NOW).status == "FILED"

    def test_it_is_tried_at_once_when_the_act_commits(
        self, readers, place, clerk, seal, django_capture_on_commit_callbacks
    ):
        chip = stocked(readers, place)
        with django_capture_on_commit_callbacks(execute=True):
            bound(seal, chip, clerk)
        chip.refresh_from_db()
        assert (chip.status, readers.taken) == ("ACTIVE", 1)

    def test_act_and_order_are_one_transaction(self, readers, place, clerk, seal):
        chip = stocked(readers, place)
        with django_transaction.atomic():
            bound(seal, chip, clerk)
            django_transaction.set_rollback(True)
        chip.refresh_from_db()
        assert (chip.status, CardWriting.objects.count(), write(chip)) == ("SHOP_RECEIVED", 0, "")
        assert card(readers, chip).digest == b""

    def test_without_a_reader_the_register_alone_counts(self, readers, place, clerk, seal):
        site.connect(None)
        chip = stocked(readers, place)
        bound(seal, chip, clerk)
        chip.refresh_from_db()
        assert (chip.status, CardWriting.objects.count()) == ("ACTIVE", 0)
        assert checked(readers, chip).result == Result.GENUINE

    def test_again_changes_nothing(self, readers, place, clerk, seal):
        chip = stocked(readers, place)
        bound(seal, chip, clerk)
        write(chip)
        before = card(readers, chip)
        assert write(chip) == ""
        delivery = OutboxDelivery.objects.select_related("message").get(subscriber="chip_card")
        again = Delivery(delivery.message.key, delivery.message.topic, ("chip", chip.uid), 1, {}, "", 2, 2, 20)
        bring(again)
        assert card(readers, chip) == before
        assert CardWriting.objects.get().tries == 1

    def test_the_relay_brings_what_was_not_written_at_once(self, readers, place, clerk, seal):
        chip = stocked(readers, place)
        bound(seal, chip, clerk)
        delivery = Delivery("k", "chips.card_ordered", ("chip", chip.uid), 1, {}, "", 1, 1, 20)
        readers.away = True
        with pytest.raises(TryAgain, match="no_answer"):
            bring(delivery)
        assert CardWriting.objects.get().doubted_at is not None
        readers.away = False
        bring(delivery)
        chip.refresh_from_db()
        writing = CardWriting.objects.get()
        assert (chip.status, writing.tries, writing.doubted_at) == ("ACTIVE", 2, None)

    def test_only_one_has_the_card_at_a_time(self, readers, place, clerk, seal):
        chip = stocked(readers, place)
        bound(seal, chip, clerk)
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(%s, %s)", [0x43415244, chip.pk])
                assert write(chip) == "busy"
                cursor.execute("SELECT pg_advisory_unlock_all()")
        finally:
            other.close()
        assert write(chip) == ""

    def test_locked_keys_leave_it_waiting(self, readers, place, clerk, seal, settings):
        chip = stocked(readers, place)
        bound(seal, chip, clerk)
        settings.KEYSTORE_PASSPHRASE = "wrong"
        assert write(chip) == "keystore_locked"
        settings.KEYSTORE_PASSPHRASE = "two halves"
        assert write(chip) == ""


class TestPowerCut:
    def test_at_every_step_the_card_is_settled_when_it_is_read_again(self, readers, place, monkeypatch):
        monkeypatch.setattr(record, "_told_by", [lambda _chip: DIGEST])
        cut = 0
        while True:
            chip = stocked(readers, place)
            use_chip(chip, shop=place, seal_code=chip.uid[-13:], by=BY, at=NOW, digest=DIGEST)
            readers.cut = cut
            why = write(chip)
            chip.refresh_from_db()
            if not why:
                break
            assert (why, chip.status) == ("no_answer", "BOUND")
            # What the card did is unknown, so both are taken for the chip's: nobody is turned away for a power cut.
            assert checked(readers, chip).reasons == ("chip_bound",)
            assert write(chip) == ""
            chip.refresh_from_db()
            held = card(readers, chip)
            assert (chip.status, held.state, held.digest) == ("ACTIVE", profile.STATE_ACTIVE, DIGEST)
            assert checked(readers, chip).result == Result.GENUINE
            cut += 1
        assert cut > 40
        assert not ChipAlarm.objects.exists()

    def test_a_card_that_cannot_write_is_tried_again(self, readers, place, clerk, seal, monkeypatch):
        chip = stocked(readers, place)
        bound(seal, chip, clerk)

        class Worn(InProcess):
            def transmit(self, command):
                return profile.MEMORY_FAILURE if command[:2] == b"\x84\xe2" else super().transmit(command)

        site.connect(lambda uid: Worn(readers.store.take(uid)))
        assert write(chip) == "memory_failure"
        site.connect(readers.card)
        assert write(chip) == ""


class TestRefused:
    """The card is not what the register says: an alarm, and nothing is put right by itself."""

    def refused(self, readers, seal, chip, clerk, why):
        sealed = bound(seal, chip, clerk)
        assert write(chip) == ""
        chip.refresh_from_db()
        writing = CardWriting.objects.get()
        assert (writing.why, writing.done_at, chip.status) == (why, None, "BOUND")
        alarm = ChipAlarm.objects.get(kind="MISMATCH", subject=chip.uid)
        assert alarm.facts["why"] == why
        with pytest.raises(RuleBroken) as caught:
            complete_filing(sealed.filing, by=clerk, at=NOW)
        assert caught.value.reason == "chip_not_verified"
        return sealed

    def test_another_digest_on_the_card(self, readers, place, clerk, seal):
        chip = stocked(readers, place)
        readers.store.make(card_with(card(readers, chip), digest=b"\x01" * 32))
        self.refused(readers, seal, chip, clerk, "wrong_answer")

    def test_active_without_a_digest(self, readers, place, clerk, seal):
        chip = stocked(readers, place)
        readers.store.make(card_with(card(readers, chip), state=profile.STATE_ACTIVE))
        self.refused(readers, seal, chip, clerk, "active_without_digest")

    def test_a_terminated_card(self, readers, place, clerk, seal):
        chip = stocked(readers, place)
        readers.store.make(card_with(card(readers, chip), state=profile.STATE_TERMINATED))
        self.refused(readers, seal, chip, clerk, "state_7f")

    def test_a_forged_card_that_knows_no_key(self, readers, place, clerk, seal):
        chip = stocked(readers, place)
        held = card(readers, chip)
        readers.store.make(card_with(held, keys={slot: bytes(16) for slot in held.keys}))
        self.refused(readers, seal, chip, clerk, "not_our_card")

    def test_a_copy_that_was_used_before(self, readers, place, clerk, seal):
        chip = stocked(readers, place)
        Chip.objects.filter(pk=chip.pk).update(last_counter=900, counter_at=NOW + dt.timedelta(days=1))
        self.refused(readers, seal, chip, clerk, "counter_regress")
        chip.refresh_from_db()
        assert chip.watched_at is not None

    def test_the_database_files_no_seal_whose_chip_has_not_proved_itself(self, readers, place, clerk, seal):
        chip = stocked(readers, place)
        sealed = bound(seal, chip, clerk)
        with pytest.raises(IntegrityError, match="chip is not verified"), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE filing_seal SET status = 'FILED', filed_at = now(), version = version + 1 WHERE id = %s",
                [sealed.pk],
            )


class TestCheck:
    """The answer covers the digest's first eight bytes; the verifier computes them from the record as it stands."""

    @pytest.fixture
    def chip(self, readers, place, clerk, seal):
        chip = stocked(readers, place)
        bound(seal, chip, clerk)
        write(chip)
        chip.refresh_from_db()
        return chip

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("name", "另一家有限公司"), ("engraved_on", "2026-06-01"), ("shape", "OVAL"), ("width_mm", "41.0"),
            ("unit_id", None), ("imprint_id", None), ("code", "4406069999999"),
        ],
    )  # fmt: skip
    def test_an_altered_record_does_not_fit_its_chip(self, readers, chip, clerk, column, value):
        officer = person("county_officer", place=authority(440606).organisation)
        if column == "unit_id":
            value = some_unit().pk
        if column == "imprint_id":
            value = made.paper("IMPRINT", by=clerk, size=(38.0, 38.0)).pk
        Seal.objects.filter(chip=chip).update(**{column: value})
        verdict = checked(readers, chip)
        assert (verdict.result, verdict.reasons, verdict.chip) == (Result.NOT_GENUINE, ("record_mismatch",), None)
        assert ChipAlarm.objects.get(kind="MISMATCH", subject=chip.uid).facts["why"] == "record_mismatch"
        assert Notice.objects.filter(user=officer, template="chips.record_mismatch").count() == 1
        checked(readers, chip)
        assert Notice.objects.filter(template="chips.record_mismatch", user=officer).count() == 1

    def test_a_card_without_the_digest_is_not_genuine(self, readers, chip):
        readers.store.make(card_with(card(readers, chip), digest=b""))
        assert checked(readers, chip).reasons == ("record_mismatch",)

    def test_a_chip_moved_to_another_seal_on_the_record_is_not_genuine(self, readers, chip, place, clerk):
        engraved = made.engraved(made.submitted(clerk, made.request_for(place)).seals.get(), clerk)
        other = bound(engraved, stocked(readers, place), clerk)
        Seal.objects.filter(chip=chip).update(chip=None, chip_bound_at=None)
        Seal.objects.filter(pk=other.pk).update(chip=chip, chip_bound_at=NOW)
        assert checked(readers, chip).reasons == ("record_mismatch",)

    def test_a_seal_that_was_taken_from_the_record_leaves_no_genuine_chip(self, readers, chip):
        Seal.objects.filter(chip=chip).update(chip=None, chip_bound_at=None)
        assert checked(readers, chip).reasons == ("record_mismatch",)

    def test_what_was_ordered_and_how_it_ended_is_never_rewritten(self, chip):
        for statement in (
            "UPDATE chips_cardwriting SET digest = repeat('0', 64)",
            "UPDATE chips_cardwriting SET done_at = NULL",
            "DELETE FROM chips_cardwriting",
        ):
            with pytest.raises(DatabaseError), django_transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
        with pytest.raises(IntegrityError, match="card_writing_digest_once"), django_transaction.atomic():
            CardWriting.objects.create(chip=chip, act=CardAct.BIND, digest="1" * 64, ordered_at=NOW)


def whole_loss(seal, clerk):
    return loss(clerk, reporter=made.handler(name=seal.unit.legal_representative))


class TestLoss:
    @pytest.fixture
    def delivered(self, readers, place, clerk, seal):
        chip = stocked(readers, place)
        sealed = bound(seal, chip, clerk)
        write(chip)
        complete_filing(sealed.filing, by=clerk, at=NOW)
        fresh = Seal.objects.get(pk=sealed.pk)
        handed = made.paper("IMPRINT_CARD", by=clerk)
        return deliver_seal(fresh, made.handler(), handed, by=clerk, at=NOW)

    def test_the_register_locks_it_at_once_and_the_card_when_a_reader_has_it(self, readers, clerk, delivered):
        chip = delivered.chip
        readers.away = True
        report_loss(delivered, whole_loss(delivered, clerk), by=clerk, at=NEXT_DAY)
        assert write(chip) == "no_answer"
        verdict = checked(readers, chip)
        assert (verdict.result, verdict.reasons) == (Result.GENUINE_NOT_USABLE, ("chip_lost",))
        assert card(readers, chip).state == profile.STATE_ACTIVE
        readers.away = False
        assert write(chip) == ""
        assert card(readers, chip).state == profile.STATE_SUSPENDED
        assert checked(readers, chip).reasons == ("chip_lost", "card_state")
        assert not ChipAlarm.objects.exists()

    def test_any_power_cut_leaves_it_lost(self, readers, clerk, delivered):
        chip = delivered.chip
        report_loss(delivered, whole_loss(delivered, clerk), by=clerk, at=NEXT_DAY)
        cuts = 0
        while True:
            readers.cut = cuts
            if not write(chip):
                break
            assert checked(readers, chip).result == Result.GENUINE_NOT_USABLE
            cuts += 1
        assert card(readers, chip).state == profile.STATE_SUSPENDED
        assert CardWriting.objects.get(act="LOCK").tries == cuts + 1

    def test_binding_and_locking_are_each_owed_once(self, readers, clerk, delivered):
        report_loss(delivered, whole_loss(delivered, clerk), by=clerk, at=NEXT_DAY)
        assert OutboxDelivery.objects.filter(subscriber="chip_card", state="PENDING").count() == 2
