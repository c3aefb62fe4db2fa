"""State tables (状态表): from, verb, to; whose turn it is, what the citizen reads, whom each move tells. Pure data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from django.db.models import CheckConstraint, Q
from django.utils.functional import Promise

Text = str | Promise

NOBODY = "nobody"
_STATUS = re.compile(r"[A-Z][A-Z_]*")
_VERB = re.compile(r"[a-z][a-z_]*")
_RECORD = re.compile(r"[a-z_]+\.[A-Z]\w*")


class BadTable(ValueError):
    """A state table that cannot be right (状态表有误): the message lists every fault."""


@dataclass(frozen=True, slots=True)
class Status:
    """One status (状态).

    owner: whose turn it is, "nobody" when nothing is awaited. citizen_text: what the applicant reads while it lasts.
    limit: name of the time limit that runs in it. terminal: nothing follows.
    """

    name: str
    label: Text
    owner: str
    citizen_text: Text
    limit: str | None = None
    terminal: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """One verb (办理动作): from any of `frm` to `to`; `tells` names whom it tells, at least one."""

    verb: str
    frm: tuple[str, ...]
    to: str
    tells: tuple[str, ...] = ()
    label: Text = ""


@dataclass(frozen=True)
class StateTable:
    """The statuses of one field of one record (状态表).

    record: "app.Model". initial: statuses a record may be made in. Raises BadTable on construction, naming every fault.
    """

    record: str
    field: str
    initial: tuple[str, ...]
    statuses: tuple[Status, ...]
    moves: tuple[Move, ...]

    def __post_init__(self) -> None:
        faults = list(_faults(self))
        if faults:
            raise BadTable(f"{self.record}.{self.field}: " + "; ".join(faults))

    @property
    def app(self) -> str:
        """Label of the app that owns the record (应用)."""
        return self.record.partition(".")[0]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of all statuses, in the table's order (状态名)."""
        return tuple(status.name for status in self.statuses)

    @cached_property
    def verbs(self) -> dict[str, Move]:
        """Moves by verb (动作)."""
        return {move.verb: move for move in self.moves}

    @property
    def choices(self) -> list[tuple[str, Text]]:
        """For the model field (选项): name and label."""
        return [(status.name, status.label) for status in self.statuses]

    def status(self, name: str) -> Status:
        """The status of a name (取状态). Raises KeyError."""
        return {status.name: status for status in self.statuses}[name]

    def move(self, frm: str, verb: str) -> Move | None:
        """The move this verb makes from a status (取动作), or None where the table has none."""
        move = self.verbs.get(verb)
        return move if move is not None and frm in move.frm else None

    def verbs_from(self, frm: str) -> tuple[str, ...]:
        """What can be done in a status (可办理动作)."""
        return tuple(move.verb for move in self.moves if frm in move.frm)

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Every allowed (from, to), sorted (允许的状态变化)."""
        return tuple(sorted({(frm, move.to) for move in self.moves for frm in move.frm}))

    def check_constraint(self, name: str) -> CheckConstraint:
        """For the model's Meta (约束): the database refuses a status the table does not know."""
        return CheckConstraint(condition=Q(**{f"{self.field}__in": self.names}), name=name)


def _repeated(words: list[str]) -> list[str]:
    return sorted({word for word in words if words.count(word) > 1})


def _reachable(table: StateTable) -> set[str]:
    seen = set(table.initial)
    while True:
        more = {move.to for move in table.moves if seen & set(move.frm)} - seen
        if not more:
            return seen
        seen |= more


def _faults(table: StateTable) -> Iterator[str]:
    names = [status.name for status in table.statuses]
    known = set(names)
    if not _RECORD.fullmatch(table.record):
        yield 'the record is named "app.Model"'
    if not table.initial:
        yield "no initial status"
    for word, kind in [(word, "status") for word in _repeated(names)] + [
        (word, "verb") for word in _repeated([move.verb for move in table.moves])
    ]:
        yield f"{kind} {word} stands twice"
    for name in sorted(set(table.initial) - known):
        yield f"initial status {name} is unknown"
    for status in table.statuses:
        yield from _faults_of_status(table, status)
    for move in table.moves:
        yield from _faults_of_move(move, known, {status.name for status in table.statuses if status.terminal})
    for name in sorted(known - _reachable(table)):
        yield f"status {name} is never reached"


def _faults_of_status(table: StateTable, status: Status) -> Iterator[str]:
    if not _STATUS.fullmatch(status.name):
        yield f"status {status.name} is not an UPPER_CASE word"
    if not status.owner:
        yield f"status {status.name} does not say whose turn it is"
    for text, what in ((status.label, "label"), (status.citizen_text, "text for the citizen")):
        if isinstance(text, str) and not text:
            yield f"status {status.name} has no {what}"
    if not status.terminal and not any(status.name in move.frm for move in table.moves):
        yield f"status {status.name} has no way out and is not terminal"


def _faults_of_move(move: Move, known: set[str], terminal: set[str]) -> Iterator[str]:
    if not _VERB.fullmatch(move.verb):
        yield f"verb {move.verb} is not a lower_case word"
    if not isinstance(move.frm, tuple) or not move.frm:
        yield f"{move.verb} starts nowhere"
        return
    for name in sorted(({*move.frm, move.to}) - known):
        yield f"{move.verb} names the unknown status {name}"
    for name in sorted(set(move.frm) & terminal):
        yield f"{move.verb} leaves the terminal status {name}"
    if move.to in move.frm:
        yield f"{move.verb} leads from {move.to} to itself"
    if not isinstance(move.tells, tuple) or not move.tells:
        yield f"{move.verb} tells nobody"
