"""Changes of what stands on a licence (许可证变更): the shop asks, the county records, old and new are kept."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError
from django.utils.translation import gettext as _

from licensing.choices import ChangeItem
from licensing.cleaning import clean_line, clean_reason
from licensing.models import LicenceChange, SpecialTradeLicence
from licensing.people import county_people
from licensing.permissions import check_can_apply, check_can_handle
from licensing.services.carrying import move_shop, rename_shop
from sealreg.attachments.models import Attachment
from sealreg.attachments.services import attach
from sealreg.audit.services import record
from sealreg.database.actor import Actor
from sealreg.database.door import transaction
from sealreg.errors import Conflict, RuleBroken
from sealreg.notices.services import tell
from sealreg.notices.templates import term
from sealreg.outbox.services import owe
from sealreg.workflow.advance import advance

# Item -> field of the licence and its length.
_FIELDS = {
    ChangeItem.NAME: ("holder_name", 100),
    ChangeItem.ADDRESS: ("address", 160),
    ChangeItem.LEGAL_REPRESENTATIVE: ("legal_representative", 60),
    ChangeItem.PREMISES: ("premises", 160),
}


def value_now(licence: SpecialTradeLicence, item: str) -> str:
    """What stands on the licence now (现载内容)."""
    stored = str(getattr(licence, _FIELDS[ChangeItem(item)][0]))
    if stored or item == ChangeItem.LEGAL_REPRESENTATIVE:
        return stored
    # Licences of before this register kept these with the shop.
    return licence.shop.organisation.name if item == ChangeItem.NAME else licence.shop.address


def request_change(
    licence: SpecialTradeLicence,
    *,
    item: str,
    new_value: str,
    reason: str,
    by: Actor,
    at: dt.datetime,
    paper: Attachment | None = None,
) -> LicenceChange:
    """The shop asks for a change (申请变更). Raises RuleBroken, Conflict when one is open or the licence is over."""
    check_can_apply(by, licence.shop_id)
    if item not in ChangeItem.values:
        message = _("请选择变更事项。")
        raise RuleBroken(message, code="change_wrong", fields={"item": message})
    value = clean_line(
        new_value, _("变更后的内容"), _FIELDS[ChangeItem(item)][1], field="new_value", code="change_wrong"
    )
    said = clean_reason(reason, longest=300)
    try:
        with transaction(by):
            current = _alive(licence)
            old = value_now(current, item)
            if old == value:
                message = _("与现载内容相同，无需变更。")
                raise RuleBroken(message, code="change_wrong", fields={"new_value": message})
            made = LicenceChange.objects.create(
                licence=current, authority_no=current.shop.authority_no, item=item, old_value=old, new_value=value,
                reason=said, paper=paper, requested_by=by.actor_id, requested_at=at,
            )  # fmt: skip
            if paper is not None:
                attach(paper, subject=("licence_change", made.number), by=by, at=at)
            record(
                "licensing.change_requested", by=by, at=at, subject=("licence_change", made.number),
                authority_no=made.authority_no, facts={"licence": current.number, "item": item},
            )  # fmt: skip
            tell(
                "licensing.change_requested", to=county_people(made.authority_no), at=at,
                params={"number": current.number, "item": term(ChangeItem(item).label)},
                link=f"/police/licences/changes/{made.number}/",
            )  # fmt: skip
    except IntegrityError as error:
        raise Conflict(_("该事项已有一项变更正在办理。")) from error
    return made


def record_change(
    change: LicenceChange, *, remark: str = "", by: Actor, at: dt.datetime, expected_version: int | None = None
) -> LicenceChange:
    """The county records the change (登记变更): licence and register show the new value from now on."""
    check_can_handle(by, change)
    with transaction(by):
        licence = _alive(change.licence)
        change = advance(
            change, "record_change", by=by, at=at, expected_version=expected_version, closed_by=by.actor_id,
            closed_at=at, answer=remark.replace("\0", "").strip()[:500],
            facts={"licence": licence.number, "item": change.item},
        )  # fmt: skip
        field = _FIELDS[ChangeItem(change.item)][0]
        SpecialTradeLicence.objects.filter(pk=licence.pk).update(**{field: change.new_value})
        _carry_over(licence, change)
        owe(
            "licensing.licence_changed",
            record=("licence_change", change.number),
            version=change.version,
            at=at,
            payload={"number": licence.number, "item": change.item},
        )
    change.licence.refresh_from_db()
    return change


def turn_down_change(
    change: LicenceChange, *, reason: str, by: Actor, at: dt.datetime, expected_version: int | None = None
) -> LicenceChange:
    """The county does not record the change (不予变更), with the reason."""
    check_can_handle(by, change)
    said = clean_reason(reason)
    with transaction(by):
        return advance(
            change, "turn_down_change", by=by, at=at, note=said, expected_version=expected_version,
            closed_by=by.actor_id, closed_at=at, answer=said,
        )  # fmt: skip


def take_back_change(
    change: LicenceChange, *, by: Actor, at: dt.datetime, expected_version: int | None = None
) -> LicenceChange:
    """The shop takes its request back (撤回变更)."""
    check_can_apply(by, change.licence.shop_id)
    with transaction(by):
        return advance(
            change, "take_back_change", by=by, at=at, expected_version=expected_version, closed_by=by.actor_id,
            closed_at=at,
        )  # fmt: skip


def _alive(licence: SpecialTradeLicence) -> SpecialTradeLicence:
    rows = SpecialTradeLicence.objects.select_for_update(of=("self",)).select_related("shop__organisation")
    current = rows.get(pk=licence.pk)
    if current.status not in ("VALID", "SUSPENDED"):
        raise Conflict(_("该许可证已终止，不能变更。"))
    return current


def _carry_over(licence: SpecialTradeLicence, change: LicenceChange) -> None:
    if change.item == ChangeItem.NAME:
        rename_shop(licence.shop_id, change.new_value)
    if change.item == ChangeItem.PREMISES:
        move_shop(licence.shop_id, change.new_value)
