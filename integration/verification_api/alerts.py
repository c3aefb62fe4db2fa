"""Telling the county that something is wrong with a seal (核验预警)."""

from __future__ import annotations

import datetime as dt

from integration.verification_api.models import FailedChecks
from sealreg.accounts.models import PoliceUnit, User
from sealreg.audit.services import record
from sealreg.database.actor import SystemActor
from sealreg.database.door import transaction
from sealreg.notices.recipients import Recipient
from sealreg.notices.services import tell
from sealreg.regions.selectors import PROVINCE

OFTEN = 20
WITHIN = dt.timedelta(days=30)
OFTEN_FAILED = "verification_api.often_failed"
WATCH = SystemActor("seal-check-watch")


def authority_of_code(code: str) -> int:
    """The authority a code's own digits name (编码所属公安机关): county, else city, else the province."""
    found = set(
        PoliceUnit.objects.filter(authority_no__in=(int(code[:6]), int(code[:4] + "00"))).values_list(
            "authority_no", flat=True
        )
    )
    return max(found, default=PROVINCE)


def alert_often_failed(code: str, *, authority_no: int, failed: int, at: dt.datetime) -> bool:
    """Tell the county once that checks of one code keep failing (多次核验未通过预警), demand 51.

    Returns whether this call told it; of many at once, one does.
    """
    with transaction(WATCH):
        if not FailedChecks.objects.filter(pk=code, alerted_at__isnull=True).update(alerted_at=at):
            return False
        facts = {"code": code, "failed": str(failed)}
        record(OFTEN_FAILED, by=WATCH, at=at, subject=("seal", code), authority_no=authority_no, facts=facts)
        officers = User.objects.filter(
            is_active=True,
            memberships__ended_at__isnull=True,
            memberships__organisation__police_unit__authority_no=authority_no,
        ).distinct()
        tell(OFTEN_FAILED, to=[Recipient(user=user) for user in officers], at=at, params=facts)
    return True
