"""The simulated institute (模拟灌装机构): makes blank cards and fills them through a reader, with masters of its own.

It stands for an office outside this system; sealreg gets the chips' identifiers and check values from it, no key.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from chips import profile
from chips.crypto.mac import Keyed
from chips.crypto.scp03 import KeySet
from chips.crypto.secret import Secret
from chips.keys.derivation import ISSUER, MANAGEMENT, TRANSPORT, batch_key, channel_inputs, chip_input, tap_meta_key
from chips.readers.acts import CardFacts, check_filled, fill_keys, read_facts
from chips.readers.channel import CardRefused, NotOurCard
from chips.readers.transport import CardTransport, InProcess
from chips.simulator.memory import CardMemory
from chips.simulator.store import CardStore


@dataclass(frozen=True, slots=True)
class FilledChip:
    """What the institute reports of one chip (灌装结果)."""

    uid: str
    key_check: str


@dataclass(frozen=True, slots=True, repr=False)
class Masters:
    """The masters of one version (同版主密钥), 16 bytes each: the province's two, the issuer's, the Ministry's."""

    verify: bytes
    manage: bytes
    issuer: bytes
    ministry: bytes

    def __repr__(self) -> str:
        return "<masters hidden>"

    def __reduce__(self) -> str:
        raise TypeError("keys are not copied out of their process")


class Institute:
    """One key version of the institute (灌装机构).

    The maker's transport set comes from the drawer's own secret, as the maker would tell it to the institute alone.
    """

    def __init__(self, cards: CardStore, *, suite: str, version: int, masters: Masters) -> None:
        self._cards = cards
        self._suite = suite
        self._version = version
        self._verify = masters.verify
        self._manage, self._issuer, self._ministry, self._maker = (
            Keyed(suite, key)
            for key in (masters.manage, masters.issuer, masters.ministry, cards.secret(f"maker {suite}"))
        )
        self._tap = tap_meta_key(suite, masters.verify, version=version)
        self._batch: tuple[str, Keyed | None] = "", None

    def __repr__(self) -> str:
        return f"<institute {self._suite}/{self._version}>"

    def transport_keys(self, uid: str) -> KeySet:
        """The set a blank card comes with (出厂传输密钥)."""
        return KeySet(*(Secret(self._maker.mac(one)) for one in channel_inputs(TRANSPORT, uid=uid, version=0)))

    def keys_of(self, uid: str, *, batch_no: str) -> dict[int, bytes]:
        """All keys of one chip by slot (单枚芯片全部密钥)."""
        version, of_chip = self._version, chip_input(self._suite, uid=uid, version=self._version)
        keys: dict[int, bytes] = {
            profile.PROVINCE: Secret(self._of_batch(batch_no).mac(of_chip)),
            profile.MINISTRY: Secret(self._ministry.mac(of_chip)),
            profile.TAP: self._tap,
        }
        for slots, master, label in (
            (profile.MANAGEMENT, self._manage, MANAGEMENT),
            (profile.ISSUER, self._issuer, ISSUER),
        ):
            for slot, covered in zip(slots, channel_inputs(label, uid=uid, version=version), strict=True):
                keys[slot] = Secret(master.mac(covered))
        return keys

    def _of_batch(self, batch_no: str) -> Keyed:
        name, key = self._batch
        if key is None or name != batch_no:
            key = Keyed(self._suite, batch_key(self._suite, self._verify, batch_no=batch_no, version=self._version))
            self._batch = batch_no, key
        return key

    def make_blank(self, uid: str) -> None:
        """A card as the maker delivers it (白卡出厂)."""
        keys = self.transport_keys(uid)
        self._cards.make(
            CardMemory(
                uid=bytes.fromhex(uid),
                suite=self._suite,
                keys=dict(zip(profile.ISSUER, (keys.enc, keys.mac, keys.dek), strict=True)),
            )
        )

    def inject(self, transport: CardTransport, *, batch_no: str) -> FilledChip:
        """Fill the chip in the reader (灌装读卡器中的芯片), or find it filled already with the same keys.

        Raises CardRefused, NotOurCard, ReaderTrouble; after ReaderTrouble call it again with the chip presented anew.
        """
        facts: CardFacts
        try:
            facts = fill_keys(
                transport, self._suite, self.transport_keys, partial(self.keys_of, batch_no=batch_no),
                version=self._version,
            )  # fmt: skip
        except (CardRefused, NotOurCard):
            # A card that is filled already has other keys for its channel.
            found = read_facts(transport)
            if found.state == profile.STATE_BLANK:
                raise
            keys = self.keys_of(found.uid, batch_no=batch_no)
            facts = check_filled(transport, self._suite, keys, version=self._version)
        return FilledChip(facts.uid, facts.key_check)

    def fill(self, uid: str, *, batch_no: str) -> FilledChip:
        """Take a card out of the drawer and fill it (灌装一枚), a new blank when there is none.

        Raises CardRefused, NotOurCard, ReaderTrouble, CardBroken.
        """
        try:
            body = self._cards.take(uid)
        except FileNotFoundError:
            self.make_blank(uid)
            body = self._cards.take(uid)
        return self.inject(InProcess(body), batch_no=batch_no)
