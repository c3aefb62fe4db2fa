"""SCP03 (安全通道): frozen vectors of our own keys, both sides together, and every way a message can be wrong."""

import pytest

from chips.crypto import scp03
from chips.crypto.scp03 import BadMessage, KeySet, Session

KEYS = KeySet(enc=bytes(range(0x50, 0x60)), mac=bytes(range(0x60, 0x70)), dek=bytes(range(0x70, 0x80)))
HOST, AID = bytes.fromhex("0102030405060708"), bytes.fromhex("F05345414C52454701")
SUITES = ("AES-CMAC", "SM4-CMAC")
# Made once with this code after it had reproduced the published AES-128 level-33 exchange of an independent
# implementation; they hold the bytes still.
FROZEN = {
    "AES-CMAC": {
        "challenge": "fe9be154e7cc493e",
        "card": "2cce1e149a8002bd",
        "opening": "8482330010186e63773d2b22f8dcd2c3c39dca6278",
        "command": "84e2800028946000497cf3b10b6f64e25e69b5e6b03f4d2eddf8d6d89fbafff79db858e19d33c25c7dfb273884",
        "answer": "600a61674df996c49f42f961332772e59f40e16a001cb0109000",
    },
    "SM4-CMAC": {
        "challenge": "d82d7f774ba7fd05",
        "card": "a822a0176a423dfc",
        "opening": "84823300105af34a98f64fe30ef20b5eb477321bd8",
        "command": "84e2800028f1d7026c4f34f241611db97d70e3d6ff2a3c9df3fdafcc1424409acba5592311758c9679547b6794",
        "answer": "a8590de4e92681bed4cd223a4f8ddd819377a5d0a048895b9000",
    },
}


def sides(suite):
    challenge = scp03.card_challenge(suite, KEYS, sequence=7, aid=AID)
    return [Session(suite, KEYS, host_challenge=HOST, card_challenge=challenge) for _ in range(2)]


def opened(suite):
    host, card = sides(suite)
    opening = host.sign_opening(b"\x84\x82\x33\x00", host.host_cryptogram)
    card.check_opening(opening[:4], opening[5:])
    return host, card


@pytest.mark.parametrize("suite", SUITES)
def test_frozen_exchange(suite):
    host, card = sides(suite)
    opening = host.sign_opening(b"\x84\x82\x33\x00", host.host_cryptogram)
    card.check_opening(opening[:4], opening[5:])
    command = host.wrap_command(b"\x84\xe2\x80\x00", b"sixteen bytes ..")
    assert card.open_command(command[:4], command[5:]) == b"sixteen bytes .."
    answer = card.wrap_answer(b"done", b"\x90\x00")
    assert host.open_answer(answer) == b"done"
    assert {
        "challenge": scp03.card_challenge(suite, KEYS, sequence=7, aid=AID).hex(),
        "card": host.card_cryptogram.hex(),
        "opening": opening.hex(),
        "command": command.hex(),
        "answer": answer.hex(),
    } == FROZEN[suite]


@pytest.mark.parametrize("suite", SUITES)
def test_every_flipped_bit_of_a_command_is_refused(suite):
    host, _card = opened(suite)
    command = host.wrap_command(b"\x84\xd8\x00\x00", b"key")
    for position in range(len(command)):
        if position == 4:
            continue
        _host, card = opened(suite)
        bad = bytearray(command)
        bad[position] ^= 0x01
        with pytest.raises(BadMessage):
            card.open_command(bytes(bad[:4]), bytes(bad[5:]))


@pytest.mark.parametrize("suite", SUITES)
def test_every_flipped_bit_of_an_answer_is_refused(suite):
    host, card = opened(suite)
    command = host.wrap_command(b"\x84\xd8\x00\x00", b"key")
    card.open_command(command[:4], command[5:])
    answer = card.wrap_answer(b"fine", b"\x90\x00")
    for position in range(len(answer)):
        bad = bytearray(answer)
        bad[position] ^= 0x80
        with pytest.raises(BadMessage):
            host.open_answer(bytes(bad))


def test_a_replayed_command_is_refused():
    host, card = opened("AES-CMAC")
    command = host.wrap_command(b"\x84\xf0\x80\x07", b"")
    assert card.open_command(command[:4], command[5:]) == b""
    with pytest.raises(BadMessage):
        card.open_command(command[:4], command[5:])


def test_wrong_host_does_not_open():
    host, card = sides("AES-CMAC")
    other = Session("AES-CMAC", KeySet(bytes(16), bytes(16), bytes(16)), host_challenge=HOST, card_challenge=bytes(8))
    opening = other.sign_opening(b"\x84\x82\x33\x00", other.host_cryptogram)
    with pytest.raises(BadMessage):
        card.check_opening(opening[:4], opening[5:])
    assert host.host_cryptogram != other.host_cryptogram


@pytest.mark.parametrize("short", [b"", b"\x00" * 7, b"\x00" * 9])
def test_short_messages_are_refused(short):
    host, card = opened("AES-CMAC")
    with pytest.raises(BadMessage):
        card.open_command(b"\x84\xd8\x00\x00", short)
    with pytest.raises(BadMessage):
        host.open_answer(short + b"\x90\x00")


@pytest.mark.parametrize("length", range(33))
def test_padding_goes_both_ways(length):
    data = bytes([0x80]) * length
    assert len(scp03.pad(data)) % 16 == 0
    assert scp03.unpad(scp03.pad(data)) == data


def test_channel_shows_no_key():
    host, _card = sides("AES-CMAC")
    assert repr(host) == "<secure channel>"
    assert KEYS.enc.hex() not in repr(KEYS)
    with pytest.raises(TypeError):
        host.__reduce__()
