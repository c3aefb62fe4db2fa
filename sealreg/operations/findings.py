"""What a check found (检查结果)."""

from __future__ import annotations

from dataclasses import dataclass, field

OK, WARNING, ERROR = "ok", "warning", "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report (检查结果). text: a sentence for the administrator; facts: the same for programs."""

    check: str
    level: str
    text: str
    facts: dict[str, object] = field(default_factory=dict)
