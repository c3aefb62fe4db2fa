"""A chip proves itself once; what its seal and its holder are decides whether it may be used (核验公章芯片)."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection

from chips.keys.keystore import write_keystore
from chips.models import Chip, ChipChallenge
from chips.services import bind_chip
from chips.simulator.institute import Institute
from chips.simulator.store import CardStore
from filing.models import Seal
from integration.verification_api.models import ChipCheck
from sealreg.clock import real_now
from sealreg.database.actor import SystemActor
from sealreg.database.door import transaction
from tests.api.caller import Caller
from tests.chips.cards import masters
from tests.factories import filing as factory
from tests.factories.chips import chips
from tests.integration.verification_api import made

MASTER = bytes(range(16))
BY = SystemActor("institute")
UID = "04A1B2C3D4E5F6"


@pytest.fixture
def cards(tmp_path, settings):
    settings.KEYSTORE_PATH, settings.KEYSTORE_PASSPHRASE = tmp_path / "keys.json", "two halves"
    write_keystore(settings.KEYSTORE_PATH, "two halves", {("SM4-CMAC", 1): MASTER})
    return CardStore(tmp_path / "cards", b"k" * 32)


def active_chip(cards: CardStore, uid: str = UID) -> Chip:
    filled = Institute(cards, suite="SM4-CMAC", version=1, masters=masters(MASTER)).fill(uid, batch_no="B1")
    shop = factory.shop()
    (chip,) = chips(shop=shop, given=[uid], suite="SM4-CMAC", batch_no="B1", key_check=filled.key_check, at=made.FILED)
    with transaction(BY):
        return bind_chip(chip, shop=shop, seal_code="4406060000001", by=BY, at=made.FILED)


def ask(caller: Caller, uid: str = UID, **more: Any) -> dict[str, Any]:
    response = caller.call("POST", "/api/v1/verifications", {"uid": uid, "purpose": "settlement"} | more)
    assert response.status_code == 201, response.content
    return dict(response.json())


def tap(cards: CardStore, asked: dict[str, Any], uid: str = UID) -> dict[str, Any]:
    """What a reader's program makes of the chip's answer."""
    raw = cards.insert(uid).transmit(bytes.fromhex(asked["apdu"]))
    assert raw[-2:] == b"\x90\x00"
    return {
        "uid": uid,
        "counter": int.from_bytes(raw[:4], "big"),
        "state": raw[4],
        "key_version": raw[5],
        "mac": raw[6:22].hex(),
    }


def reply(caller: Caller, asked: dict[str, Any], answer: dict[str, Any], **more: Any):
    return caller.call("POST", f"/api/v1/verifications/{asked['txn']}/response", answer, **more)


def checked(caller: Caller, cards: CardStore, **more: Any) -> dict[str, Any]:
    asked = ask(caller, **more)
    response = reply(caller, asked, tap(cards, asked))
    assert response.status_code == 200, response.content
    return dict(response.json())


@pytest.mark.django_db
class TestResults:
    def test_a_chip_in_a_usable_seal_is_genuine(self, cards):
        seal = made.seal(chip=active_chip(cards))
        answer = checked(made.bank(), cards, expected_uscc=seal.unit.credit_code)
        assert (answer["result"], answer["reasons"]) == ("genuine", [])
        assert answer["seal"]["code"] == seal.code
        assert answer["unit"] == {"name": seal.unit.name, "uscc": seal.unit.credit_code}

    @pytest.mark.parametrize(
        ("state", "reason"),
        [
            ("FILED", "not_collected"),
            ("SUSPENDED", "suspended"),
            ("LOST", "lost"),
            ("SURRENDERED", "surrendered"),
            ("INVALIDATED", "invalidated"),
        ],
    )
    def test_a_seal_that_may_not_be_used_is_named(self, cards, state, reason):
        made.seal(state, chip=active_chip(cards))
        answer = checked(made.bank(), cards)
        assert (answer["result"], answer["reasons"]) == ("genuine_not_usable", [reason])

    def test_another_holder_is_not_told_who_it_is(self, cards):
        made.seal(chip=active_chip(cards))
        other = made.seal()
        answer = checked(made.bank(), cards, expected_uscc=other.unit.credit_code)
        assert (answer["result"], answer["reasons"]) == ("genuine_not_usable", ["wrong_holder"])
        assert (answer["seal"], answer["unit"]) == (None, None)

    def test_a_chip_without_a_seal(self, cards):
        active_chip(cards)
        answer = checked(made.bank(), cards)
        assert (answer["result"], answer["reasons"]) == ("genuine_not_usable", ["chip_without_seal"])

    def test_unknown_and_wrong_get_the_same_answer(self, cards):
        made.seal(chip=active_chip(cards))
        caller = made.bank()
        asked = ask(caller)
        wrong = reply(caller, asked, tap(cards, asked) | {"mac": "00" * 16}).json()
        asked = ask(caller, "04FFFFFFFFFFFF")
        unknown = reply(
            caller, asked, {"uid": "04FFFFFFFFFFFF", "counter": 2, "state": 7, "key_version": 1, "mac": "00" * 16}
        ).json()
        own = {"asked", "attestation", "challenge", "checked_at", "txn"}
        assert {name: value for name, value in wrong.items() if name not in own} == {
            name: value for name, value in unknown.items() if name not in own
        }
        assert (unknown["result"], unknown["reasons"]) == ("not_genuine", ["chip_unknown_or_wrong"])

    def test_without_keys_nothing_is_said(self, cards, settings):
        made.seal(chip=active_chip(cards))
        caller = made.bank()
        asked = ask(caller)
        answer = tap(cards, asked)
        settings.KEYSTORE_PASSPHRASE = ""
        found = reply(caller, asked, answer).json()
        assert (found["result"], found["reasons"], found["seal"]) == ("indeterminate", ["keystore_locked"], None)


@pytest.mark.django_db
class TestChallenge:
    def test_its_shape(self, cards):
        asked = ask(made.bank())
        assert asked["apdu"] == "0088000118" + asked["challenge"]
        assert len(bytes.fromhex(asked["challenge"])) == 24
        assert asked["challenge"].endswith(asked["txn"])
        assert asked["challenge"] == asked["challenge"].lower()

    def test_the_same_bytes_again_for_the_asker_alone(self, cards):
        made.seal(chip=active_chip(cards))
        caller, other = made.bank(), made.bank()
        asked = ask(caller)
        target = f"/api/v1/verifications/{asked['txn']}"
        assert caller.call("GET", target).status_code == 404
        answer = tap(cards, asked)
        assert reply(other, asked, answer).status_code == 404
        response = reply(caller, asked, answer)
        assert caller.call("GET", target).content == response.content
        assert other.call("GET", target).status_code == 404

    def test_each_field_is_told_what_it_should_be(self, cards):
        caller = made.bank()
        asked = ask(caller)
        wrong = {"uid": "04FF", "counter": "1", "state": 256, "key_version": True, "mac": "xyz"}
        answer = reply(caller, asked, wrong)
        told = answer.json()["fields"]
        assert (answer.status_code, set(told)) == (422, set(wrong))
        words = {"uid": "14位", "counter": "4294967295", "state": "255", "key_version": "255", "mac": "32位"}
        assert {name: part in told[name] for name, part in words.items()} == dict.fromkeys(words, True)

    def test_answered_once_and_in_time(self, cards):
        made.seal(chip=active_chip(cards))
        caller = made.bank()
        asked = ask(caller)
        answer = tap(cards, asked)
        assert reply(caller, asked, answer).json()["result"] == "genuine"
        again = reply(caller, asked, answer)
        assert (again.status_code, again.json()["code"]) == (410, "challenge_used")
        assert again.json()["message"] == "该质询已应答。"
        late = ask(caller)
        ChipChallenge.objects.filter(txn=late["txn"]).update(
            issued_at=real_now() - made.MINUTE * 2, answerable_until=real_now() - made.MINUTE
        )
        response = reply(caller, late, tap(cards, late))
        assert (response.status_code, response.json()["code"]) == (410, "challenge_too_late")
        assert response.json()["message"] == "已超过应答时间。"

    def test_a_repeated_call_with_its_key_gets_the_same_bytes(self, cards):
        made.seal(chip=active_chip(cards))
        caller = made.bank()
        asked = ask(caller)
        answer = tap(cards, asked)
        first = reply(caller, asked, answer, idempotency="k")
        assert reply(caller, asked, answer, idempotency="k").content == first.content

    def test_an_answer_to_another_challenge_is_not_genuine(self, cards):
        made.seal(chip=active_chip(cards))
        caller = made.bank()
        first, second = ask(caller), ask(caller)
        assert reply(caller, second, tap(cards, first)).json()["result"] == "not_genuine"

    def test_another_chip_cannot_answer_it(self, cards):
        caller = made.bank()
        asked = ask(caller)
        other = {"uid": "04FFFFFFFFFFFF", "counter": 1, "state": 7, "key_version": 1, "mac": "00" * 16}
        response = reply(caller, asked, other)
        assert (response.status_code, response.json()["code"]) == (422, "challenge_of_another_chip")
        assert ChipChallenge.objects.get(txn=asked["txn"]).used_at is None

    def test_every_flipped_bit_of_the_mac_is_refused(self, cards):
        made.seal(chip=active_chip(cards))
        caller = made.bank()
        for bit in range(0, 128, 9):
            asked = ask(caller)
            answer = tap(cards, asked)
            mac = bytearray.fromhex(answer["mac"])
            mac[bit // 8] ^= 1 << bit % 8
            assert reply(caller, asked, answer | {"mac": mac.hex()}).json()["result"] == "not_genuine"
        for name in ("counter", "state"):
            asked = ask(caller)
            answer = tap(cards, asked)
            assert reply(caller, asked, answer | {name: answer[name] ^ 1}).json()["result"] == "not_genuine"

    @pytest.mark.parametrize(
        "changed",
        [
            {"counter": -1},
            {"counter": 2**32},
            {"counter": True},
            {"counter": "1"},
            {"state": 256},
            {"key_version": None},
            {"mac": "zz" * 16},
            {"mac": "00"},
            {"uid": "04"},
        ],
        ids=str,
    )
    def test_wrong_input_is_named_at_its_field(self, cards, changed):
        caller = made.bank()
        asked = ask(caller)
        answer = {"uid": UID, "counter": 1, "state": 7, "key_version": 1, "mac": "00" * 16} | changed
        response = reply(caller, asked, answer)
        assert (response.status_code, set(response.json()["fields"])) == (422, set(changed))
        assert ChipChallenge.objects.get(txn=asked["txn"]).used_at is None


def _lose(seal: Seal) -> None:
    Seal.objects.filter(pk=seal.pk).update(use_status="LOST", version=seal.version + 1)


def test_a_loss_committed_before_is_seen_however_close(own_database, cards):
    """The loss holds the seal's row when the answer comes; the answer waits for it and is not genuine."""
    seal = made.seal(chip=active_chip(cards))
    caller = made.bank()
    asked = ask(caller)
    answer = tap(cards, asked)
    held, waiting, found = threading.Event(), threading.Event(), []

    def lose() -> None:
        with transaction(BY):
            _lose(seal)
            held.set()
            waiting.wait(10)
        connection.close()

    def respond() -> None:
        held.wait(10)
        found.append(reply(caller, asked, answer).json())
        connection.close()

    threads = [threading.Thread(target=lose), threading.Thread(target=respond)]
    for thread in threads:
        thread.start()
    held.wait(10)
    _until_someone_waits_for_a_lock()
    waiting.set()
    for thread in threads:
        thread.join(20)
    assert (found[0]["result"], found[0]["reasons"]) == ("genuine_not_usable", ["lost"])


def _until_someone_waits_for_a_lock() -> None:
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            if cursor.fetchone()[0]:
                return


def test_fifty_copies_of_one_response_pass_once(own_database, cards):
    made.seal(chip=active_chip(cards))
    caller = made.bank()
    asked = ask(caller)
    answer = tap(cards, asked)
    found: list[int] = []
    gate = threading.Barrier(10)

    def send() -> None:
        gate.wait(30)
        for _time in range(5):
            found.append(reply(caller, asked, answer).status_code)
        connection.close()

    threads = [threading.Thread(target=send) for _number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(found) == [200, *[410] * 49]
    assert ChipCheck.objects.get().result == "genuine"
