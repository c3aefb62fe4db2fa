"""Chips for tests (测试芯片), brought along the whole chain in few statements."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence

from django.db.backends.postgresql.psycopg_any import DateRange

from chips.logistics import ledger, parties
from chips.models import Chip, ChipPrice, MoveKind, PartyKind
from licensing.models import EngravingShop
from sealreg.clock import SHANGHAI
from sealreg.database.actor import SystemActor
from sealreg.database.door import transaction
from sealreg.workflow.advance import advance_many
from sealreg.workflow.registry import Telling

BY = SystemActor("chain-of-the-suite")
AT = dt.datetime(2026, 6, 9, 9, 0, tzinfo=SHANGHAI)
_count = itertools.count(1)

# (verb, party told, ledger's entry, who has the chips then); no entry where they stay.
_CHAIN: tuple[tuple[str, str, MoveKind | None, PartyKind | None], ...] = (
    ("start_injection", "institute", None, None),
    ("confirm_injection", "institute", None, None),
    ("pack_chips", "institute", None, None),
    ("ship_chips", "operator", MoveKind.SEND, PartyKind.TRANSIT),
    ("receive_chips", "operator", MoveKind.RECEIVE, PartyKind.OPERATOR),
    ("issue_chips", "shop", MoveKind.SEND, PartyKind.TRANSIT),
    ("receive_at_shop", "shop", MoveKind.RECEIVE, PartyKind.SHOP),
)


def uids(quantity: int) -> list[str]:
    """Fresh identifiers (新芯片编号)."""
    return [f"04{next(_count):012X}" for _ in range(quantity)]


def chips(
    upto: str = "receive_at_shop",
    quantity: int = 1,
    *,
    shop: EngravingShop | None = None,
    given: Sequence[str] | None = None,
    suite: str = "AES-CMAC",
    key_version: int = 1,
    key_check: str = "000000",
    batch_no: str = "T1",
    at: dt.datetime = AT,
) -> list[Chip]:
    """Chips that have come as far as the verb `upto` (芯片); empty: just made. shop: where they go."""
    subject = ("chip_batch", batch_no)
    with transaction(BY):
        made = Chip.objects.bulk_create(
            [Chip(uid=uid, batch_no=batch_no, suite=suite) for uid in given or uids(quantity)]
        )
        pks = [chip.pk for chip in made]
        ledger.enter(
            MoveKind.MANUFACTURE, pks, to=parties.the(PartyKind.INSTITUTE), by=BY, at=at, subject=("maker_lot", "T")
        )
        for verb, party, entry, to in _CHAIN if upto else ():
            changes = {}
            if verb == "confirm_injection":
                Chip.objects.filter(pk__in=pks).update(key_version=key_version, key_check=key_check)
                changes = {"injected_at": at}
            elif verb == "pack_chips":
                for chip in made:
                    Chip.objects.filter(pk=chip.pk).update(serial=int(chip.uid, 16) - (0x04 << 48))
            elif verb == "issue_chips":
                changes = {"shop": shop}
            advance_many(Chip, pks, verb, by=BY, at=at, subject=subject, tellings={party: Telling(to=())}, **changes)
            if entry is not None and to is not None:
                target = parties.of_shop(shop) if to == PartyKind.SHOP and shop else parties.the(to)
                ledger.enter(entry, pks, to=target, by=BY, at=at, subject=subject)
            if verb == upto:
                break
    return list(Chip.objects.filter(pk__in=pks).order_by("uid"))


def price(fen: int = 1_500) -> ChipPrice:
    """The price in force (现行价格), the one there is or a new one."""
    found = ChipPrice.objects.first()
    return found or ChipPrice.objects.create(
        unit_price_fen=fen, in_force=DateRange(dt.date(2018, 5, 1), None), document="测试定价", entered_by="t",
        entered_at=AT,
    )  # fmt: skip
