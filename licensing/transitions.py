"""The state tables of licensing at work (许可证状态推进): whom each move tells."""

from __future__ import annotations

from licensing.models import EngravingShop, SpecialTradeLicence
from licensing.states import LICENCE
from sealreg.accounts.models import User
from sealreg.notices.recipients import Recipient
from sealreg.workflow import registry
from sealreg.workflow.registry import Telling
from sealreg.workflow.table import Move


def people_of(shop: EngravingShop) -> list[Recipient]:
    """The shop's present people (企业在册用户)."""
    users = User.objects.filter(
        is_active=True, memberships__organisation=shop.organisation_id, memberships__ended_at__isnull=True
    )
    return [Recipient(user=user) for user in users.order_by("pk")]


def _audience(licence: SpecialTradeLicence, party: str, move: Move) -> Telling:
    return Telling(to=people_of(licence.shop), params={"number": licence.number})


registry.register(LICENCE, audience=_audience)
