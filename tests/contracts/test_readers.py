"""What every way to a card keeps (读卡契约): the same tests in process, over HTTP, and through pcscd with pyscard.

That the same APDUs do the same through PC/SC is what lets a real chip in a real reader take the simulator's place.
"""

import io
import subprocess
import threading

import pytest
from django.core.management import CommandError, call_command

from chips import profile
from chips.demo import card_store, simulated_institute
from chips.management.commands import chip as command
from chips.readers import acts, pcsc
from chips.readers.channel import CardRefused, NotOurCard, SecureChannel
from chips.readers.pcsc import PcscTransport, reader_names
from chips.readers.remote import RemoteReader
from chips.readers.transport import ReaderTrouble, Trouble
from chips.simulator.memory import WRITE_STEPS, CardMemory, Silicon
from chips.simulator.vpcd import VirtualSlot
from tests.chips.cards import DIGEST, KEYS, MANAGEMENT, TRANSPORT, UID, blank, filled
from tests.contracts.readers import OwnProcess, Remote, pcsc_bench
from tests.pcscd import Service, service_or_skip

CHALLENGE = bytes(range(24))
SELECT = b"\x00\xa4\x04\x00" + bytes([len(profile.AID)]) + profile.AID


@pytest.fixture(scope="module")
def service() -> Service:
    with service_or_skip() as running:
        yield running


@pytest.fixture(params=["in process", "remote", "pcsc"])
def bench(request):
    if request.param == "in process":
        yield OwnProcess()
    elif request.param == "remote":
        with Remote() as desk:
            yield desk
    else:
        with pcsc_bench(request.getfixturevalue("service")) as reader:
            yield reader


class TestContract:
    def test_answer_to_reset_and_application(self, bench):
        card = bench.insert(filled())
        assert card.atr() == profile.ATR
        answer = card.transmit(SELECT)
        assert answer[-2:] == profile.OK
        assert profile.AID in answer
        assert card.transmit(b"\x00\xca\x00\x42\x00") == bytes.fromhex(UID) + profile.OK

    @pytest.mark.parametrize(
        ("command", "status"),
        [
            (b"\x00\xb0\x00\x00\x00", profile.UNKNOWN_INS),
            (b"\xf0\xa4\x04\x00", profile.UNKNOWN_CLA),
            (b"\x00\x88\x00\x01\x10" + bytes(16), profile.WRONG_LENGTH),
            (b"\x00\xca\x00\x99\x00", profile.DATA_NOT_FOUND),
            (b"\x84\xd8\x00\x00\x08" + bytes(8), profile.NOT_IN_CHANNEL),
        ],
    )
    def test_status_words_pass_unchanged(self, bench, command, status):
        assert bench.insert(filled()).transmit(command) == status

    @pytest.mark.parametrize("suite", ["AES-CMAC", "SM4-CMAC"])
    def test_a_whole_life(self, bench, suite):
        body = blank(suite)
        card = bench.insert(body)
        facts = acts.fill_keys(card, suite, TRANSPORT, KEYS, version=5)
        assert (facts.uid, facts.state, facts.key_version) == (UID, profile.STATE_INJECTED, 5)
        acts.store_digest(card, suite, MANAGEMENT, DIGEST)
        acts.set_state(card, suite, MANAGEMENT, profile.STATE_ACTIVE)
        assert acts.read_tap(card).startswith("d=")
        answer = acts.authenticate(card, CHALLENGE)
        assert (answer.counter, answer.state, answer.key_version) == (2, profile.STATE_ACTIVE, 5)
        acts.terminate(card, suite, MANAGEMENT)
        with pytest.raises(CardRefused, match="6985"):
            acts.authenticate(card, CHALLENGE)
        assert body.read().keys == {}

    def test_reset_ends_the_channel_and_keeps_the_counter(self, bench):
        card = bench.insert(filled())
        before = acts.authenticate(card, CHALLENGE).counter
        channel = SecureChannel(card, "AES-CMAC", MANAGEMENT, key_set=profile.MANAGEMENT_SET)
        card.reset()
        assert card.atr() == profile.ATR
        with pytest.raises(CardRefused, match="6982"):
            channel.send(0xF0, 0x80, profile.STATE_ACTIVE)
        assert acts.authenticate(card, CHALLENGE).counter == before + 1

    def test_without_power_nothing_answers_until_reset(self, bench):
        card = bench.insert(filled())
        card.power_off()
        for act in (card.atr, lambda: card.transmit(SELECT)):
            with pytest.raises(ReaderTrouble) as caught:
                act()
            assert caught.value.trouble is Trouble.NO_POWER
        card.reset()
        assert card.transmit(SELECT)[-2:] == profile.OK

    def test_wrong_keys_are_told_from_trouble(self, bench):
        card = bench.insert(filled())
        with pytest.raises(NotOurCard):
            SecureChannel(card, "AES-CMAC", TRANSPORT, key_set=profile.MANAGEMENT_SET)

    def test_counter_at_its_end_is_refused(self, bench):
        content = CardMemory(
            uid=bytes.fromhex(UID), suite="AES-CMAC", keys=KEYS, key_version=1, state=7, counter=profile.COUNTER_END
        )
        card = bench.insert(Silicon.blank(content))
        with pytest.raises(CardRefused, match="6985"):
            acts.authenticate(card, CHALLENGE)
        assert acts.read_facts(card).counter == profile.COUNTER_END

    # Opening the channel writes three times, putting the keys once more; each answer that leaves is one step too.
    @pytest.mark.parametrize("cut", [0, WRITE_STEPS, 4 * WRITE_STEPS + 1, 4 * WRITE_STEPS + 2])
    def test_power_cut_in_injection_leaves_all_old_or_all_new(self, bench, cut):
        body = blank()
        card = bench.insert(body)
        body.cut_after = cut
        with pytest.raises(ReaderTrouble):
            acts.fill_keys(card, "AES-CMAC", TRANSPORT, KEYS, version=5)
        bench.present_again(body, card)
        facts = acts.read_facts(card)
        old, new = (profile.STATE_BLANK, 0), (profile.STATE_INJECTED, 5)
        assert (facts.state, facts.key_version) == (new if cut == 4 * WRITE_STEPS + 2 else old)
        if facts.state == profile.STATE_BLANK:
            acts.fill_keys(card, "AES-CMAC", TRANSPORT, KEYS, version=5)
        assert acts.check_filled(card, "AES-CMAC", KEYS, version=5).uid == UID
        assert body.read().keys == KEYS


class TestDesk:
    """What HTTP adds: turns, tokens, and bad calls."""

    @pytest.fixture
    def desk(self):
        with Remote() as desk:
            yield desk

    def test_the_two_steps_command_goes_through_as_it_is(self, desk):
        body = filled()
        answer = desk.insert(body).transmit(bytes.fromhex("0088000118" + CHALLENGE.hex()))
        assert answer[-2:] == profile.OK
        assert int.from_bytes(answer[:4], "big") == body.read().counter

    def test_one_caller_at_a_time(self, desk):
        mine = desk.insert(filled())
        with pytest.raises(ReaderTrouble) as caught:
            desk.another()
        assert caught.value.trouble is Trouble.IN_USE
        assert mine.transmit(SELECT)[-2:] == profile.OK
        mine.power_off()
        assert desk.another().transmit(SELECT)[-2:] == profile.OK

    def test_a_caller_who_went_away_frees_the_desk(self, desk):
        mine = desk.insert(filled(), idle=0)
        assert desk.another().transmit(SELECT)[-2:] == profile.OK
        with pytest.raises(ReaderTrouble):
            mine.transmit(SELECT)

    def test_another_token_is_not_admitted(self, desk):
        desk.insert(filled()).power_off()
        with pytest.raises(ReaderTrouble) as caught:
            desk.another(token="guess")
        assert caught.value.trouble is Trouble.NOT_ADMITTED

    @pytest.mark.parametrize(
        ("path", "content"),
        [
            ("/card", b"{"), ("/card", b"[]"), ("/nowhere", b"{}"), ("/card/{turn}", b'{"apdu": "00"}'),
            ("/card/{turn}", b'{"apdu": 5}'), ("/card/{turn}", b'{"apdu": "%s"}' % (b"00" * 262)),
            ("/card/{turn}", b'{"apdu": "' + b"0" * 3000 + b'"}'),
        ],
    )  # fmt: skip
    def test_a_bad_call_is_refused_and_reaches_no_card(self, desk, path, content):
        body = filled()
        desk.insert(body)
        before = body.image()
        said = desk.post(path, content)
        assert said.status_code == 400
        assert "error" in said.json()
        assert body.image() == before

    def test_nobody_there_is_said(self):
        with pytest.raises(ReaderTrouble) as caught:
            RemoteReader("http://127.0.0.1:1", "x")
        assert caught.value.trouble is Trouble.NO_CLIENT


class TestPcsc:
    """What PC/SC adds: readers that go, cards that go, other programs."""

    @pytest.fixture
    def reader(self, service):
        with pcsc_bench(service) as bench:
            yield bench

    def test_the_daemon_names_our_reader(self, service):
        assert service.reader in reader_names()

    def test_opensc_tool_talks_to_the_chip(self, reader, service):
        reader.insert(filled()).power_off()

        def tool(*arguments: str) -> str:
            command = ["opensc-tool", *arguments]
            done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
            assert done.returncode == 0, done.stderr
            return done.stdout

        assert service.reader in tool("-l")
        assert profile.ATR.hex(":") in tool("-r", "0", "-a")
        said = tool("-r", "0", "-s", SELECT.hex(":"), "-s", "00:CA:00:42:00")
        assert said.count("SW1=0x90, SW2=0x00") == 2
        assert bytes.fromhex(UID).hex(" ").upper() in said

    def test_the_card_is_ours_alone_while_we_speak(self, reader, service):
        card = reader.insert(filled())
        with pytest.raises(ReaderTrouble) as caught:
            PcscTransport(service.reader)
        assert caught.value.trouble is Trouble.IN_USE
        assert card.transmit(SELECT)[-2:] == profile.OK

    def test_a_card_pulled_out_in_a_command_is_trouble_and_nothing_half_done(self, reader, service):
        pulled = threading.Event()

        def commit(_image: bytes) -> None:
            """The keys are committed; then the card leaves the reader before its answer does."""
            if body.read().sequence and not pulled.is_set() and seen.append(1) is None and len(seen) == 3:
                pulled.set()
                reader.held.slot.pull()

        seen: list[int] = []
        body = Silicon(blank().image(), commit=commit)
        card = reader.insert(body)
        with pytest.raises(ReaderTrouble) as caught:
            acts.fill_keys(card, "AES-CMAC", TRANSPORT, KEYS, version=5)
        assert caught.value.trouble in (Trouble.NO_ANSWER, Trouble.CARD_GONE)
        with pytest.raises(ReaderTrouble) as caught:
            card.transmit(SELECT)
        assert caught.value.trouble is Trouble.NO_POWER
        reader.present_again(body, card)
        assert acts.check_filled(card, "AES-CMAC", KEYS, version=5).key_version == 5

    def test_an_empty_reader_and_a_reader_that_is_not_there(self, service):
        for name, trouble in ((service.reader, Trouble.NO_CARD), ("No such reader 00 00", Trouble.NO_READER)):
            with pytest.raises(ReaderTrouble) as caught:
                PcscTransport(name)
            assert caught.value.trouble is trouble


def test_without_the_library_it_is_said(monkeypatch):
    monkeypatch.setattr(pcsc, "scard", None)
    for act in (reader_names, lambda: PcscTransport("any")):
        with pytest.raises(ReaderTrouble) as caught:
            act()
        assert caught.value.trouble is Trouble.NO_LIBRARY


@pytest.mark.django_db
class TestCommandLine:
    """`manage.py chip` on a named PC/SC reader, and as the card in one."""

    @pytest.fixture(autouse=True)
    def _bench(self, tmp_path, settings):
        settings.SIMULATED_CARD_DIR, settings.SIMULATED_CARD_KEY = tmp_path / "cards", b"k" * 32
        settings.SIMULATED_INSTITUTE_FILE = tmp_path / "institute.json"
        settings.KEYSTORE_PATH, settings.KEYSTORE_PASSPHRASE = tmp_path / "keys.json", "two halves"

    def say(self, *words: str) -> str:
        out = io.StringIO()
        call_command("chip", "--language", "en", *words, stdout=out)
        return out.getvalue()

    def test_a_blank_card_in_a_reader_is_filled_shown_and_checked(self, service):
        institute = simulated_institute()
        institute.make_blank(UID)
        with pcsc_bench(service) as reader:
            reader.insert(card_store().take(UID)).power_off()
            named = ("--reader", service.reader)
            assert service.reader in self.say("readers")
            assert f"chip {UID}" in self.say("inject", *named)
            assert UID in self.say("show", *named)
            assert "agrees" in self.say("authenticate", *named)
        assert card_store().take(UID).read().counter == 2

    def test_an_empty_reader_is_said(self, service):
        with pytest.raises(CommandError, match="No card in the reader"):
            self.say("show", "--reader", service.reader)
        with pytest.raises(CommandError, match="No such reader"):
            self.say("show", "--reader", "nowhere")

    def test_the_command_holds_a_card_in_the_virtual_reader(self, service, monkeypatch):
        made = []

        class Slot(VirtualSlot):
            def __init__(self, *given, **named):
                super().__init__(*given, **named)
                made.append(self)

        monkeypatch.setattr(command, "VirtualSlot", Slot)
        simulated_institute().fill(UID, batch_no="BENCH")
        held = threading.Thread(target=self.say, args=("insert", UID, "--port", str(service.port)))
        held.start()
        try:
            card = PcscTransport(service.reader, wait=20)
            assert acts.read_facts(card).uid == UID
            card.power_off()
        finally:
            for slot in made:
                slot.pull()
            held.join(20)
            service.await_empty()
        assert not held.is_alive()
