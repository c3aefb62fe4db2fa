"""The simulated institute (模拟灌装机构): makes blank cards and fills them through a reader, with masters of its own.

It stands for an office outside this system; sealreg gets the chips' identifiers and check values from it, no key.
"""

from __future__ import annotations

from dataclasses import dataclass

from chips import profile
from chips.crypto.mac import cmac
from chips.crypto.scp03 import KeySet
from chips.keys.derivation import batch_key, chip_key
from chips.readers.acts import CardFacts, check_filled, fill_keys, read_facts
from chips.readers.transport import CardTransport, InProcess
from chips.simulator.memory import CardMemory
from chips.simulator.store import CardStore

_PARTS = (b"SEALREG-ENC", b"SEALREG-MAC", b"SEALREG-DEK")


@dataclass(frozen=True, slots=True)
class FilledChip:
    """What the institute reports of one chip (灌装结果)."""

    uid: str
    key_check: str


def key_set(suite: str, master: bytes, label: bytes, uid: str) -> KeySet:
    """One card's static channel keys under a master (卡片通道密钥组). label: what the set is for; uid: 14 hex digits."""
    return KeySet(*(cmac(suite, master, label + part + bytes.fromhex(uid)) for part in _PARTS))


class Institute:
    """One key version of the institute (灌装机构). master: 16 bytes, the province's verification master.

    Its other masters (maker's transport set, issuer, Ministry, province's management) come from the simulator's own
    secret, which the province's keystore never holds.
    """

    def __init__(self, cards: CardStore, *, suite: str, version: int, master: bytes) -> None:
        self._cards = cards
        self._suite = suite
        self._version = version
        self._master = master
        self._own = cards.secret(f"institute {suite}")

    def __repr__(self) -> str:
        return f"<institute {self._suite}/{self._version}>"

    def transport_keys(self, uid: str) -> KeySet:
        """The set a blank card comes with (出厂传输密钥)."""
        return key_set(self._suite, self._own, b"SEALREG-TRANSPORT", uid)

    def management_keys(self, uid: str) -> KeySet:
        """The set that writes digests and states (管理密钥组)."""
        return key_set(self._suite, self._own, b"SEALREG-MANAGEMENT" + bytes([self._version]), uid)

    def keys_of(self, uid: str, *, batch_no: str) -> dict[int, bytes]:
        """All keys of one chip by slot (单枚芯片全部密钥)."""
        suite, version = self._suite, self._version
        issuer = key_set(suite, self._own, b"SEALREG-ISSUER" + bytes([version]), uid)
        management = self.management_keys(uid)
        of_batch = batch_key(suite, self._master, batch_no=batch_no, version=version)
        ministry = cmac(suite, self._own, b"SEALREG-MINISTRY" + bytes([version]))
        return {
            profile.PROVINCE: chip_key(suite, of_batch, uid=uid, version=version),
            profile.MINISTRY: chip_key(suite, ministry, uid=uid, version=version),
            profile.TAP: cmac(suite, self._own, b"SEALREG-TAP-META" + bytes([version])),
            **dict(zip(profile.MANAGEMENT, (management.enc, management.mac, management.dek), strict=True)),
            **dict(zip(profile.ISSUER, (issuer.enc, issuer.mac, issuer.dek), strict=True)),
        }

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
        before = read_facts(transport)
        keys = self.keys_of(before.uid, batch_no=batch_no)
        facts: CardFacts
        if before.state == profile.STATE_BLANK:
            transport_keys = self.transport_keys(before.uid)
            facts = fill_keys(transport, self._suite, transport_keys, keys, version=self._version)
        else:
            facts = check_filled(transport, self._suite, keys, version=self._version)
        return FilledChip(facts.uid, facts.key_check)

    def fill(self, uid: str, *, batch_no: str) -> FilledChip:
        """Make and fill one chip (制卡并灌装一枚)."""
        self.make_blank(uid)
        return self.inject(InProcess(self._cards.take(uid)), batch_no=batch_no)
