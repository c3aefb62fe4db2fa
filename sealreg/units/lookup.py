"""Asking for a unit that is not on file yet (单位信息查询): who can be asked is said by the rooms above.

A room that knows a registry calls `provide` in its module `unit_provider`, loaded at the start.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from sealreg.units.models import Unit
from sealreg.units.selectors import find_by_credit_code

Provider = Callable[[str, dt.datetime], None]

_providers: list[Provider] = []


def provide(provider: Provider) -> None:
    """Be asked about credit codes (登记查询来源). provider(code, at): puts on file what it learns, raises nothing."""
    if provider not in _providers:
        _providers.append(provider)


def look_up_unit(code: str, *, at: dt.datetime) -> Unit | None:
    """The unit with this credit code, asked for where we do not have it confirmed (查询单位).

    What is on file and confirmed is kept fresh by the registry's feed, so nobody is asked about it. None when nobody
    knows it or nobody answers: filing goes on with what the shop types. Raises RuleBroken for an impossible code.
    """
    unit = find_by_credit_code(code)
    if unit is not None and unit.is_confirmed:
        return unit
    for provider in _providers:
        provider(code, at)
    return find_by_credit_code(code) if _providers else unit
