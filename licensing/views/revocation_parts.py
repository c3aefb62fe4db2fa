"""What was stated against a revocation, as pages show it (陈述申辩展示), to the shop and to the police."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from licensing.access import may_see_papers
from licensing.models import RevocationProposal
from licensing.views.opening_parts import paper_address
from sealreg.accounts.models import User


@dataclass(frozen=True, slots=True)
class StatementShown:
    """One statement (陈述申辩). paper_name, paper_url: empty without a paper; no address for who may not read it."""

    text: str
    at: dt.datetime
    who: str
    paper_name: str = ""
    paper_url: str = ""


def statements_shown(proposal: RevocationProposal, *, by: User) -> list[StatementShown]:
    """Everything the shop stated, the oldest first (全部陈述申辩)."""
    readable = may_see_papers(by)
    rows = proposal.statements.select_related("paper__file").order_by("stated_at", "id")
    return [
        StatementShown(
            one.text,
            one.stated_at,
            one.stated_by_name,
            one.paper.original_name if one.paper is not None else "",
            paper_address(one.paper) if one.paper is not None and readable else "",
        )
        for one in rows
    ]
