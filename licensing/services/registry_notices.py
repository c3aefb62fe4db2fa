"""Telling the registry that a shop's licence has ended (告知登记机关): owed at once, with a clock of its own."""

from __future__ import annotations

import datetime as dt

from licensing.models import EngravingShop, IdleCase, RegistryNotice
from licensing.people import county_people
from licensing.services.idle_dues import NOTICE
from sealreg.audit.services import record
from sealreg.clock import shanghai
from sealreg.database.actor import Actor, SystemActor
from sealreg.database.door import transaction
from sealreg.notices.services import tell
from sealreg.outbox.alarms import raise_alarm
from sealreg.outbox.services import owe
from sealreg.workflow import limits

TOPIC = "licensing.licence_recalled"
WATCH = SystemActor("registry-notice-watch")


def owe_notice(
    shop: EngravingShop, *, event: str, case: IdleCase | None, reason: str, legal_basis: str, by: Actor, at: dt.datetime
) -> RegistryNotice:
    """Owe the registry the news (登记应告知事项), in the transaction of the decision; the relay sends it.

    event: RECOVERED, REVOKED or CANCELLED. The clock of the notice starts now, whether the registry answers or not.
    """
    due = limits.due_moment(NOTICE, start=at, authority_no=shop.authority_no)
    notice = RegistryNotice.objects.create(
        shop=shop,
        case=case,
        event=event,
        authority_no=shop.authority_no,
        credit_code=shop.credit_code,
        shop_name=shop.organisation.name,
        decided_on=shanghai(at).date(),
        reason=reason[:300],
        legal_basis=legal_basis[:200],
        owed_at=at,
        due_at=due.at,
        due_provisional=due.provisional,
        due_calendar=due.calendar_version,
    )
    owe(
        TOPIC,
        record=("registry_notice", notice.number),
        version=1,
        at=at,
        payload={"notice": notice.number, "shop": shop.code, "event": event},
    )
    record(
        "licensing.registry_notice_owed", by=by, at=at, subject=("registry_notice", notice.number),
        authority_no=shop.authority_no, facts={"shop": shop.code, "event": event},
    )  # fmt: skip
    return notice


def keep_receipt(notice: RegistryNotice, *, receipt_no: str, digest: str, by: Actor, at: dt.datetime) -> RegistryNotice:
    """Keep the registry's receipt (保存回执), once; the first stays. The notice's clock stops here."""
    with transaction(by):
        locked = RegistryNotice.objects.select_for_update().get(pk=notice.pk)
        if locked.received_at is not None:
            return locked
        locked.receipt_no, locked.receipt_digest, locked.received_at = receipt_no[:64], digest[:64], at
        locked.save(update_fields=["receipt_no", "receipt_digest", "received_at"])
        record(
            "licensing.registry_notice_receipted", by=by, at=at, subject=("registry_notice", locked.number),
            authority_no=locked.authority_no, facts={"receipt": locked.receipt_no},
        )  # fmt: skip
    return locked


def watch_notices(*, at: dt.datetime) -> int:
    """Call for help where a receipt is missing past its time (回执逾期告警), once a notice. Returns how many."""
    late = RegistryNotice.objects.filter(received_at__isnull=True, alarmed_at__isnull=True, due_at__lt=at)
    numbers = list(late.values_list("pk", flat=True))
    raised = 0
    for pk in numbers:
        with transaction(WATCH):
            rows = RegistryNotice.objects.select_for_update(of=("self",)).select_related("shop__organisation")
            notice = rows.get(pk=pk)
            if notice.alarmed_at is not None or notice.received_at is not None:
                continue
            notice.alarmed_at = at
            notice.save(update_fields=["alarmed_at"])
            tell(
                "licensing.registry_notice_late", to=county_people(notice.authority_no), at=at,
                params={"shop": notice.shop.organisation.name}, link="/police/idle/?stage=notice",
            )  # fmt: skip
            raised += 1
    if raised:
        raise_alarm("licensing.registry_notice_late", {"notices": raised})
    return raised
