"""Filing instead of being licensed (开业备案): in effect when handed in; and the way over from an application."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, replace

from django.db import IntegrityError
from django.utils.translation import gettext as _

from licensing.choices import EndGround, Regime
from licensing.cleaning import clean_reason
from licensing.models import Correction, LicenceApplication, ShopFiling
from licensing.permissions import check_can_apply, check_can_handle
from licensing.regimes import regime_on
from licensing.requests import ShopFilingRequest, unpack_staff
from licensing.rules import FILE_WITHIN, SHOP_FILING_RULES
from licensing.selectors import open_application
from licensing.services.applications import save_application, start_application, withdraw_application
from licensing.services.openings import (
    Form,
    add_papers,
    circumstances,
    cleaned,
    lock_organisation,
    open_shop,
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
from sealreg.outbox.services import owe
from sealreg.workflow.advance import advance

__all__ = [
    "check_shop_filing",
    "convert_application",
    "convert_shop_filing",
    "discard_shop_filing",
    "end_shop_filing",
    "file_shop",
    "read_draft",
    "save_shop_filing",
    "start_shop_filing",
]


def start_shop_filing(
    organisation: Organisation, *, by: Actor, at: dt.datetime, form: Form | None = None
) -> ShopFiling:
    """Open a draft (新建备案草稿), or return the draft there is. Raises Conflict while filed or applied for."""
    check_can_apply(by, organisation.pk)
    _check_not_applied(open_application(organisation))
    known = ShopFiling.objects.filter(organisation=organisation, status__in=("DRAFT", "FILED")).first()
    if known is None:
        try:
            with transaction(by):
                return _draft(organisation, form or {}, by=by, at=at)
        except IntegrityError:  # a second window of the same shop was first
            known = ShopFiling.objects.filter(organisation=organisation, status__in=("DRAFT", "FILED")).first()
    if known is None or known.status != "DRAFT":
        raise Conflict(_("贵企业已完成开业备案，无需再次备案。"), code="already_open")
    return known


def _check_not_applied(pending: LicenceApplication | None) -> None:
    """An application under way is decided under its own law, or turned into a filing on its own page."""
    if pending is not None:
        raise Conflict(
            _("贵企业有一项许可申请正在办理，可以在该申请页面改为开业备案，或等待其办结。"),
            code="application_under_way",
        )


def save_shop_filing(filing: ShopFiling, *, form: Form, by: Actor, at: dt.datetime) -> ShopFiling:
    """Keep what was typed (保存草稿), encrypted. Raises Conflict once it was filed or discarded."""
    check_can_apply(by, filing.organisation_id)
    with transaction(by):
        changed = ShopFiling.objects.filter(pk=filing.pk, status="DRAFT").update(
            draft_form=pack_form(form), drafted_by=by.actor_id
        )
        if not changed:
            raise Conflict(_("该备案已提交或放弃，草稿不能再修改。"))
    filing.refresh_from_db()
    return filing


def check_shop_filing(filing: ShopFiling, request: ShopFilingRequest, *, at: dt.datetime) -> None:
    """Tell beforehand what filing would refuse (预先核对), without writing. Raises as file_shop."""
    _checked(filing, request, at=at)


def file_shop(
    filing: ShopFiling, request: ShopFilingRequest, *, by: Actor, at: dt.datetime, expected_version: int | None = None
) -> ShopFiling:
    """File the shop (提交开业备案): in effect at once, late or not; the shop enters the register.

    Raises RuleBroken with every wrong or missing field, Conflict, also while an application is under way. Source:
    印铸刻字业暂行管理规则 art. 3.
    """
    check_can_apply(by, filing.organisation_id)
    with transaction(by):
        lock_organisation(filing)
        pending = open_application(filing.organisation)
        # A draft begun beside it hinders nobody: it can no longer be handed in.
        _check_not_applied(pending if pending is not None and pending.status != "DRAFT" else None)
        stated, confirmed = _checked(filing, request, at=at)
        due = stated.business_licence_on + dt.timedelta(days=FILE_WITHIN)
        fields = stated_fields(stated.particulars, at=at, confirmed=confirmed)
        for name, value in fields.items():
            setattr(filing, name, value)
        shop = open_shop(filing, at=at)
        filing = advance(
            filing,
            "file_shop",
            by=by,
            at=at,
            expected_version=expected_version,
            shop=shop,
            business_licence_on=stated.business_licence_on,
            due_on=due,
            filed_late=shanghai(at).date() > due,
            **fields,
        )
        add_papers(filing, stated.papers, by=by, at=at)
        owe(
            "licensing.shop_filed",
            record=("shop_filing", filing.number),
            version=filing.version,
            at=at,
            payload={"number": filing.number, "credit_code": filing.credit_code},
        )
    return filing


def end_shop_filing(
    filing: ShopFiling,
    *,
    ground: str,
    reason: str,
    by: Actor,
    at: dt.datetime,
    expected_version: int | None = None,
) -> ShopFiling:
    """The shop has stopped (终止备案): it says so, or the county's officer when the registry ended the company."""
    if isinstance(by, User) and by.may(Permission.ENTER_SHOP):
        check_can_apply(by, filing.organisation_id)
        listed = [EndGround.SHOP_STOPPED.value]
    else:
        check_can_handle(by, filing)
        listed = [EndGround.SHOP_ENDED.value, EndGround.BUSINESS_LICENCE_REVOKED.value]
    if ground not in listed:
        message = _("请选择列出的情形。")
        raise RuleBroken(message, code="ground_unknown", fields={"ground": message})
    said = clean_reason(reason)
    with transaction(by):
        filing = advance(
            filing, "end_shop_filing", by=by, at=at, note=said, expected_version=expected_version,
            facts={"ground": ground}, end_ground=ground, ended_at=at,
        )  # fmt: skip
        Correction.objects.filter(filing=filing, closed_at__isnull=True).update(closed_at=at)
    return filing


def discard_shop_filing(filing: ShopFiling, *, by: Actor, at: dt.datetime) -> ShopFiling:
    """Give up a draft (放弃草稿)."""
    check_can_apply(by, filing.organisation_id)
    with transaction(by):
        return advance(filing, "discard_shop_filing", by=by, at=at, draft_form=None)


def convert_application(application: LicenceApplication, *, by: Actor, at: dt.datetime) -> ShopFiling:
    """Turn a pending application into a filing's draft (许可申请转为开业备案), where filing is now the way.

    The application is withdrawn by its applicant and what was stated is carried over; papers are uploaded anew, for
    those of the application stay with it. An application of before goes on under its own law unless the shop chooses
    this. Raises RuleBroken regime_is_licensing, IllegalMove once decided.
    """
    check_can_apply(by, application.organisation_id)
    area = application.area
    form: Form = read_draft(application) if application.status == "DRAFT" else _as_form(application)
    stated = area or _whole(form.get("area", ""))
    if stated and regime_on(shanghai(at).date(), stated) is not Regime.FILING_2025:
        raise RuleBroken(
            _("您所在地目前实行特种行业许可，开业备案尚未启用，原申请继续办理即可。"), code="regime_is_licensing"
        )
    with transaction(by):
        withdraw_application(application, reason=_("改为开业备案"), by=by, at=at)
        # A draft begun before the application takes what was stated in it; there is one draft of a shop.
        begun = ShopFiling.objects.filter(organisation=application.organisation, status="DRAFT").first()
        made = begun or _draft(application.organisation, form, by=by, at=at)
        ShopFiling.objects.filter(pk=made.pk).update(converted_from=application, draft_form=pack_form(form))
        made.refresh_from_db()
        record(
            "licensing.application_converted", by=by, at=at, subject=("shop_filing", made.number),
            authority_no=application.authority_no, facts={"application": application.number, "area": area},
        )  # fmt: skip
    return made


def convert_shop_filing(filing: ShopFiling, *, by: Actor, at: dt.datetime) -> LicenceApplication:
    """Turn a filing's draft into an application's (备案草稿转为许可申请), where a licence is the way.

    Raises IllegalMove once it is filed. Whether a licence is the way is asked when the application is handed in.
    """
    check_can_apply(by, filing.organisation_id)
    form = read_draft(filing)
    with transaction(by):
        discard_shop_filing(filing, by=by, at=at)
        made = start_application(filing.organisation, by=by, at=at, form=form)
        return save_application(made, form={**read_draft(made), **form}, by=by, at=at)


def _draft(organisation: Organisation, form: Form, *, by: Actor, at: dt.datetime) -> ShopFiling:
    made = ShopFiling.objects.create(
        organisation=organisation, draft_form=pack_form(form), drafted_by=by.actor_id, created_at=at
    )
    record("licensing.shop_filing_started", by=by, at=at, subject=("shop_filing", made.number))
    return made


def _whole(text: object) -> int:
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) == 6 else 0


def _as_form(application: LicenceApplication) -> Form:
    names = (
        "shop_name", "credit_code", "premises_code", "address", "phone", "legal_representative", "legal_document",
        "legal_document_no", "contact_phone", "security_officer",
    )  # fmt: skip
    form = {name: str(getattr(application, name) or "") for name in names} | {"area": str(application.area or "")}
    people = unpack_staff(application.staff)
    rows = {"staff": [asdict(person) for person in people], "equipment": application.equipment}
    for step, stated in rows.items():
        form[f"{step}_count"] = str(max(len(stated), 1))
        form |= {f"{step}-{n}-{name}": str(value) for n, row in enumerate(stated) for name, value in row.items()}
    return form


def _checked(filing: ShopFiling, request: ShopFilingRequest, *, at: dt.datetime) -> tuple[ShopFilingRequest, bool]:
    stated = replace(request, particulars=cleaned(request.particulars, at=at))
    day = shanghai(at).date()
    now = circumstances(stated.particulars, filing.organisation, at=at)
    check_rules(SHOP_FILING_RULES, day, stated, now)
    return stated, now.confirmed
