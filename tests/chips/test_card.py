"""The simulated card behaves as a card (模拟芯片)."""

import pytest

from chips.crypto.mac import cmac
from chips.simulator import card as apdu
from chips.simulator.card import CardMemory, SimulatedCard, authenticate_command, mac_input
from chips.simulator.store import CardStore

UID = "04A1B2C3D4E5F6"
KEY = bytes(range(16))
CHALLENGE = bytes(range(24))


@pytest.fixture
def store(tmp_path):
    made = CardStore(tmp_path, b"k" * 32)
    made.write(CardMemory(uid=bytes.fromhex(UID), suite="AES-CMAC", key=KEY, key_version=1))
    return made


def test_answer_covers_uid_counter_state_and_challenge(store):
    answer = store.insert(UID).transmit(authenticate_command(CHALLENGE))
    assert answer[-2:] == apdu.OK
    covered = mac_input(
        uid=bytes.fromhex(UID), counter=1, state=3, key_version=1, digest=apdu.NO_DIGEST, challenge=CHALLENGE
    )
    assert answer[:6] == b"\x00\x00\x00\x01\x03\x01"
    assert answer[6:22] == cmac("AES-CMAC", KEY, covered)


def test_counter_survives_the_card_leaving_the_reader(store):
    store.insert(UID).transmit(authenticate_command(CHALLENGE))
    answer = store.insert(UID).transmit(authenticate_command(CHALLENGE))
    assert answer[:4] == b"\x00\x00\x00\x02"


def test_no_answer_leaves_before_the_counter_is_committed():
    def fails(memory):
        raise OSError

    card = SimulatedCard(CardMemory(uid=bytes.fromhex(UID), suite="AES-CMAC", key=KEY, key_version=1), fails)
    assert card.transmit(authenticate_command(CHALLENGE)) == apdu.MEMORY_FAILURE


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (b"", apdu.WRONG_LENGTH),
        (b"\x00\x88", apdu.WRONG_LENGTH),
        (b"\x00\x88\x00\x01\x10" + bytes(16), apdu.WRONG_LENGTH),
        (b"\x00\x88\x00\x01\x18" + bytes(10), apdu.WRONG_LENGTH),
        (b"\x00\x88\x00\x02\x18" + bytes(24), apdu.WRONG_P1P2),
        (b"\x00\xb0\x00\x00\x00", apdu.UNKNOWN_INS),
        (b"\xf0\xa4\x04\x00", apdu.UNKNOWN_CLA),
        (b"\x00\xca\x00\x99\x00", apdu.DATA_NOT_FOUND),
        (b"\x00\xa4\x04\x00\x01\x00", apdu.FILE_NOT_FOUND),
    ],
)
def test_wrong_commands_get_a_status_word(store, command, status):
    assert store.insert(UID).transmit(command) == status


def test_select_and_identity(store):
    card = store.insert(UID)
    assert card.transmit(b"\x00\xa4\x04\x00" + bytes([len(apdu.AID)]) + apdu.AID) == apdu.OK
    assert card.transmit(b"\x00\xca\x00\x42\x00") == bytes.fromhex(UID) + apdu.OK


def test_counter_at_its_end_refuses_and_never_wraps(tmp_path):
    store = CardStore(tmp_path, b"k" * 32)
    store.write(CardMemory(uid=bytes.fromhex(UID), suite="AES-CMAC", key=KEY, key_version=1, counter=0xFFFFFFFE))
    assert store.insert(UID).transmit(authenticate_command(CHALLENGE)) == apdu.CONDITIONS


def test_card_memory_on_disk_shows_no_key(store, tmp_path):
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 1
    data = files[0].read_bytes()
    assert KEY not in data
    assert KEY.hex().encode() not in data
    assert KEY.hex() not in repr(CardMemory(uid=bytes.fromhex(UID), suite="AES-CMAC", key=KEY, key_version=1))
