"""A shop asks for its licence to be suspended or reinstated (申请停业、复业); the chief of the county decides, once."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError
from django.utils.translation import gettext as _

from licensing.choices import SuspendGround, SuspensionKind
from licensing.cleaning import clean_reason
from licensing.models import SpecialTradeLicence, SuspensionRequest
from licensing.people import county_people, people_at
from licensing.permissions import check_can_apply, check_can_decide
from licensing.services.licences import put_to_rest, take_up_again
from licensing.services.suspension_closing import ASKABLE
from licensing.suspension_rules import SUSPENSION_RULES
from licensing.suspension_words import county_link, params_of_request, shop_link
from sealreg.audit.services import record
from sealreg.clock import SHANGHAI, shanghai
from sealreg.database.actor import Actor, SystemActor
from sealreg.database.door import transaction
from sealreg.errors import Conflict, DomainError, RuleBroken
from sealreg.legal.rules import check_rules
from sealreg.notices.services import tell
from sealreg.workflow.advance import advance

BEGINNER = SystemActor("licence-suspensions")


def request_suspension(
    licence: SpecialTradeLicence,
    *,
    kind: str,
    from_on: dt.date,
    until_on: dt.date | None = None,
    reason: str,
    by: Actor,
    at: dt.datetime,
) -> SuspensionRequest:
    """The shop asks to stop or to resume business from a day on (申请停业、复业); the licence stays as it is for now.

    Raises RuleBroken with the field, Conflict when a request is under way or the licence is in no status to ask it of.
    """
    check_can_apply(by, licence.shop_id)
    if kind not in SuspensionKind.values:
        message = _("请选择停业或复业。")
        raise RuleBroken(message, code="ground_unknown", fields={"kind": message})
    said = clean_reason(reason, longest=300)
    until_on = until_on if kind == SuspensionKind.SUSPEND else None
    check_rules(SUSPENSION_RULES, shanghai(at).date(), kind, from_on, until_on, shanghai(at).date())
    try:
        with transaction(by):
            current = _locked(licence)
            if ASKABLE.get(current.status) != kind:
                words = {"status": current.status_label}
                raise Conflict(_("许可证现为“%(status)s”，不能提出这项申请。") % words)
            made = SuspensionRequest.objects.create(
                licence=current, authority_no=current.shop.authority_no, kind=kind, from_on=from_on,
                until_on=until_on, reason=said, requested_by=by.actor_id, requested_by_name=by.actor_name[:60],
                requested_at=at,
            )  # fmt: skip
            record(
                "licensing.suspension_requested", by=by, at=at, subject=("suspension_request", made.number),
                authority_no=made.authority_no,
                facts={"licence": current.number, "kind": kind, "from_on": from_on.isoformat()},
            )  # fmt: skip
            told = "licensing.suspension_requested_county"
            tell(
                told, to=county_people(made.authority_no), at=at, params=params_of_request(made, told),
                link=county_link(made),
            )  # fmt: skip
            told = "licensing.suspension_requested"
            tell(
                told, to=people_at(current.shop_id), at=at, params=params_of_request(made, told),
                link=shop_link(made),
            )  # fmt: skip
    except IntegrityError as error:
        raise Conflict(_("已有一项停业或复业申请正在办理。")) from error
    return made


def grant_request(
    request: SuspensionRequest, *, answer: str, by: Actor, at: dt.datetime, expected_version: int | None = None
) -> SuspensionRequest:
    """The chief grants it (准予停业、复业): in effect at once, or on the day asked for where that lies ahead.

    Raises RuleBroken reason_missing, IllegalMove, Conflict.
    """
    check_can_decide(by, request)
    said = clean_reason(answer, field="answer", label=_("办理意见"))
    with transaction(by):
        _locked(request.licence)  # licence before request, as every act on the licence locks them
        request = advance(
            request, "grant_request", by=by, at=at, note=said, expected_version=expected_version,
            facts=_facts(request), decided_by=by.actor_id, decided_at=at, answer=said,
        )  # fmt: skip
        if request.from_on <= shanghai(at).date():
            request = _put_into_effect(request, by=by, at=at)
    return request


def decline_request(
    request: SuspensionRequest, *, answer: str, by: Actor, at: dt.datetime, expected_version: int | None = None
) -> SuspensionRequest:
    """The chief does not grant it (不予准予), with the reason. Raises as grant_request."""
    check_can_decide(by, request)
    said = clean_reason(answer, field="answer", label=_("办理意见"))
    with transaction(by):
        return advance(
            request, "decline_request", by=by, at=at, note=said, expected_version=expected_version,
            facts=_facts(request), decided_by=by.actor_id, decided_at=at, answer=said, closed_at=at,
        )  # fmt: skip


def take_back_request(
    request: SuspensionRequest, *, by: Actor, at: dt.datetime, expected_version: int | None = None
) -> SuspensionRequest:
    """The shop takes it back (撤回申请) while it is not in effect. Raises IllegalMove, Conflict."""
    check_can_apply(by, request.licence.shop_id)
    with transaction(by):
        return advance(
            request, "take_back_request", by=by, at=at, expected_version=expected_version, facts=_facts(request),
            closed_at=at,
        )  # fmt: skip


def begin_due(*, at: dt.datetime) -> int:
    """Put into effect what was granted for a day that has come (到日生效). Returns how many.

    The same again does nothing. One transaction each, as the chief decided it: a request taken back or overtaken
    meanwhile is left alone.
    """
    begun = 0
    due = SuspensionRequest.objects.filter(status="GRANTED", from_on__lte=shanghai(at).date())
    for one in due.select_related("licence__shop__organisation").order_by("from_on", "pk"):
        try:
            with transaction(BEGINNER):
                _put_into_effect(one, by=BEGINNER, at=at)
        except DomainError:
            continue  # somebody was first; if it is still granted, the next look finds it
        begun += 1
    return begun


def _put_into_effect(request: SuspensionRequest, *, by: Actor, at: dt.datetime) -> SuspensionRequest:
    """The request's change of the licence, in the caller's transaction."""
    licence = _locked(request.licence)
    request = advance(request, "put_into_effect", by=by, at=at, facts=_facts(request), closed_at=at)
    if request.kind == SuspensionKind.SUSPEND:
        # From the day it was asked for: the county's time to decide is not counted against the shop as idleness.
        midnight = dt.datetime.combine(request.from_on, dt.time(), SHANGHAI)
        since = min(max(midnight, request.requested_at), at)
        put_to_rest(licence, ground=SuspendGround.SHOP_ASKED, reason=request.reason, since=since, by=by, at=at)
    else:
        take_up_again(licence, reason=request.reason, by=by, at=at)
    request.licence = licence
    return request


def _locked(licence: SpecialTradeLicence) -> SpecialTradeLicence:
    rows = SpecialTradeLicence.objects.select_for_update(of=("self",)).select_related("shop__organisation")
    return rows.get(pk=licence.pk)


def _facts(request: SuspensionRequest) -> dict[str, str]:
    return {"licence": request.licence.number, "kind": request.kind}
