"""Which records have which state tables (状态表登记): each app registers its own in its module `transitions`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import models
from django.utils.translation import gettext as _

from sealreg.audit import presenters
from sealreg.audit.models import AuditEvent
from sealreg.notices.recipients import Recipient
from sealreg.workflow.table import BadTable, Move, StateTable


@dataclass(frozen=True, slots=True)
class Telling:
    """What one party of a record is told (告知内容). template: "<app>.<verb>" when empty."""

    to: Sequence[Recipient]
    params: Mapping[str, str] = field(default_factory=dict)
    link: str = ""
    template: str = ""


# (record, party, move) -> what that party is told; the record already stands in its new status.
Audience = Callable[[Any, str, Move], Telling]
Subject = Callable[[Any], tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Registered:
    """A state table at work (在用状态表)."""

    table: StateTable
    model: type[models.Model]
    audience: Audience
    subject: Subject

    def event(self, move: Move) -> str:
        """Name of the audit event of a move (审计事件名)."""
        return f"{self.table.app}.{move.verb}"


_registered: list[Registered] = []


def register(table: StateTable, *, audience: Audience, subject: Subject | None = None) -> Registered:
    """Put a state table to work (登记状态表).

    audience: says whom a move tells, for each party in its `tells`. subject: (kind, public id) for the audit; by
    default the model's name and the record's `number`. Raises BadTable when the model lacks the field or
    a `version`, or a verb stands in another table of the same app.
    """
    model = apps.get_model(table.record)
    for name in (table.field, "version"):
        if not any(one.name == name for one in model._meta.concrete_fields):
            raise BadTable(f"{table.record} has no field {name}")
    taken = {move.verb for one in _registered if one.table.app == table.app for move in one.table.moves}
    if taken & set(table.verbs) or any(one.model is model and one.table.field == table.field for one in _registered):
        raise BadTable(
            f"{table.record}.{table.field}: verbs or field already taken: {sorted(taken & set(table.verbs))}"
        )
    entry = Registered(table, model, audience, subject or _default_subject)
    _registered.append(entry)
    for move in table.moves:
        if not presenters.has_presenter(entry.event(move)):
            presenters.register(entry.event(move), _sentence_by(table))
    return entry


def _default_subject(record: Any) -> tuple[str, str]:
    return str(record._meta.model_name), str(record.number)


def _sentence_by(table: StateTable) -> Callable[[AuditEvent], str]:
    def sentence(event: AuditEvent) -> str:
        labels = {name: str(label) for name, label in table.choices}
        frm, to = str(event.facts.get("from", "")), str(event.facts.get("to", ""))
        return _("%(actor)s 将 %(subject)s 由“%(from)s”变更为“%(to)s”。") % {
            "actor": event.actor_name, "subject": event.subject_id, "from": labels.get(frm, frm),
            "to": labels.get(to, to),
        }  # fmt: skip

    return sentence


def entries() -> tuple[Registered, ...]:
    """Every state table at work (全部在用状态表), by record and field."""
    return tuple(sorted(_registered, key=lambda one: (one.table.record, one.table.field)))


def entry_for(model: type[models.Model], verb: str) -> Registered:
    """The table of a model that knows a verb (按动作取状态表). Raises LookupError: a fault in the code."""
    for one in _registered:
        if one.model is model and verb in one.table.verbs:
            return one
    raise LookupError(f"no state table of {model._meta.label} knows the verb {verb}")
