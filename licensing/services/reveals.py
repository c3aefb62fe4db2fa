"""Looking at full numbers of persons (查看完整号码): for a stated purpose, and every look is in the read log."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext as _

from licensing.access import may_see_papers
from licensing.cleaning import clean_line
from licensing.models import LicenceApplication, ShopFiling
from licensing.requests import Person, unpack_staff
from sealreg.accounts.jurisdiction import jurisdiction_of
from sealreg.accounts.models import User
from sealreg.audit.services import record_read
from sealreg.database.actor import Actor
from sealreg.database.door import transaction
from sealreg.errors import NotFound, OutsideJurisdiction

FIELDS = ("legal_document_no", "contact_phone", "staff")


@dataclass(frozen=True, slots=True)
class StatedNumbers:
    """Full numbers as stated (完整号码)."""

    legal_document_no: str
    contact_phone: str
    staff: tuple[Person, ...]


def reveal_stated(
    statement: LicenceApplication | ShopFiling, *, purpose: str, by: Actor, at: dt.datetime
) -> StatedNumbers:
    """The full numbers of an application or a filing (查看完整号码), after the look is written down.

    Raises NotFound outside the jurisdiction, OutsideJurisdiction for readers who handle no cases, RuleBroken
    purpose_missing.
    """
    place = jurisdiction_of(by)
    if not isinstance(by, User) or place is None or statement.authority_no not in place:
        raise NotFound
    if by.police_unit is None or not may_see_papers(by):
        raise OutsideJurisdiction(_("证件号码和电话只供管辖地公安机关履职时查看。"), code="personal_not_yours")
    why = clean_line(purpose, _("查看原因"), 200, field="purpose", code="purpose_missing")
    kind = "licence_application" if isinstance(statement, LicenceApplication) else "shop_filing"
    with transaction(by):
        record_read(by=by, at=at, subject=(kind, statement.number), fields=FIELDS, purpose=why)
    return StatedNumbers(
        statement.legal_document_no or "", statement.contact_phone or "", unpack_staff(statement.staff)
    )
