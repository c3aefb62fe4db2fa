"""Who handles an application (指定经办人): an officer of the place, named by the county itself and on record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.utils.translation import gettext as _

from licensing.models import LicenceApplication
from licensing.permissions import check_can_assign
from licensing.services.clocks import police_link
from sealreg.accounts.models import PoliceUnit, User
from sealreg.accounts.roles import ROLES, Permission
from sealreg.audit.services import record
from sealreg.database.actor import Actor
from sealreg.database.door import transaction
from sealreg.errors import Conflict, RuleBroken
from sealreg.notices.recipients import Recipient
from sealreg.notices.services import tell
from sealreg.workflow.advance import changed_meanwhile


def officers_of(authority_no: int | None) -> Sequence[User]:
    """Present officers of an authority who may handle licences (本机关在任经办民警), in order of name."""
    roles = [key for key, role in ROLES.items() if Permission.HANDLE_LICENCES in role.permissions]
    unit = PoliceUnit.objects.filter(authority_no=authority_no).first() if authority_no is not None else None
    if unit is None:
        return []
    found = User.objects.filter(
        is_active=True, memberships__organisation=unit.pk, memberships__role__in=roles,
        memberships__ended_at__isnull=True,
    )  # fmt: skip
    return list(found.order_by("name", "pk").distinct())


def assign_application(
    application: LicenceApplication, *, officer: str, by: Actor, at: dt.datetime, seen: str | None = None
) -> LicenceApplication:
    """Name the officer who handles it (指定经办人). A colleague may take over; nothing of the case changes.

    officer: number of a present officer of the same authority, else RuleBroken officer_unknown. seen: who handled it on
    the page the decision was made on; Conflict when that has changed. Raises NotFound, OutsideJurisdiction, and
    Conflict once the case is closed.
    """
    check_can_assign(by, application)
    named = next((one for one in officers_of(application.authority_no) if one.number == officer), None)
    if named is None:
        message = _("请选择本机关在任的经办民警。")
        raise RuleBroken(message, code="officer_unknown", fields={"officer": message})
    with transaction(by):
        locked = LicenceApplication.objects.select_for_update(of=("self",)).get(pk=application.pk)
        if locked.closed_at is not None:
            raise Conflict(_("该申请已办结，不再指定经办人。"))
        if seen is not None and locked.assigned_to != seen:
            raise changed_meanwhile(locked, "accept_application")
        if locked.assigned_to == named.number:
            return application
        LicenceApplication.objects.filter(pk=locked.pk).update(assigned_to=named.number)
        record(
            "licensing.assigned", by=by, at=at, subject=("licence_application", locked.number),
            authority_no=locked.authority_no, facts={"to": named.name, "officer": named.number},
        )  # fmt: skip
        if named.number != by.actor_id:
            due = locked.due_on.isoformat() if locked.due_on is not None else "—"
            tell(
                "licensing.assigned", to=[Recipient(user=named)], at=at,
                params={"number": locked.number, "shop": locked.shop_name, "due": due}, link=police_link(locked),
            )  # fmt: skip
    application.assigned_to = named.number
    return application
