"""The simulated card behaves as a card (模拟芯片): free commands, the channel, what each state permits."""

import os

import pytest

from chips import profile
from chips.crypto import sun
from chips.crypto.mac import cmac, key_check_value
from chips.crypto.scp03 import KeySet
from chips.profile import authenticate_command, mac_input
from chips.readers import acts
from chips.readers.channel import CardRefused, NotOurCard, SecureChannel
from chips.readers.transport import InProcess, ReaderTrouble
from chips.simulator.card import SimulatedCard
from chips.simulator.memory import CardMemory, Silicon
from chips.simulator.store import CardStore
from tests.chips.cards import DIGEST, KEYS, MANAGEMENT, TRANSPORT, UID, blank, filled

CHALLENGE = bytes(range(24))
SUITES = ("AES-CMAC", "SM4-CMAC")


def refused(act) -> str:
    with pytest.raises(CardRefused) as caught:
        act()
    return caught.value.status.hex()


@pytest.mark.parametrize("suite", SUITES)
class TestAuthentication:
    def test_answer_covers_uid_counter_state_and_challenge(self, suite):
        answer = SimulatedCard(filled(suite)).transmit(authenticate_command(CHALLENGE))
        assert answer[-2:] == profile.OK
        covered = mac_input(
            uid=bytes.fromhex(UID), counter=2, state=3, key_version=5, digest=profile.NO_DIGEST, challenge=CHALLENGE
        )
        assert answer[:6] == b"\x00\x00\x00\x02\x03\x05"
        assert answer[6:22] == cmac(suite, KEYS[profile.PROVINCE], covered)

    def test_the_ministrys_key_answers_in_its_own_slot(self, suite):
        answer = acts.authenticate(InProcess(filled(suite)), CHALLENGE, slot=profile.MINISTRY)
        covered = mac_input(
            uid=bytes.fromhex(UID),
            counter=2,
            state=3,
            key_version=5,
            digest=profile.NO_DIGEST,
            challenge=CHALLENGE,
            slot=profile.MINISTRY,
        )
        assert answer.mac == cmac(suite, KEYS[profile.MINISTRY], covered)

    def test_written_digest_is_covered(self, suite):
        chip = InProcess(filled(suite))
        acts.store_digest(chip, suite, MANAGEMENT, DIGEST)
        answer = acts.authenticate(chip, CHALLENGE)
        covered = mac_input(
            uid=bytes.fromhex(UID), counter=2, state=3, key_version=5, digest=DIGEST, challenge=CHALLENGE
        )
        assert answer.mac == cmac(suite, KEYS[profile.PROVINCE], covered)


def test_blank_card_has_no_key_to_answer_with():
    assert SimulatedCard(blank()).transmit(authenticate_command(CHALLENGE)) == profile.CONDITIONS


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (b"", profile.WRONG_LENGTH),
        (b"\x00\x88", profile.WRONG_LENGTH),
        (b"\x00\x88\x00\x01\x10" + bytes(16), profile.WRONG_LENGTH),
        (b"\x00\x88\x00\x01\x18" + bytes(10), profile.WRONG_LENGTH),
        (b"\x00\x88\x00\x03\x18" + bytes(24), profile.WRONG_P1P2),
        (b"\x00\x88\x01\x01\x18" + bytes(24), profile.WRONG_P1P2),
        (b"\x00\xb0\x00\x00\x00", profile.UNKNOWN_INS),
        (b"\xf0\xa4\x04\x00", profile.UNKNOWN_CLA),
        (b"\x00\xca\x00\x99\x00", profile.DATA_NOT_FOUND),
        (b"\x00\xa4\x04\x00\x01\x00", profile.FILE_NOT_FOUND),
        (b"\x00\xa4\x00\x00\x01\x00", profile.WRONG_P1P2),
        (b"\x80\x50\x03\x00\x08" + bytes(8), profile.WRONG_P1P2),
        (b"\x80\x50\x01\x00\x07" + bytes(7), profile.WRONG_LENGTH),
        (b"\x80\x32\x00\x00\x00", profile.CONDITIONS),
        (b"\x84\xd8\x00\x00\x08" + bytes(8), profile.NOT_IN_CHANNEL),
        (b"\x84\x82\x33\x00\x10" + bytes(16), profile.CONDITIONS),
        (b"\x84\xe4\x00\x00\x08" + bytes(8), profile.NOT_IN_CHANNEL),
    ],
)
def test_wrong_commands_get_a_status_word(command, status):
    assert SimulatedCard(filled()).transmit(command) == status


def test_any_bytes_get_a_status_word_and_change_no_secret():
    body = filled()
    card = SimulatedCard(body)
    before = body.read()
    for seed in range(4000):
        command = os.urandom(1 + seed % 40)
        assert len(card.transmit(command)) >= 2
    after = body.read()
    assert (after.keys, after.state, after.digest, after.key_version) == (
        before.keys,
        before.state,
        before.digest,
        before.key_version,
    )


def test_select_and_identity():
    card = SimulatedCard(filled())
    answer = card.transmit(b"\x00\xa4\x04\x00" + bytes([len(profile.AID)]) + profile.AID)
    assert answer[-2:] == profile.OK
    assert profile.AID in answer
    assert card.transmit(b"\x00\xca\x00\x42\x00") == bytes.fromhex(UID) + profile.OK
    facts = acts.read_facts(InProcess(filled()))
    assert (facts.uid, facts.state, facts.key_version, facts.counter) == (UID, profile.STATE_INJECTED, 5, 1)
    assert facts.key_check == key_check_value("AES-CMAC", KEYS[profile.PROVINCE])


@pytest.mark.parametrize("answer", [b"", bytes(27), bytes(26), b"\x42\x08" + bytes(25)])
def test_a_card_of_another_kind_is_not_taken_for_ours(answer):
    class Other(InProcess):
        def transmit(self, command: bytes) -> bytes:
            return answer + profile.OK

    with pytest.raises(NotOurCard):
        acts.read_facts(Other(filled()))


@pytest.mark.parametrize("slot", [profile.PROVINCE, profile.MINISTRY])
def test_counter_at_its_end_refuses_and_never_wraps(slot):
    content = CardMemory(
        uid=bytes.fromhex(UID), suite="AES-CMAC", keys=KEYS, key_version=1, state=7, counter=profile.COUNTER_END - 1
    )
    card = SimulatedCard(Silicon.blank(content))
    assert card.transmit(authenticate_command(CHALLENGE, slot=slot))[:4] == b"\xff\xff\xff\xfe"
    assert card.transmit(authenticate_command(CHALLENGE, slot=slot)) == profile.CONDITIONS


class TestChannel:
    def test_wrong_keys_are_refused_and_after_ten_tries_the_channel_is_closed(self):
        body = filled()
        chip = InProcess(body)
        wrong = KeySet(bytes(16), bytes(16), bytes(16))
        for _ in range(profile.TRIES):
            chip.transmit(b"\x80\x50\x02\x00\x08" + bytes(8))
            assert chip.transmit(b"\x84\x82\x33\x00\x10" + bytes(16)) == profile.HOST_REFUSED
        assert chip.transmit(b"\x80\x50\x02\x00\x08" + bytes(8)) == profile.BLOCKED
        assert refused(lambda: acts.store_digest(chip, "AES-CMAC", MANAGEMENT, DIGEST)) == "6983"
        with pytest.raises(NotOurCard):
            SecureChannel(InProcess(filled()), "AES-CMAC", wrong, key_set=profile.MANAGEMENT_SET)

    def test_a_right_opening_forgives_the_wrong_ones(self):
        body = filled()
        chip = InProcess(body)
        for _ in range(profile.TRIES - 1):
            chip.transmit(b"\x80\x50\x02\x00\x08" + bytes(8))
            chip.transmit(b"\x84\x82\x33\x00\x10" + bytes(16))
        acts.store_digest(chip, "AES-CMAC", MANAGEMENT, DIGEST)
        assert body.read().failures == 0

    def test_a_tampered_command_kills_the_channel(self):
        class Tampering(InProcess):
            on = False

            def transmit(self, command: bytes) -> bytes:
                return super().transmit(command[:-1] + bytes([command[-1] ^ 1]) if self.on else command)

        chip = Tampering(filled())
        channel = SecureChannel(chip, "AES-CMAC", MANAGEMENT, key_set=profile.MANAGEMENT_SET)
        chip.on = True
        assert refused(lambda: channel.send(0xF0, 0x80, profile.STATE_ACTIVE)) == "6988"
        chip.on = False
        assert refused(lambda: channel.send(0xF0, 0x80, profile.STATE_ACTIVE)) == "6982"

    def test_captured_key_filling_fits_neither_the_same_card_nor_another(self):
        recorded = []

        class Recording(InProcess):
            def transmit(self, command: bytes) -> bytes:
                recorded.append(command)
                return super().transmit(command)

        acts.fill_keys(Recording(blank()), "AES-CMAC", TRANSPORT, KEYS, version=5)
        apart = KeySet(bytes([0xD1] * 16), bytes([0xD2] * 16), bytes([0xD3] * 16))  # each card has its own set
        same, other = blank(), blank(uid="04FFFFFFFFFFFF", transport=apart)
        for body in (same, other):
            chip = InProcess(body)
            answers = [chip.transmit(command)[-2:] for command in recorded[:3]]
            assert answers[0] == profile.OK
            assert answers[1] == (profile.OK if body is same else profile.HOST_REFUSED)
        # The same blank state gives the same pseudo-random challenge; once it has moved on, the capture is worthless.
        again = InProcess(same)
        assert [again.transmit(command)[-2:] for command in recorded[:3]][1:] == [
            profile.HOST_REFUSED,
            profile.NOT_IN_CHANNEL,
        ]
        assert other.read().state == profile.STATE_BLANK

    def test_each_set_opens_only_its_own_commands(self):
        body = filled()
        management = SecureChannel(InProcess(body), "AES-CMAC", MANAGEMENT, key_set=profile.MANAGEMENT_SET)
        assert refused(lambda: management.send(0xD8, 0, 0, bytes(21))) == "6982"
        issuer_keys = KeySet(*(KEYS[slot] for slot in profile.ISSUER))
        issuer = SecureChannel(InProcess(body), "AES-CMAC", issuer_keys, key_set=profile.ISSUER_SET)
        for ins, p1, data in ((0xE2, 0x80, DIGEST), (0xF0, 0x80, b""), (0xE4, 0, bytes(16))):
            assert refused(lambda i=ins, p=p1, d=data: issuer.send(i, p, 0, d)) == "6982"


class TestKeyFilling:
    @pytest.mark.parametrize("suite", SUITES)
    def test_all_keys_at_once(self, suite):
        body = blank(suite)
        facts = acts.fill_keys(InProcess(body), suite, TRANSPORT, KEYS, version=5)
        assert (facts.uid, facts.state, facts.key_version) == (UID, profile.STATE_INJECTED, 5)
        assert body.read().keys == KEYS

    def test_wrong_check_value_or_missing_slot_changes_nothing(self, monkeypatch):
        body = blank()
        some = {slot: key for slot, key in KEYS.items() if slot != profile.TAP}
        assert refused(lambda: acts.fill_keys(InProcess(body), "AES-CMAC", TRANSPORT, some, version=5)) == "6a80"
        monkeypatch.setattr(acts, "check_bytes", lambda suite, key: bytes(3))
        assert refused(lambda: acts.fill_keys(InProcess(body), "AES-CMAC", TRANSPORT, KEYS, version=5)) == "6a80"
        assert body.read().state == profile.STATE_BLANK

    def test_an_active_card_takes_no_new_keys(self):
        body = filled()
        acts.set_state(InProcess(body), "AES-CMAC", MANAGEMENT, profile.STATE_ACTIVE)
        issuer = KeySet(*(KEYS[slot] for slot in profile.ISSUER))
        assert refused(lambda: acts.fill_keys(InProcess(body), "AES-CMAC", issuer, KEYS, version=6)) == "6985"


class TestStates:
    def test_digest_is_written_once(self):
        chip = InProcess(filled())
        acts.store_digest(chip, "AES-CMAC", MANAGEMENT, DIGEST)
        assert refused(lambda: acts.store_digest(chip, "AES-CMAC", MANAGEMENT, DIGEST)) == "6985"
        for bad in (bytes(32), DIGEST[:31], b""):
            fresh = InProcess(filled())
            assert refused(lambda f=fresh, b=bad: acts.store_digest(f, "AES-CMAC", MANAGEMENT, b)) == "6a80"

    @pytest.mark.parametrize("frm", [0x03, 0x07, 0x0F])
    @pytest.mark.parametrize("to", [0x01, 0x03, 0x07, 0x0F, 0x7F, 0x00])
    def test_only_the_three_moves_exist(self, frm, to):
        content = CardMemory(uid=bytes.fromhex(UID), suite="AES-CMAC", keys=KEYS, key_version=5, state=frm)
        body = Silicon.blank(content)
        allowed = (frm, to) in {(0x03, 0x07), (0x07, 0x0F), (0x0F, 0x07)}
        if allowed:
            acts.set_state(InProcess(body), "AES-CMAC", MANAGEMENT, to)
        else:
            assert refused(lambda: acts.set_state(InProcess(body), "AES-CMAC", MANAGEMENT, to)) == "6985"
        assert body.read().state == (to if allowed else frm)

    def test_end_erases_every_key_and_needs_both_halves(self):
        body = filled()
        channel = SecureChannel(InProcess(body), "AES-CMAC", MANAGEMENT, key_set=profile.MANAGEMENT_SET)
        challenge = channel.send(0x84, 0, 0)
        half = profile.terminate_token("AES-CMAC", MANAGEMENT.dek, part="A", challenge=challenge)
        assert refused(lambda: channel.send(0xE4, 0, 0, half + half)) == "6a80"
        other = profile.terminate_token("AES-CMAC", MANAGEMENT.dek, part="B", challenge=challenge)
        assert refused(lambda: channel.send(0xE4, 0, 0, half + other)) == "6985"
        acts.terminate(InProcess(body), "AES-CMAC", MANAGEMENT)
        assert (body.read().keys, body.read().state) == ({}, profile.STATE_TERMINATED)
        card = SimulatedCard(body)
        assert card.transmit(authenticate_command(CHALLENGE)) == profile.CONDITIONS
        selected = card.transmit(b"\x00\xa4\x04\x00" + bytes([len(profile.AID)]) + profile.AID)
        assert selected[-2:] == profile.SELECTED_TERMINATED
        for key in KEYS.values():
            assert key not in body.image()[: len(body.image()) // 2] or key not in body.image()

    def test_tap_shows_identifier_and_a_counter_of_its_own(self):
        body = filled()
        acts.set_state(InProcess(body), "AES-CMAC", MANAGEMENT, profile.STATE_ACTIVE)
        texts = [acts.read_tap(InProcess(body)) for _ in range(2)]
        for number, text in enumerate(texts, start=1):
            shown, mac = (bytes.fromhex(part[2:]) for part in text.split("&"))
            assert sun.open_identity("AES-CMAC", KEYS[profile.TAP], shown) == (bytes.fromhex(UID), number)
            own = profile.tap_key("AES-CMAC", KEYS[profile.PROVINCE])
            assert mac == sun.tap_mac("AES-CMAC", own, uid=bytes.fromhex(UID), counter=number)
        assert body.read().counter == 1


class TestBodyAndReader:
    def test_counter_survives_the_card_leaving_the_reader(self, tmp_path):
        store = CardStore(tmp_path, b"k" * 32)
        store.make(filled().read())
        first = store.insert(UID).transmit(authenticate_command(CHALLENGE))
        second = store.insert(UID).transmit(authenticate_command(CHALLENGE))
        assert (first[:4], second[:4]) == (b"\x00\x00\x00\x02", b"\x00\x00\x00\x03")

    def test_no_answer_leaves_before_the_counter_is_committed(self):
        def fails(_image):
            raise OSError

        body = Silicon(filled().image(), commit=fails)
        assert SimulatedCard(body).transmit(authenticate_command(CHALLENGE)) == profile.MEMORY_FAILURE

    def test_no_power_no_answer(self):
        chip = InProcess(filled())
        chip.power_off()
        with pytest.raises(ReaderTrouble):
            chip.transmit(authenticate_command(CHALLENGE))
        with pytest.raises(ReaderTrouble):
            chip.atr()
        chip.reset()
        assert chip.atr() == profile.ATR

    def test_card_memory_on_disk_shows_no_key(self, tmp_path):
        CardStore(tmp_path, b"k" * 32).make(filled().read())
        (file,) = [path for path in tmp_path.rglob("*") if path.is_file()]
        data = file.read_bytes()
        for key in KEYS.values():
            assert key not in data
            assert key.hex().encode() not in data
            assert key.hex() not in repr(filled()) + repr(filled().read()) + repr(SimulatedCard(filled()))
