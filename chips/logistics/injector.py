"""The way to the institute (灌装接口): fill a card, look at a card, sign a manifest. Today the simulated institute."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from django.utils.translation import gettext_lazy as _

from chips.readers.acts import read_facts
from chips.readers.channel import CardRefused, NotOurCard
from chips.readers.transport import InProcess, ReaderTrouble
from chips.simulator.institute import FilledChip
from chips.simulator.memory import CardBroken
from chips.simulator.store import CardStore
from sealreg.api.choices import Algorithm
from sealreg.api.crypto import SUITES, KeyPair, thumbprint
from sealreg.errors import ServiceUnavailable


@dataclass(frozen=True, slots=True)
class Presented:
    """What a card says of itself when it is presented again (再次读卡). key_version: 0 for a blank card."""

    key_version: int
    key_check: str


class Injector(Protocol):
    """The institute as the register sees it (灌装机构接口): no key ever passes."""

    def fill(self, uid: str, *, batch_no: str) -> FilledChip:
        """Fill one card; the same call again gives the same key."""

    def look(self, uid: str) -> Presented | None:
        """Read a card that was interrupted; None when it does not answer."""


class Signer(Protocol):
    """Signs manifests with the institute's key (清单签名)."""

    @property
    def key_id(self) -> str:
        """Name of the key: its thumbprint."""

    def sign(self, body: bytes) -> bytes:
        """64 bytes r‖s."""


class Filler(Protocol):
    """What fills one card: `chips.simulator.institute.Institute` is one."""

    def fill(self, uid: str, *, batch_no: str) -> FilledChip: ...


class SimulatedInjector:
    """Fills simulated cards and reads them again (模拟灌装)."""

    def __init__(self, institute: Filler, cards: CardStore) -> None:
        self._institute, self._cards = institute, cards

    def fill(self, uid: str, *, batch_no: str) -> FilledChip:
        """Fill one card (灌装一枚). A card that gives no answer or a wrong one is reported without a check value.

        So this chip alone becomes UNCERTAIN, and is asked what it holds before it is tried again.
        """
        try:
            return self._institute.fill(uid, batch_no=batch_no)
        except (CardRefused, NotOurCard, CardBroken, ReaderTrouble):
            return FilledChip(uid, "")

    def look(self, uid: str) -> Presented | None:
        """Read version and check value off the card (读卡). A card never written is blank."""
        try:
            facts = read_facts(InProcess(self._cards.take(uid)))
        except FileNotFoundError:
            return Presented(0, "")
        except (CardRefused, NotOurCard, CardBroken, ReaderTrouble):
            return None
        return Presented(facts.key_version, facts.key_check)


class FileSigner:
    """The simulated institute's signing key in a file of its own (模拟签名密钥), made at its first use."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            algorithm = Algorithm.SM2 if Algorithm.SM2 in SUITES else Algorithm.ES256
            pair = SUITES[algorithm].new_pair()
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            text = {"algorithm": algorithm.value, "private": pair.private.hex(), "public": pair.public.hex()}
            draft = path.with_suffix(f".{os.getpid()}.new")
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
                json.dump(text, out)
            draft.replace(path)
        kept = json.loads(path.read_text(encoding="utf-8"))
        self.pair = KeyPair(Algorithm(kept["algorithm"]), bytes.fromhex(kept["private"]), bytes.fromhex(kept["public"]))

    @property
    def key_id(self) -> str:
        """Thumbprint of the key (公钥标识)."""
        return thumbprint(self.pair.algorithm, self.pair.public)

    def sign(self, body: bytes) -> bytes:
        """Sign a manifest (签名)."""
        return SUITES[self.pair.algorithm].sign(self.pair, body)


@dataclass(frozen=True, slots=True)
class Connection:
    """The institute this site is connected with (已接入的灌装机构)."""

    injector: Callable[[str, int], Injector]
    signer: Callable[[], Signer]


_connected: list[Connection] = []


def connect(injector: Callable[[str, int], Injector], signer: Callable[[], Signer]) -> None:
    """Say how the institute is reached (接入灌装机构). injector: for a suite and a key version."""
    _connected[:] = [Connection(injector, signer)]


def institute() -> Connection:
    """How the institute is reached (取灌装接口). Raises ServiceUnavailable where none is connected."""
    if not _connected:
        raise ServiceUnavailable(_("本系统未接入灌装机构，暂不能灌装和签名。"), code="institute_not_connected")
    return _connected[0]
