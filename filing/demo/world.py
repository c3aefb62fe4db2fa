"""What the demonstration's filings stand on (演示备案的已有记录)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chips.demo_rows import Press
from filing.demo.papers import Papers
from licensing.models import EngravingShop
from sealreg.accounts.models import User
from sealreg.database.bulk import Keys
from sealreg.workdays.calendar import Calendar
from sealreg.workdays.hours import OfficeHours


@dataclass(slots=True)
class World:
    """What the rows stand on (演示数据的已有记录).

    shops: county -> shops a unit there goes to, the likeliest first. clerks: shop -> its clerk. officers: authority ->
    somebody of it. codes: area -> last running number of its seal codes, counted on here.
    """

    seed: int
    until: dt.datetime
    keys: Keys
    press: Press
    papers: Papers
    shops: Mapping[int, Sequence[EngravingShop]]
    clerks: Mapping[int, User]
    officers: Mapping[int, User]
    calendar: Calendar
    hours: Mapping[int, OfficeHours]
    codes: dict[int, int] = field(default_factory=dict)
