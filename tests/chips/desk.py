"""A shop's desk with a reader and simulated cards (店内读卡器), for tests of what is written to cards."""

from __future__ import annotations

from dataclasses import replace

from chips.models import Chip
from chips.profile import authenticate_command
from chips.readers.transport import InProcess, ReaderTrouble, Trouble
from chips.simulator.institute import Institute
from chips.simulator.store import CardStore
from chips.verification import ChipAnswer, ask_chip, challenge_bytes, check_answer
from chips.writing import write_card
from filing.models import Seal
from filing.services.making import bind_chip
from tests.chips.cards import masters
from tests.factories import filing as made
from tests.factories.chips import chips, uids

MASTER = bytes(range(16))
NOW = made.TUESDAY_TEN
SUITE = "SM4-CMAC"


class Readers:
    """Cards at a shop's desk (读卡位置); `cut` loses the power at that step, `away` holds no card at all."""

    def __init__(self, store: CardStore) -> None:
        self.store, self.away, self.cut, self.taken = store, False, None, 0

    def card(self, uid: str) -> InProcess:
        if self.away:
            raise ReaderTrouble(Trouble.NO_CARD)
        self.taken += 1
        body = self.store.take(uid)
        body.cut_after, self.cut = self.cut, None
        return InProcess(body)


def stocked(readers, place, *, batch_no="B1") -> Chip:
    """A chip of the shop's stock with its card."""
    (uid,) = uids(1)
    institute = Institute(readers.store, suite=SUITE, version=1, masters=masters(MASTER))
    filled = institute.fill(uid, batch_no=batch_no)
    (chip,) = chips(shop=place, given=[uid], suite=SUITE, key_check=filled.key_check, batch_no=batch_no)
    return chip


def bound(seal, chip, clerk) -> Seal:
    """Bound, with the order kept and no card touched: what on_commit does is left to each test."""
    return bind_chip(seal, chip, by=clerk, at=NOW)


def write(chip) -> str:
    return write_card(chip.pk, clock=lambda: NOW)


def card(readers, chip):
    return readers.store.take(chip.uid).read()


def checked(readers, chip, *, store=None):
    challenge = ask_chip(chip.uid, asked_by="bank-1", purpose="counter", at=NOW)
    raw = (store or readers.store).insert(chip.uid).transmit(authenticate_command(challenge_bytes(challenge)))
    answer = ChipAnswer(chip.uid, int.from_bytes(raw[:4], "big"), raw[4], raw[5], raw[6:22])
    return check_answer(challenge, answer, at=NOW)


def card_with(held, **changes):
    return replace(held, **changes)
