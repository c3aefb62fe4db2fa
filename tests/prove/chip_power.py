"""Power cuts (断电证明): every command of the card, cut at every step there is, and what the card holds afterwards.

A cut card is read again from its banks alone. It must be wholly as before or wholly as after, its counters must never
have gone back, no counter may answer twice, and the same command must then succeed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from unittest import mock

from chips import profile
from chips.crypto.scp03 import KeySet
from chips.readers import acts
from chips.readers.channel import SecureChannel, ask
from chips.readers.transport import InProcess, ReaderTrouble
from chips.simulator.memory import CardMemory, Silicon
from tests.chips.cards import DIGEST, KEYS, MANAGEMENT, TRANSPORT, UID, blank

CHALLENGE = bytes(range(24))
ISSUER = KeySet(*(KEYS[slot] for slot in profile.ISSUER))
NEXT_KEYS = {slot: bytes([slot]) * 15 + b"\x55" for slot in profile.SLOTS}


@dataclass(frozen=True)
class Command:
    """One command of the card (卡片指令). begins: the card's state before; act: through a reader."""

    name: str
    begins: int
    act: Callable[[InProcess, str], object]


def _plain(*commands: bytes) -> Callable[[InProcess, str], object]:
    return lambda card, suite: [ask(card, command) for command in commands]


def _channel(ins: int, p1: int, p2: int, data: bytes = b"") -> Callable[[InProcess, str], object]:
    def act(card: InProcess, suite: str) -> object:
        return SecureChannel(card, suite, MANAGEMENT, key_set=profile.MANAGEMENT_SET).send(ins, p1, p2, data)

    return act


def _put_again(card: InProcess, suite: str) -> None:
    acts.fill_keys(card, suite, ISSUER, NEXT_KEYS, version=6)


_SELECT = b"\x00\xa4\x04\x00" + bytes([len(profile.AID)]) + profile.AID
COMMANDS = (
    Command("SELECT", profile.STATE_INJECTED, _plain(_SELECT)),
    *(
        Command(f"GET DATA {tag:02X}", profile.STATE_INJECTED, _plain(bytes([0, 0xCA, 0, tag, 0])))
        for tag in (0x42, 0x66, 0xC1, 0x67)
    ),
    Command("GET CHALLENGE", profile.STATE_INJECTED, _plain(b"\x00\x84\x00\x00\x10")),
    Command("INTERNAL AUTHENTICATE 01", profile.STATE_ACTIVE, _plain(*[profile.authenticate_command(CHALLENGE)] * 2)),
    Command(
        "INTERNAL AUTHENTICATE 02", profile.STATE_SUSPENDED,
        _plain(*[profile.authenticate_command(CHALLENGE, slot=profile.MINISTRY)] * 2),
    ),
    Command("READ TAP", profile.STATE_ACTIVE, lambda card, _suite: acts.read_tap(card)),
    Command("INITIALIZE UPDATE", profile.STATE_INJECTED, _plain(b"\x80\x50\x02\x00\x08" + bytes(8))),
    Command(
        "EXTERNAL AUTHENTICATE", profile.STATE_ACTIVE,
        lambda card, suite: SecureChannel(card, suite, MANAGEMENT, key_set=profile.MANAGEMENT_SET),
    ),
    Command(
        "PUT KEY, blank card", profile.STATE_BLANK,
        lambda card, suite: acts.fill_keys(card, suite, TRANSPORT, KEYS, version=5),
    ),
    Command("PUT KEY, filled card", profile.STATE_INJECTED, _put_again),
    Command("STORE DATA", profile.STATE_INJECTED, _channel(0xE2, 0x80, 0, DIGEST)),
    Command("SET STATUS activate", profile.STATE_INJECTED, _channel(0xF0, 0x80, profile.STATE_ACTIVE)),
    Command("SET STATUS suspend", profile.STATE_ACTIVE, _channel(0xF0, 0x80, profile.STATE_SUSPENDED)),
    Command("SET STATUS resume", profile.STATE_SUSPENDED, _channel(0xF0, 0x80, profile.STATE_ACTIVE)),
    Command("GET CHALLENGE, in channel", profile.STATE_INJECTED, _channel(0x84, 0, 0)),
    Command("TERMINATE", profile.STATE_SUSPENDED, lambda card, suite: acts.terminate(card, suite, MANAGEMENT)),
)  # fmt: skip


class Seen(InProcess):
    """A reader that remembers the counters it was answered (记录应答计数)."""

    def __init__(self, body: Silicon) -> None:
        super().__init__(body)
        self.counters: list[int] = []

    def transmit(self, command: bytes) -> bytes:
        answer = super().transmit(command)
        if command[:2] == b"\x00\x88" and answer[-2:] == profile.OK:
            self.counters.append(int.from_bytes(answer[:4], "big"))
        return answer


def card_in(state: int, suite: str) -> Silicon:
    """A card in a state, with counters that have moved (某状态的卡片)."""
    if state == profile.STATE_BLANK:
        return blank(suite)
    content = CardMemory(
        uid=bytes.fromhex(UID), suite=suite, keys=KEYS, key_version=5, state=state, counter=40, tap_counter=7,
        sequence=3, digest=b"" if state == profile.STATE_INJECTED else DIGEST,
    )  # fmt: skip
    return Silicon.blank(content)


def _whole(content: CardMemory) -> tuple[object, ...]:
    """What must change in one step or not at all."""
    return dict(content.keys), content.key_version, content.state, content.digest


def _moving(content: CardMemory) -> tuple[int, int, int]:
    return content.counter, content.tap_counter, content.sequence


def cuts(command: Command, suite: str, *, write: Callable[..., None] | None = None) -> Iterator[list[str]]:
    """Cut the power at the first step, the second, and so on (逐步断电): what was wrong after each cut."""
    uncut = card_in(command.begins, suite)
    command.act(InProcess(uncut), suite)
    after, step = uncut.read(), 0
    while True:
        body = card_in(command.begins, suite)
        before, reader = body.read(), Seen(body)
        body.cut_after = step
        try:
            with mock.patch.object(Silicon, "write", write or Silicon.write):
                command.act(reader, suite)
        except ReaderTrouble:
            yield _judge(command, suite, before, after, Silicon(body.image()), reader.counters)
        else:
            return
        step += 1


def _judge(
    command: Command, suite: str, before: CardMemory, after: CardMemory, again: Silicon, answered: list[int]
) -> list[str]:
    found, wrong = again.read(), []
    if _whole(found) not in (_whole(before), _whole(after)):
        wrong.append("half written")
    if any(now < then for now, then in zip(_moving(found), _moving(before), strict=True)):
        wrong.append("a counter went back")
    if found.failures > before.failures + 1:
        wrong.append("tries lost")
    reader = Seen(again)
    if _whole(found) == _whole(before) or command.begins == found.state:
        try:
            command.act(reader, suite)
        except Exception as error:
            # STORE DATA and PUT KEY that had happened already are refused the second time, and rightly.
            if _whole(found) == _whole(before):
                wrong.append(f"not usable afterwards: {type(error).__name__}")
    if found.state not in (profile.STATE_BLANK, profile.STATE_TERMINATED):
        reader.transmit(profile.authenticate_command(CHALLENGE))
    if set(answered) & set(reader.counters) or len(set(reader.counters)) < len(reader.counters):
        wrong.append("a counter answered twice")
    return wrong


def torn_write(self: Silicon, content: CardMemory) -> None:
    """A planted fault: keys and digest first, the rest in a second step (两步写入)."""
    _real(self, replace(self.read(), keys=content.keys, digest=content.digest))
    _real(self, content)


def late_counter(self: Silicon, content: CardMemory) -> None:
    """A planted fault: counters are forgotten with the power (计数不落盘)."""
    if _whole(content) == _whole(self.read()):
        self._content = content
        self.step()
    else:
        _real(self, content)


_real = Silicon.write
PLANTS: dict[str, Callable[..., None]] = {"torn": torn_write, "late_counter": late_counter}


def prove(plant: str = "") -> tuple[int, Counter[str], list[str]]:
    """Cuts tried, faults, lines about them (断电证明)."""
    tried, faults = 0, Counter[str]()
    for suite in profile.SUITE_BYTES:
        for command in COMMANDS:
            for wrong in cuts(command, suite, write=PLANTS.get(plant)):
                tried += 1
                faults.update(f"{command.name}: {what}" for what in wrong)
    suites = len(profile.SUITE_BYTES)
    return tried, faults, [f"power cuts: {tried} points of {len(COMMANDS)} commands in {suites} suites"]
