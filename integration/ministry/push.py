"""Telling the Ministry of a seal (上报): the bytes are frozen first, then sent until a receipt or a refusal comes."""

from __future__ import annotations

import datetime as dt
import hashlib

from django.utils.translation import gettext_lazy as _

from filing.models import Seal
from filing.permissions import check_can_file
from filing.requests import Handler
from filing.selectors import visible_seal
from filing.services.correction import correct_handler
from integration.agency_http import AgencyError, Declined
from integration.ministry.client import Acknowledgement as Kept
from integration.ministry.connection import ministry_client
from integration.ministry.models import Acknowledgement, Act, PushRecord, PushState
from integration.ministry.records import NoAuthority, seal_bytes
from licensing.transitions import people_of
from sealreg import clock
from sealreg.audit.services import record
from sealreg.clock import shanghai
from sealreg.database.actor import Actor, SystemActor
from sealreg.database.door import transaction
from sealreg.errors import Conflict, RuleBroken
from sealreg.notices.services import tell
from sealreg.outbox.errors import Refused, TryAgain
from sealreg.outbox.queue import masked, printable
from sealreg.outbox.registry import Delivery
from sealreg.outbox.services import owe

ACTOR = SystemActor("ministry-push")
CORRECTED = "ministry.seal_corrected"
# A withdrawn filing is none of them: the platform hears of a seal when it is filed, and such a one never was.
ACTS = {
    "filing.seal_filed": Act.FILED,
    "filing.seal_delivered": Act.DELIVERED,
    "filing.seal_lost": Act.LOST,
    "filing.seal_surrendered": Act.SURRENDERED,
}
_FORMAT_REFUSED = "907"


def push_seal(delivery: Delivery) -> None:
    """Push one act on a seal (上报), for the domain's topics. Raises TryAgain, Refused; safe to repeat at any point."""
    at = clock.now()
    seal = _seal(delivery.record[1])
    try:
        with transaction(ACTOR):
            push = freeze(seal, ACTS[delivery.topic], version=delivery.version, key=delivery.key, at=at)
    except NoAuthority as error:
        raise Refused("no_authority", str(error)) from error
    _send(push, delivery)


def push_corrected(delivery: Delivery) -> None:
    """Push what was corrected (更正后重新上报). Raises TryAgain, Refused."""
    _send(PushRecord.objects.get(number=delivery.record[1]), delivery)


def freeze(seal: Seal, act: Act, *, version: int, key: str, at: dt.datetime, attempt: int = 1) -> PushRecord:
    """Keep what will be sent, before it is sent (固定上报内容), in the caller's transaction; once per key."""
    known = PushRecord.objects.filter(key=key).first()
    if known is not None:
        return known
    content = seal_bytes(seal, act, version=version)
    submitted = seal.filing.submitted_at
    made, _new = PushRecord.objects.get_or_create(
        key=key,
        defaults={
            "act": act,
            "record_kind": "seal",
            "record_id": seal.code,
            "version": version,
            "attempt": attempt,
            "content": content.decode(),
            "sha256": hashlib.sha256(content).hexdigest(),
            "city": seal.city,
            "counted_on": shanghai(submitted or at).date(),
            "created_at": at,
        },
    )
    return made


def correct_and_resend(push: PushRecord, *, by: Actor, at: dt.datetime, handler: Handler | None = None) -> PushRecord:
    """Put a refused record right and send it again (更正后重新上报), as a push of its own beside the refused one.

    handler: the handler's particulars as they should be; None when the unit's were corrected meanwhile. The same act
    and version are told again from what is on file now. Raises Conflict unless this is the newest push of its version
    and refused, RuleBroken nothing_changed, NotFound for another shop's.
    """
    seal = visible_seal(push.record_id, by=by)
    check_can_file(by, seal.shop)
    with transaction(by):
        locked = PushRecord.objects.select_for_update().get(pk=push.pk)
        later = PushRecord.objects.filter(
            record_kind=locked.record_kind, record_id=locked.record_id, version=locked.version,
            attempt__gt=locked.attempt,
        )  # fmt: skip
        if locked.state != PushState.REJECTED or later.exists():
            raise Conflict(_("该上报未被退回，或已重新上报，无需再次更正。"))
        if handler is not None:
            correct_handler(seal.filing, handler, by=by, at=at)
        attempt = locked.attempt + 1
        key = f"{locked.key.partition('~')[0]}~{attempt}"
        made = freeze(_seal(seal.code), Act(locked.act), version=locked.version, key=key, at=at, attempt=attempt)
        if made.sha256 == locked.sha256:
            raise RuleBroken(_("上报内容与被退回的完全相同，请先更正后再重新上报。"), code="nothing_changed")
        owe(CORRECTED, record=("push", made.number), version=1, at=at, payload={"seal": seal.code})
        record(
            "ministry.seal_resent", by=by, at=at, subject=("seal", seal.code), authority_no=seal.authority_no,
            facts={"push": made.number, "attempt": attempt},
        )  # fmt: skip
    return made


def _send(push: PushRecord, delivery: Delivery) -> None:
    if push.state in (PushState.ACKNOWLEDGED, PushState.REJECTED):
        delivery.reference = _reference(push)
        return
    with transaction(ACTOR):
        PushRecord.objects.filter(pk=push.pk, state=PushState.READY).update(state=PushState.SENT, sent_at=clock.now())
    try:
        kept, received = ministry_client().post_seal(push.key, push.content.encode())
    except Declined as no:
        # 422 speaks of the record itself; everything else (key, format, rights, address) is ours to put right.
        if no.status != 422 or no.code == _FORMAT_REFUSED:
            raise Refused(no.code or str(no.status), no.message) from no
        _reject(push, no, at=clock.now())
    except AgencyError as trouble:
        raise TryAgain(trouble.reason, trouble.detail) from trouble
    else:
        acknowledge(push, kept, received, at=clock.now())
    push.refresh_from_db()
    delivery.reference = _reference(push)


def acknowledge(push: PushRecord, kept: Kept, received: bytes, *, at: dt.datetime) -> None:
    """Keep a receipt (记录回执). A repeated or late one changes nothing that is settled."""
    seal = _seal(push.record_id)
    with transaction(ACTOR):
        # Any bytes survive the way through latin-1 and back; what the agency sends need not be proper text.
        Acknowledgement.objects.bulk_create(
            [Acknowledgement(push=push, receipt=kept.receipt, content=received.decode("latin-1"), at=at)],
            ignore_conflicts=True,
        )
        if _settle(push, PushState.ACKNOWLEDGED, at=at):
            record(
                "ministry.seal_acknowledged", by=ACTOR, at=at, subject=("seal", seal.code),
                authority_no=seal.authority_no, facts={"push": push.number, "receipt": kept.receipt},
            )  # fmt: skip


def _reject(push: PushRecord, no: Declined, *, at: dt.datetime) -> None:
    seal = _seal(push.record_id)
    code = printable(no.code, limit=32) or "422"
    said = masked(no.message)
    with transaction(ACTOR):
        settled = _settle(
            push, PushState.REJECTED, at=at, agency_code=code, agency_message=said,
            agency_field=printable(no.field, limit=60),
        )  # fmt: skip
        if not settled:
            return
        record(
            "ministry.seal_rejected", by=ACTOR, at=at, subject=("seal", seal.code), authority_no=seal.authority_no,
            facts={"push": push.number, "code": code},
        )  # fmt: skip
        tell(
            "ministry.seal_rejected",
            to=people_of(seal.shop),
            at=at,
            params={"code": seal.code, "name": seal.name, "reason": said or "—", "agency_code": code},
            link=f"/shop/refused/{push.number}/",
        )


def _settle(push: PushRecord, state: PushState, *, at: dt.datetime, **changes: str) -> bool:
    waiting = PushRecord.objects.filter(pk=push.pk, state__in=(PushState.READY, PushState.SENT))
    return waiting.update(state=state, settled_at=at, **changes) == 1


def _reference(push: PushRecord) -> str:
    if push.state == PushState.REJECTED:
        return f"rejected {push.agency_code}"
    return push.acknowledgements.order_by("pk").values_list("receipt", flat=True).first() or ""


def _seal(code: str) -> Seal:
    rows = Seal.objects.select_related("filing", "unit", "shop__organisation", "chip", "imprint__file")
    return rows.get(code=code)
