"""Telling the registry how a filing stands that came from it (办理结果回传)."""

from __future__ import annotations

import datetime as dt

from filing.models import Seal, SealFiling
from integration.agency_http import AgencyError, Declined
from integration.business_registration.connection import registry_client
from integration.business_registration.exchange import order_of
from integration.business_registration.messages import FilingStatus
from sealreg.outbox.errors import Refused, TryAgain
from sealreg.outbox.registry import Delivery

SUBMITTED, WITHDRAWN = "filing.filing_submitted", "filing.filing_withdrawn"
FILED, DELIVERED = "filing.seal_filed", "filing.seal_delivered"
TOPICS = (SUBMITTED, FILED, DELIVERED, WITHDRAWN)


def call_back(delivery: Delivery) -> None:
    """Send one step of a filing back (回传). Filings that did not come from the registry are none of its business.

    Raises TryAgain, Refused. The registry keeps a message once by its id, which is the outbox's key.
    """
    filing, seal = _subject(delivery)
    order = order_of(filing)
    if order is None or filing.unit is None or not filing.unit.credit_code:
        return
    status, occurred_at = _step(delivery.topic, filing, seal)
    if occurred_at is None:
        raise Refused("not_happened", delivery.topic)
    codes = [seal.code] if seal else list(filing.seals.order_by("code").values_list("code", flat=True))
    message = FilingStatus(
        message_id=delivery.key,
        uscc=filing.unit.credit_code,
        status=status,
        occurred_at=occurred_at,
        business_id=order.business_id,
        filing_number=filing.number,
        seal_codes=codes,
    )
    try:
        delivery.reference = registry_client().call_back(message).receipt
    except Declined as no:
        raise Refused(no.code or str(no.status), no.message) from no
    except AgencyError as trouble:
        raise TryAgain(trouble.reason, trouble.detail) from trouble


def _subject(delivery: Delivery) -> tuple[SealFiling, Seal | None]:
    if delivery.topic in (SUBMITTED, WITHDRAWN):
        return SealFiling.objects.select_related("unit").get(number=delivery.record[1]), None
    seal = Seal.objects.select_related("filing__unit").get(code=delivery.record[1])
    return seal.filing, seal


def _step(topic: str, filing: SealFiling, seal: Seal | None) -> tuple[str, dt.datetime | None]:
    if topic == WITHDRAWN:
        return "WITHDRAWN", filing.closed_at
    if topic == SUBMITTED or seal is None:
        return "SUBMITTED", filing.submitted_at
    return ("FILED", seal.filed_at) if topic == FILED else ("DELIVERED", seal.delivered_at)
