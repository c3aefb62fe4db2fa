"""Requests that a change of the licence leaves without anything to decide (无需办理的停业复业申请)."""

from __future__ import annotations

import datetime as dt

from licensing.choices import SuspensionKind
from licensing.models import SpecialTradeLicence, SuspensionRequest
from licensing.models.suspensions import UNDECIDED
from sealreg.database.actor import Actor
from sealreg.workflow.advance import advance

# What a licence in this status may be asked for.
ASKABLE: dict[str, SuspensionKind] = {"VALID": SuspensionKind.SUSPEND, "SUSPENDED": SuspensionKind.REINSTATE}


def close_overtaken(licence: SpecialTradeLicence, *, by: Actor, at: dt.datetime) -> None:
    """Close the open request that no longer fits the licence (结束无需办理的申请), in the caller's transaction."""
    # Locked before it is looked at: one decided in this very moment is over, and no reason to refuse the act.
    rows = SuspensionRequest.objects.select_for_update(of=("self",)).select_related("licence__shop__organisation")
    for one in rows.filter(licence=licence, status__in=UNDECIDED):
        if one.kind != ASKABLE.get(licence.status):
            advance(one, "close_request", by=by, at=at, facts={"licence": licence.number}, closed_at=at)
