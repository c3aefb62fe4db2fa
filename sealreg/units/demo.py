"""The demonstration's units (演示使用单位) as rows to be copied in: what `record_unit` would have written of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from sealreg.accounts.demo import demo_digest
from sealreg.audit.models import AuditEvent
from sealreg.database.actor import SystemActor, label
from sealreg.database.bulk import Keys, unsaved
from sealreg.database.numbers import number_from_digest
from sealreg.regions.selectors import city_of, region
from sealreg.units import synthetic
from sealreg.units.identifiers import DocumentKind, document_index, phone_index
from sealreg.units.models import RegistryState, Unit, UnitSource, UnitVersion
from sealreg.units.rules import UnitData
from sealreg.units.services import PERSONAL

REGISTRY = SystemActor("registry-sync")
MIGRATION = SystemActor("history-migration")
FIRST_CODE = 1_000_000  # running numbers of credit codes that nothing else in demonstrations and tests uses
_DEPARTMENTS = {"02": ("9", "1"), "03": ("1", "2"), "04": ("5", "1"), "05": ("5", "2"), "99": ("9", "2")}


@dataclass(frozen=True, slots=True)
class UnitSketch:
    """What is decided of a demonstration's unit (演示单位概要); everything else follows from its running number.

    moved_at: when the registry told of a new address; a migrated unit always has it, since that confirmed it. ended_at:
    when it told of `state`. unconfirmed: the registry did not answer at the time and does not know the unit yet.
    """

    index: int
    area: int
    kind: str
    founded_on: dt.date
    seen_at: dt.datetime
    state: str = RegistryState.IN_BUSINESS
    moved_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None
    migrated: bool = False
    unconfirmed: bool = False


def unit_of(sketch: UnitSketch, pk: int, *, seed: int) -> Unit:
    """The unit as it stands at the end (演示单位现状), unsaved."""
    index = FIRST_CODE + sketch.index
    place = place_name(sketch.area)
    department, kind = _DEPARTMENTS[sketch.kind]
    document, phone = synthetic.identity_number(index), synthetic.mobile(index)
    versions = len(_steps(sketch))
    confirmed = max(filter(None, (sketch.seen_at, sketch.moved_at, sketch.ended_at)))
    return unsaved(
        Unit,
        pk=pk,
        number=number_from_digest(demo_digest(seed, f"unit:{sketch.index}")),
        credit_code=synthetic.credit_code(index, department=department, kind=kind),
        name=synthetic.unit_name(index, place, sketch.kind),
        kind=sketch.kind,
        area=sketch.area,
        address=synthetic.street_address(index + _MOVED_ON if sketch.moved_at else index, place),
        legal_representative=synthetic.person_name(index),
        legal_document_kind=DocumentKind.RESIDENT_ID.value,
        legal_document_no=document,
        legal_document_index=document_index(document),
        legal_phone=phone,
        legal_phone_index=phone_index(phone),
        established_on=sketch.founded_on,
        registry_state=RegistryState.UNKNOWN.value if sketch.unconfirmed else str(sketch.state),
        registry_version=0 if sketch.unconfirmed else versions - sketch.migrated,
        confirmed_at=None if sketch.unconfirmed else confirmed,
        authority_no=sketch.area,
        version=versions,
        created_at=sketch.seen_at,
        updated_at=confirmed,
    )


def rows(sketch: UnitSketch, unit: Unit, keys: Keys) -> Iterator[Unit | UnitVersion | AuditEvent]:
    """The unit with its history and what the audit says of it (演示单位数据行)."""
    yield unit
    steps = _steps(sketch)
    for version, (source, at) in enumerate(steps, start=1):
        before = version == 1 and sketch.moved_at is not None
        shown = (
            {"address": synthetic.street_address(FIRST_CODE + sketch.index, place_name(sketch.area))} if before else {}
        )
        state = str(unit.registry_state) if version == len(steps) else RegistryState.IN_BUSINESS.value
        by = MIGRATION if source == UnitSource.MIGRATION else REGISTRY
        changed = _FIRST_FIELDS if version == 1 else _MOVED if at == sketch.moved_at else ["registry_state"]
        yield unsaved(
            UnitVersion,
            pk=keys.take(UnitVersion),
            unit=unit,
            version=version,
            source=source,
            registry_version=max(0, version - sketch.migrated) if source == UnitSource.REGISTRY else 0,
            changed=changed,
            facts=_facts(unit) | shown | {"registry_state": state},
            legal_document_no=unit.legal_document_no,
            legal_phone=unit.legal_phone,
            recorded_by=label(by),
            recorded_by_name=by.actor_name,
            recorded_at=at,
        )
        yield unsaved(
            AuditEvent,
            event="units.recorded" if version == 1 else "units.changed",
            actor_kind=by.actor_kind,
            actor_id=by.actor_id,
            actor_name=by.actor_name,
            subject_kind="unit",
            subject_id=unit.number,
            at=at,
            authority_no=unit.authority_no,
            facts={"source": source.value, "version": version},
        )


@cache
def place_name(area: int) -> str:
    """City and county as they stand before a unit's name (地名前缀), whatever the reader's language."""
    city, county = city_of(area), region(area)
    return county.name if city.code == county.code else f"{city.name}{county.name}"


_FIRST_FIELDS = [
    "name", "kind", "area", "credit_code", "address", "legal_representative", "legal_document_kind",
    "legal_document_no", "legal_phone", "established_on", "registry_state",
]  # fmt: skip
_MOVED = ["address"]
_MOVED_ON = 50_000_000
_FACTS = tuple(field for field in UnitData.__dataclass_fields__ if field not in PERSONAL)


def _steps(sketch: UnitSketch) -> list[tuple[UnitSource, dt.datetime]]:
    first = UnitSource.REGISTRY
    if sketch.migrated:
        first = UnitSource.MIGRATION
    elif sketch.unconfirmed:
        first = UnitSource.FORM
    later = sorted(moment for moment in (sketch.moved_at, sketch.ended_at) if moment is not None)
    return [(first, sketch.seen_at), *((UnitSource.REGISTRY, moment) for moment in later)]


def _facts(unit: Unit) -> dict[str, object]:
    facts = {field: getattr(unit, field) for field in _FACTS}
    founded = unit.established_on
    return facts | {
        "established_on": founded.isoformat() if founded else None,
        "authority_no": unit.authority_no,
    }
