"""Attacks on a check that aim at keys (针对密钥的攻击): forging, enumerating, choosing suite, version or slot."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from chips import record
from chips.crypto import mac as mac_room
from chips.keys.keystore import current_keystore
from chips.models import CardWriting, Chip
from chips.profile import authenticate_command
from chips.verification import ChipAnswer, Result, ask_chip, challenge_bytes, check_answer
from tests.chips.cards import DIGEST
from tests.chips.test_verification import NOW, UID, active_chip, cards, chip, tapped  # noqa: F401 - fixtures

STRANGER = "04FFFFFFFFFFFF"


def flips(value: bytes):
    for bit in range(len(value) * 8):
        wrong = bytearray(value)
        wrong[bit // 8] ^= 1 << bit % 8
        yield bytes(wrong)


def test_no_flipped_bit_of_any_field_is_genuine(cards, chip):  # noqa: F811
    challenge = ask_chip(UID, asked_by="bank-1", purpose="counter", at=NOW)
    right = tapped(cards, challenge)
    fields = {"uid": UID, "counter": right.counter, "state": right.state, "key_version": right.key_version}
    forged = [ChipAnswer(mac=wrong, **fields) for wrong in flips(right.mac)]
    forged += [
        ChipAnswer(mac=right.mac, **fields | {"uid": wrong.hex().upper()}) for wrong in flips(bytes.fromhex(UID))
    ]
    for name, size in (("counter", 4), ("state", 1), ("key_version", 1)):
        forged += [
            ChipAnswer(mac=right.mac, **fields | {name: int.from_bytes(wrong, "big")})
            for wrong in flips(fields[name].to_bytes(size, "big"))
        ]
    assert len(forged) == 128 + 56 + 32 + 8 + 8
    assert {check_answer(challenge, answer).result for answer in forged} == {Result.NOT_GENUINE}
    for wrong in flips(challenge_bytes(challenge)):
        challenge.nonce, challenge.txn = wrong[:16], wrong[16:].hex()
        assert check_answer(challenge, right).result == Result.NOT_GENUINE
    assert Chip.objects.get(uid=UID).last_counter == 0


def test_an_unknown_chip_costs_the_same_work_as_a_known_one(cards, chip, monkeypatch):  # noqa: F811
    challenge = ask_chip(UID, asked_by="bank-1", purpose="counter", at=NOW)
    current_keystore()
    made = []
    real = mac_room.CMAC
    monkeypatch.setattr(mac_room, "CMAC", lambda *given: made.append(1) or real(*given))
    counts = []
    for uid in (UID, STRANGER):
        made.clear()
        verdict = check_answer(challenge, ChipAnswer(uid, 1, 3, 1, bytes(16)))
        assert (verdict.result, verdict.reasons) == (Result.NOT_GENUINE, ("chip_unknown_or_wrong",))
        counts.append(len(made))
    assert counts[0] == counts[1] > 0


@pytest.mark.parametrize("slot", [0, 2, 3, 255])
def test_the_provinces_check_takes_no_answer_of_another_key_slot(cards, chip, slot):  # noqa: F811
    challenge = ask_chip(UID, asked_by="bank-1", purpose="counter", at=NOW)
    command = bytearray(authenticate_command(challenge_bytes(challenge)))
    command[3] = slot
    raw = cards.insert(UID).transmit(bytes(command))
    if raw[-2:] == b"\x90\x00":
        answer = ChipAnswer(UID, int.from_bytes(raw[:4], "big"), raw[4], raw[5], raw[6:22])
        assert check_answer(challenge, answer).result == Result.NOT_GENUINE
    else:
        assert len(raw) == 2


class TestDigest:
    """With the filing's digest on the card every bit of the record counts as well."""

    @given(data=st.data())
    @hypothesis_settings(
        max_examples=60, deadline=None, derandomize=True, database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )  # fmt: skip
    def test_no_change_of_any_fields_together_is_genuine(self, cards, chip, monkeypatch, data):  # noqa: F811
        challenge, right = self.answered(cards, chip, monkeypatch)
        fields = {
            "uid": 56,
            "counter": 32,
            "state": 8,
            "key_version": 8,
            "mac": 128,
            "nonce": 128,
            "txn": 64,
            "digest": 64,
        }
        changed = data.draw(st.sets(st.sampled_from(sorted(fields)), min_size=1))
        masks = {name: data.draw(st.integers(1, 2 ** fields[name] - 1), label=name) for name in sorted(changed)}
        answer = ChipAnswer(
            f"{int(UID, 16) ^ masks.get('uid', 0):014X}", right.counter ^ masks.get("counter", 0),
            right.state ^ masks.get("state", 0), right.key_version ^ masks.get("key_version", 0),
            (int.from_bytes(right.mac, "big") ^ masks.get("mac", 0)).to_bytes(16, "big"),
        )  # fmt: skip
        challenge.nonce = (int.from_bytes(challenge.nonce, "big") ^ masks.get("nonce", 0)).to_bytes(16, "big")
        challenge.txn = f"{int(challenge.txn, 16) ^ masks.get('txn', 0):016x}"
        held = (int.from_bytes(DIGEST[:8], "big") ^ masks.get("digest", 0)).to_bytes(8, "big") + DIGEST[8:]
        monkeypatch.setattr(record, "_told_by", [lambda _chip: held])
        assert check_answer(challenge, answer).result == Result.NOT_GENUINE

    def test_unchanged_it_is(self, cards, chip, monkeypatch):  # noqa: F811
        challenge, right = self.answered(cards, chip, monkeypatch)
        assert check_answer(challenge, right).result == Result.GENUINE

    def answered(self, cards, chip, monkeypatch):  # noqa: F811
        if not CardWriting.objects.filter(chip=chip).exists():
            CardWriting.objects.create(chip=chip, act="BIND", digest=DIGEST.hex(), ordered_at=NOW, tries=1, done_at=NOW)
            cards.make(replace(cards.take(UID).read(), digest=DIGEST))
        monkeypatch.setattr(record, "_told_by", [lambda _chip: DIGEST])
        challenge = ask_chip(UID, asked_by="bank-1", purpose="counter", at=NOW)
        return challenge, tapped(cards, challenge)
