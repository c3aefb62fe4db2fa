"""The demonstration's chips (演示芯片) as rows to be copied in, with keys as the simulated institute fills them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from functools import cache

from chips.crypto.mac import key_check_value
from chips.demo import KEY_VERSION, SUITE, card_store
from chips.keys.derivation import batch_key, chip_key
from chips.models import Chip
from chips.simulator.institute import Institute, Masters
from sealreg.accounts.demo import demo_digest
from sealreg.clock import shanghai
from sealreg.database.bulk import Keys, unsaved

_UNUSED = 40_000_000_000  # running numbers of chips that no seal has
_LIFE = dt.timedelta(days=1)


class Press:
    """Makes chips that could have been filled (演示芯片生成).

    masters: of the simulated institute. carded: shops whose bound chips get a simulated card as well, so that they
    answer a reader; a card for every chip of the province would be a file for each.
    """

    def __init__(self, *, seed: int, masters: Masters, keys: Keys, carded: Collection[int]) -> None:
        self._seed, self._keys, self._carded = seed, keys, frozenset(carded)
        self._batch_key = cache(
            lambda batch_no: batch_key(SUITE, masters.verify, batch_no=batch_no, version=KEY_VERSION)
        )
        self._institute = Institute(card_store(), suite=SUITE, version=KEY_VERSION, masters=masters)

    def bound(self, index: int, *, shop: int, at: dt.datetime, status: str) -> Chip:
        """The chip of one seal (已捆绑芯片). index: the seal's running number; at: when it was bound."""
        chip = self._chip(index, shop=shop, injected=at - (40 + index % 90) * _LIFE, status=status)
        chip.bound_at = at
        if shop in self._carded:
            self._institute.make_blank(chip.uid)  # the maker's new card, whatever lay in the drawer before
            self._institute.fill(chip.uid, batch_no=chip.batch_no)
        else:
            chip.last_counter = index * 7 % 23 if status != "DESTROYED" else index % 3
        return chip

    def spare(self, shops: Collection[int], *, until: dt.datetime, each: int) -> Iterator[Chip]:
        """What no seal has (未用芯片): in the shops' drawers, at the institute, and a few spoilt ones.

        each: how many a shop has, about; a quarter more or less.
        """
        number = _UNUSED
        for place, shop in enumerate(sorted(shops)):
            for _ in range(each - each // 4 + place * 5 % (each // 2 + 1)):
                number += 1
                yield self._chip(number, shop=shop, injected=until - (20 + number % 60) * _LIFE, status="SHOP_RECEIVED")
            if place % 4 == 0:
                number += 1
                yield self._chip(number, shop=shop, injected=until - 120 * _LIFE, status="DESTROYED")
        for _ in range(each * 4):
            number += 1
            yield self._chip(number, shop=None, injected=until - (2 + number % 9) * _LIFE, status="INJECTED")

    def _chip(self, index: int, *, shop: int | None, injected: dt.datetime, status: str) -> Chip:
        chip = unsaved(
            Chip,
            pk=self._keys.take(Chip),
            uid="04" + demo_digest(self._seed, f"chip:{index}")[:6].hex().upper(),
            batch_no=f"DEMO-{self._seed}-{shanghai(injected):%y%m}"[:20],
            suite=SUITE,
            key_version=KEY_VERSION,
            shop_id=shop,
            status=status,
            version=_STEPS[status],
            injected_at=injected,
        )
        chip.key_check = key_check_value(SUITE, self._key(chip))
        return chip

    def _key(self, chip: Chip) -> bytes:
        return chip_key(SUITE, self._batch_key(chip.batch_no), uid=chip.uid, version=KEY_VERSION)


_STEPS = {"INJECTED": 1, "SHOP_RECEIVED": 2, "ACTIVE": 3, "SUSPENDED": 4, "LOST": 4, "DESTROYED": 4}
