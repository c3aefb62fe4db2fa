"""State tables as pages of the documentation (状态图): a Mermaid diagram and the tables beside it."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import translation

from sealreg.workflow.table import NOBODY, Move, StateTable, Status

LANGUAGE = "zh-hans"
HEADING = "# {record}\n\nGenerated from the state tables by `manage.py draw_states`; edit the tables, not this page.\n"


def draw_record(record: str, tables: Iterable[StateTable]) -> str:
    """One page for one record (状态图页面): each of its tables in turn, in Chinese. Returns Markdown."""
    with translation.override(LANGUAGE):
        return HEADING.format(record=record) + "".join(_section(table) for table in tables)


def _section(table: StateTable) -> str:
    parts = [f"\n## {table.field}\n\n```mermaid\nstateDiagram-v2\n"]
    parts += [f"    {status.name} : {status.label}\n" for status in table.statuses]
    parts += [f"    [*] --> {name}\n" for name in table.initial]
    parts += [f"    {frm} --> {move.to} : {_words(move)}\n" for move in table.moves for frm in move.frm]
    parts += [f"    {status.name} --> [*]\n" for status in table.statuses if status.terminal]
    parts.append("```\n\n| 状态 | 名称 | 由谁办理 | 时限 | 办事人看到 |\n|---|---|---|---|---|\n")
    parts += [_status_row(status) for status in table.statuses]
    parts.append("\n| 动作 | 由 | 至 | 告知 |\n|---|---|---|---|\n")
    parts += [
        f"| {_words(move)} | {'、'.join(move.frm)} | {move.to} | {'、'.join(move.tells)} |\n" for move in table.moves
    ]
    return "".join(parts)


def _words(move: Move) -> str:
    return f"{move.verb} {move.label}".strip()


def _status_row(status: Status) -> str:
    owner = "—" if status.owner == NOBODY else status.owner
    cells = (status.name, str(status.label), owner, status.limit or "—", str(status.citizen_text))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"
