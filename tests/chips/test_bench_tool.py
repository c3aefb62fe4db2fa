"""`manage.py chip` (芯片工作台): what each verb does, and that bad input changes nothing."""

import io
import threading
from dataclasses import replace

import pytest
from django.core.management import CommandError, call_command

from chips import profile
from chips.bench_tool import Bench
from chips.demo import simulated_institute
from chips.management.commands import chip as command
from chips.models import Chip
from chips.readers.desk import Desk, DeskServer
from chips.readers.transport import InProcess
from chips.simulator.memory import WRITE_STEPS
from tests.factories.chips import chips

UID, KNOWN = "04A1B2C3D4E5F6", "04000000000B01"
ASK = "0088000118" + "00" * 24
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _bench(tmp_path, settings):
    """A drawer, an institute and the province's keys of this test's own."""
    settings.SIMULATED_CARD_DIR, settings.SIMULATED_CARD_KEY = tmp_path / "cards", b"k" * 32
    settings.SIMULATED_INSTITUTE_FILE = tmp_path / "institute.json"
    settings.KEYSTORE_PATH, settings.KEYSTORE_PASSPHRASE = tmp_path / "keys.json", "two halves"


def say(*words: str, language: str = "en") -> str:
    out = io.StringIO()
    call_command("chip", "--language", language, *words, stdout=out)
    return out.getvalue()


def refused(*words: str) -> str:
    with pytest.raises(CommandError) as caught:
        say(*words)
    return str(caught.value)


def memory(uid: str = UID, *, copy: bool = False):
    return Bench.drawer(copy=copy).take(uid).read()


@pytest.fixture
def card():
    say("inject", UID)
    return UID


@pytest.fixture
def registered():
    """A chip of the register, filled by the institute, with its card in the drawer."""
    filled = simulated_institute().fill(KNOWN, batch_no="T1")
    (one,) = chips(given=[KNOWN], suite="SM4-CMAC", key_check=filled.key_check, batch_no="T1", upto="pack_chips")
    return one


class TestBenchCards:
    def test_fill_show_activate_tap_and_check(self):
        assert f"chip {UID}" in say("inject", UID)
        shown = say("show", UID)
        assert UID in shown
        assert "simulated" in shown.lower()
        assert "agrees" in say("authenticate", UID)
        assert memory().counter == 2  # one at the filling's own test
        assert "active" in say("set-state", UID, "--to", "active")
        assert say("tap", UID).startswith("d=")
        assert memory().tap_counter == 1
        say("set-state", UID, "--to", "suspended")
        assert memory().state == profile.STATE_SUSPENDED

    def test_filling_twice_gives_the_same_key(self):
        assert say("inject", UID) == say("inject", UID)

    def test_the_two_steps_command_of_a_bank(self, card):
        answer = bytes.fromhex(say("authenticate", UID, "--apdu", ASK))
        assert (answer[:4], answer[-2:]) == (b"\0\0\0\2", profile.OK)

    # Steps that pass: two answers, three writes to open the channel; the next write is the keys'.
    @pytest.mark.parametrize(
        ("cut", "state"),
        [
            (0, profile.STATE_BLANK),
            (4 * WRITE_STEPS + 1, profile.STATE_BLANK),
            (4 * WRITE_STEPS + 2, profile.STATE_INJECTED),
        ],
    )
    def test_power_cut_leaves_all_old_or_all_new(self, cut, state):
        said = say("cut-power", UID, "--at", str(cut))
        assert ("all new" in said) is (state == profile.STATE_INJECTED)
        assert ("all old" in said) is (state == profile.STATE_BLANK)
        assert memory().state == state
        say("inject", UID)
        assert memory().state == profile.STATE_INJECTED

    def test_an_act_shorter_than_the_cut_is_done(self):
        assert "no cut" in say("cut-power", UID, "--at", "999")
        assert memory().state == profile.STATE_INJECTED

    def test_a_cut_answer_never_repeats_a_counter(self, card):
        for cut in range(WRITE_STEPS + 1):
            before = memory().counter
            say("cut-power", UID, "--during", "authenticate", "--at", str(cut))
            assert memory().counter in (before, before + 1)
        assert int(say("authenticate", UID, "--apdu", ASK)[:8], 16) == memory().counter

    def test_languages(self, card):
        assert "芯片编号" in say("show", UID, language="zh-hans")


class TestRegister:
    def test_a_chip_of_the_register_is_checked_by_it(self, registered):
        assert "genuine_not_usable chip_packed" in say("authenticate", KNOWN)
        assert Chip.objects.get(uid=KNOWN).last_counter == memory(KNOWN).counter

    def test_the_clone_is_found_out(self, registered):
        say("clone", KNOWN)
        assert "genuine_not_usable" in say("authenticate", KNOWN)
        assert "not_genuine counter_regress" in say("authenticate", KNOWN, "--copy")
        assert Chip.objects.get(uid=KNOWN).watched_at is not None

    def test_locked_keys_are_said(self, registered, settings):
        settings.KEYSTORE_PASSPHRASE = "wrong"
        assert "indeterminate keystore_locked" in say("authenticate", KNOWN)

    @pytest.mark.parametrize("words", [["inject"], ["set-state", "--to", "active"], ["cut-power", "--at", "3"]])
    def test_its_keys_and_state_are_not_the_benchs(self, registered, words):
        before = Bench.drawer().take(KNOWN).image()
        assert "in the register" in refused(words[0], KNOWN, *words[1:])
        assert Bench.drawer().take(KNOWN).image() == before


class TestBadInput:
    def test_no_such_card(self):
        assert "No such card" in refused("show", UID)

    @pytest.mark.parametrize(
        "words", [["show", "xyz"], ["authenticate", UID, "--apdu", "00"], ["show"], ["show", UID, "--reader", "x"]]
    )
    def test_words_that_make_no_sense(self, words):
        assert refused(*words)

    def test_a_negative_step(self):
        assert "from 0" in refused("cut-power", UID, "--at", "-1")

    def test_a_state_that_does_not_allow_it(self, card):
        assert "6985" in refused("tap", UID)

    def test_counter_at_its_end(self, card):
        Bench.drawer().make(replace(memory(), counter=profile.COUNTER_END))
        assert "counter is at its end" in refused("authenticate", UID)
        assert memory().counter == profile.COUNTER_END

    def test_no_clone_outside_the_demonstration(self, card, settings):
        settings.DEMO = False
        assert "copied in the demonstration" in refused("clone", UID)
        with pytest.raises(FileNotFoundError):
            memory(copy=True)

    def test_where_nothing_is_simulated(self, settings):
        settings.SIMULATED_CARD_DIR = None
        for verb in ("show", "inject"):
            assert "only a reader can be used" in refused(verb, UID)

    def test_a_damaged_card(self, card, monkeypatch):
        monkeypatch.setattr("chips.simulator.memory._MAGIC", b"none")
        assert "damaged" in refused("show", UID)

    def test_no_virtual_reader_listens(self, card):
        assert "pcscd" in refused("insert", UID, "--port", "1")

    def test_no_library(self, monkeypatch):
        monkeypatch.setattr("chips.readers.pcsc.scard", None)
        for words in (["readers"], ["show", "--reader", "any"]):
            assert "pyscard" in refused(*words)


class TestRemote:
    @pytest.fixture
    def desk(self, card, monkeypatch):
        monkeypatch.setenv(command.TOKEN_VARIABLE, "t")
        with DeskServer(Desk(lambda: InProcess(Bench.drawer().take(UID))), "t") as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            yield server.address
            server.shutdown()
            thread.join()

    def test_the_same_verbs_at_a_distance(self, desk):
        assert UID in say("show", "--remote", desk)
        assert "agrees" in say("authenticate", "--remote", desk)
        assert memory().counter == 2

    def test_serve_lends_a_card(self, card, monkeypatch):
        made = []

        class Server(DeskServer):
            def __init__(self, *given, **named):
                super().__init__(*given, **named)
                made.append(self)
                ready.set()

        ready = threading.Event()
        monkeypatch.setattr(command, "DeskServer", Server)
        monkeypatch.setenv(command.TOKEN_VARIABLE, "t")
        lent = threading.Thread(target=say, args=("serve", UID))
        lent.start()
        assert ready.wait(20)
        try:
            assert UID in say("show", "--remote", made[0].address)
        finally:
            made[0].shutdown()
            lent.join(20)
        assert not lent.is_alive()

    def test_another_token_and_nobody_there(self, desk, monkeypatch):
        monkeypatch.setenv(command.TOKEN_VARIABLE, "other")
        assert "token" in refused("show", "--remote", desk)
        assert "address" in refused("show", "--remote", "http://127.0.0.1:1")
