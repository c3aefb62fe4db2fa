"""Giving a seal another chip before it is filed (更换芯片): what the card refused is no dead end."""

from __future__ import annotations

import datetime as dt

from chips import services as chips
from chips.models import DiscardReason
from filing.models import Seal
from filing.permissions import check_can_make
from sealreg.database.actor import Actor
from sealreg.database.door import transaction
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
