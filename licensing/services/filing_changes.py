"""Changes of what a shop filed (备案变更): the shop files, it is in effect, the county looks afterwards."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from licensing.choices import FilingItem
from licensing.cleaning import clean_line
from licensing.models import ShopFiling, ShopFilingChange
from licensing.people import county_people, people_at
from licensing.permissions import check_can_apply
from licensing.requests import FilingChangeRequest
from licensing.rules import FILING_CHANGE_RULES
from licensing.services.carrying import follow_filing
from licensing.services.openings import known_unit
from sealreg.attachments.services import attach
from sealreg.audit.services import record
from sealreg.clock import shanghai
from sealreg.database.actor import Actor
from sealreg.database.door import transaction
from sealreg.errors import Conflict, IllegalMove, RuleBroken, Text
from sealreg.legal.rules import check_rules
from sealreg.notices.services import tell
from sealreg.notices.templates import term
from sealreg.outbox.services import owe
from sealreg.units.identifiers import document_index, read_document_number

LONGEST = {FilingItem.NAME: 100, FilingItem.ADDRESS: 160, FilingItem.LEGAL_REPRESENTATIVE: 60}


def file_change(
    filing: ShopFiling,
    request: FilingChangeRequest,
    *,
    by: Actor,
    at: dt.datetime,
    expected_version: int | None = None,
) -> ShopFilingChange:
    """File a change (备案变更): in effect at once, old and new are kept; nobody decides and no limit is known.

    Raises RuleBroken with every wrong field, IllegalMove unless the filing is in force, Conflict when it was changed
    since the page was opened. Source: 印铸刻字业暂行管理规则 art. 3.
    """
    check_can_apply(by, filing.organisation_id)
    stated, number = _cleaned(request, at=at)
    seen = filing.version if expected_version is None else expected_version
    with transaction(by):
        current = ShopFiling.objects.select_for_update(of=("self",)).get(pk=filing.pk)
        if current.status != "FILED":
            raise IllegalMove(_("备案有效期间才可变更备案内容。"))
        if current.version != seen:
            raise _changed_since(current)
        written: dict[str, Any] = {stated.item: stated.new_value}
        old, old_number = str(getattr(current, stated.item)), current.legal_document_no or ""
        former: dict[str, Any] = {}
        before, after = (old, ""), (stated.new_value, "")
        if stated.item == FilingItem.LEGAL_REPRESENTATIVE:
            before, after = (old, old_number), (stated.new_value, number)
            former = {"old_document": current.legal_document, "old_document_no": old_number or None}
            written |= {
                "legal_document": stated.document, "legal_document_no": number,
                "legal_document_index": document_index(number),
            }  # fmt: skip
        check_rules(FILING_CHANGE_RULES, shanghai(at).date(), before, after)
        if stated.item == FilingItem.NAME:
            unit = known_unit(current.credit_code)
            written["confirmed_by_registry"] = unit is not None and unit.is_confirmed and unit.name == stated.new_value
        made = ShopFilingChange.objects.create(
            filing=current, item=stated.item, old_value=old, new_value=stated.new_value, paper=stated.paper,
            filed_by=by.actor_id, filed_at=at, **former,
        )  # fmt: skip
        if stated.paper is not None:
            attach(stated.paper, subject=("shop_filing_change", made.number), by=by, at=at)
        ShopFiling.objects.filter(pk=current.pk).update(version=current.version + 1, **written)
        follow_filing(current, {stated.item: stated.new_value})
        _tell(current, made, by=by, at=at)
    filing.refresh_from_db()
    return made


def _tell(filing: ShopFiling, made: ShopFilingChange, *, by: Actor, at: dt.datetime) -> None:
    """Into the audit and to whom it concerns: nobody has to act, so the county is told and asked for nothing."""
    record(
        "licensing.filing_changed", by=by, at=at, subject=("shop_filing", filing.number),
        authority_no=filing.authority_no, facts={"item": made.item, "change": made.number},
    )  # fmt: skip
    item = term(FilingItem(made.item).label)
    tell(
        "licensing.filing_changed", to=people_at(filing.organisation_id), at=at,
        params={"number": filing.number, "item": item}, link=f"/shop/licence/filings/{filing.number}/",
    )  # fmt: skip
    tell(
        "licensing.filing_changed_county", to=county_people(filing.authority_no), at=at,
        params={"number": filing.number, "item": item, "shop": filing.shop_name},
        link=f"/police/licences/filings/{filing.number}/",
    )  # fmt: skip
    owe(
        "licensing.shop_filing_changed",
        record=("shop_filing_change", made.number),
        version=1,
        at=at,
        payload={"number": filing.number, "item": made.item},
    )


def _changed_since(filing: ShopFiling) -> Conflict:
    newest = filing.changes.first()
    if newest is None:
        return Conflict(_("该备案刚刚已被更新，请查看最新内容。"))
    words = {
        "when": shanghai(newest.filed_at).strftime("%Y-%m-%d %H:%M"), "item": newest.get_item_display(),
        "value": newest.new_value,
    }  # fmt: skip
    return Conflict(_("%(when)s已将%(item)s变更为“%(value)s”，请查看最新内容后再提交。") % words, facts=words)


def _cleaned(request: FilingChangeRequest, *, at: dt.datetime) -> tuple[FilingChangeRequest, str]:
    """The request in stored form and the number of the person's document (规范变更内容); every fault told at once."""
    if request.item not in FilingItem.values:
        message = _("请选择变更事项。")
        raise RuleBroken(message, code="change_wrong", fields={"item": message})
    item, value, number = FilingItem(request.item), "", ""
    faults: dict[str, Text] = {}
    try:
        value = clean_line(request.new_value, item.label, LONGEST[item], field="new_value", code="change_wrong")
    except RuleBroken as fault:
        faults |= fault.fields
    if item == FilingItem.LEGAL_REPRESENTATIVE:
        try:
            number = read_document_number(request.document, request.document_no, today=shanghai(at).date())
        except RuleBroken as fault:
            faults["document_no"] = fault.message
    if faults:
        raise RuleBroken(code="change_wrong", fields=faults)
    return FilingChangeRequest(item.value, value, request.document, number, request.paper), number
