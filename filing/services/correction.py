"""Correcting who came for the unit (更正经办人), after another system found the particulars wrong."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from filing.models import SealFiling
from filing.permissions import check_can_file
from filing.requests import Handler
from filing.rules import is_somebody_else
from sealreg.audit.services import record
from sealreg.clock import shanghai
from sealreg.database.actor import Actor
from sealreg.database.door import transaction
from sealreg.database.personal import blind_index
from sealreg.errors import IllegalMove, RuleBroken, Text
from sealreg.units.identifiers import read_document_number, read_phone

NAME_LIMIT = 40


def correct_handler(filing: SealFiling, handler: Handler, *, by: Actor, at: dt.datetime) -> SealFiling:
    """Write the handler's particulars as they should be (更正经办人); whether he is the representative stays as it was.

    Who filed as the representative keeps the registered name (R8). The audit names the fields that changed, never
    what stands in them. Raises RuleBroken at handler_name, handler_id or handler_phone, IllegalMove before submission
    and after the end, NotFound for another shop's filing.
    """
    check_can_file(by, filing.shop)
    cleaned = _clean(handler, today=shanghai(at).date())
    with transaction(by):
        locked = SealFiling.objects.select_for_update(of=("self",)).select_related("unit").get(pk=filing.pk)
        if locked.status not in ("SUBMITTED", "FILED"):
            raise IllegalMove
        if locked.handler_is_representative and locked.unit and is_somebody_else(handler, locked.unit):
            message = _("本备案以法定代表人身份办理，经办人姓名应与登记的法定代表人（负责人）一致。")
            raise RuleBroken(message, code="not_the_representative", fields={"handler_name": message})
        changed = sorted(name for name, value in cleaned.items() if getattr(locked, name) != value)
        if changed:
            index = blind_index(cleaned["handler_id"], purpose="person.id_number")
            SealFiling.objects.filter(pk=locked.pk).update(**cleaned, handler_id_index=index)
            record(
                "filing.handler_corrected", by=by, at=at, subject=("filing", locked.number),
                authority_no=locked.authority_no, facts={"fields": list(changed)},
            )  # fmt: skip
    filing.refresh_from_db()
    return filing


def _clean(handler: Handler, *, today: dt.date) -> dict[str, str]:
    faults: dict[str, Text] = {}
    found = {"handler_name": handler.name.replace("\0", "").strip(), "handler_document": handler.document}
    if not 1 <= len(found["handler_name"]) <= NAME_LIMIT:
        faults["handler_name"] = _("请填写经办人姓名，不超过40个字。")
    try:
        found["handler_id"] = read_document_number(handler.document, handler.document_number, today=today)
    except RuleBroken as fault:
        faults["handler_id"] = fault.message
    try:
        found["handler_phone"] = read_phone(handler.phone)
    except RuleBroken as fault:
        faults["handler_phone"] = fault.message
    if faults:
        raise RuleBroken(fields=faults)
    return found
