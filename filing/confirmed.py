"""Filings for a unit that the registry confirms only afterwards (事后核实的备案).

Of a unit that was typed in while the registry did not answer nobody knew whom to tell. Once it is confirmed its
registered contact is told as any other, and the county hears where the registry says something else than the filing.
"""

from __future__ import annotations

import datetime as dt

from filing.choices import SealType
from filing.models import SealFiling
from filing.transitions import contacts_of
from licensing.people import county_people
from sealreg.audit.services import record
from sealreg.database.actor import Actor
from sealreg.notices.services import tell
from sealreg.units.confirming import when_confirmed
from sealreg.units.models import RegistryState, Unit
from sealreg.units.names import name_key


def differences(filing: SealFiling, unit: Unit) -> list[str]:
    """In what the registry says something else (与登记不一致的事项): name, representative, state."""
    found = []
    names = filing.seals.filter(seal_type=SealType.STATUTORY).exclude(status="WITHDRAWN").values_list("name", flat=True)
    if any(name_key(name) != name_key(unit.name) for name in names):
        found.append("name")
    if filing.handler_is_representative and name_key(filing.handler_name) != name_key(unit.legal_representative):
        found.append("representative")
    if unit.registry_state in (RegistryState.CANCELLED, RegistryState.REVOKED):
        found.append("state")
    return found


def unit_was_confirmed(unit: Unit, by: Actor, at: dt.datetime) -> None:
    """Tell the unit's contact of what was filed for it meanwhile, and its county where that differs (核实后告知)."""
    waiting = SealFiling.objects.select_for_update(of=("self",)).filter(
        unit=unit, to_be_confirmed=True, status__in=("SUBMITTED", "FILED")
    )
    for filing in waiting.select_related("shop__organisation").order_by("pk"):
        number, shop = filing.number, str(filing.shop)
        SealFiling.objects.filter(pk=filing.pk).update(to_be_confirmed=False)
        params = {"number": number, "shop": shop}
        tell("filing.submit_filing", to=contacts_of(unit), at=at, params=params, link=f"/progress/?number={number}")
        differs = differences(filing, unit)
        record(
            "filing.unit_confirmed", by=by, at=at, subject=("filing", number), authority_no=filing.authority_no,
            facts={"differs": [*differs]},
        )  # fmt: skip
        if differs:
            people = county_people(filing.authority_no)
            tell("filing.confirmed_otherwise", to=people, at=at, params=params, link=f"/police/filings/{number}/")


when_confirmed(unit_was_confirmed)
