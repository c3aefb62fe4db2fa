"""The simulated card (模拟芯片卡片). It stands in for the real chip, whose protocol is not public.

A machine of APDUs with states, key slots, a secure channel (SCP03) and memory that survives power cuts. It knows
neither the register nor any model. Counters are committed before the answer that shows them leaves.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable
from dataclasses import replace

from chips import profile
from chips.crypto import scp03, sun
from chips.crypto.mac import KEY_BYTES, check_bytes, cmac
from chips.crypto.scp03 import BadMessage, KeySet, Session
from chips.profile import CONDITIONS, OK, WRONG_DATA, WRONG_LENGTH, WRONG_P1P2
from chips.simulator.memory import CardMemory, Silicon

_ENTRY = 1 + KEY_BYTES + 3
_OWN_CHALLENGE = 16
_STATUS_MOVES = {
    (profile.STATE_INJECTED, profile.STATE_ACTIVE),
    (profile.STATE_ACTIVE, profile.STATE_SUSPENDED),
    (profile.STATE_SUSPENDED, profile.STATE_ACTIVE),
}
_SETS = {profile.ISSUER_SET: profile.ISSUER, profile.MANAGEMENT_SET: profile.MANAGEMENT}


class SimulatedCard:
    """One card in a reader (卡片): the body with the power on. What is not in the body is gone with the power."""

    def __init__(self, silicon: Silicon) -> None:
        self._silicon = silicon
        self._session: Session | None = None
        self._pending: Session | None = None
        self._set = 0
        self._challenge = b""

    def __repr__(self) -> str:
        return repr(self._silicon)

    @property
    def _memory(self) -> CardMemory:
        return self._silicon.read()

    def transmit(self, command: bytes) -> bytes:
        """Answer one command APDU (执行指令): data, then two status bytes. Malformed input gets a status word.

        Raises PowerLost when the power goes in the middle.
        """
        answer = self._answer(command)
        self._silicon.step()
        return answer

    def reset(self) -> None:
        """Power off and on (复位): channel and challenge are gone."""
        self._session = self._pending = None
        self._set, self._challenge = 0, b""

    def _answer(self, command: bytes) -> bytes:
        if len(command) < 4:
            return WRONG_LENGTH
        head, data = command[:4], _data_of(command)
        if data is None:
            return WRONG_LENGTH
        if head[0] not in (0x00, 0x80, 0x84):
            return profile.UNKNOWN_CLA
        challenge, self._challenge = self._challenge, b""
        try:
            if head[0] == 0x84:
                return self._secured(head, data, challenge)
            handler = self._open_commands().get((head[0], head[1]))
            if handler is None:
                return profile.UNKNOWN_INS
            return handler(head[2], head[3], data)
        except OSError:
            return profile.MEMORY_FAILURE

    def _open_commands(self) -> dict[tuple[int, int], Callable[[int, int, bytes], bytes]]:
        return {
            (0x00, 0xA4): self._select,
            (0x00, 0xCA): self._get_data,
            (0x00, 0x84): self._get_challenge,
            (0x00, 0x88): self._authenticate,
            (0x80, 0x50): self._initialize_update,
            (0x80, 0x32): self._read_tap,
        }

    # Commands free to all

    def _select(self, p1: int, _p2: int, data: bytes) -> bytes:
        if p1 != 0x04:
            return WRONG_P1P2
        if data != profile.AID:
            return profile.FILE_NOT_FOUND
        self.reset()
        info = bytes([profile.SUITE_BYTES[self._memory.suite], profile.PROFILE_VERSION])
        inner = b"\x84" + bytes([len(profile.AID)]) + profile.AID + b"\xa5" + bytes([len(info)]) + info
        ended = self._memory.state == profile.STATE_TERMINATED
        return b"\x6f" + bytes([len(inner)]) + inner + (profile.SELECTED_TERMINATED if ended else OK)

    def _get_data(self, p1: int, p2: int, _data: bytes) -> bytes:
        memory = self._memory
        match p1, p2:
            case 0, 0x42:
                value = memory.uid
            case 0, 0x66:
                value = bytes([memory.state, memory.key_version])
            case 0, 0xC1:
                value = memory.counter.to_bytes(4, "big")
            case 0, 0x67:
                value = self._info()
            case 0, profile.FACTS:
                parts = (0x42, 0x66, 0xC1, 0x67)
                values = [self._get_data(0, part, b"")[:-2] for part in parts]
                value = b"".join(bytes([part, len(one)]) + one for part, one in zip(parts, values, strict=True))
            case _:
                return profile.DATA_NOT_FOUND
        return value + OK

    def _info(self) -> bytes:
        """Suite, profile, check value of the province's key, and whether a digest is written."""
        memory = self._memory
        province = memory.keys.get(profile.PROVINCE)
        check = check_bytes(memory.suite, province) if province else bytes(3)
        return (
            bytes([profile.SUITE_BYTES[memory.suite], profile.PROFILE_VERSION]) + check + bytes([bool(memory.digest)])
        )

    def _get_challenge(self, p1: int, p2: int, data: bytes) -> bytes:
        if (p1, p2) != (0, 0):
            return WRONG_P1P2
        if data:
            return WRONG_LENGTH
        self._challenge = os.urandom(_OWN_CHALLENGE)
        return self._challenge + OK

    def _authenticate(self, p1: int, slot: int, challenge: bytes) -> bytes:
        memory = self._memory
        if p1 != 0 or slot not in (profile.PROVINCE, profile.MINISTRY):
            return WRONG_P1P2
        if len(challenge) != profile.CHALLENGE_BYTES:
            return WRONG_LENGTH
        ended = memory.state in (profile.STATE_BLANK, profile.STATE_TERMINATED) or slot not in memory.keys
        if ended or memory.counter >= profile.COUNTER_END:
            return CONDITIONS
        counted = replace(memory, counter=memory.counter + 1)
        self._silicon.write(counted)
        covered = profile.mac_input(
            uid=memory.uid,
            counter=counted.counter,
            state=memory.state,
            key_version=memory.key_version,
            digest=memory.digest or profile.NO_DIGEST,
            challenge=challenge,
            slot=slot,
        )
        head = counted.counter.to_bytes(4, "big") + bytes([memory.state, memory.key_version])
        return head + cmac(memory.suite, memory.keys[slot], covered) + OK

    def _read_tap(self, p1: int, p2: int, _data: bytes) -> bytes:
        memory = self._memory
        if (p1, p2) != (0, 0):
            return WRONG_P1P2
        if memory.state != profile.STATE_ACTIVE or memory.tap_counter >= profile.TAP_END:
            return CONDITIONS
        counted = replace(memory, tap_counter=memory.tap_counter + 1)
        self._silicon.write(counted)
        shown = sun.seal_identity(memory.suite, memory.keys[profile.TAP], uid=memory.uid, counter=counted.tap_counter)
        own = profile.tap_key(memory.suite, memory.keys[profile.PROVINCE])
        mac = sun.tap_mac(memory.suite, own, uid=memory.uid, counter=counted.tap_counter)
        return f"d={shown.hex()}&m={mac.hex()}".encode() + OK

    # The secure channel

    def _initialize_update(self, key_set: int, p2: int, host_challenge: bytes) -> bytes:
        memory = self._memory
        if key_set not in _SETS or p2:
            return WRONG_P1P2
        if len(host_challenge) != scp03.SHORT_MAC:
            return WRONG_LENGTH
        if memory.failures >= profile.TRIES:
            return profile.BLOCKED
        if not all(slot in memory.keys for slot in _SETS[key_set]) or memory.sequence >= profile.SEQUENCE_END:
            return CONDITIONS
        counted = replace(memory, sequence=memory.sequence + 1)
        self._silicon.write(counted)
        keys = self._keys_of(key_set)
        challenge = scp03.card_challenge(memory.suite, keys, sequence=counted.sequence, aid=profile.AID)
        self._session, self._set = None, key_set
        self._pending = Session(memory.suite, keys, host_challenge=host_challenge, card_challenge=challenge)
        about = memory.uid + bytes(3) + bytes([key_set, 0x03, 0x70])
        return about + challenge + self._pending.card_cryptogram + counted.sequence.to_bytes(3, "big") + OK

    def _keys_of(self, key_set: int) -> KeySet:
        return KeySet(*(self._memory.keys[slot] for slot in _SETS[key_set]))

    def _external_authenticate(self, head: bytes, data: bytes) -> bytes:
        pending, self._pending, self._session = self._pending, None, None
        memory = self._memory
        if memory.failures >= profile.TRIES:
            return profile.BLOCKED
        if pending is None:
            return CONDITIONS
        if head[2:] != bytes([scp03.LEVEL, 0]):
            return WRONG_P1P2
        if len(data) != 2 * scp03.SHORT_MAC:
            return WRONG_LENGTH
        # Counted before it is compared: a power cut in between saves no try.
        self._silicon.write(replace(memory, failures=memory.failures + 1))
        try:
            pending.check_opening(head, data)
        except BadMessage:
            return profile.HOST_REFUSED
        self._silicon.write(replace(memory, failures=0))
        self._session = pending
        return OK

    def _secured(self, head: bytes, sealed: bytes, challenge: bytes) -> bytes:
        if head[1] == 0x82:
            return self._external_authenticate(head, sealed)
        session = self._session
        if session is None:
            return profile.NOT_IN_CHANNEL
        try:
            data = session.open_command(head, sealed)
        except BadMessage:
            self._session = None
            return profile.BAD_SECURE_MESSAGE
        answer = self._in_channel(head, data, challenge)
        return session.wrap_answer(answer[:-2], OK) if answer[-2:] == OK else answer

    def _in_channel(self, head: bytes, data: bytes, challenge: bytes) -> bytes:
        _cla, ins, p1, p2 = head
        if ins == 0x84:
            return self._get_challenge(p1, p2, data)
        needed = {
            0xD8: (profile.ISSUER_SET, self._put_key),
            0xE2: (profile.MANAGEMENT_SET, self._store_data),
            0xF0: (profile.MANAGEMENT_SET, self._set_status),
        }
        if ins == 0xE4:
            return self._terminate(p1, p2, data, challenge)
        if ins not in needed:
            return profile.UNKNOWN_INS
        key_set, handler = needed[ins]
        return handler(p1, p2, data) if self._set == key_set else profile.NOT_IN_CHANNEL

    def _put_key(self, p1: int, p2: int, data: bytes) -> bytes:
        memory = self._memory
        if memory.state not in (profile.STATE_BLANK, profile.STATE_INJECTED):
            return CONDITIONS
        if (p1, p2) != (0, 0):
            return WRONG_P1P2
        entries = data[1:]
        if len(data) < 1 + _ENTRY or len(entries) % _ENTRY:
            return WRONG_LENGTH
        keys = dict(memory.keys)
        starts = range(0, len(entries), _ENTRY)
        sealed = b"".join(entries[start + 1 : start + 1 + KEY_BYTES] for start in starts)
        opened = scp03.decrypt_key(memory.suite, memory.keys[profile.ISSUER[2]], sealed)
        for place, start in enumerate(starts):
            slot, key = entries[start], opened[place * KEY_BYTES : (place + 1) * KEY_BYTES]
            check = check_bytes(memory.suite, key)
            if slot not in profile.SLOTS or check != entries[start + 1 + KEY_BYTES : start + _ENTRY]:
                return WRONG_DATA
            keys[slot] = key
        if not all(slot in keys for slot in profile.SLOTS):
            return WRONG_DATA
        self._silicon.write(replace(memory, keys=keys, key_version=data[0], state=profile.STATE_INJECTED))
        return data[:1] + OK

    def _store_data(self, p1: int, p2: int, digest: bytes) -> bytes:
        memory = self._memory
        if (p1, p2) != (0x80, 0):
            return WRONG_P1P2
        if memory.digest or memory.state != profile.STATE_INJECTED:
            return CONDITIONS
        if len(digest) != profile.DIGEST_BYTES or not any(digest):
            return WRONG_DATA
        self._silicon.write(replace(memory, digest=digest))
        return OK

    def _set_status(self, p1: int, new: int, data: bytes) -> bytes:
        memory = self._memory
        if p1 != 0x80 or data:
            return WRONG_P1P2
        if (memory.state, new) not in _STATUS_MOVES:
            return CONDITIONS
        self._silicon.write(replace(memory, state=new))
        return OK

    def _terminate(self, p1: int, p2: int, tokens: bytes, challenge: bytes) -> bytes:
        memory = self._memory
        if self._set != profile.MANAGEMENT_SET:
            return profile.NOT_IN_CHANNEL
        if (p1, p2) != (0, 0):
            return WRONG_P1P2
        if not challenge or memory.state == profile.STATE_TERMINATED:
            return CONDITIONS
        dek = memory.keys[profile.MANAGEMENT[2]]
        halves = [profile.terminate_token(memory.suite, dek, part=part, challenge=challenge) for part in "AB"]
        if not hmac.compare_digest(tokens, b"".join(halves)):
            return WRONG_DATA
        self._silicon.write(replace(memory, keys={}, state=profile.STATE_TERMINATED))
        return OK


def _data_of(command: bytes) -> bytes | None:
    """The data field of a short APDU; None where the lengths do not agree."""
    body = command[4:]
    if len(body) <= 1:
        return b""
    length = body[0]
    if not length or len(body) not in (1 + length, 2 + length):
        return None
    return body[1 : 1 + length]
