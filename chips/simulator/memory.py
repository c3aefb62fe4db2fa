"""What a card remembers and how it survives a power cut (卡内存储): two banks, the newer valid one counts."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

from chips.crypto.mac import KEY_BYTES
from chips.profile import DIGEST_BYTES, SLOTS, STATE_BLANK, SUITE_BYTES

PAGE = 32
# Writes the whole memory image durably; raises OSError when it cannot.
Commit = Callable[[bytes], None]
_SUITES = {byte: suite for suite, byte in SUITE_BYTES.items()}
_BODY = struct.Struct(f">7sBBBII BIHB{DIGEST_BYTES}s{len(SLOTS) * KEY_BYTES}s")
_HEAD = struct.Struct(">4sIII")
_MAGIC = b"SC02"
_BODY_PAGES = -(-_BODY.size // PAGE)
BANK_BYTES = PAGE * (_BODY_PAGES + 1)
# Steps of one write at which the power can go: each body page, then the head that makes the bank count.
WRITE_STEPS = _BODY_PAGES + 1


class PowerLost(Exception):
    """The card lost its power in the middle of a command (断电); no answer comes."""


class CardBroken(Exception):
    """Neither bank is whole (卡片存储损坏)."""


@dataclass(frozen=True, slots=True, repr=False)
class CardMemory:
    """Everything the card remembers (卡内存储). uid: 7 bytes; keys: slot -> 16 bytes; digest: empty or 32 bytes."""

    uid: bytes
    suite: str
    keys: dict[int, bytes] = field(default_factory=dict)
    key_version: int = 0
    state: int = STATE_BLANK
    counter: int = 0
    tap_counter: int = 0
    failures: int = 0
    sequence: int = 0
    digest: bytes = b""

    def __repr__(self) -> str:
        return f"<card {self.uid.hex().upper()} state {self.state:02X}>"

    def __reduce__(self) -> str:
        raise TypeError("a card's memory is not copied out of its process")

    def pack(self) -> bytes:
        """The memory as bytes (打包)."""
        present = sum(1 << index for index, slot in enumerate(SLOTS) if slot in self.keys)
        return _BODY.pack(
            self.uid,
            SUITE_BYTES[self.suite],
            self.state,
            self.key_version,
            self.counter,
            self.tap_counter,
            self.failures,
            self.sequence,
            present,
            bool(self.digest),
            self.digest,
            b"".join(self.keys.get(slot, bytes(KEY_BYTES)) for slot in SLOTS),
        )

    @classmethod
    def unpack(cls, body: bytes) -> CardMemory:
        """The reverse of pack (拆包)."""
        uid, suite, state, version, counter, taps, failures, sequence, present, has_digest, digest, keys = _BODY.unpack(
            body
        )
        return cls(
            uid=uid,
            suite=_SUITES[suite],
            keys={
                slot: keys[index * KEY_BYTES : (index + 1) * KEY_BYTES]
                for index, slot in enumerate(SLOTS)
                if present >> index & 1
            },
            key_version=version,
            state=state,
            counter=counter,
            tap_counter=taps,
            failures=failures,
            sequence=sequence,
            digest=digest if has_digest else b"",
        )


def _no_commit(_image: bytes) -> None:
    """Memory that lives as long as the object does."""


class Silicon:
    """The card's body (卡体): what stays when the power goes.

    commit: called with the whole image after each complete write. `cut_after`: number of further steps after which
    the power goes, None for never; a step is one page written or one answer leaving the card.
    """

    def __init__(self, image: bytes, *, commit: Commit = _no_commit) -> None:
        if len(image) != 2 * BANK_BYTES:
            raise CardBroken("wrong size")
        self._banks = [bytearray(image[:BANK_BYTES]), bytearray(image[BANK_BYTES:])]
        self._commit = commit
        self._current, self._written, self._content = self._newest()
        self.cut_after: int | None = None

    def __repr__(self) -> str:
        return repr(self._content)

    @classmethod
    def blank(cls, memory: CardMemory, *, commit: Commit = _no_commit) -> Silicon:
        """A card fresh from the maker (白卡), its memory already written once."""
        body = memory.pack()
        bank = _HEAD.pack(_MAGIC, 1, len(body), zlib.crc32(body)).ljust(PAGE, b"\x00") + body
        card = cls(bank.ljust(BANK_BYTES, b"\x00") + bytes(BANK_BYTES), commit=commit)
        commit(card.image())
        return card

    def image(self) -> bytes:
        """Both banks as they are (存储映像)."""
        return bytes(self._banks[0] + self._banks[1])

    def read(self) -> CardMemory:
        """The content that counts (读取)."""
        return self._content

    def step(self) -> None:
        """One moment at which the power may go. Raises PowerLost."""
        if self.cut_after is not None:
            if self.cut_after == 0:
                self.cut_after = None
                raise PowerLost
            self.cut_after -= 1

    def write(self, content: CardMemory) -> None:
        """Replace the content in one step that either counts or does not (写入). Raises PowerLost, OSError.

        The body goes page by page into the bank that does not count; the head comes last and makes it count.
        """
        body = content.pack()
        spare = 1 - self._current
        bank = self._banks[spare]
        bank[:PAGE] = bytes(PAGE)
        if self.cut_after is None:
            bank[PAGE : PAGE + len(body)] = body
        else:
            for start in range(0, len(body), PAGE):
                self.step()
                page = body[start : start + PAGE]
                bank[PAGE + start : PAGE + start + len(page)] = page
            self.step()
        number = self._written + 1
        bank[:PAGE] = _HEAD.pack(_MAGIC, number, len(body), zlib.crc32(body)).ljust(PAGE, b"\x00")
        self._commit(self.image())
        self._current, self._written, self._content = spare, number, content

    def _newest(self) -> tuple[int, int, CardMemory]:
        best: tuple[int, int, CardMemory] | None = None
        for index, bank in enumerate(self._banks):
            magic, number, length, check = _HEAD.unpack_from(bank)
            body = bytes(bank[PAGE : PAGE + length]) if length == _BODY.size else b""
            if magic == _MAGIC and body and zlib.crc32(body) == check and (best is None or number > best[1]):
                best = index, number, CardMemory.unpack(body)
        if best is None:
            raise CardBroken("no valid bank")
        return best
