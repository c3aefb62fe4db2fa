"""Staff and equipment of a shop (从业人员与设备): history in versions, personal numbers masked in the log."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass

from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from licensing.models import EngravingShop, Equipment, StaffMember, StaffVersion
from licensing.register_permissions import check_can_keep_register, check_can_reveal_staff
from licensing.services.register import differences_of, log_changes
from licensing.shop_choices import EquipmentKind, Position, Section
from sealreg.audit.services import record_read
from sealreg.clock import shanghai
from sealreg.database.actor import Actor
from sealreg.database.door import transaction
from sealreg.errors import Conflict, RuleBroken, Text
from sealreg.units.identifiers import document_index, mask_number, read_document_number, read_phone

EARLIEST = dt.date(1950, 1, 1)


@dataclass(frozen=True, slots=True)
class StaffData:
    """What the register says of a person (从业人员资料)."""

    name: str
    position: str
    document: str
    document_no: str
    phone: str
    is_security_officer: bool
    joined_on: dt.date


@dataclass(frozen=True, slots=True)
class EquipmentData:
    """What the register says of a piece of equipment (设备资料)."""

    kind: str
    name: str
    quantity: int


def _broken(field: str, message: Text, code: str) -> RuleBroken:
    return RuleBroken(message, code=code, fields={field: message})


def _checked(data: StaffData, today: dt.date) -> StaffData:
    if not data.name.strip():
        raise _broken("name", _("请填写姓名。"), "name_missing")
    if data.position not in Position.values:
        raise _broken("position", _("请选择岗位。"), "position_unknown")
    if not EARLIEST <= data.joined_on <= today:
        raise _broken("joined_on", _("入职日期不能晚于今天。"), "joined_on_impossible")
    try:
        number = read_document_number(data.document, data.document_no, today=today)
    except RuleBroken as error:
        raise _broken("document_no", error.message, error.reason) from error
    try:
        phone = read_phone(data.phone)
    except RuleBroken as error:
        raise _broken("phone", error.message, error.reason) from error
    return StaffData(
        data.name.strip(), data.position, data.document, number, phone, data.is_security_officer, data.joined_on
    )


def _logged(data: StaffData, left_on: dt.date | None = None) -> dict[str, str]:
    return {
        "name": data.name,
        "position": data.position,
        "document": data.document,
        "document_no": mask_number(data.document_no),
        "phone": mask_number(data.phone),
        "is_security_officer": "1" if data.is_security_officer else "0",
        "joined_on": data.joined_on.isoformat(),
        "left_on": left_on.isoformat() if left_on else "",
    }


def _data_of(member: StaffMember) -> StaffData:
    return StaffData(
        member.name, member.position, member.document, member.document_no, member.phone,
        member.is_security_officer, member.joined_on,
    )  # fmt: skip


def _keep_version(member: StaffMember, *, by: Actor, at: dt.datetime) -> None:
    StaffVersion.objects.create(
        member=member, version=member.version, **asdict(_data_of(member)), left_on=member.left_on,
        recorded_by=by.actor_id, recorded_by_name=by.actor_name[:80], recorded_at=at,
    )  # fmt: skip


def _one_officer(shop: EngravingShop, member: StaffMember, *, by: Actor, at: dt.datetime) -> None:
    """A new security officer takes over from the present one, who stays on the staff."""
    present = StaffMember.objects.filter(shop=shop, is_security_officer=True, left_on__isnull=True)
    for other in present.exclude(pk=member.pk):
        before = _logged(_data_of(other))
        other.is_security_officer = False
        other.version += 1
        other.save(update_fields=["is_security_officer", "version"])
        _keep_version(other, by=by, at=at)
        log_changes(shop, Section.STAFF, other.name, differences_of(before, _logged(_data_of(other))), by=by, at=at)


def add_staff(shop: EngravingShop, data: StaffData, *, by: Actor, at: dt.datetime) -> StaffMember:
    """Register a person who works at the shop (登记从业人员); a second security officer takes over from the first.

    Raises RuleBroken with the wrong field, Conflict when the person is registered here already; NotFound,
    OutsideJurisdiction.
    """
    check_can_keep_register(by, shop)
    data = _checked(data, shanghai(at).date())
    try:
        with transaction(by):
            locked = EngravingShop.objects.select_for_update(no_key=True).get(pk=shop.pk)
            member = StaffMember(shop=locked, document_index=document_index(data.document_no), **asdict(data))
            if data.is_security_officer:
                _one_officer(locked, member, by=by, at=at)
            member.save(force_insert=True)
            _keep_version(member, by=by, at=at)
            log_changes(locked, Section.STAFF, member.name, differences_of({}, _logged(data)), by=by, at=at)
    except IntegrityError as error:
        raise _taken(error) from error
    return member


def change_staff(
    member: StaffMember, data: StaffData, *, by: Actor, at: dt.datetime, expected_version: int | None = None
) -> StaffMember:
    """Change what the register says of a person (变更从业人员); the former stays in the history.

    expected_version: of the page the change was made on. Raises RuleBroken, Conflict; NotFound, OutsideJurisdiction.
    """
    check_can_keep_register(by, member.shop)
    data = _checked(data, shanghai(at).date())
    try:
        with transaction(by):
            shop, kept = _locked(member, expected_version)
            differences = differences_of(_logged(_data_of(kept)), _logged(data))
            same_number = document_index(data.document_no) == bytes(kept.document_index)
            if not differences and same_number and data.phone == kept.phone:
                raise RuleBroken(_("没有改动任何内容。"), code="nothing_changed")
            if data.is_security_officer and not kept.is_security_officer:
                _one_officer(shop, kept, by=by, at=at)
            for name, value in asdict(data).items():
                setattr(kept, name, value)
            kept.document_index = document_index(data.document_no)
            kept.version += 1
            kept.save()
            _keep_version(kept, by=by, at=at)
            log_changes(shop, Section.STAFF, kept.name, differences, by=by, at=at)
    except IntegrityError as error:
        raise _taken(error) from error
    return kept


def end_staff(member: StaffMember, *, left_on: dt.date, by: Actor, at: dt.datetime) -> StaffMember:
    """Register that a person has left (登记离职); the history stays.

    Raises RuleBroken for an impossible day, Conflict when already left; NotFound, OutsideJurisdiction.
    """
    check_can_keep_register(by, member.shop)
    if not member.joined_on <= left_on <= shanghai(at).date():
        raise _broken("left_on", _("离职日期应在入职之后，且不晚于今天。"), "left_on_impossible")
    with transaction(by):
        shop, kept = _locked(member, None)
        before = _logged(_data_of(kept))
        kept.left_on = left_on
        kept.version += 1
        kept.save(update_fields=["left_on", "version"])
        _keep_version(kept, by=by, at=at)
        changed = differences_of(before, _logged(_data_of(kept), left_on))
        log_changes(shop, Section.STAFF, kept.name, changed, by=by, at=at)
    return kept


def _locked(member: StaffMember, expected_version: int | None) -> tuple[EngravingShop, StaffMember]:
    shop = EngravingShop.objects.select_for_update(no_key=True).get(pk=member.shop_id)
    kept = StaffMember.objects.select_for_update().get(pk=member.pk)
    if kept.left_on is not None:
        raise Conflict(_("该人员已登记离职，不能再变更。"))
    if expected_version is not None and kept.version != expected_version:
        newest = StaffVersion.objects.filter(member=kept).latest("version")
        when = shanghai(newest.recorded_at).strftime("%Y-%m-%d %H:%M")
        words = {"who": newest.recorded_by_name, "when": when}
        raise Conflict(_("%(who)s已于%(when)s变更过该人员的资料，请查看最新内容后再修改。") % words, facts=words)
    return shop, kept


def _taken(error: IntegrityError) -> Exception:
    if "staff_once_per_shop" not in str(error):
        return error
    message = _("该证件号码的人员已在本企业登记。")
    return Conflict(message, code="staff_registered", fields={"document_no": message})


def reveal_staff(shop: EngravingShop, *, purpose: str, by: Actor, at: dt.datetime) -> dict[str, tuple[str, str]]:
    """Unmasked document and telephone numbers by staff number, after the look is in the read log (查看完整号码).

    Raises RuleBroken without a purpose, NotFound, OutsideJurisdiction.
    """
    check_can_reveal_staff(by, shop)
    if len(purpose.replace("\0", "").strip()) < 2:
        raise _broken("purpose", _("请说明查看原因，例如所办事项或案件。"), "purpose_missing")
    with transaction(by):
        record_read(
            by=by, at=at, subject=("shop", shop.code), fields=("staff.document_no", "staff.phone"), purpose=purpose
        )
    return {one.number: (one.document_no, one.phone) for one in StaffMember.objects.filter(shop=shop)}


def _checked_equipment(data: EquipmentData) -> EquipmentData:
    if data.kind not in EquipmentKind.values:
        raise _broken("kind", _("请选择设备种类。"), "equipment_kind_unknown")
    if not data.name.strip():
        raise _broken("name", _("请填写名称和型号。"), "name_missing")
    if not 1 <= data.quantity <= 999:
        raise _broken("quantity", _("数量应为1至999。"), "quantity_wrong")
    return EquipmentData(data.kind, data.name.strip(), data.quantity)


def _equipment_words(data: EquipmentData | None) -> dict[str, str]:
    return {} if data is None else {"kind": data.kind, "name": data.name, "quantity": str(data.quantity)}


def add_equipment(shop: EngravingShop, data: EquipmentData, *, by: Actor, at: dt.datetime) -> Equipment:
    """Register equipment (登记设备). Raises RuleBroken; NotFound, OutsideJurisdiction."""
    check_can_keep_register(by, shop)
    data = _checked_equipment(data)
    with transaction(by):
        made = Equipment.objects.create(shop=shop, **asdict(data))
        changed = differences_of({}, _equipment_words(data))
        log_changes(shop, Section.EQUIPMENT, data.name, changed, by=by, at=at)
    return made


def remove_equipment(equipment: Equipment, *, by: Actor, at: dt.datetime) -> None:
    """Take equipment off the register (撤除设备); the log keeps it. Raises Conflict when it is gone already."""
    check_can_keep_register(by, equipment.shop)
    with transaction(by):
        kept = Equipment.objects.select_for_update().filter(pk=equipment.pk).first()
        if kept is None:
            raise Conflict(_("该设备已撤除。"))
        before = _equipment_words(EquipmentData(kept.kind, kept.name, kept.quantity))
        shop = kept.shop
        kept.delete()
        log_changes(shop, Section.EQUIPMENT, kept.name, differences_of(before, {}), by=by, at=at)
