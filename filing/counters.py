"""Figures above the shop's work list that other rooms bring (工作台计数): what waits for the shop, and where."""

from __future__ import annotations

from collections.abc import Callable

from sealreg.database.actor import Actor
from sealreg.web.components import Counter

Provider = Callable[[Actor], Counter]
_providers: list[Provider] = []


def offer(provider: Provider) -> None:
    """Bring one more figure from now on (登记计数); it may ask the database once."""
    _providers.append(provider)


def offered(by: Actor) -> list[Counter]:
    """The figures that rooms above bring (其他计数), in the order they were offered."""
    return [provider(by) for provider in _providers]
