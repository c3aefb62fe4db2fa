"""The card of a destroyed chip (终止卡片): two persons order it, the card proves it, the register stands apart."""

import datetime as dt

import pytest
from django.db import DatabaseError, connection
from django.db import transaction as django_transaction
from django.urls import reverse

from chips import profile
from chips.keys.keystore import current_keystore
from chips.logistics import parties
from chips.logistics.endings import confirm_ending, report_ending
from chips.models import CardWriting, ChipAlarm, ChipEnding, EndingKind, PartyKind
from chips.readers import site
from chips.readers.transport import InProcess
from chips.services import package_chip
from chips.simulator.memory import Silicon
from chips.simulator.store import CardStore
from chips.subscriptions import bring
from chips.terminating import block_list, call_unreadable, latest_end, present_again, state_of
from chips.verification import Result
from filing.choices import Reason
from filing.models import Seal
from filing.services.delivery import deliver_seal
from filing.services.ending import report_loss
from filing.services.making import complete_filing
from sealreg.audit.models import AuditEvent
from sealreg.errors import Conflict, IllegalMove, RuleBroken
from sealreg.outbox.registry import Delivery
from tests.chips.desk import NOW, bound, card, card_with, checked, stocked, write
from tests.factories import filing as made
from tests.factories.accounts import person
from tests.filing.test_ending import NEXT_DAY, loss
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db
LATER = NEXT_DAY + dt.timedelta(hours=1)


@pytest.fixture
def witness(place):
    return made.clerk_of(place)


def delivered(readers, place, clerk, seal) -> Seal:
    chip = stocked(readers, place)
    sealed = bound(seal, chip, clerk)
    assert write(chip) == ""
    complete_filing(sealed.filing, by=clerk, at=NOW)
    fresh = Seal.objects.get(pk=sealed.pk)
    return deliver_seal(fresh, made.handler(), made.paper("IMPRINT_CARD", by=clerk), by=clerk, at=NOW)


@pytest.fixture
def found(readers, place, clerk, seal):
    """A lost seal that came back to the shop: its chip is locked in the register and on its card."""
    had = delivered(readers, place, clerk, seal)
    paper = loss(clerk, reporter=made.handler(name=had.unit.legal_representative))
    report_loss(had, paper, by=clerk, at=NEXT_DAY)
    assert write(had.chip) == ""
    assert card(readers, had.chip).state == profile.STATE_SUSPENDED
    return Seal.objects.select_related("chip__shop").get(pk=had.pk)


def destroyed(chip, clerk, witness, *, at=LATER) -> CardWriting:
    """Reported and confirmed, with the order kept and no card touched yet."""
    party = parties.of_shop(chip.shop)
    made_ = report_ending(EndingKind.DESTRUCTION, party, [chip.uid], reason="缴销", by=clerk, at=at)
    confirm_ending(made_, by=witness, at=at)
    chip.refresh_from_db()
    return order_of(chip)


def order_of(chip) -> CardWriting:
    found = latest_end(chip)
    assert found is not None
    return found


class TestEnded:
    def test_register_first_then_the_card_which_proves_it(self, readers, clerk, witness, found):
        order = destroyed(found.chip, clerk, witness)
        assert (found.chip.status, state_of(order), card(readers, found.chip).state) == ("DESTROYED", "open", 0x0F)
        assert write(found.chip) == ""
        order, held = order_of(found.chip), card(readers, found.chip)
        assert (state_of(order), order.proof, held.state, held.keys) == ("ended", "ANSWER", 0x7F, {})
        assert order.sent_at is not None
        assert AuditEvent.objects.filter(event="chips.card_ended", subject_id=found.chip.uid).count() == 1
        assert not ChipAlarm.objects.exists()
        assert not block_list().exists()

    def test_it_is_tried_at_once_when_the_second_person_confirms(
        self, readers, clerk, witness, found, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            order = destroyed(found.chip, clerk, witness)
        assert state_of(order_of(found.chip)) == "ended"
        assert order.ending.confirmed_by

    def test_the_seal_that_was_replaced_goes_the_same_way(self, readers, place, clerk, witness, seal):
        old = delivered(readers, place, clerk, seal)
        asked = made.request_for(place, unit=old.unit, reason=Reason.DAMAGED)
        delivered(readers, place, clerk, made.engraved(made.submitted(clerk, asked).seals.get(), clerk))
        old = Seal.objects.select_related("chip__shop").get(pk=old.pk)
        assert (old.use_status, old.chip.status) == ("SURRENDERED", "SUSPENDED")
        destroyed(old.chip, clerk, witness)
        assert write(old.chip) == ""
        assert state_of(order_of(old.chip)) == "ended"

    def test_again_changes_nothing(self, readers, clerk, witness, found):
        destroyed(found.chip, clerk, witness)
        write(found.chip)
        before, order = card(readers, found.chip), order_of(found.chip)
        assert write(found.chip) == ""
        bring(Delivery("k", "chips.card_ordered", ("chip", found.chip.uid), 1, {}, "", 2, 2, 20))
        assert card(readers, found.chip) == before
        assert order_of(found.chip).tries == order.tries == 1
        with pytest.raises(IllegalMove):
            present_again(order, by=clerk, at=LATER)

    def test_what_was_still_to_be_written_is_closed(self, readers, place, clerk, witness, seal):
        had = delivered(readers, place, clerk, seal)
        paper = loss(clerk, reporter=made.handler(name=had.unit.legal_representative))
        readers.away = True
        report_loss(had, paper, by=clerk, at=NEXT_DAY)
        assert write(had.chip) == "no_answer"
        readers.away = False
        had.chip.refresh_from_db()
        destroyed(had.chip, clerk, witness)
        assert CardWriting.objects.get(chip=had.chip, act="LOCK").why == "destroyed"
        assert write(had.chip) == ""
        assert card(readers, had.chip).state == profile.STATE_TERMINATED

    def test_not_while_the_card_is_being_written_to(self, readers, place, clerk, witness, seal):
        chip = stocked(readers, place)
        bound(seal, chip, clerk)
        made_ = report_ending(
            EndingKind.DESTRUCTION, parties.of_shop(place), [chip.uid], reason="x", by=clerk, at=LATER
        )
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(%s, %s)", [0x43415244, chip.pk])
            with pytest.raises(Conflict) as caught, django_transaction.atomic():
                confirm_ending(made_, by=witness, at=LATER)
            assert caught.value.reason == "card_busy"
        finally:
            other.close()


class TestPowerCut:
    def test_at_every_step_the_card_is_settled_when_it_is_read_again(self, readers, place, clerk, witness):
        cut, seen = 0, set()
        while True:
            chip = stocked(readers, place)
            chip = package_chip(chip, shop=place, body_serial=chip.uid, by=clerk, at=NOW)
            destroyed(chip, clerk, witness)
            readers.cut = cut
            why = write(chip)
            if not why:
                break
            assert why == "no_answer"
            assert checked_or_silent(readers, chip) != Result.GENUINE
            assert write(chip) == ""
            order, held = order_of(chip), card(readers, chip)
            assert (state_of(order), held.state, held.keys) == ("ended", profile.STATE_TERMINATED, {})
            seen.add(order.proof)
            cut += 1
        assert cut > 25
        assert seen == {"ANSWER", "SEEN"}
        assert not ChipAlarm.objects.exists()

    def test_killed_after_the_command_the_next_try_knows_it_for_its_own(self, readers, clerk, witness, found):
        destroyed(found.chip, clerk, witness)

        class Killed(InProcess):
            def transmit(self, command):
                answer = super().transmit(command)
                if command[:2] == b"\x84\xe4":
                    raise KeyboardInterrupt
                return answer

        site.connect(lambda uid: Killed(readers.store.take(uid)))
        with pytest.raises(KeyboardInterrupt):
            write(found.chip)
        site.connect(readers.card)
        assert write(found.chip) == ""
        assert order_of(found.chip).proof == "SEEN"
        assert not ChipAlarm.objects.exists()


def checked_or_silent(readers, chip):
    """The result of a check, None where the card answers none."""
    if card(readers, chip).state == profile.STATE_TERMINATED:
        return None
    return checked(readers, chip).result


class TestReplay:
    """What was sent to one card ends no other, nor the same one in another channel."""

    def record(self, readers, chip):
        sent = []

        class Taped(InProcess):
            def transmit(self, command):
                sent.append(command)
                return super().transmit(command)

        site.connect(lambda uid: Taped(readers.store.take(uid)))
        assert write(chip) == ""
        site.connect(readers.card)
        return sent

    def test_a_recorded_end_ends_nothing(self, readers, place, clerk, witness, found):
        other = stocked(readers, place)
        before = readers.store.take(found.chip.uid).image()
        destroyed(found.chip, clerk, witness)
        sent = self.record(readers, found.chip)
        assert any(command[:2] == b"\x84\xe4" for command in sent)
        again = Silicon(before)
        # Any channel since then has moved the card's own challenge on.
        current_keystore().open_management(InProcess(again), suite=found.chip.suite, version=1, uid=found.chip.uid)
        for body in (again, readers.store.take(other.uid)):
            reader = InProcess(body)
            answers = [reader.transmit(command)[-2:] for command in sent]
            assert profile.HOST_REFUSED in answers
            assert body.read().state != profile.STATE_TERMINATED
            assert body.read().keys

    def test_the_end_needs_the_provinces_management_keys(self, readers, clerk, witness, found):
        destroyed(found.chip, clerk, witness)
        held = card(readers, found.chip)
        readers.store.make(card_with(held, keys=held.keys | dict.fromkeys(profile.MANAGEMENT, bytes(16))))
        assert write(found.chip) == ""
        assert (state_of(order_of(found.chip)), order_of(found.chip).why) == ("mismatch", "not_our_card")
        assert ChipAlarm.objects.filter(kind="MISMATCH", subject=found.chip.uid).count() == 1

    def test_one_person_ends_no_card(self, readers, found):
        keys = current_keystore()
        for persons in (("person:1", "person:1"), ("person:1", ""), ("", "")):
            with pytest.raises(PermissionError):
                keys.end_card(
                    readers.card(found.chip.uid), suite=found.chip.suite, version=1, uid=found.chip.uid,
                    persons=persons,
                )  # fmt: skip
        assert card(readers, found.chip).keys


class TestMismatch:
    """The card is not as the register has it: an alarm, and nothing is put right by itself."""

    def refused(self, chip, why):
        assert write(chip) == ""
        order = order_of(chip)
        assert (state_of(order), order.why, order.done_at) == ("mismatch", why, None)
        assert ChipAlarm.objects.get(kind="MISMATCH", subject=chip.uid).facts["why"] == why
        assert list(block_list()) == [order]
        with pytest.raises(IllegalMove):
            present_again(order, by=person("operator_staff"), at=LATER)

    def test_a_card_somebody_else_has_ended_before(self, readers, clerk, witness, found):
        readers.store.make(card_with(card(readers, found.chip), state=profile.STATE_TERMINATED, keys={}))
        destroyed(found.chip, clerk, witness)
        self.refused(found.chip, "ended_before")

    def test_a_blank_card(self, readers, clerk, witness, found):
        readers.store.make(card_with(card(readers, found.chip), state=profile.STATE_BLANK))
        destroyed(found.chip, clerk, witness)
        self.refused(found.chip, "state_01")

    def test_a_card_that_says_it_ended_and_did_not(self, readers, clerk, witness, found):
        destroyed(found.chip, clerk, witness)
        body = readers.store.take(found.chip.uid)

        class Liar(InProcess):
            """Takes the command and keeps its keys, as a faulty or false card would."""

            def transmit(self, command):
                kept = body.read()
                answer = super().transmit(command)
                if command[:2] == b"\x84\xe4":
                    body.write(kept)
                return answer

        site.connect(lambda uid: Liar(body))
        self.refused(found.chip, "not_ended")

    def test_a_copy_that_answers_after_the_end_is_an_alarm_whatever_state_it_tells(
        self, readers, clerk, witness, found, tmp_path
    ):
        copies = CardStore(tmp_path / "copies", b"k" * 32)
        copies.make(card_with(card(readers, found.chip), state=profile.STATE_ACTIVE))
        destroyed(found.chip, clerk, witness)
        write(found.chip)
        verdict = checked(readers, found.chip, store=copies)
        assert verdict.result == Result.GENUINE_NOT_USABLE
        assert "chip_destroyed" in verdict.reasons
        alarm = ChipAlarm.objects.get(kind="MISMATCH", subject=found.chip.uid)
        assert alarm.facts["why"] == "answers_after_end"
        assert AuditEvent.objects.filter(event="chips.alarming_chip_seen").exists()
        assert order_of(found.chip).done_at is not None


class TestUnreadable:
    def test_it_goes_on_the_block_list_and_never_passes(self, readers, clerk, witness, found):
        destroyed(found.chip, clerk, witness)
        with pytest.raises(IllegalMove):
            call_unreadable(order_of(found.chip), by=clerk, at=LATER)
        readers.away = True
        assert write(found.chip) == "no_answer"
        call_unreadable(order_of(found.chip), by=clerk, at=LATER)
        order = order_of(found.chip)
        assert (state_of(order), order.why) == ("blocked", "unreadable")
        assert list(block_list()) == [order]
        readers.away = False
        assert write(found.chip) == ""
        assert card(readers, found.chip).state == profile.STATE_SUSPENDED
        verdict = checked(readers, found.chip)
        assert (verdict.result, "chip_destroyed" in verdict.reasons) == (Result.GENUINE_NOT_USABLE, True)
        assert AuditEvent.objects.filter(event="chips.alarming_chip_seen").exists()

    def test_later_it_can_be_read_after_all(self, readers, clerk, witness, found, django_capture_on_commit_callbacks):
        destroyed(found.chip, clerk, witness)
        readers.away = True
        write(found.chip)
        call_unreadable(order_of(found.chip), by=clerk, at=LATER)
        readers.away = False
        with django_capture_on_commit_callbacks(execute=True):
            present_again(order_of(found.chip), by=witness, at=LATER)
        assert state_of(order_of(found.chip)) == "ended"
        assert CardWriting.objects.filter(chip=found.chip, act="END").count() == 2
        assert not block_list().exists()

    def test_a_site_without_reader_puts_it_there_at_once(self, readers, clerk, witness, found):
        site.connect(None)
        order = destroyed(found.chip, clerk, witness)
        assert (state_of(order), order.why) == ("blocked", "no_reader")
        assert list(block_list()) == [order]


class TestOperator:
    def test_a_chip_out_of_use_that_was_handed_in_elsewhere(self, readers, clerk, found):
        first, second = (person("operator_staff") for _ in range(2))
        party = parties.the(PartyKind.OPERATOR)
        made_ = report_ending(EndingKind.DESTRUCTION, party, [found.chip.uid], reason="公安移交", by=first, at=LATER)
        confirm_ending(made_, by=second, at=LATER)
        assert write(found.chip) == ""
        assert state_of(order_of(found.chip)) == "ended"

    def test_none_that_is_in_use(self, readers, place, clerk, seal):
        had = delivered(readers, place, clerk, seal)
        party = parties.the(PartyKind.OPERATOR)
        with pytest.raises(RuleBroken):
            report_ending(
                EndingKind.DESTRUCTION, party, [had.chip.uid], reason="x", by=person("operator_staff"), at=LATER
            )


class TestDatabase:
    def refused(self, statement, *values):
        with pytest.raises(DatabaseError) as caught, django_transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
        return str(caught.value)

    INSERT = (
        "INSERT INTO chips_cardwriting "
        "(chip_id, act, digest, ordered_at, tries, why, others, other_uid, ending_id, proof) "
        "VALUES (%s, 'END', '', now(), 0, '', 0, '', %s, '')"
    )

    def test_no_end_without_two_persons(self, readers, place, clerk, found):
        assert "two persons" in self.refused(self.INSERT, found.chip.pk, None)
        party = parties.of_shop(place)
        asked = report_ending(EndingKind.DESTRUCTION, party, [found.chip.uid], reason="x", by=clerk, at=LATER)
        assert "two persons" in self.refused(self.INSERT, found.chip.pk, asked.pk)

    def test_no_end_of_another_chip(self, readers, place, clerk, witness, found):
        destroyed(found.chip, clerk, witness)
        other = stocked(readers, place)
        assert "two persons" in self.refused(self.INSERT, other.pk, ChipEnding.objects.get().pk)

    def test_no_end_without_proof_and_none_rewritten(self, readers, clerk, witness, found):
        destroyed(found.chip, clerk, witness)
        done = "UPDATE chips_cardwriting SET done_at = now(), tries = 1 WHERE act = 'END'"
        assert "card_writing_end_is_proved" in self.refused(done)
        write(found.chip)
        for change in ("sent_at = NULL", "proof = 'SEEN'", "done_at = NULL, proof = ''", "ending_id = NULL"):
            assert self.refused(f"UPDATE chips_cardwriting SET {change} WHERE act = 'END'")
        assert "one_end_at_a_time" in self.refused(self.INSERT, found.chip.pk, ChipEnding.objects.get().pk)


class TestPages:
    def test_a_lost_seal_is_found_destroyed_and_its_card_ended_over_the_pages(
        self, readers, clerk, witness, found, django_capture_on_commit_callbacks
    ):
        browser = client_of(clerk)
        filing = reverse("shop_filing", args=[found.filing.number])
        there = reverse("shop_destroy", args=[found.code])
        page = browser.get(filing).content.decode()
        assert f'href="{there}"' in page
        assert "芯片已锁定；印章找回后登记销毁" in page
        assert browser.post(there, {"how": "切割", "sure": "on"}).url == filing
        report = ChipEnding.objects.get()
        detail = reverse("shop_chip_ending", args=[report.number])
        assert "等待另一人复核" in browser.get(filing).content.decode()
        assert browser.get(there).url == detail
        assert browser.post(detail, {"act": "confirm"}).status_code == 422
        readers.away = True
        other = client_of(witness)
        assert "把芯片平放在读卡器上再复核" in other.get(detail).content.decode()
        with django_capture_on_commit_callbacks(execute=True):
            assert other.post(detail, {"act": "confirm"}).status_code == 302
        page = other.get(detail).content.decode()
        assert "没有应答" in page
        assert "读卡器没有读到芯片" in page
        assert "登记读不出" in page
        readers.away = False
        with django_capture_on_commit_callbacks(execute=True):
            sent = {"act": "present", "present-uid": found.chip.uid}
            assert other.post(detail, sent).url == detail
        page = other.get(detail).content.decode()
        assert "密钥已清除" in page
        assert 'name="act" value="present"' not in page
        assert "密钥已清除：卡片以通道鉴别码应答" in browser.get(filing).content.decode()
        assert browser.get(there).status_code == 409

    def test_unreadable_stands_on_the_operators_list(self, readers, clerk, witness, found):
        destroyed(found.chip, clerk, witness)
        readers.away = True
        write(found.chip)
        detail = reverse("shop_chip_ending", args=[ChipEnding.objects.get().number])
        sent = {"act": "unreadable", "unreadable-uid": found.chip.uid}
        assert client_of(witness).post(detail, sent).status_code == 302
        operator = client_of(person("operator_staff"))
        there = reverse("chip_block_list")
        for query in ("", "?why=unreadable", f"?uid={found.chip.uid[-5:]}"):
            assert found.chip.uid in operator.get(there + query).content.decode()
        for query in ("?why=open", "?why=mismatch", "?uid=FFFF"):
            assert found.chip.uid not in operator.get(there + query).content.decode()
        assert found.chip.uid in operator.get(there + "?export=csv").getvalue().decode("utf-8-sig")
        assert client_of(clerk).get(there).status_code in (403, 404)

    def test_nobody_else_and_not_while_in_use(self, readers, place, clerk, seal):
        had = delivered(readers, place, clerk, seal)
        there = reverse("shop_destroy", args=[had.code])
        assert client_of(clerk).get(there).status_code == 409
        assert client_of(clerk).post(there, {"how": "x", "sure": "on"}).status_code == 409
        assert client_of(made.clerk_of(made.shop())).get(there).status_code == 404
        assert ChipEnding.objects.count() == 0
