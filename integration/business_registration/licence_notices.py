"""Telling the registry that a shop's licence was taken back (许可证收回告知), and keeping its receipt."""

from __future__ import annotations

from integration.agency_http import AgencyError, Declined
from integration.business_registration.connection import registry_client
from integration.business_registration.messages import LicenceEvent
from licensing.models import RegistryNotice
from licensing.services.registry_notices import TOPIC, keep_receipt
from sealreg.clock import now
from sealreg.database.actor import SystemActor
from sealreg.outbox.errors import Refused, TryAgain
from sealreg.outbox.registry import Delivery

__all__ = ["TOPIC", "give_notice"]
ACTOR = SystemActor("registry-notice")


def give_notice(delivery: Delivery) -> None:
    """Send one notice (告知). Raises TryAgain, Refused.

    The registry keeps a message once by its id, the outbox's key; the content is fixed with the notice, so that a
    second sending is the same to the byte. Once a receipt is kept nothing is sent again.
    """
    notice = RegistryNotice.objects.get(number=delivery.record[1])
    if notice.received_at is not None:
        delivery.reference = notice.receipt_no
        return
    message = LicenceEvent(
        message_id=delivery.key,
        shop_uscc=notice.credit_code,
        shop_name=notice.shop_name,
        event=notice.event,  # type: ignore[arg-type]
        decided_on=notice.decided_on,
        authority_no=notice.authority_no,
        reason=notice.reason,
        legal_basis=notice.legal_basis,
    )
    try:
        receipt = registry_client().give_notice(message)
    except Declined as no:
        raise Refused(no.code or str(no.status), no.message) from no
    except AgencyError as trouble:
        raise TryAgain(trouble.reason, trouble.detail) from trouble
    keep_receipt(notice, receipt_no=receipt.receipt, digest=receipt.payload_hash, by=ACTOR, at=now())
    delivery.reference = receipt.receipt
