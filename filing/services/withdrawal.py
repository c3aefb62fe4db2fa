"""Withdrawing a filing (撤回备案): the shop's own act, as long as nothing is engraved."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from filing.models import SealFiling
from filing.permissions import check_can_make
from sealreg.database.actor import Actor
from sealreg.database.door import transaction
from sealreg.errors import IllegalMove, RuleBroken
from sealreg.outbox.services import owe
from sealreg.workflow.advance import advance


def withdraw_filing(filing: SealFiling, *, reason: str, by: Actor, at: dt.datetime) -> SealFiling:
    """Take back a submitted filing before the first of its seals is engraved (撤回备案); its codes stay used up.

    reason: a sentence for the audit. Raises IllegalMove once a seal is engraved, RuleBroken without a reason.
    """
    check_can_make(by, filing)
    if not reason.strip():
        message = _("请写明撤回原因。")
        raise RuleBroken(message, code="reason_missing", fields={"reason": message})
    with transaction(by):
        locked = SealFiling.objects.select_for_update().get(pk=filing.pk)
        seals = list(locked.seals.select_for_update().order_by("code"))
        if locked.status == "WITHDRAWN":
            raise IllegalMove(_("该备案已经撤回，无需再次办理。"))
        if locked.status != "SUBMITTED" or any(seal.status != "ACCEPTED" for seal in seals):
            raise IllegalMove(_("已有印章刻制完成，不能再撤回。"))
        for seal in seals:
            advance(seal, "withdraw_seal", by=by, at=at)
        withdrawn = advance(locked, "withdraw_filing", by=by, at=at, note=reason.strip(), closed_at=at)
        owe(
            "filing.filing_withdrawn",
            record=("filing", withdrawn.number),
            version=withdrawn.version,
            at=at,
            payload={"number": withdrawn.number, "codes": [seal.code for seal in seals]},
        )
        return withdrawn
