"""Submitting a filing (提交备案): the record, the codes and the receipt in one commit; nobody approves it."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from filing.choices import USABLE
from filing.clocks import half_day_due, is_new_enterprise
from filing.codes import take_codes
from filing.models import Seal, SealFiling
from filing.permissions import check_can_file
from filing.requests import FilingRequest, UnitSeals
from filing.rules import SUBMIT_RULES
from licensing.models import EngravingShop
from licensing.services.activity import note_business
from sealreg.attachments.services import attach
from sealreg.clock import shanghai
from sealreg.database.actor import Actor
from sealreg.database.door import transaction
from sealreg.database.personal import blind_index
from sealreg.errors import Conflict
from sealreg.legal.rules import check_rules
from sealreg.outbox.services import owe
from sealreg.units.models import Unit
from sealreg.workflow.advance import advance


def seals_of(unit: Unit) -> UnitSeals:
    """What the unit has and what is being made for it (单位现有印章), to be read under the unit's lock."""
    rows = Seal.objects.filter(unit=unit).exclude(status="WITHDRAWN").values_list("seal_type", "status", "use_status")
    live, pending, statutory_filed = set(), set(), False
    for seal_type, status, use_status in rows:
        if use_status in USABLE:
            live.add(seal_type)
        elif use_status == "PENDING":
            pending.add(seal_type)
            statutory_filed |= seal_type == "01" and status == "FILED"
    return UnitSeals(frozenset(live), frozenset(pending), statutory_filed or "01" in live)


def code_prefix(request: FilingRequest) -> int:
    """Area whose counter gives the codes (编码区划): the unit's county by default, the shop's where settings say so."""
    return request.shop.area if settings.SEAL_CODE_PREFIX == "shop" else request.unit.area


def check_request(request: FilingRequest, *, at: dt.datetime) -> None:
    """Tell beforehand what submitting would refuse (预先核对), without a lock and without writing.

    Raises RuleBroken with every broken rule's field.
    """
    known = request.unit.pk is not None
    present = seals_of(request.unit) if known else UnitSeals(frozenset(), frozenset(), False)
    check_rules(SUBMIT_RULES, shanghai(at).date(), request, present)


def submit_filing(filing: SealFiling, request: FilingRequest, *, by: Actor, at: dt.datetime) -> SealFiling:
    """Submit a draft (提交备案): codes are given at once, the half-day clock starts, nobody approves.

    at: the application's moment. Raises RuleBroken with every broken rule's field, Conflict when it was submitted
    meanwhile or another filing took the unit's statutory place, NotFound for another shop's draft.
    Source: notice 三(一)1, 三(一)2.
    """
    check_can_file(by, filing.shop)
    try:
        with transaction(by):
            return _submit(filing, request, by, at)
    except IntegrityError as error:
        if "seal_one_" in str(error):
            message = _("该单位同种印章的另一备案刚刚提交，请核对后再办理。")
            raise Conflict(message, code="another_filing_first") from error
        raise


def _submit(filing: SealFiling, request: FilingRequest, by: Actor, at: dt.datetime) -> SealFiling:
    # Lock order of the house: unit, shop, code counter.
    Unit.objects.select_for_update().get(pk=request.unit.pk)
    EngravingShop.objects.select_for_update(no_key=True).get(pk=request.shop.pk)
    day = shanghai(at).date()
    check_rules(SUBMIT_RULES, day, request, seals_of(request.unit))
    authority = request.unit.authority_no
    new = is_new_enterprise(request.unit, day)
    due = half_day_due(at, authority) if new else None
    handler = request.handler
    filing = advance(
        filing,
        "submit_filing",
        by=by,
        at=at,
        facts={"seals": len(request.seals), "unit": request.unit.number},
        unit=request.unit,
        reason=request.reason,
        authority_no=authority,
        handler_name=handler.name,
        handler_document=handler.document,
        handler_id=handler.document_number,
        handler_id_index=blind_index(handler.document_number, purpose="person.id_number"),
        handler_phone=handler.phone,
        handler_is_representative=handler.is_representative,
        authorisation=request.authorisation,
        draft_form=None,
        is_new_enterprise=new,
        to_be_confirmed=request.unit.confirmed_at is None,
        submitted_at=at,
        due_at=due.at if due else None,
        due_provisional=due.provisional if due else False,
        due_calendar=due.calendar_version if due else None,
    )
    if request.authorisation is not None:
        attach(request.authorisation, subject=("filing", filing.number), by=by, at=at)
    codes = take_codes(code_prefix(request), len(request.seals))
    Seal.objects.bulk_create(
        Seal(
            code=code,
            city=int(code[:4]),
            filing=filing,
            unit=request.unit,
            shop=request.shop,
            origin=request.origin,
            unit_area=request.unit.area,
            shop_area=request.shop.area,
            authority_no=authority,
            shop_authority_no=request.shop.authority_no,
            seal_type=seal.seal_type,
            name=seal.name,
            shape=seal.shape,
            width_mm=seal.width_mm,
            height_mm=seal.height_mm,
            material=seal.material,
        )
        for code, seal in zip(codes, request.seals, strict=True)
    )
    note_business(request.shop, at=at)
    owe(
        "filing.filing_submitted",
        record=("filing", filing.number),
        version=filing.version,
        at=at,
        payload={"number": filing.number, "codes": codes},
    )
    return filing
