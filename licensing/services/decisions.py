"""The county's side of an application (县级公安机关办理): take in, decide, issue. One acts, another decides."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from licensing.choices import Handover, NotAcceptedGround
from licensing.cleaning import clean_reason
from licensing.models import LicenceApplication, SpecialTradeLicence
from licensing.permissions import check_can_decide, check_can_handle, check_decides_apart
from licensing.services.applications import end_clock
from licensing.services.openings import next_licence_number, open_shop
from sealreg.clock import shanghai
from sealreg.database.actor import Actor
from sealreg.database.door import transaction
from sealreg.errors import IllegalMove, RuleBroken
from sealreg.outbox.services import owe
from sealreg.workflow.advance import advance


def accept_application(
    application: LicenceApplication,
    *,
    opinion: str,
    by: Actor,
    at: dt.datetime,
    expected_version: int | None = None,
) -> LicenceApplication:
    """Take the application in for decision (受理), with the officer's opinion for the chief.

    Raises RuleBroken reason_missing, IllegalMove, Conflict, NotFound, OutsideJurisdiction.
    """
    check_can_handle(by, application)
    said = clean_reason(opinion, field="opinion", label=_("审查意见"))
    with transaction(by):
        return advance(
            application,
            "accept_application",
            by=by,
            at=at,
            expected_version=expected_version,
            accepted_at=at,
            accepted_by=by.actor_id,
            assigned_to=by.actor_id,
            opinion=said,
        )


def decline_application(
    application: LicenceApplication,
    *,
    ground: str,
    reason: str,
    by: Actor,
    at: dt.datetime,
    expected_version: int | None = None,
) -> LicenceApplication:
    """Not take the application in (不予受理), on a listed ground only.

    Raises RuleBroken ground_unknown, reason_missing. Source: 行政许可法 art. 32.
    """
    check_can_handle(by, application)
    if ground not in NotAcceptedGround.values:
        message = _("请选择不予受理的法定情形；材料不齐的，应当要求补正。")
        raise RuleBroken(message, code="ground_unknown", fields={"ground": message})
    said = clean_reason(reason)
    with transaction(by):
        application = advance(
            application,
            "decline_application",
            by=by,
            at=at,
            note=said,
            expected_version=expected_version,
            not_accepted_ground=ground,
            decision_reason=said,
            closed_at=at,
        )
        end_clock(application, at=at, reason=_("不予受理"))
    return application


def grant_application(
    application: LicenceApplication,
    *,
    reason: str,
    by: Actor,
    at: dt.datetime,
    expected_version: int | None = None,
) -> LicenceApplication:
    """Decide to grant (准予许可). Who took the application in does not decide it: OutsideJurisdiction same_person."""
    check_can_decide(by, application)
    check_decides_apart(by, application.accepted_by)
    said = clean_reason(reason, label=_("决定意见"))
    with transaction(by):
        return advance(
            application,
            "grant_application",
            by=by,
            at=at,
            note=said,
            expected_version=expected_version,
            decided_at=at,
            decided_by=by.actor_id,
            decision_reason=said,
        )


def refuse_application(
    application: LicenceApplication,
    *,
    reason: str,
    remedy: str,
    by: Actor,
    at: dt.datetime,
    expected_version: int | None = None,
) -> LicenceApplication:
    """Decide to refuse (不予许可), with the reason and the way to appeal. Source: 行政许可法 art. 38."""
    check_can_decide(by, application)
    check_decides_apart(by, application.accepted_by)
    said = clean_reason(reason)
    way = clean_reason(remedy, field="remedy", label=_("救济途径"))
    with transaction(by):
        application = advance(
            application,
            "refuse_application",
            by=by,
            at=at,
            note=said,
            expected_version=expected_version,
            decided_at=at,
            decided_by=by.actor_id,
            decision_reason=said,
            remedy=way,
            closed_at=at,
        )
        end_clock(application, at=at, reason=_("不予许可"))
    return application


def issue_licence(
    application: LicenceApplication, *, by: Actor, at: dt.datetime, expected_version: int | None = None
) -> LicenceApplication:
    """Make out the licence (制发许可证): the shop enters the register; an electronic one ends the clock at once.

    Raises IllegalMove before the grant, Conflict when somebody was first, NotFound, OutsideJurisdiction.
    """
    check_can_handle(by, application)
    with transaction(by):
        # Locked before anything is made: the loser of two must not use up a number.
        locked = LicenceApplication.objects.select_for_update(of=("self",)).select_related("organisation")
        current = locked.get(pk=application.pk)
        if current.status != "GRANTED" and application.status == current.status:
            raise IllegalMove(_("作出准予许可的决定后才能制发许可证。"))
        licence = _make_out(current, at=at) if current.status == "GRANTED" else None
        application = advance(
            application, "issue_licence", by=by, at=at, expected_version=expected_version, licence=licence, issued_at=at
        )
        if application.handover == Handover.ELECTRONIC:
            end_clock(application, at=at, reason=_("电子许可证已制发"))
        if licence is not None:
            owe(
                "licensing.licence_issued",
                record=("licence", licence.number),
                version=licence.version,
                at=at,
                payload={"number": licence.number, "credit_code": application.credit_code},
            )
    return application


def _make_out(application: LicenceApplication, *, at: dt.datetime) -> SpecialTradeLicence:
    shop = open_shop(application, at=at)
    day = shanghai(at).date()
    return SpecialTradeLicence.objects.create(
        shop=shop,
        number=next_licence_number(shop.authority_no, day.year),
        issued_by_no=shop.authority_no,
        issued_on=day,
        holder_name=application.shop_name,
        address=application.address,
        legal_representative=application.legal_representative,
        premises=application.address,
    )
