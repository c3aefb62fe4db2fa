"""The shop's side of an application (企业申请许可): draft, submission, withdrawal, collection."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from django.db import IntegrityError
from django.utils.translation import gettext as _

from licensing.choices import ClockKind, Handover, Mode
from licensing.cleaning import clean_reason
from licensing.models import Correction, LicenceApplication
from licensing.permissions import check_can_apply, check_can_handle
from licensing.requests import ApplicationRequest
from licensing.rules import APPLICATION_RULES
from licensing.selectors import open_application
from licensing.services.clocks import note, note_if_late, settle
from licensing.services.openings import (
    Form,
    add_papers,
    circumstances,
    cleaned,
    lock_organisation,
    pack_form,
    read_draft,
    stated_fields,
)
from sealreg.accounts.models import Organisation, User
from sealreg.accounts.roles import Permission
from sealreg.audit.services import record
from sealreg.clock import shanghai
from sealreg.database.actor import Actor
from sealreg.database.door import transaction
from sealreg.errors import Conflict, RuleBroken
from sealreg.legal.rules import check_rules
from sealreg.workflow.advance import advance

__all__ = [
    "check_application",
    "collect_licence",
    "read_draft",
    "save_application",
    "start_application",
    "submit_application",
    "withdraw_application",
]


def start_application(
    organisation: Organisation, *, by: Actor, at: dt.datetime, form: Form | None = None
) -> LicenceApplication:
    """Open a draft (新建申请草稿), or return the draft there is.

    Raises NotFound for another shop, OutsideJurisdiction for a clerk, Conflict while an application is under way.
    """
    check_can_apply(by, organisation.pk)
    known = open_application(organisation)
    if known is None:
        try:
            with transaction(by):
                made = LicenceApplication.objects.create(
                    organisation=organisation, draft_form=pack_form(form or {}), drafted_by=by.actor_id, created_at=at
                )
                record("licensing.draft_started", by=by, at=at, subject=("licence_application", made.number))
                return made
        except IntegrityError:  # a second window of the same shop was first
            known = open_application(organisation)
    if known is None or known.status != "DRAFT":
        raise Conflict(_("贵企业已有一项申请正在办理，不能同时再提交一项。"), code="application_under_way")
    return known


def save_application(application: LicenceApplication, *, form: Form, by: Actor, at: dt.datetime) -> LicenceApplication:
    """Keep what was typed (保存草稿), encrypted. Raises Conflict once it was handed in or withdrawn."""
    check_can_apply(by, application.organisation_id)
    with transaction(by):
        changed = LicenceApplication.objects.filter(pk=application.pk, status="DRAFT").update(
            draft_form=pack_form(form), drafted_by=by.actor_id
        )
        if not changed:
            raise Conflict(_("该申请已提交或撤回，草稿不能再修改。"))
    application.refresh_from_db()
    return application


def check_application(application: LicenceApplication, request: ApplicationRequest, *, at: dt.datetime) -> None:
    """Tell beforehand what submitting would refuse (预先核对), without writing. Raises as submit_application."""
    stated = replace(request, particulars=cleaned(request.particulars, at=at))
    now = circumstances(stated.particulars, application.organisation, at=at, mode=stated.mode)
    check_rules(APPLICATION_RULES, shanghai(at).date(), stated, now)


def submit_application(
    application: LicenceApplication,
    request: ApplicationRequest,
    *,
    by: Actor,
    at: dt.datetime,
    expected_version: int | None = None,
) -> LicenceApplication:
    """Hand the application in (提交许可申请): the clock of seven working days starts.

    Raises RuleBroken with every wrong or missing field, Conflict when it was handed in meanwhile.
    Source: notice 三(一)1, 三(一)2.
    """
    check_can_apply(by, application.organisation_id)
    if request.mode not in Mode.values or request.handover not in Handover.values:
        message = _("请选择申请方式和领取方式。")
        raise RuleBroken(message, code="mode_unknown", fields={"mode": message})
    particulars = cleaned(request.particulars, at=at)
    stated = replace(request, particulars=particulars)
    try:
        with transaction(by):
            lock_organisation(application)
            now = circumstances(particulars, application.organisation, at=at, mode=stated.mode)
            check_rules(APPLICATION_RULES, shanghai(at).date(), stated, now)
            application = advance(
                application,
                "submit_application",
                by=by,
                at=at,
                expected_version=expected_version,
                facts={"mode": stated.mode},
                mode=stated.mode,
                handover=stated.handover,
                committed_at=at if stated.mode == Mode.COMMITMENT else None,
                **stated_fields(particulars, at=at, confirmed=now.confirmed),
            )
            add_papers(application, stated.papers, by=by, at=at)
            note(application, ClockKind.STARTED, at=at)
            settle(application, at=at)
    except IntegrityError as error:  # another organisation applied under this code in the same moment
        if "application_one_per_code" not in str(error):
            raise
        message = _("该统一社会信用代码刚刚已由另一家企业提交申请，请核对。")
        raise RuleBroken(message, code="credit_code_taken", fields={"credit_code": message}) from error
    return application


def withdraw_application(
    application: LicenceApplication,
    *,
    reason: str,
    by: Actor,
    at: dt.datetime,
    expected_version: int | None = None,
) -> LicenceApplication:
    """Take the application back before it is decided (撤回申请); a draft needs no reason.

    Raises RuleBroken reason_missing, IllegalMove once decided, Conflict on a stale page.
    """
    check_can_apply(by, application.organisation_id)
    said = clean_reason(reason) if application.status != "DRAFT" or reason.strip() else ""
    with transaction(by):
        handed_in = application.submitted_at is not None
        application = advance(
            application,
            "withdraw_application",
            by=by,
            at=at,
            note=said,
            expected_version=expected_version,
            closed_at=at,
            paused_at=None,
            draft_form=None,
        )
        Correction.objects.filter(application=application, closed_at__isnull=True).update(closed_at=at)
        if handed_in:
            end_clock(application, at=at, reason=_("申请已撤回"))
    return application


def collect_licence(
    application: LicenceApplication, *, by: Actor, at: dt.datetime, expected_version: int | None = None
) -> LicenceApplication:
    """The licence is in the shop's hands (领取许可证): the shop says so, or the county's officer at the counter."""
    if isinstance(by, User) and by.may(Permission.ENTER_SHOP):
        check_can_apply(by, application.organisation_id)
    else:
        check_can_handle(by, application)
    with transaction(by):
        application = advance(
            application,
            "collect_licence",
            by=by,
            at=at,
            expected_version=expected_version,
            collected_at=at,
            closed_at=at,
        )
        if application.clock_ended_at is None:
            end_clock(application, at=at, reason=_("许可证已领取"))
    return application


def end_clock(application: LicenceApplication, *, at: dt.datetime, reason: str) -> None:
    """Stop the clock for good (停止计时), in the caller's transaction."""
    note(application, ClockKind.ENDED, at=at, reason=reason)
    note_if_late(application, settle(application, at=at), at=at)
