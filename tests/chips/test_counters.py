"""Counters of parallel sessions, copies and thieves (认证计数与重点关注)."""

import datetime as dt
import random

import pytest
from django.db import IntegrityError, transaction

from chips.counters import Step, take_counter
from chips.crypto.mac import cmac
from chips.keys.derivation import batch_key, chip_key
from chips.models import Chip
from chips.profile import NO_DIGEST, mac_input
from chips.verification import ChipAnswer, Result, ask_chip, challenge_bytes, check_answer, take_challenge
from sealreg.audit.models import AuditEvent
from sealreg.audit.presenters import sentence_for
from sealreg.notices.models import Notice
from tests.chips.test_verification import MASTER, NOW, UID, active_chip, cards, chip, tapped  # noqa: F401 - fixtures
from tests.factories.accounts import authority, person

SECOND = dt.timedelta(seconds=1)


def step(chip, counter, *, asked=0, came=1):  # noqa: F811
    return take_counter(chip, counter, asked_at=NOW + asked * SECOND, at=NOW + came * SECOND).step


def test_two_banks_may_finish_in_the_other_order(chip):  # noqa: F811
    assert step(chip, 6, asked=0, came=5) is Step.ONWARD
    assert step(chip, 5, asked=0, came=7) is Step.OUT_OF_ORDER
    assert step(chip, 5, asked=0, came=8) is Step.REGRESS
    assert step(chip, 6, asked=0, came=8) is Step.REGRESS
    chip.refresh_from_db()
    assert chip.last_counter == 6


def test_a_question_put_after_the_higher_answer_takes_no_lower_counter(chip):  # noqa: F811
    assert step(chip, 6, asked=0, came=5) is Step.ONWARD
    assert step(chip, 5, asked=6, came=7) is Step.REGRESS
    assert step(chip, 5, asked=5, came=6) is Step.OUT_OF_ORDER


def test_a_lower_counter_comes_within_a_minute_or_not_at_all(chip):  # noqa: F811
    assert step(chip, 6, asked=0, came=5) is Step.ONWARD
    assert step(chip, 4, asked=0, came=61) is Step.REGRESS
    assert step(chip, 4, asked=0, came=60) is Step.OUT_OF_ORDER


def test_only_the_last_32_values_can_come_late(chip):  # noqa: F811
    assert step(chip, 100) is Step.ONWARD
    assert step(chip, 68) is Step.REGRESS
    assert step(chip, 69) is Step.OUT_OF_ORDER
    assert step(chip, 132) is Step.ONWARD
    assert step(chip, 101) is Step.OUT_OF_ORDER
    assert step(chip, 100) is Step.REGRESS


@pytest.mark.parametrize("counter", [0, -1, -(2**31)])
def test_no_counter_begins_at_nothing(chip, counter):  # noqa: F811
    assert step(chip, 3) is Step.ONWARD
    assert step(chip, counter) is Step.REGRESS


def test_the_largest_counter_is_taken_once(chip):  # noqa: F811
    assert step(chip, 1) is Step.ONWARD
    assert step(chip, 0xFFFFFFFE) is Step.JUMP
    assert step(chip, 0xFFFFFFFE) is Step.REGRESS
    assert step(chip, 1) is Step.REGRESS


def test_each_value_passes_at_most_once_in_any_order(chip):  # noqa: F811
    order = [value for value in range(1, 60) for _ in range(3)]
    random.Random(5).shuffle(order)
    passed = [value for value in order if step(chip, value) is not Step.REGRESS]
    assert len(passed) == len(set(passed))
    assert len(passed) >= 32


def test_the_window_has_32_places_in_the_database_too(chip):  # noqa: F811
    with pytest.raises(IntegrityError), transaction.atomic():
        Chip.objects.filter(pk=chip.pk).update(counter_window=2**32)


class TestWatch:
    @pytest.fixture
    def officer(self, chip):  # noqa: F811
        return person("county_officer", place=authority(440606).organisation)

    def answered(self, cards, times=1):  # noqa: F811
        challenge = ask_chip(UID, asked_by="bank-1", purpose="counter", at=NOW)
        answer = tapped(cards, challenge)
        taken = take_challenge(challenge.txn, asked_by="bank-1", uid=UID, at=NOW + SECOND)
        return [check_answer(taken, answer) for _ in range(times)]

    def test_a_repeated_counter_puts_the_chip_on_watch_and_tells_once(self, cards, chip, officer):  # noqa: F811
        operator = person("operator_staff")
        first, *others = self.answered(cards, times=3)
        assert first.result == Result.GENUINE
        assert {verdict.reasons for verdict in others} == {("counter_regress",)}
        chip.refresh_from_db()
        assert chip.watched_at == NOW + SECOND
        events = AuditEvent.objects.filter(event="chips.copy_suspected")
        assert events.count() == 2
        assert "重复出现" in sentence_for(events.first())
        told = Notice.objects.filter(template="chips.copy_suspected")
        assert {notice.user_id for notice in told} == {officer.pk, operator.pk}
        assert told.count() == 2

    def test_a_watched_chip_still_answers_and_says_so(self, cards, chip):  # noqa: F811
        self.answered(cards, times=2)
        (verdict,) = self.answered(cards)
        assert (verdict.result, verdict.signs) == (Result.GENUINE, ("on_watch",))

    def test_a_far_jump_is_genuine_and_kept(self, cards, chip):  # noqa: F811
        self.answered(cards)
        challenge = ask_chip(UID, asked_by="bank-1", purpose="counter", at=NOW)
        here = tapped(cards, challenge)
        far = {"counter": 5_000, "state": here.state, "key_version": here.key_version}
        covered = mac_input(uid=bytes.fromhex(UID), digest=NO_DIGEST, challenge=challenge_bytes(challenge), **far)
        key = chip_key(chip.suite, batch_key(chip.suite, MASTER, batch_no=chip.batch_no, version=1), uid=UID, version=1)
        verdict = check_answer(challenge, ChipAnswer(UID, mac=cmac(chip.suite, key, covered), **far))
        assert (verdict.result, verdict.signs) == (Result.GENUINE, ("counter_jump",))
        (event,) = AuditEvent.objects.filter(event="chips.counter_jumped")
        assert event.facts["last_counter"] == here.counter - 1

    def test_a_lost_chip_in_a_reader_alarms(self, cards, chip, officer):  # noqa: F811
        Chip.objects.filter(pk=chip.pk).update(status="LOST", version=chip.version + 1)
        (verdict,) = self.answered(cards)
        assert (verdict.result, verdict.reasons) == (Result.GENUINE_NOT_USABLE, ("chip_lost",))
        assert Notice.objects.filter(user=officer, template="chips.alarming_chip_seen").count() == 1
