"""What the bench does to cards (芯片工作台业务), over any reader; those of the register are only looked at."""

from __future__ import annotations

import os
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from chips import profile
from chips.crypto.mac import is_cmac
from chips.crypto.scp03 import KeySet
from chips.demo import SUITE, card_store, simulated_institute
from chips.models import Chip
from chips.readers import acts
from chips.readers.acts import CardAnswer, CardFacts, read_facts
from chips.readers.transport import CardTransport, InProcess, ReaderTrouble
from chips.simulator.institute import FilledChip, Institute
from chips.simulator.store import CardStore
from chips.verification import ChipAnswer, ask_chip, challenge_bytes, check_answer, take_challenge
from sealreg.clock import real_now

ASKER, BATCH, COPIES = "bench", "BENCH", "copies"


class BenchRefusal(Exception):
    """What the bench does not do (工作台不予办理). The text is for the person."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A card's answer and what it proves (核验结果)."""

    answer: CardAnswer
    text: str


@dataclass(frozen=True, slots=True)
class Cut:
    """A card before and after its power went (断电结果). went: whether the act got as far as that."""

    went: bool
    before: CardFacts
    after: CardFacts


class Bench:
    """The bench with the simulated institute at hand (芯片工作台)."""

    def __init__(self, institute: Institute, cards: CardStore) -> None:
        self._institute, self._cards = institute, cards

    @classmethod
    def here(cls) -> Bench:
        """The bench of this environment (本环境工作台). Raises ImproperlyConfigured where nothing is simulated."""
        return cls(simulated_institute(), card_store())

    @staticmethod
    def drawer(*, copy: bool = False) -> CardStore:
        """The simulator's drawer (卡片库), or the one of copies. Raises ImproperlyConfigured."""
        own, folder = card_store(), settings.SIMULATED_CARD_DIR
        return CardStore(folder / COPIES, settings.SIMULATED_CARD_KEY) if copy and folder is not None else own

    @staticmethod
    def refuse_registered(uid: str) -> None:
        """Cards of the register get keys and states by their batch and their seal. Raises BenchRefusal."""
        if Chip.objects.filter(uid=uid).exists():
            raise BenchRefusal(_("芯片 %(uid)s 已登记，只能由其批次灌装、随其印章改变状态。") % {"uid": uid})

    def blank_if_missing(self, uid: str) -> None:
        """A new blank card where the drawer has none under this number (备白卡)."""
        try:
            self._cards.take(uid)
        except FileNotFoundError:
            self._institute.make_blank(uid)

    def inject(self, card: CardTransport) -> FilledChip:
        """Fill the card in the reader (灌装). Raises BenchRefusal, CardRefused, NotOurCard, ReaderTrouble."""
        self.refuse_registered(read_facts(card).uid)
        return self._institute.inject(card, batch_no=BATCH)

    def set_state(self, card: CardTransport, state: int) -> None:
        """Activate, suspend or resume (改变卡片状态). Raises as `inject`."""
        uid = read_facts(card).uid
        self.refuse_registered(uid)
        keys = self._institute.keys_of(uid, batch_no=BATCH)
        acts.set_state(card, SUITE, KeySet(*(keys[slot] for slot in profile.MANAGEMENT)), state)

    @staticmethod
    def pass_on(card: CardTransport, command: bytes) -> bytes:
        """A command of a bank's two-step check, unchanged (转发指令): the answer with its status."""
        return card.transmit(command)

    @staticmethod
    def check(card: CardTransport) -> Checked:
        """Challenge and answer (芯片核验): by the register for a chip it knows, else by the bench's own keys.

        Raises CardRefused, ReaderTrouble, NotFound, Conflict.
        """
        uid = read_facts(card).uid
        if not Chip.objects.filter(uid=uid).exists():
            return _check_unregistered(card, uid)
        at = real_now()
        asked = ask_chip(uid, asked_by=ASKER, purpose="other", at=at)
        answer = acts.authenticate(card, challenge_bytes(asked))
        taken = take_challenge(asked.txn, asked_by=ASKER, uid=uid, at=real_now())
        said = ChipAnswer(uid, answer.counter, answer.state, answer.key_version, answer.mac)
        verdict = check_answer(taken, said)
        return Checked(answer, " ".join([verdict.result.value, *verdict.reasons, *verdict.signs]))

    def cut_power(self, uid: str, *, during: str, at: int) -> Cut:
        """Take a card's power after `at` more steps of an act (断电). during: inject, authenticate or tap."""
        if at < 0:
            raise BenchRefusal(_("步数从0起。"))
        if during == "inject":
            self.refuse_registered(uid)
            self.blank_if_missing(uid)
        body = self._cards.take(uid)
        before = read_facts(InProcess(body))
        body.cut_after = at
        went = False
        try:
            card = InProcess(body)
            if during == "inject":
                self._institute.inject(card, batch_no=BATCH)
            elif during == "authenticate":
                acts.authenticate(card, os.urandom(profile.CHALLENGE_BYTES))
            else:
                acts.read_tap(card)
        except ReaderTrouble:
            went = True
        return Cut(went, before, read_facts(InProcess(self._cards.take(uid))))

    @classmethod
    def clone(cls, uid: str) -> None:
        """Copy a card with its counter (复制卡片), where everything is simulated; a real chip does not let this happen.

        Raises BenchRefusal, FileNotFoundError, ImproperlyConfigured.
        """
        if not settings.DEMO:
            raise BenchRefusal(_("只有演示和测试环境可以复制模拟卡片。"))
        cls.drawer(copy=True).make(cls.drawer().take(uid).read())


def _check_unregistered(card: CardTransport, uid: str) -> Checked:
    challenge = os.urandom(profile.CHALLENGE_BYTES)
    answer = acts.authenticate(card, challenge)
    covered = profile.mac_input(
        uid=bytes.fromhex(uid), counter=answer.counter, state=answer.state, key_version=answer.key_version,
        digest=profile.NO_DIGEST, challenge=challenge,
    )  # fmt: skip
    if settings.SIMULATED_INSTITUTE_FILE is None:
        return Checked(answer, _("未登记的芯片，无从核对。"))
    key = simulated_institute().keys_of(uid, batch_no=BATCH)[profile.PROVINCE]
    right = is_cmac(SUITE, key, covered, answer.mac)
    return Checked(answer, _("未登记；鉴别码与工作台密钥相符。") if right else _("未登记；鉴别码与工作台密钥不符。"))
