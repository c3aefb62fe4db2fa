"""When the registry confirms a unit (登记核实): the rooms above that acted on what was typed hear of it.

A room calls `when_confirmed` when it is loaded.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from sealreg.database.actor import Actor
from sealreg.units.models import Unit

Confirmed = Callable[[Unit, Actor, dt.datetime], None]

_acts: list[Confirmed] = []


def when_confirmed(act: Confirmed) -> None:
    """Be called when a unit that was typed in is confirmed (登记核实后办理), in that transaction, the unit locked."""
    if act not in _acts:
        _acts.append(act)


def say_confirmed(unit: Unit, *, by: Actor, at: dt.datetime) -> None:
    """Call whoever asked to be called (通知核实)."""
    for act in _acts:
        act(unit, by, at)
