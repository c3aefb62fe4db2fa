"""From a registry's record to a unit on file (登记数据入库): newer versions only, whatever order they come in."""

from __future__ import annotations

import datetime as dt
import hashlib
from enum import Enum, auto

import msgspec
from django.db import connection
from django.db.models import F, Q
from django.db.transaction import atomic as savepoint

from integration.business_registration.client import read_change
from integration.business_registration.messages import (
    BadRecord,
    Change,
    ChangePage,
    Enterprise,
    Operation,
    PersonDocument,
    UnitKind,
)
from integration.business_registration.messages import RegistryState as TheirState
from integration.business_registration.models import FeedPosition, QuarantinedRecord
from sealreg.database.actor import Actor
from sealreg.database.door import transaction
from sealreg.errors import DomainError
from sealreg.units.identifiers import DocumentKind
from sealreg.units.models import RegistryState, Unit, UnitSource
from sealreg.units.models import UnitKind as OurKind
from sealreg.units.rules import UnitData
from sealreg.units.services import record_unit

CHANGES = "changes"

KINDS: dict[UnitKind, OurKind] = {
    "1": OurKind.ORGAN,
    "2": OurKind.INSTITUTION,
    "3": OurKind.OTHER,
    "4": OurKind.SOCIAL_BODY,
    "5": OurKind.PRIVATE_NON_ENTERPRISE,
    "6": OurKind.OTHER,
    "7": OurKind.ENTERPRISE,
    "8": OurKind.OTHER,
    "9": OurKind.OTHER,
    "99": OurKind.OTHER,
}
DOCUMENTS: dict[PersonDocument, DocumentKind] = {
    "1": DocumentKind.RESIDENT_ID,
    "2": DocumentKind.HK_MACAO_PERMIT,
    "3": DocumentKind.TAIWAN_PERMIT,
    "4": DocumentKind.PASSPORT,
}
_STATES = {
    TheirState.ACTIVE: RegistryState.IN_BUSINESS,
    TheirState.CANCELLED: RegistryState.CANCELLED,
    TheirState.REVOKED: RegistryState.REVOKED,
}
# The gate every version passes: the row is made or moved forward, or nothing comes back.
_MOVE_FORWARD = """
INSERT INTO business_registration_registryrecord AS held (credit_code, version, deleted, seen_at)
VALUES (%s, %s, %s, %s)
ON CONFLICT (credit_code) DO UPDATE
  SET version = EXCLUDED.version, deleted = EXCLUDED.deleted, seen_at = EXCLUDED.seen_at
  WHERE held.version < EXCLUDED.version
RETURNING 1
"""


class Outcome(Enum):
    """What became of a record (处理结果)."""

    TAKEN = auto()
    KNOWN = auto()
    QUARANTINED = auto()


class _Glimpse(msgspec.Struct):
    """As much of a broken record as can be read, for the list of quarantined ones."""

    event_id: object = ""
    uscc: object = ""
    version: object = None


def take_page(page: ChangePage, *, after: str, by: Actor, at: dt.datetime) -> dict[Outcome, int] | None:
    """Keep one page and move the cursor past it, all or nothing (处理一页变更).

    after: the cursor the page was asked for. Returns counts by outcome, or None when the feed has been moved on from
    there in the meantime and the page was left alone.
    """
    counts = dict.fromkeys(Outcome, 0)
    with transaction(by):
        position = FeedPosition.objects.select_for_update().get(feed=CHANGES)
        if position.cursor != after:
            return None
        for change in page.changes:
            counts[_take(change, cursor=after, by=by, at=at)] += 1
        position.cursor = page.cursor
        position.failing_since, position.failure, position.failure_detail = None, "", ""
        if page.changes:
            position.advanced_at = at
        if not page.more:
            position.caught_up_at = at
        position.save()
    return counts


def take_enterprise(enterprise: Enterprise, *, by: Actor, at: dt.datetime) -> Unit | None:
    """Keep one record that was asked for (处理查询结果): the unit as it is on file afterwards.

    None when the registry's record cannot be taken; it is quarantined then.
    """
    change = Change(
        event_id="",
        op=Operation.UPSERT,
        uscc=enterprise.uscc,
        version=enterprise.version,
        changed_at=enterprise.updated_at,
        enterprise=enterprise,
    )
    with transaction(by):
        if _take(change, cursor="", by=by, at=at) is Outcome.QUARANTINED:
            return None
        return Unit.objects.visible_to(by).filter(credit_code=enterprise.uscc).first()


def retry_quarantined(*, by: Actor, at: dt.datetime) -> dict[Outcome, int]:
    """Read every open quarantined record once more (重新处理), after a rule or a register was put right."""
    counts = dict.fromkeys(Outcome, 0)
    for pk in QuarantinedRecord.objects.filter(settled_at__isnull=True).order_by("id").values_list("pk", flat=True):
        with transaction(by):
            held = QuarantinedRecord.objects.select_for_update().get(pk=pk)
            change = read_change(msgspec.Raw(held.content.encode()))
            outcome = _take(change, cursor=held.cursor, by=by, at=at)
            if outcome is not Outcome.QUARANTINED:
                QuarantinedRecord.objects.filter(pk=pk).update(settled_at=at)
            counts[outcome] += 1
    return counts


def unit_data(enterprise: Enterprise) -> UnitData:
    """The registry's particulars in the words of the unit register (字段对应)."""
    person = enterprise.legal_representative
    return UnitData(
        name=enterprise.name,
        kind=KINDS[enterprise.unit_type],
        area=int(enterprise.area),
        credit_code=enterprise.uscc,
        address=enterprise.address,
        legal_representative=person.name,
        legal_document_kind=DOCUMENTS[person.id_type],
        legal_document_no=person.id_number,
        legal_phone=person.phone,
        established_on=enterprise.established_on,
        registry_state=_STATES[enterprise.registry_state],
    )


def _take(change: Change | BadRecord, *, cursor: str, by: Actor, at: dt.datetime) -> Outcome:
    if isinstance(change, BadRecord):
        return _quarantine(change, cursor=cursor, at=at)
    try:
        with savepoint():  # inside the door already: one record's refusal must not undo the page
            return _apply(change, by=by, at=at)
    except DomainError as error:
        # The names of the wrong fields, not what stands in them: that may be personal.
        reason = ": ".join([error.reason, ", ".join(sorted(error.fields))] if error.fields else [error.reason])
        return _quarantine(BadRecord(msgspec.json.encode(change), reason), cursor=cursor, at=at)


def _apply(change: Change, *, by: Actor, at: dt.datetime) -> Outcome:
    with connection.cursor() as cursor:
        cursor.execute(_MOVE_FORWARD, [change.uscc, change.version, change.op is Operation.DELETE, at])
        if cursor.fetchone() is None:
            return Outcome.KNOWN
    data = _gone(change.uscc, by) if change.enterprise is None else unit_data(change.enterprise)
    if data is not None:
        record_unit(data, source=UnitSource.REGISTRY, registry_version=change.version, by=by, at=at)
    QuarantinedRecord.objects.filter(
        Q(version__isnull=True) | Q(version__lte=change.version), credit_code=change.uscc, settled_at__isnull=True
    ).update(settled_at=at)
    return Outcome.TAKEN


def _gone(credit_code: str, by: Actor) -> UnitData | None:
    """A record the registry withdrew: the unit stays on file, what the registry says of it is no longer known.

    This is none of 注销, 吊销 or 撤销: the registry did not say which act it was.
    """
    unit = Unit.objects.visible_to(by).filter(credit_code=credit_code).first()
    if unit is None:
        return None
    return UnitData(
        name=unit.name,
        kind=unit.kind,
        area=unit.area,
        credit_code=credit_code,
        registry_state=RegistryState.UNKNOWN,
    )


def _quarantine(record: BadRecord, *, cursor: str, at: dt.datetime) -> Outcome:
    try:
        glimpse = msgspec.json.decode(record.raw, type=_Glimpse)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        glimpse = _Glimpse()
    version = glimpse.version
    _, new = QuarantinedRecord.objects.get_or_create(
        digest=hashlib.sha256(record.raw).digest(),
        defaults={
            "feed": CHANGES,
            "cursor": cursor,
            "event_id": _word(glimpse.event_id, 64),
            "credit_code": _word(glimpse.uscc, 18),
            "version": version if isinstance(version, int) and 0 < version < 2**63 else None,
            "content": record.raw.decode("utf-8", "backslashreplace"),
            "reason": _word(record.reason, 300) or "unreadable",
            "first_seen_at": at,
            "last_seen_at": at,
        },
    )
    if not new:
        QuarantinedRecord.objects.filter(digest=hashlib.sha256(record.raw).digest()).update(
            times=F("times") + 1, last_seen_at=at, reason=_word(record.reason, 300) or "unreadable"
        )
    return Outcome.QUARANTINED


def _word(value: object, longest: int) -> str:
    return "".join(letter for letter in value if letter.isprintable())[:longest] if isinstance(value, str) else ""
