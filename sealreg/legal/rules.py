"""Rules as data (规则登记): each check names its clause, its document and the date it applies from.

A rule is a plain function decorated with `rule`. It raises RuleBroken, or returns silently. Services run the rules of
an act with `check_rules`, which leaves out those not yet, or no longer, in force on the day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, ParamSpec

from django.utils.functional import Promise

from sealreg.errors import RuleBroken
from sealreg.legal.documents import DOCUMENTS

P = ParamSpec("P")


@dataclass(frozen=True)
class Rule(Generic[P]):
    """One rule in force over a span of days (规则).

    code: stable word, also the error code; summary: the sentence a page shows; clause: place in the document;
    basis: keys of DOCUMENTS; applies_from inclusive, applies_until exclusive (None: still in force);
    assumption: True where the document leaves a value open and this system sets it.
    """

    code: str
    summary: str | Promise
    clause: str
    basis: tuple[str, ...]
    applies_from: dt.date
    applies_until: dt.date | None
    assumption: bool
    check: Callable[P, None]

    def in_force(self, day: dt.date) -> bool:
        """Whether the rule applies on `day`, a Shanghai date (是否施行)."""
        return self.applies_from <= day and (self.applies_until is None or day < self.applies_until)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> None:
        self.check(*args, **kwargs)


RULES: dict[str, Rule[Any]] = {}


def rule(
    code: str,
    summary: str | Promise,
    *,
    clause: str,
    basis: str | Iterable[str],
    applies_from: dt.date,
    applies_until: dt.date | None = None,
    assumption: bool = False,
) -> Callable[[Callable[P, None]], Rule[P]]:
    """Register the decorated check (登记规则).

    Raises ValueError for a second rule of that code or an unknown document.
    """
    keys = (basis,) if isinstance(basis, str) else tuple(basis)
    unknown = [key for key in keys if key not in DOCUMENTS]
    if unknown or not keys:
        raise ValueError(f"rule {code} rests on unknown documents: {unknown or 'none named'}")

    def register(check: Callable[P, None]) -> Rule[P]:
        if code in RULES:
            raise ValueError(f"a rule {code} exists already")
        made = Rule(code, summary, clause, keys, applies_from, applies_until, assumption, check)
        RULES[code] = made
        return made

    return register


def check_rules(rules: Iterable[Rule[P]], day: dt.date, *args: P.args, **kwargs: P.kwargs) -> None:
    """Run every rule in force on `day` and report all that fail together (逐条核对).

    Raises RuleBroken once, with the fields of all failures, so that a form shows every mistake at the first try.
    """
    broken: list[RuleBroken] = []
    for one in rules:
        if one.in_force(day):
            try:
                one.check(*args, **kwargs)
            except RuleBroken as error:
                broken.append(error)
    if not broken:
        return
    if len(broken) == 1:
        raise broken[0]
    fields: dict[str, str | Promise] = {}
    for failure in broken:
        for name, message in failure.fields.items():
            fields.setdefault(name, message)
    first = broken[0]
    raise RuleBroken(
        first.message, code=first.reason, fields=fields, facts={"reasons": [failure.reason for failure in broken]}
    )


def rules_by_document() -> Mapping[str, list[Rule[Any]]]:
    """Every rule under the documents it rests on (按依据列出规则), for the register page."""
    found: dict[str, list[Rule[Any]]] = {}
    for one in sorted(RULES.values(), key=lambda each: (each.applies_from, each.code)):
        for key in one.basis:
            found.setdefault(key, []).append(one)
    return found
