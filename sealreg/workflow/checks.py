"""State tables, models and database agree (状态表检查)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.db import connections, models

from sealreg.notices import templates
from sealreg.workflow import limits, registry, triggers
from sealreg.workflow.registry import Registered


def _has_constraint(entry: Registered) -> bool:
    wanted = entry.table.check_constraint("").condition
    return any(
        isinstance(one, models.CheckConstraint) and one.condition == wanted for one in entry.model._meta.constraints
    )


@checks.register("workflow")
def tables_fit_models(**_: Any) -> list[checks.CheckMessage]:
    """Each table has its CHECK constraint, known limits and initial statuses as defaults (状态表与模型一致)."""
    found: list[checks.CheckMessage] = []
    for entry in registry.entries():
        table = entry.table
        if not _has_constraint(entry):
            found.append(
                checks.Error(
                    f"{table.record} does not refuse unknown values of {table.field}.",
                    hint="Add TABLE.check_constraint(name) to Meta.constraints.", obj=entry.model, id="workflow.E001",
                )
            )  # fmt: skip
        found += [
            checks.Error(
                f"status {status.name} names the unknown limit {status.limit}", obj=entry.model, id="workflow.E003"
            )
            for status in table.statuses
            if status.limit is not None and not limits.known(status.limit)
        ]
    return found


@checks.register("workflow")
def moves_have_words(**_: Any) -> list[checks.CheckMessage]:
    """Each move's own notice template exists, unless its audience names others (通知模板齐全)."""
    return [
        checks.Warning(f"no notice template {entry.event(move)}", obj=entry.model, id="workflow.W004")
        for entry in registry.entries()
        for move in entry.table.moves
        if not templates.known(entry.event(move))
    ]


@checks.register("workflow", checks.Tags.database)
def triggers_fit_tables(*, databases: Sequence[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """The installed triggers say what the tables say (触发器与状态表一致).

    A warning, because `migrate` runs this check first and could otherwise never bring the trigger; the test suite and
    `manage.py doctor` treat a difference as an error.
    """
    return [
        checks.Warning(
            f"The trigger of {entry.table.record}.{entry.table.field} differs from its state table.",
            hint="Add to a new migration:\n" + triggers.operation_for(entry.table), obj=entry.model, id="workflow.W002",
        )
        for alias in databases or ()
        for entry in registry.entries()
        if not triggers.is_enforced(entry.table, connections[alias])
    ]  # fmt: skip
