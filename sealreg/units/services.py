"""Writing the register of units (使用单位登记): every change is a version of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from sealreg.accounts.jurisdiction import authority_for, check_written_here
from sealreg.accounts.models import User
from sealreg.accounts.roles import Permission
from sealreg.audit.services import record, record_read
from sealreg.clock import shanghai
from sealreg.database.actor import Actor, label
from sealreg.database.door import transaction
from sealreg.errors import Conflict, RuleBroken
from sealreg.units.confirming import say_confirmed
from sealreg.units.identifiers import document_index, phone_index
from sealreg.units.models import RegistryState, Unit, UnitGrant, UnitSource, UnitVersion
from sealreg.units.permissions import check_can_correct_unit, check_can_grant_access, check_can_reveal_personal
from sealreg.units.rules import UnitData, clean_unit

PERSONAL = ("legal_document_no", "legal_phone")
_FIELDS = tuple(UnitData.__dataclass_fields__)
_BLANK = ("registration_no", "name_en", "address", "legal_representative", "legal_document_kind")


def record_unit(
    data: UnitData,
    *,
    source: UnitSource,
    by: Actor,
    at: dt.datetime,
    registry_version: int = 0,
    premises_code: str | None = None,
) -> Unit:
    """Put a unit on file, or bring it up to date from the business registry (登记使用单位).

    source: REGISTRY needs a registry_version above zero and only a newer one changes anything, so repeats and messages
    out of order do no harm; FORM (registry did not answer, marked "to be confirmed") and MIGRATION only add units that
    are not on file yet. premises_code: of an airport or the like. Raises RuleBroken.
    """
    if (source == UnitSource.REGISTRY) != (registry_version > 0):
        raise ValueError("a registry version comes with the registry's data, and only with it")
    data = clean_unit(data, today=shanghai(at).date())
    if source == UnitSource.FORM:
        check_written_here(data.area)
    with transaction(by):
        _one_at_a_time(data)
        unit = _known(data)
        if unit is None:
            return _added(data, source, registry_version, premises_code, by=by, at=at)
        if source != UnitSource.REGISTRY or registry_version <= unit.registry_version:
            return unit
        return _changed(
            unit, data, source=source, registry_version=registry_version, premises_code=premises_code, by=by, at=at
        )


def correct_unit(
    unit: Unit, changes: Mapping[str, Any], *, expected_version: int, reason: str, by: Actor, at: dt.datetime
) -> Unit:
    """Correct a unit's file with a reason (更正使用单位资料).

    changes: field of UnitData -> new value. expected_version: of the page the officer saw.
    Raises RuleBroken, Conflict (changed since), OutsideJurisdiction, NotFound.
    """
    check_can_correct_unit(by, unit)
    reason = reason.replace("\0", "").strip()
    if not 1 <= len(reason) <= 200:
        message = _("请填写更正原因，不超过200个字。")
        raise RuleBroken(message, code="reason_missing", fields={"reason": message})
    with transaction(by):
        locked = Unit.objects.select_for_update().get(pk=unit.pk)
        if locked.version != expected_version:
            raise Conflict
        current = UnitData(**{field: getattr(locked, field) for field in _FIELDS})
        data = clean_unit(replace(current, **changes), today=shanghai(at).date())
        if data == current:
            raise RuleBroken(_("没有改动任何内容。"), code="nothing_changed")
        check_written_here(data.area)
        return _changed(locked, data, source=UnitSource.CORRECTION, reason=reason, by=by, at=at)


def grant_access(unit: Unit, user: User, *, by: Actor, at: dt.datetime) -> UnitGrant:
    """Let a person act for a unit (授权单位经办人). Granting twice changes nothing.

    Raises RuleBroken when the person's role cannot act for a company, OutsideJurisdiction, NotFound.
    """
    check_can_grant_access(by, unit)
    if not user.may(Permission.APPLY_FOR_SEALS):
        raise RuleBroken(_("该用户不是使用单位经办人，不能授权。"), code="not_a_company_user")
    with transaction(by):
        Unit.objects.select_for_update().get(pk=unit.pk)
        grant = UnitGrant.objects.filter(unit=unit, user=user, ended_at__isnull=True).first()
        if grant is None:
            grant = UnitGrant.objects.create(unit=unit, user=user, granted_by=label(by), granted_at=at)
            _audit("units.access_granted", unit, by=by, at=at, user=user.number)
        return grant


def end_access(grant: UnitGrant, *, by: Actor, at: dt.datetime) -> UnitGrant:
    """End a person's access (终止经办授权). Raises Conflict when it has ended already."""
    check_can_grant_access(by, grant.unit)
    with transaction(by):
        locked = UnitGrant.objects.select_for_update().select_related("unit", "user").get(pk=grant.pk)
        if locked.ended_at is not None:
            raise Conflict
        locked.ended_at = at
        locked.save(update_fields=["ended_at"])
        _audit("units.access_ended", locked.unit, by=by, at=at, user=locked.user.number)
        return locked


@dataclass(frozen=True, slots=True)
class PersonalNumbers:
    """Numbers of the legal representative, unmasked (完整号码)."""

    legal_document_no: str | None
    legal_phone: str | None


def reveal_personal(unit: Unit, *, purpose: str, by: Actor, at: dt.datetime) -> PersonalNumbers:
    """The unmasked numbers, after the look is in the read log (查看完整号码).

    Raises RuleBroken without a purpose, NotFound, OutsideJurisdiction.
    """
    check_can_reveal_personal(by, unit)
    if len(purpose.replace("\0", "").strip()) < 2:
        message = _("请说明查看原因，例如所办事项或案件。")
        raise RuleBroken(message, code="purpose_missing", fields={"purpose": message})
    with transaction(by):
        record_read(by=by, at=at, subject=("unit", unit.number), fields=PERSONAL, purpose=purpose)
    return PersonalNumbers(unit.legal_document_no, unit.legal_phone)


def _one_at_a_time(data: UnitData) -> None:
    """Two feeds that bring the same new unit at once wait for each other; a row that is not there cannot be locked."""
    key = data.credit_code or data.registration_no or f"{data.area}:{data.name}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"unit:{key}"])


def _known(data: UnitData) -> Unit | None:
    """The unit these particulars are of, locked: by credit code, else by old registration number, else by name."""
    units = Unit.objects.select_for_update().order_by("id")
    if data.credit_code:
        found = units.filter(credit_code=data.credit_code).first()
        if found is not None or not data.registration_no:
            return found
        # A company that had only its old number gets its credit code now.
        return units.filter(credit_code__isnull=True, registration_no=data.registration_no).first()
    if data.registration_no:
        return units.filter(registration_no=data.registration_no).first()
    return units.filter(credit_code__isnull=True, registration_no="", name=data.name, area=data.area).first()


def _added(
    data: UnitData,
    source: UnitSource,
    registry_version: int,
    premises_code: str | None,
    *,
    by: Actor,
    at: dt.datetime,
) -> Unit:
    unit = Unit(authority_no=authority_for(data.area, premises_code), created_at=at, updated_at=at)
    _take(unit, data)
    if source == UnitSource.REGISTRY:
        unit.registry_version, unit.confirmed_at = registry_version, at
    unit.save(force_insert=True)
    changed = [field for field in _FIELDS if getattr(data, field) not in (None, "")]
    _keep_version(unit, source, changed, "", by=by, at=at)
    _audit("units.recorded", unit, by=by, at=at, source=source.value, version=1)
    return unit


def _changed(
    unit: Unit,
    data: UnitData,
    *,
    source: UnitSource,
    by: Actor,
    at: dt.datetime,
    registry_version: int = 0,
    premises_code: str | None = None,
    reason: str = "",
) -> Unit:
    before = {field: getattr(unit, field) for field in _FIELDS}
    moved = data.area != unit.area
    confirms = source == UnitSource.REGISTRY and not unit.is_confirmed
    _take(unit, data)
    if moved or premises_code:
        unit.authority_no = authority_for(data.area, premises_code)
    if source == UnitSource.REGISTRY:
        unit.registry_version, unit.confirmed_at = registry_version, at
    changed = [field for field in _FIELDS if getattr(unit, field) != before[field]]
    if changed:
        unit.version += 1
    unit.updated_at = at
    unit.save()
    if changed:
        _keep_version(unit, source, changed, reason, by=by, at=at)
        _audit("units.changed", unit, by=by, at=at, source=source.value, version=unit.version, fields=changed)
    if confirms:
        say_confirmed(unit, by=by, at=at)
    return unit


def _take(unit: Unit, data: UnitData) -> None:
    """Copy what is said; what is not said stays."""
    for field, value in asdict(data).items():
        if value is not None:
            setattr(unit, field, value)
    for field in _BLANK:
        if getattr(unit, field) is None:
            setattr(unit, field, "")
    unit.registry_state = unit.registry_state or RegistryState.UNKNOWN
    if not unit.legal_document_no:
        unit.legal_document_kind = ""
    unit.legal_document_index = document_index(unit.legal_document_no)
    unit.legal_phone_index = phone_index(unit.legal_phone)


def _keep_version(
    unit: Unit, source: UnitSource, changed: list[str], reason: str, *, by: Actor, at: dt.datetime
) -> None:
    facts = {field: getattr(unit, field) for field in _FIELDS if field not in PERSONAL}
    facts |= {
        "established_on": unit.established_on.isoformat() if unit.established_on else None,
        "authority_no": unit.authority_no,
    }
    UnitVersion.objects.create(
        unit=unit,
        version=unit.version,
        source=source,
        registry_version=unit.registry_version,
        changed=changed,
        facts=facts,
        legal_document_no=unit.legal_document_no,
        legal_phone=unit.legal_phone,
        reason=reason,
        recorded_by=label(by),
        recorded_by_name=by.actor_name[:80],
        recorded_at=at,
    )


def _audit(event: str, unit: Unit, *, by: Actor, at: dt.datetime, **facts: Any) -> None:
    record(event, by=by, at=at, subject=("unit", unit.number), authority_no=unit.authority_no, facts=facts)
