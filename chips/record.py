"""What the register says of the seal a chip sits in (备案记录摘要), told by the room that keeps seals.

The chip holds this digest from its binding on. A check computes it anew from the record as it stands now, so a record
that was altered afterwards does not fit its chip any more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from chips.models import CardAct, CardWriting, Chip
from chips.profile import DIGEST_BYTES

# Key of a chip -> digest of its seal's record, None for a chip without a seal.
RecordDigest = Callable[[int], bytes | None]
NOTHING = bytes(DIGEST_BYTES)
# Keys of chips -> code of the seal that has each now; chips without one are left out.
SealCodes = Callable[[Sequence[int]], Mapping[int, str]]
_told_by: list[RecordDigest] = []
_named_by: list[SealCodes] = []


def told_by(digest_of_chip: RecordDigest) -> None:
    """Say who knows the records (登记摘要来源)."""
    _told_by[:] = [digest_of_chip]


def named_by(codes_of_chips: SealCodes) -> None:
    """Say who knows the seals' codes (登记印章编码来源)."""
    _named_by[:] = [codes_of_chips]


def seal_codes(chips: Sequence[int]) -> Mapping[int, str]:
    """Codes of the seals these chips sit in (芯片所在印章)."""
    return _named_by[0](chips) if _named_by and chips else {}


@dataclass(frozen=True, slots=True)
class Digests:
    """What a chip's answer may cover (应答可含摘要). accepted: of these, what a genuine chip holds now.

    all: always three, so that no chip costs more work than another: by the record, as ordered, none.
    """

    all: tuple[bytes, bytes, bytes]
    accepted: tuple[bytes, ...]


def digests_of(chip: Chip | None) -> Digests:
    """What the chip's card holds by the register (卡内应有摘要). While a write is in doubt, it may hold none yet."""
    pk = chip.pk if chip else 0
    writing = CardWriting.objects.filter(chip=pk, act=CardAct.BIND).first()
    record = (_told_by[0](pk) if _told_by else None) or NOTHING
    if writing is None:
        return Digests((NOTHING, NOTHING, NOTHING), (NOTHING,))
    ordered = bytes.fromhex(writing.digest)
    accepted = (record,) if writing.done_at else (record, NOTHING)
    if chip is not None and chip.status == "SCRAPPED":
        # Replaced in its seal, so no record names it: the card holds what was ordered, or nothing, and is of no use.
        accepted = (ordered, NOTHING)
    return Digests((record, ordered, NOTHING), accepted)
