"""The state table of chips at work (芯片状态推进): whom each move tells."""

from __future__ import annotations

from chips.models import Chip
from chips.states import CHIP
from licensing.transitions import people_of
from sealreg.workflow import registry
from sealreg.workflow.registry import Telling
from sealreg.workflow.table import Move


def _audience(chip: Chip, party: str, move: Move) -> Telling:
    return Telling(to=people_of(chip.shop) if chip.shop else (), params={"uid": chip.uid})


registry.register(CHIP, audience=_audience, subject=lambda chip: ("chip", chip.uid))
