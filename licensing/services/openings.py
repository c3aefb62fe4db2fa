"""What opening a shop has in common under both laws (开办共同事项): particulars, papers, numbers, the shop's entry."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from licensing.choices import Regime
from licensing.cleaning import clean_particulars
from licensing.models import (
    ApplicationPaper,
    EngravingShop,
    LicenceApplication,
    MaterialRequirement,
    NumberCounter,
    ShopFiling,
    ShopFilingPaper,
    SpecialTradeLicence,
)
from licensing.models.applications import WORK
from licensing.models.licences import ALIVE
from licensing.regimes import regime_on
from licensing.requests import Circumstances, Papers, Particulars, pack_staff, unpack_staff
from licensing.selectors import materials_on
from licensing.services.staff import EquipmentData, StaffData, add_equipment, add_staff
from licensing.shop_choices import EquipmentKind, Position
from sealreg.accounts.jurisdiction import authority_for
from sealreg.accounts.models import Organisation
from sealreg.attachments.models import Attachment
from sealreg.attachments.services import attach
from sealreg.clock import shanghai
from sealreg.database.actor import Actor, SystemActor
from sealreg.database.territory import unconfined
from sealreg.errors import RuleBroken
from sealreg.units.identifiers import document_index
from sealreg.units.models import Unit
from sealreg.units.selectors import find_by_credit_code

DRAFT_LIMIT = 64 * 1024
_REGISTRAR = SystemActor("shop-opening")
Form = Mapping[str, str | Sequence[str]]
Statement = LicenceApplication | ShopFiling


def pack_form(form: Form) -> str:
    """Typed text as stored (草稿存储形式). Raises RuleBroken draft_too_long."""
    text = json.dumps(form, ensure_ascii=False, separators=(",", ":"))
    if len(text.encode()) > DRAFT_LIMIT:
        raise RuleBroken(_("填写内容过长，请删减后再保存。"), code="draft_too_long")
    return text


def read_draft(statement: Statement) -> dict[str, str | list[str]]:
    """What was typed (读取草稿): field name -> text or list of texts."""
    return dict(json.loads(statement.draft_form)) if statement.draft_form else {}


def known_unit(credit_code: str) -> Unit | None:
    """The company on file under this code (已登记单位); None where it is not known."""
    return find_by_credit_code(credit_code)


def circumstances(
    particulars: Particulars, organisation: Organisation, *, at: dt.datetime, mode: str | None = None
) -> Circumstances:
    """What the rules look at besides the request (核对所需情况)."""
    day = shanghai(at).date()
    regime = regime_on(day, particulars.area)
    unit = known_unit(particulars.credit_code)
    confirmed = unit is not None and unit.is_confirmed and unit.name == particulars.shop_name
    asked = materials_on(day, regime, mode=mode)
    return Circumstances(
        regime=regime,
        day=day,
        required=tuple(one.code for one in asked if one.required and not (one.shared and confirmed)),
        registry_state=unit.registry_state if unit is not None else "",
        alive=is_open(organisation),
        confirmed=confirmed,
        taken=is_taken(particulars.credit_code, organisation),
    )


def is_taken(credit_code: str, organisation: Organisation) -> bool:
    """Whether another organisation is a shop under this code, or has applied to be one (信用代码是否已被使用)."""
    shops = EngravingShop.objects.filter(credit_code=credit_code).exclude(pk=organisation.pk)
    pending = LicenceApplication.objects.filter(credit_code=credit_code, status__in=WORK)
    return shops.exists() or pending.exclude(organisation=organisation).exists()


def lock_organisation(statement: Statement) -> None:
    """Whoever opens a shop locks its organisation first (锁定企业), in the caller's transaction.

    So an application and a filing of the same shop do not both succeed, each having seen the other not there.
    """
    Organisation.objects.select_for_update(no_key=True).get(pk=statement.organisation_id)


def is_open(organisation: Organisation) -> bool:
    """Whether the organisation holds a living licence or filing (是否已开办)."""
    return (
        SpecialTradeLicence.objects.filter(shop_id=organisation.pk, status__in=ALIVE).exists()
        or ShopFiling.objects.filter(organisation=organisation, status="FILED").exists()
    )


def stated_fields(particulars: Particulars, *, at: dt.datetime, confirmed: bool) -> dict[str, Any]:
    """Columns of a statement (申报内容字段), the particulars cleaned before.

    Raises RuleBroken of accounts.jurisdiction.authority_for.
    """
    return {
        "shop_name": particulars.shop_name,
        "credit_code": particulars.credit_code,
        "area": particulars.area,
        "premises_code": particulars.premises_code,
        "address": particulars.address,
        "phone": particulars.phone,
        "legal_representative": particulars.legal_representative,
        "legal_document": particulars.legal_document,
        "legal_document_no": particulars.legal_document_no,
        "legal_document_index": document_index(particulars.legal_document_no),
        "contact_phone": particulars.contact_phone,
        "security_officer": particulars.security_officer,
        "staff": pack_staff(particulars.staff),
        "equipment": [asdict(device) for device in particulars.equipment],
        "confirmed_by_registry": confirmed,
        "authority_no": authority_for(particulars.area, particulars.premises_code or None),
        "draft_form": None,
        "submitted_at": at,
    }


def cleaned(particulars: Particulars, *, at: dt.datetime) -> Particulars:
    """The particulars in stored form (规范申报内容). Raises RuleBroken particulars_wrong."""
    return clean_particulars(particulars, today=shanghai(at).date())


def add_papers(statement: Statement, papers: Papers, *, by: Actor, at: dt.datetime) -> None:
    """Attach papers to a statement for good (归入材料), in the caller's transaction.

    Papers of the same item handed in before are marked as replaced. Raises RuleBroken paper_not_listed, NotFound for a
    paper of somebody else, Conflict for one that belongs elsewhere.
    """
    filing = isinstance(statement, ShopFiling)
    regime = Regime.FILING_2025 if filing else Regime.LICENSING_2018
    listed = set(MaterialRequirement.objects.filter(regime=regime).values_list("code", flat=True))
    for code, attachments in papers.items():
        if code not in listed:
            raise RuleBroken(_("清单中没有这项材料，不需要提交。"), code="paper_not_listed")
        if attachments:
            statement.papers.filter(code=code, replaced_at__isnull=True).update(replaced_at=at)
        for one in attachments:
            _add(statement, code, one, by=by, at=at)


def _add(statement: Statement, code: str, one: Attachment, *, by: Actor, at: dt.datetime) -> None:
    if isinstance(statement, ShopFiling):
        attach(one, subject=("shop_filing", statement.number), by=by, at=at)
        ShopFilingPaper.objects.create(filing=statement, code=code, attachment=one, added_at=at)
    else:
        attach(one, subject=("licence_application", statement.number), by=by, at=at)
        ApplicationPaper.objects.create(application=statement, code=code, attachment=one, added_at=at)


def open_shop(statement: Statement, *, at: dt.datetime) -> EngravingShop:
    """The shop's entry in the register, made or brought up to date (登记入册), in the caller's transaction.

    Raises RuleBroken already_open, credit_code_taken.
    """
    assert statement.area is not None  # noqa: S101 - both are required once handed in
    assert statement.authority_no is not None  # noqa: S101
    lock_organisation(statement)
    # A shop whose licence ended elsewhere opens here by its own application, and its entry comes along. The wall
    # between the counties would hide from the new one what is alive elsewhere, and not let it touch the entry.
    with unconfined():
        return _enter(statement, area=statement.area, authority_no=statement.authority_no, at=at)


def _enter(statement: Statement, *, area: int, authority_no: int, at: dt.datetime) -> EngravingShop:
    organisation = statement.organisation
    if is_open(organisation):
        raise RuleBroken(_("该企业已有有效的许可证或备案，不能再次开办。"), code="already_open")
    if EngravingShop.objects.filter(credit_code=statement.credit_code).exclude(pk=organisation.pk).exists():
        raise RuleBroken(_("该统一社会信用代码已由另一家刻章企业登记，请核对。"), code="credit_code_taken")
    known = EngravingShop.objects.select_for_update(of=("self",)).filter(pk=organisation.pk).first()
    stated = {
        "credit_code": statement.credit_code,
        "area": area,
        "authority_no": authority_no,
        "address": statement.address,
        "phone": statement.phone,
    }
    if organisation.name != statement.shop_name:
        organisation.name = statement.shop_name
        organisation.save(update_fields=["name"])
    if known is None:
        made = EngravingShop.objects.create(
            organisation=organisation, code=next_shop_code(area), opened_on=shanghai(at).date(), **stated
        )
        _register(made, statement, at=at)
        return made
    for name, value in stated.items():
        setattr(known, name, value)
    known.save(update_fields=list(stated))
    return known


def _register(shop: EngravingShop, statement: Statement, *, at: dt.datetime) -> None:
    """What was stated becomes the first entries of the shop's own register, so that nobody types it twice."""
    day = shanghai(at).date()
    for person in unpack_staff(statement.staff):
        position = person.position if person.position in Position.values else Position.OTHER
        data = StaffData(
            person.name, position, person.document, person.document_no, person.phone or statement.contact_phone or "",
            person.name == statement.security_officer, day,
        )  # fmt: skip
        add_staff(shop, data, by=_REGISTRAR, at=at)
    for device in statement.equipment:
        kind = device["kind"] if device["kind"] in EquipmentKind.values else EquipmentKind.OTHER
        add_equipment(shop, EquipmentData(kind, device["name"], device["quantity"]), by=_REGISTRAR, at=at)


_TAKE = """
INSERT INTO licensing_numbercounter (purpose, scope, last) VALUES (%s, %s, %s + 1)
ON CONFLICT (purpose, scope) DO UPDATE SET last = licensing_numbercounter.last + 1 RETURNING last
"""


def _next(purpose: str, scope: int, *, start: int = 0) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [purpose, scope, start])
        return int(cursor.fetchone()[0])


def next_shop_code(area: int) -> str:
    """The next 12-digit code of a making unit (制作单位编码): area and a running number (GA 241.1)."""
    start = 0
    if not NumberCounter.objects.filter(purpose="shop", scope=area).exists():
        # Codes from before the counter, of migrated shops, are never given again.
        newest = EngravingShop.objects.filter(code__startswith=str(area)).order_by("-code").first()
        start = int(newest.code[6:]) if newest is not None else 0
    return f"{area}{_next('shop', area, start=start):06d}"


def next_licence_number(authority_no: int, year: int) -> str:
    """The next licence number of an authority (许可证编号): authority, year and a running number; our own form."""
    return f"{authority_no}-{year}-{_next('licence', authority_no):05d}"
