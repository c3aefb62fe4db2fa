"""A chip that is not written before its seal is filed (写卡未成): the card once more, or another chip. No dead end."""

from __future__ import annotations

import datetime as dt

from chips import services as chips
from chips.models import CardAct, DiscardReason
from chips.writing import open_writings, try_soon
from filing.models import Seal
from filing.permissions import check_can_make
from sealreg.database.actor import Actor
from sealreg.database.door import transaction
from sealreg.errors import IllegalMove
from sealreg.workflow.advance import advance, changed_meanwhile


def replace_chip(seal: Seal, reason: DiscardReason, *, by: Actor, at: dt.datetime) -> Seal:
    """Take the chip out of a seal that is not filed, in one transaction (更换芯片); it is then bound to another.

    The old chip is scrapped and never used again; code, imprint and the filing's time limit stay as they are.
    Raises Conflict, saying who did what, where the seal holds no chip any more or is filed; Conflict card_busy;
    RuleBroken at `reason`.
    """
    check_can_make(by, seal)
    with transaction(by):
        locked = Seal.objects.select_for_update(of=("self",)).select_related("chip").get(pk=seal.pk)
        chip = locked.chip
        if locked.status != "CHIPPED" or chip is None:
            raise changed_meanwhile(locked, "release_chip")
        # The chip first: the database lets none go from a seal that is still in use.
        chips.discard_chip(chip, seal_code=locked.code, reason=reason, by=by, at=at)
        facts = {"chip": chip.uid, "reason": str(reason)}
        return advance(locked, "release_chip", by=by, at=at, facts=facts, chip=None, chip_bound_at=None)


def present_card(seal: Seal, *, by: Actor, at: dt.datetime) -> None:
    """The seal's card lies in the reader once more (重新写卡): what is ordered for it is tried when this commits.

    Raises IllegalMove where nothing waits to be written.
    """
    check_can_make(by, seal)
    with transaction(by):
        waits = [one for one in open_writings(seal.chip_id or 0) if one.act == CardAct.BIND]
        if seal.status != "CHIPPED" or not waits:
            raise IllegalMove
        try_soon(waits[0].chip_id, at=at, by=by)
