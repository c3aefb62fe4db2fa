"""Rotation never touches chips in the field; a leaked version proves nothing (密钥轮换)."""

import datetime as dt

import pytest

from chips.crypto.mac import cmac
from chips.keys.choices import KeyAct
from chips.keys.keystore import KeystoreLocked, current_keystore
from chips.models import Chip
from chips.profile import NO_DIGEST, PROVINCE, authenticate_command, mac_input
from chips.simulator.institute import Institute
from chips.simulator.store import CardStore
from chips.verification import ChipAnswer, ask_chip, challenge_bytes, check_answer
from sealreg.clock import SHANGHAI
from sealreg.errors import RuleBroken
from tests.chips.cards import masters
from tests.factories.chips import chips
from tests.factories.keys import Delivery, custody

NOW = dt.datetime(2026, 6, 9, 10, 0, tzinfo=SHANGHAI)
UIDS = ("04A1B2C3D4E5F6", "04A1B2C3D4E5F7")


@pytest.fixture
def two(db, settings, tmp_path):
    return custody(settings, tmp_path, at=NOW)


@pytest.fixture
def cards(tmp_path):
    return CardStore(tmp_path / "cards", b"k" * 32)


def chip_of(cards, sent, uid):
    institute = Institute(cards, suite=sent.suite, version=sent.version, masters=masters(sent.key))
    batch_no = f"B{sent.version}"
    filled = institute.fill(uid, batch_no=batch_no)
    expected = current_keystore().chip_check_value(suite=sent.suite, version=sent.version, batch_no=batch_no, uid=uid)
    assert filled.key_check == expected
    (chip,) = chips(
        "confirm_injection", given=[uid], suite=sent.suite, key_version=sent.version, key_check=filled.key_check,
        batch_no=batch_no, at=NOW,
    )  # fmt: skip
    return chip


def check(cards, uid, **change):
    challenge = ask_chip(uid, asked_by="bank", purpose="counter", at=NOW)
    raw = cards.insert(uid).transmit(authenticate_command(challenge_bytes(challenge)))
    fields = {"counter": int.from_bytes(raw[:4], "big"), "state": raw[4], "key_version": raw[5], "mac": raw[6:22]}
    return check_answer(challenge, ChipAnswer(uid, **fields | change))


def test_both_versions_verify_after_a_rotation(two, cards):
    first, second = Delivery(version=1), Delivery(version=2)
    for sent, uid in ((first, UIDS[0]), (second, UIDS[1])):
        two.hold(KeyAct.ACTIVATE, two.take_in(sent))
        chip_of(cards, sent, uid)
    for uid in UIDS:
        assert check(cards, uid).reasons == ("chip_injected",)


def test_a_leaked_version_is_indeterminate_right_or_wrong_and_the_other_is_not_touched(two, cards):
    first, second = Delivery(version=1), Delivery(version=2)
    keys = [two.take_in(sent) for sent in (first, second)]
    for sent, uid in ((first, UIDS[0]), (second, UIDS[1])):
        chip_of(cards, sent, uid)
    two.hold(KeyAct.COMPROMISE, keys[0])
    for change in ({}, {"mac": bytes(16)}, {"key_version": 2}):
        verdict = check(cards, UIDS[0], **change)
        assert (verdict.result, verdict.reasons, verdict.chip) == ("indeterminate", ("key_compromised",), None)
    assert Chip.objects.get(uid=UIDS[0]).last_counter == 0
    assert check(cards, UIDS[1]).result == "genuine_not_usable"
    two.hold(KeyAct.DESTROY, keys[0])
    assert check(cards, UIDS[0]).result == "indeterminate"


def test_a_request_cannot_choose_suite_or_version(two, cards):
    first, second = Delivery(version=1), Delivery(version=2, suite="AES-CMAC")
    for sent in (first, second):
        two.take_in(sent)
    chip_of(cards, first, UIDS[0])
    forged = Institute(cards, suite="AES-CMAC", version=2, masters=masters(second.key))
    forged.make_blank(UIDS[0])
    forged.fill(UIDS[0], batch_no="B1")
    assert check(cards, UIDS[0]).result == "not_genuine"
    assert check(cards, UIDS[0], key_version=1).result == "not_genuine"


def test_an_answer_that_names_another_version_is_refused_even_under_the_right_key(two, cards):
    """What a card says of its version is compared with the register, not merely covered by its MAC."""
    sent = Delivery(version=1)
    two.take_in(sent)
    chip = chip_of(cards, sent, UIDS[0])
    key = masters_key(cards, sent, chip)
    challenge = ask_chip(chip.uid, asked_by="bank", purpose="counter", at=NOW)
    for version, result in ((2, "not_genuine"), (1, "genuine_not_usable")):
        covered = mac_input(
            uid=bytes.fromhex(chip.uid), counter=9, state=3, key_version=version, digest=NO_DIGEST,
            challenge=challenge_bytes(challenge),
        )  # fmt: skip
        assert check_answer(challenge, ChipAnswer(chip.uid, 9, 3, version, cmac(sent.suite, key, covered))).result == (
            result
        )


def masters_key(cards, sent, chip):
    """The chip's own key, as only the institute and its card know it."""
    institute = Institute(cards, suite=sent.suite, version=sent.version, masters=masters(sent.key))
    return institute.keys_of(chip.uid, batch_no=chip.batch_no)[PROVINCE]


def test_a_key_filled_from_another_master_has_another_check_value(two, cards):
    two.take_in(Delivery(version=1))
    other = Delivery(version=1)
    filled = Institute(cards, suite=other.suite, version=1, masters=masters(other.key)).fill(UIDS[0], batch_no="B1")
    known = {"suite": other.suite, "batch_no": "B1", "uid": UIDS[0]}
    assert current_keystore().chip_check_value(version=1, **known) != filled.key_check
    with pytest.raises(KeystoreLocked):
        current_keystore().chip_check_value(version=9, **known)


def test_a_version_in_use_by_chips_is_not_destroyed(two, cards):
    sent = Delivery(version=1)
    key = two.take_in(sent)
    two.hold(KeyAct.ACTIVATE, key)
    chip = chip_of(cards, sent, UIDS[0])
    two.hold(KeyAct.ACTIVATE, two.take_in(Delivery(version=2)))
    key.refresh_from_db()
    with pytest.raises(RuleBroken) as caught:
        two.propose(KeyAct.DESTROY, key)
    assert caught.value.reason == "key_still_needed"
    Chip.objects.filter(pk=chip.pk).update(key_version=2)
    assert two.hold(KeyAct.DESTROY, key).status == "DESTROYED"
