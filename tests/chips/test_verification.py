"""A chip proves itself once per challenge; nothing else passes (芯片核验)."""

import datetime as dt
import threading
from dataclasses import replace

import pytest
from django.db import connection

from chips.keys.keystore import write_keystore
from chips.logistics.alarms import note_card_state
from chips.models import Chip, ChipAlarm, ChipChallenge
from chips.profile import authenticate_command
from chips.services import bind_chip, resume_chip, suspend_chip
from chips.simulator.institute import Institute
from chips.simulator.store import CardStore
from chips.tasks import sweep
from chips.verification import (
    ChipAnswer,
    Result,
    ask_chip,
    challenge_bytes,
    check_answer,
    forget_challenges,
    take_challenge,
)
from sealreg.celery import app as celery
from sealreg.clock import SHANGHAI
from sealreg.database.actor import SystemActor
from sealreg.database.door import transaction
from sealreg.errors import Conflict, NotFound
from tests.chips.cards import masters
from tests.factories import filing as made
from tests.factories.chips import chips

MASTER = bytes(range(16))
NOW = dt.datetime(2026, 6, 9, 10, 0, tzinfo=SHANGHAI)
DAY = dt.timedelta(days=1)
UID = "04A1B2C3D4E5F6"
BY = SystemActor("institute")
SUITE = {"suite": "SM4-CMAC", "key_version": 1}


@pytest.fixture
def cards(tmp_path, settings):
    settings.KEYSTORE_PATH, settings.KEYSTORE_PASSPHRASE = tmp_path / "keys.json", "two halves"
    write_keystore(settings.KEYSTORE_PATH, "two halves", {("SM4-CMAC", 1): MASTER})
    return CardStore(tmp_path / "cards", b"k" * 32)


def active_chip(cards) -> Chip:
    filled = Institute(cards, suite="SM4-CMAC", version=1, masters=masters(MASTER)).fill(UID, batch_no="B1")
    shop = made.shop()
    (chip,) = chips(shop=shop, given=[UID], key_check=filled.key_check, batch_no="B1", **SUITE)
    with transaction(BY):
        return bind_chip(chip, shop=shop, seal_code="4406060000001", by=BY, at=NOW)


@pytest.fixture
def chip(db, cards):
    return active_chip(cards)


def ask(uid=UID) -> ChipChallenge:
    return ask_chip(uid, asked_by="bank-1", purpose="counter", at=NOW)


def tapped(cards, challenge, uid=UID) -> ChipAnswer:
    raw = cards.insert(uid).transmit(authenticate_command(challenge_bytes(challenge)))
    return ChipAnswer(uid, int.from_bytes(raw[:4], "big"), raw[4], raw[5], raw[6:22])


def test_a_bound_chip_is_genuine(cards, chip):
    challenge = ask()
    verdict = check_answer(challenge, tapped(cards, challenge))
    assert (verdict.result, verdict.reasons, verdict.chip) == (Result.GENUINE, (), chip)


def test_the_same_answer_never_passes_twice(cards, chip):
    challenge = ask()
    answer = tapped(cards, challenge)
    assert check_answer(challenge, answer).result == Result.GENUINE
    assert check_answer(challenge, answer).reasons == ("counter_regress",)


def test_an_old_answer_does_not_fit_a_new_challenge(cards, chip):
    answer = tapped(cards, ask())
    assert check_answer(ask(), answer).result == Result.NOT_GENUINE


@pytest.mark.parametrize(
    "change",
    [{"counter": 9}, {"state": 7}, {"key_version": 2}, {"mac": bytes(16)}, {"uid": "04A1B2C3D4E5F7"}],
    ids=lambda change: next(iter(change)),
)
def test_any_changed_field_is_not_genuine(cards, chip, change):
    challenge = ask()
    answer = replace(tapped(cards, challenge), **change)
    assert check_answer(challenge, answer).result == Result.NOT_GENUINE
    chip.refresh_from_db()
    assert chip.last_counter == 0


def test_a_clone_is_found_when_both_are_used(cards, chip, tmp_path):
    clone = CardStore(tmp_path / "clone", b"k" * 32)
    for path in (tmp_path / "cards").rglob(UID):
        target = tmp_path / "clone" / path.relative_to(tmp_path / "cards")
        target.parent.mkdir(parents=True)
        target.write_bytes(path.read_bytes())
    first, second = ask(), ask()
    assert check_answer(first, tapped(cards, first)).result == Result.GENUINE
    assert check_answer(second, tapped(clone, second)).reasons == ("counter_regress",)


@pytest.mark.django_db
def test_a_chip_still_in_stock_is_genuine_but_not_usable(cards):
    filled = Institute(cards, suite="SM4-CMAC", version=1, masters=masters(MASTER)).fill(UID, batch_no="B1")
    chips(shop=made.shop(), given=[UID], key_check=filled.key_check, batch_no="B1", **SUITE)
    challenge = ask()
    verdict = check_answer(challenge, tapped(cards, challenge))
    assert (verdict.result, verdict.reasons) == (Result.GENUINE_NOT_USABLE, ("chip_shop_received",))


@pytest.mark.django_db
def test_unknown_chip_and_wrong_mac_answer_alike(cards):
    challenge = ask("04FFFFFFFFFFFF")
    answer = ChipAnswer("04FFFFFFFFFFFF", 1, 3, 1, bytes(16))
    assert check_answer(challenge, answer).reasons == ("chip_unknown_or_wrong",)


def test_without_keys_the_answer_is_indeterminate(cards, chip, settings):
    challenge = ask()
    answer = tapped(cards, challenge)
    settings.KEYSTORE_PASSPHRASE = "wrong"
    assert check_answer(challenge, answer).result == Result.INDETERMINATE


class TestChallenge:
    def test_once_for_its_asker_its_chip_and_its_minute(self, db):
        challenge = ask()
        with pytest.raises(NotFound):
            take_challenge(challenge.txn, asked_by="bank-2", uid=UID, at=NOW)
        with pytest.raises(Conflict):
            take_challenge(challenge.txn, asked_by="bank-1", uid="04000000000000", at=NOW)
        with pytest.raises(Conflict) as caught:
            take_challenge(challenge.txn, asked_by="bank-1", uid=UID, at=NOW + dt.timedelta(seconds=61))
        assert caught.value.reason == "challenge_too_late"
        assert take_challenge(challenge.txn, asked_by="bank-1", uid=UID, at=NOW + dt.timedelta(seconds=60))
        with pytest.raises(Conflict) as caught:
            take_challenge(challenge.txn, asked_by="bank-1", uid=UID, at=NOW)
        assert caught.value.reason == "challenge_used"


def test_fifty_copies_at_once_pass_once(own_database, cards):
    active_chip(cards)
    challenge = ask()
    answer = tapped(cards, challenge)
    start = threading.Barrier(50)
    results = []

    def present():
        start.wait()
        try:
            results.append(check_answer(challenge, answer).result)
        finally:
            connection.close()

    threads = [threading.Thread(target=present) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [Result.GENUINE, *[Result.NOT_GENUINE] * 49]


def test_card_and_register_agree_and_an_unfilled_chip_proves_nothing(cards, chip):
    with transaction(BY):
        suspended = suspend_chip(chip, by=BY, at=NOW)
        resume_chip(suspended, by=BY, at=NOW)
    assert note_card_state(chip, 0x07, by=BY, at=NOW)
    challenge = ask()
    assert check_answer(challenge, tapped(cards, challenge)).result == Result.GENUINE
    assert not ChipAlarm.objects.exists()
    chips("", given=["04FFFFFFFFFFFF"])
    unfilled = ChipAnswer("04FFFFFFFFFFFF", 1, 3, 1, bytes(16))
    assert check_answer(ask("04FFFFFFFFFFFF"), unfilled).result == Result.NOT_GENUINE


def test_questions_are_forgotten_once_nobody_can_answer_them(cards, chip):
    old, young = (ask_chip(UID, asked_by="bank-1", purpose="counter", at=NOW - back) for back in (3 * DAY, DAY / 2))
    take_challenge(old.txn, asked_by="bank-1", uid=UID, at=NOW - 3 * DAY)
    assert forget_challenges(at=NOW) == 1
    assert list(ChipChallenge.objects.values_list("txn", flat=True)) == [young.txn]
    with pytest.raises(NotFound):
        take_challenge(old.txn, asked_by="bank-1", uid=UID, at=NOW)
    with pytest.raises(Conflict):
        take_challenge(young.txn, asked_by="bank-1", uid=UID, at=NOW)
    assert celery.conf.beat_schedule["chips.sweep"]["task"] == sweep.name
    assert forget_challenges(at=NOW + 3 * DAY) == 1
