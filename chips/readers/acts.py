"""What is done to a chip in a reader (读卡操作): fill keys, write the filing's digest, change its state, end it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chips import profile
from chips.crypto import scp03
from chips.crypto.mac import KEY_BYTES, check_bytes, is_cmac, key_check_value
from chips.crypto.scp03 import KeySet
from chips.readers.channel import NotOurCard, SecureChannel, ask
from chips.readers.transport import CardTransport

# Tag and length of what a card says of itself: identifier, state and key version, counter, profile.
_FACTS = ((0x42, 7), (0x66, 2), (0xC1, 4), (0x67, 6))


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What a card says of itself without any key (卡片公开信息).

    key_check: six hex digits of the province's key, empty while the card has none.
    """

    uid: str
    state: int
    key_version: int
    counter: int
    key_check: str
    has_digest: bool


@dataclass(frozen=True, slots=True)
class CardAnswer:
    """The card's answer to a challenge (卡片应答). mac: 16 bytes."""

    counter: int
    state: int
    key_version: int
    mac: bytes


def read_facts(transport: CardTransport) -> CardFacts:
    """Read what is free to all (读取公开信息). Raises CardRefused, NotOurCard, ReaderTrouble."""
    answer = ask(transport, bytes([0x00, 0xCA, 0x00, profile.FACTS, 0x00]))
    if len(answer) != sum(2 + length for _tag, length in _FACTS):
        raise NotOurCard("facts")
    place, values = 0, []
    for tag, length in _FACTS:
        if (answer[place], answer[place + 1]) != (tag, length):
            raise NotOurCard("facts")
        values.append(answer[place + 2 : place + 2 + length])
        place += 2 + length
    uid, state, counter, info = values
    return CardFacts(
        uid=uid.hex().upper(),
        state=state[0],
        key_version=state[1],
        counter=int.from_bytes(counter, "big"),
        key_check=info[2:5].hex().upper() if state[1] else "",
        has_digest=bool(info[5]),
    )


def authenticate(transport: CardTransport, challenge: bytes, *, slot: int = profile.PROVINCE) -> CardAnswer:
    """Put a challenge to the card (芯片应答). challenge: 24 bytes. Raises CardRefused, ReaderTrouble."""
    raw = ask(transport, profile.authenticate_command(challenge, slot=slot))
    return CardAnswer(int.from_bytes(raw[:4], "big"), raw[4], raw[5], raw[6:22])


def read_tap(transport: CardTransport) -> str:
    """The text a phone would read (碰一碰). Raises CardRefused, ReaderTrouble."""
    return ask(transport, b"\x80\x32\x00\x00\x00").decode("ascii")


def fill_keys(
    transport: CardTransport,
    suite: str,
    transport_keys: KeySet | Callable[[str], KeySet],
    keys: Mapping[int, bytes] | Callable[[str], Mapping[int, bytes]],
    *,
    version: int,
) -> CardFacts:
    """Fill one chip (密钥灌装): open the channel, put all keys at once, read back, test the province's key.

    transport_keys: the set the chip came with. keys: slot -> 16 bytes for every slot; version: 1–255. Both sets may be
    functions of the identifier that the chip tells as the channel opens.
    Raises CardRefused, NotOurCard, ReaderTrouble; after ReaderTrouble the card holds either all new keys or none.
    """
    kept: list[KeySet] = []

    def static(uid: str) -> KeySet:
        kept.append(transport_keys if isinstance(transport_keys, KeySet) else transport_keys(uid))
        return kept[0]

    channel = SecureChannel(transport, suite, static, key_set=profile.ISSUER_SET)
    new = keys(channel.uid) if callable(keys) else keys
    sealed = scp03.encrypt_key(suite, kept[0].dek, b"".join(new.values()))
    entries = b"".join(
        bytes([slot]) + sealed[place * KEY_BYTES : (place + 1) * KEY_BYTES] + check_bytes(suite, key)
        for place, (slot, key) in enumerate(new.items())
    )
    channel.send(0xD8, 0x00, 0x00, bytes([version]) + entries)
    return check_filled(transport, suite, new, version=version)


def check_filled(transport: CardTransport, suite: str, keys: Mapping[int, bytes], *, version: int) -> CardFacts:
    """Whether a chip holds these keys (灌装后检验): version, check value and a live answer. Raises NotOurCard."""
    facts = read_facts(transport)
    expected = key_check_value(suite, keys[profile.PROVINCE])
    if (facts.key_version, facts.key_check) != (version, expected):
        raise NotOurCard("read back")
    challenge = os.urandom(profile.CHALLENGE_BYTES)
    answer = authenticate(transport, challenge)
    covered = profile.mac_input(
        uid=bytes.fromhex(facts.uid),
        counter=answer.counter,
        state=answer.state,
        key_version=answer.key_version,
        digest=profile.NO_DIGEST,
        challenge=challenge,
    )
    if not is_cmac(suite, keys[profile.PROVINCE], covered, answer.mac):
        raise NotOurCard("test answer")
    return facts


def store_digest(transport: CardTransport, suite: str, management: KeySet, digest: bytes) -> None:
    """Write the filing's digest, once for ever (写入备案摘要). digest: 32 bytes, not all zero.

    Raises CardRefused with 6985 when one is written already, NotOurCard, ReaderTrouble.
    """
    write_digest(SecureChannel(transport, suite, management, key_set=profile.MANAGEMENT_SET), digest)


def write_digest(channel: SecureChannel, digest: bytes) -> None:
    """As store_digest, in a channel that stands open (通道内写入备案摘要)."""
    channel.send(0xE2, 0x80, 0x00, digest)


def set_state(transport: CardTransport, suite: str, management: KeySet, state: int) -> None:
    """Activate, suspend or resume the card (改变卡片状态). Raises CardRefused, NotOurCard, ReaderTrouble."""
    move_state(SecureChannel(transport, suite, management, key_set=profile.MANAGEMENT_SET), state)


def move_state(channel: SecureChannel, state: int) -> None:
    """As set_state, in a channel that stands open (通道内改变卡片状态)."""
    channel.send(0xF0, 0x80, state)


def terminate(transport: CardTransport, suite: str, management: KeySet) -> None:
    """End the card and erase its keys (销毁卡内密钥), by both halves of the token over the card's own challenge.

    Raises CardRefused, NotOurCard, ReaderTrouble.
    """
    channel = SecureChannel(transport, suite, management, key_set=profile.MANAGEMENT_SET)
    challenge = channel.send(0x84, 0x00, 0x00)
    halves = [profile.terminate_token(suite, management.dek, part=part, challenge=challenge) for part in ("A", "B")]
    channel.send(0xE4, 0x00, 0x00, b"".join(halves))
