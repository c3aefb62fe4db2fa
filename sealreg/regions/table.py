"""The division table as shipped (行政区划表): read once, immutable, no database needed."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

SOURCE = Path(__file__).parent / "data" / "guangdong.csv"


@dataclass(frozen=True, slots=True)
class Division:
    """One row (区划条目): six-digit code, names, level PROVINCE | CITY | COUNTY, parent code, class of a city."""

    code: int
    name: str
    name_en: str
    level: str
    parent_code: int | None
    integration_class: str | None


@cache
def divisions() -> Mapping[int, Division]:
    """Every division by code (全部区划), in order of code within each level."""
    with SOURCE.open(encoding="utf-8", newline="") as file:
        rows = [
            Division(
                code=int(row["code"]),
                name=row["name"],
                name_en=row["name_en"],
                level=row["level"],
                parent_code=int(row["parent_code"]) if row["parent_code"] else None,
                integration_class=row["integration_class"] or None,
            )
            for row in csv.DictReader(file)
        ]
    return MappingProxyType({row.code: row for row in rows})
