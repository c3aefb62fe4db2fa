"""Self-audit of filing without approval (变相审批自查, demand 13): nothing of the police between submission and filed.

The state tables give the police no verb there. This looks at what was done, whichever way it came about.
"""

from __future__ import annotations

import datetime as dt

from django.db import connection

from filing.models import SealFiling
from sealreg.accounts.choices import OrganisationKind
from sealreg.audit.services import record
from sealreg.database.actor import Actor
from sealreg.database.door import transaction
from sealreg.outbox.alarms import raise_alarm

WINDOW = dt.timedelta(days=7)
# Asked by the unit, of the delivery alone: a filing is complete with or without it.
_NOT_MEANT = ("filing.disavowal_lifted",)
_ACTS = """
SELECT DISTINCT coalesce(f.number, o.number), e.event
  FROM audit_auditevent e
  LEFT JOIN filing_sealfiling f ON e.subject_kind = 'filing' AND f.number = e.subject_id
  LEFT JOIN filing_seal s ON e.subject_kind = 'seal' AND s.code = e.subject_id
  LEFT JOIN filing_sealfiling o ON o.id = s.filing_id
 WHERE e.at >= %(since)s AND e.at < %(until)s AND e.actor_kind = 'user' AND e.subject_kind IN ('filing', 'seal')
   AND NOT e.event = ANY(%(not_meant)s)
   AND e.at >= coalesce(f.submitted_at, o.submitted_at)
   AND e.at < coalesce(f.filed_at, f.closed_at, o.filed_at, o.closed_at, %(until)s)
   AND EXISTS (SELECT FROM accounts_user u
                 JOIN accounts_membership m ON m.user_id = u.id
                 JOIN accounts_organisation p ON p.id = m.organisation_id
                WHERE u.number = e.actor_id AND p.kind = ANY(%(police)s))
 ORDER BY 1, 2
"""


def police_acts(*, since: dt.datetime, until: dt.datetime) -> list[tuple[str, str]]:
    """Number and act where somebody of the police acted on a filing under way (制作期间的公安操作)."""
    police = [OrganisationKind.POLICE.value, OrganisationKind.PROVINCE_UNIT.value]
    with connection.cursor() as cursor:
        cursor.execute(_ACTS, {"since": since, "until": until, "not_meant": list(_NOT_MEANT), "police": police})
        return list(cursor.fetchall())


def audit_filings(*, by: Actor, at: dt.datetime) -> int:
    """Look over the last seven days, put the result on record, call for help where it is not nought (变相审批自查).

    Returns how many filings were acted on. Twice does no harm.
    """
    since = at - WINDOW
    found = police_acts(since=since, until=at)
    numbers = sorted({number for number, _act in found})
    looked = SealFiling.objects.filter(filed_at__gte=since, filed_at__lt=at).count()
    with transaction(by):
        record(
            "filing.self_audited", by=by, at=at, subject=("filing_self_audit", at.date().isoformat()),
            facts={"filed": looked, "acted_on": len(numbers)},
        )  # fmt: skip
    if numbers:
        raise_alarm("filing.police_act_before_filed", {"filings": numbers[:20], "acts": len(found)})
    return len(numbers)
