"""The simulated card (模拟芯片卡片). It stands in for the real chip, whose protocol is not public.

Commands: SELECT, GET DATA, INTERNAL AUTHENTICATE. The counter is committed to the card's
memory before the answer leaves, so that no answered counter is ever answered again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from chips.crypto.mac import cmac, key_check_value

AID = bytes.fromhex("F05345414C52454701")
LABEL = b"SEALREG-AUTH-1"
STATE_INJECTED, STATE_ACTIVE, STATE_SUSPENDED, STATE_TERMINATED = 0x03, 0x07, 0x0F, 0x7F
COUNTER_END = 0xFFFFFFFE
CHALLENGE_BYTES = 24
NO_DIGEST = bytes(8)

OK = b"\x90\x00"
WRONG_LENGTH, CONDITIONS, WRONG_P1P2 = b"\x67\x00", b"\x69\x85", b"\x6a\x86"
FILE_NOT_FOUND, DATA_NOT_FOUND, UNKNOWN_INS, UNKNOWN_CLA = b"\x6a\x82", b"\x6a\x88", b"\x6d\x00", b"\x6e\x00"
MEMORY_FAILURE = b"\x65\x81"


@dataclass(frozen=True, slots=True)
class CardMemory:
    """Everything the card remembers (卡内存储). uid: 7 bytes; key: 16 bytes; digest: first 8 bytes of the filing's."""

    uid: bytes
    suite: str
    key: bytes
    key_version: int
    state: int = STATE_INJECTED
    counter: int = 0
    digest: bytes = NO_DIGEST

    def __repr__(self) -> str:
        return f"<card {self.uid.hex().upper()}>"


def mac_input(*, uid: bytes, counter: int, state: int, key_version: int, digest: bytes, challenge: bytes) -> bytes:
    """What the answer's MAC covers (鉴别输入).

    Label ‖ uid(7) ‖ counter(4) ‖ state(1) ‖ key version(1) ‖ digest(8) ‖ challenge(24).
    """
    return LABEL + uid + counter.to_bytes(4, "big") + bytes([state, key_version]) + digest + challenge


class SimulatedCard:
    """One card in a reader (卡片). `commit` writes the memory durably and raises OSError when it cannot."""

    def __init__(self, memory: CardMemory, commit: Callable[[CardMemory], None]) -> None:
        self._memory = memory
        self._commit = commit

    def transmit(self, command: bytes) -> bytes:
        """Answer one command APDU (执行指令): data, then two status bytes. Malformed input gets a status word."""
        if len(command) < 4:
            return WRONG_LENGTH
        if command[0] not in (0x00, 0x80, 0x84):
            return UNKNOWN_CLA
        handler = {0xA4: self._select, 0xCA: self._get_data, 0x88: self._authenticate}.get(command[1])
        if handler is None or command[0] != 0x00:
            return UNKNOWN_INS
        body = command[4:]
        data = b""
        if body:
            length = body[0]
            if len(body) == 1:
                data = b""
            elif len(body) in (1 + length, 2 + length) and length:
                data = body[1 : 1 + length]
            else:
                return WRONG_LENGTH
        return handler(command[2], command[3], data)

    def _select(self, p1: int, p2: int, data: bytes) -> bytes:
        if p1 != 0x04:
            return WRONG_P1P2
        return OK if data == AID else FILE_NOT_FOUND

    def _get_data(self, p1: int, p2: int, data: bytes) -> bytes:
        memory = self._memory
        values = {
            0x42: memory.uid,
            0x66: bytes([memory.state, memory.key_version]),
            0xC1: memory.counter.to_bytes(4, "big"),
            0x67: key_check_value(memory.suite, memory.key).encode(),
        }
        return values[p2] + OK if p1 == 0 and p2 in values else DATA_NOT_FOUND

    def _authenticate(self, p1: int, p2: int, challenge: bytes) -> bytes:
        memory = self._memory
        if (p1, p2) != (0, 1):
            return WRONG_P1P2
        if len(challenge) != CHALLENGE_BYTES:
            return WRONG_LENGTH
        if memory.state == STATE_TERMINATED or memory.counter >= COUNTER_END:
            return CONDITIONS
        next_memory = replace(memory, counter=memory.counter + 1)
        try:
            self._commit(next_memory)
        except OSError:
            return MEMORY_FAILURE
        self._memory = next_memory
        covered = mac_input(
            uid=memory.uid,
            counter=next_memory.counter,
            state=memory.state,
            key_version=memory.key_version,
            digest=memory.digest,
            challenge=challenge,
        )
        head = next_memory.counter.to_bytes(4, "big") + bytes([memory.state, memory.key_version])
        return head + cmac(memory.suite, memory.key, covered) + OK


def authenticate_command(challenge: bytes) -> bytes:
    """The INTERNAL AUTHENTICATE command for a challenge (认证指令): 00 88 00 01 18 ‖ challenge(24)."""
    return bytes([0x00, 0x88, 0x00, 0x01, len(challenge)]) + challenge
