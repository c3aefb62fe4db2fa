"""The state tables of filing at work (备案状态推进): whom each move tells, and where they read on."""

from __future__ import annotations

from filing.models import Seal, SealFiling
from filing.states import FILING, SEAL_MAKING, SEAL_USE
from licensing.transitions import people_of
from sealreg.accounts.models import User
from sealreg.notices.recipients import Recipient
from sealreg.units.models import Unit
from sealreg.workdays.amounts import HALF_WORKING_DAY
from sealreg.workflow import limits, registry
from sealreg.workflow.registry import Telling
from sealreg.workflow.table import Move


def contacts_of(unit: Unit) -> list[Recipient]:
    """The unit's registered contact and the people who may act for it (单位登记联系人与经办授权人)."""
    users = User.objects.filter(is_active=True, unit_grants__unit=unit, unit_grants__ended_at__isnull=True)
    people = [Recipient(user=user) for user in users.order_by("pk")]
    return [*people, Recipient(phone=unit.legal_phone)] if unit.legal_phone else people


def _filing_audience(filing: SealFiling, party: str, move: Move) -> Telling:
    if party == "shop":
        return Telling(
            to=people_of(filing.shop),
            params={"number": filing.number},
            link=f"/shop/filings/{filing.number}/",
            template=f"filing.{move.verb}_shop",
        )
    if filing.unit is None:
        return Telling(to=(), params={"number": filing.number, "shop": str(filing.shop)})
    return Telling(
        to=contacts_of(filing.unit),
        params={"number": filing.number, "shop": str(filing.shop)},
        link=f"/progress/?number={filing.number}",
    )


def _seal_audience(seal: Seal, party: str, move: Move) -> Telling:
    params = {"code": seal.code, "name": seal.name}
    if party == "shop":
        return Telling(to=people_of(seal.shop), params=params, template=f"filing.{move.verb}_shop")
    return Telling(to=contacts_of(seal.unit), params=params)


limits.register("half_working_day", HALF_WORKING_DAY)
registry.register(FILING, audience=_filing_audience, subject=lambda filing: ("filing", filing.number))
registry.register(SEAL_MAKING, audience=_seal_audience, subject=lambda seal: ("seal", seal.code))
registry.register(SEAL_USE, audience=_seal_audience, subject=lambda seal: ("seal", seal.code))
