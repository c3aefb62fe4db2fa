"""One row of every record behind the wall, all of one county (一县各表一行)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models

from filing.models import Disavowal, FilingReturn, Rating, SealLoss
from licensing.choices import ChangeItem, RevokeGround
from licensing.models import (
    ApplicationClock,
    ApplicationPaper,
    Correction,
    CorrectionItem,
    IdleCase,
    LicenceSpell,
    RegistryNotice,
    ShopChange,
    ShopFilingPaper,
    StaffMember,
    StaffVersion,
    SuspensionRequest,
)
from licensing.requests import FilingChangeRequest
from licensing.services.changes import request_change
from licensing.services.corrections import post_message
from licensing.services.filing_changes import file_change
from licensing.services.licences import propose_revocation
from licensing.services.statements import state_case
from tests.factories import filing as filings
from tests.factories import licensing as openings
from tests.factories.units import unit

AT = openings.TUESDAY_TEN


def rows_of(area: int, settings: Any) -> dict[str, models.Model]:
    """Label of the record -> a row of it in the county (各表一行)."""
    made = [*_opening(area), *_filed_shop(area, settings), *_seals(area)]
    return {row._meta.label: row for row in made}


def _opening(area: int) -> list[models.Model]:
    asking = openings.cast(area)
    waiting = openings.application_in("CORRECTION_ASKED", asking)
    correction = Correction.objects.get(application=waiting)
    post_message(correction, text="请尽快补正。", by=asking.officer, at=AT)
    who = openings.cast(area)
    licence = openings.licence(who)
    shop = licence.shop
    case = IdleCase.objects.create(shop=shop, licence=licence, authority_no=area, last_on=AT.date(), opened_at=AT)
    proposal = propose_revocation(licence, ground=RevokeGround.DECEIT, reason="材料虚假", by=who.officer, at=AT)
    member = StaffMember.objects.filter(shop=shop).first()
    assert member is not None
    return [
        waiting,
        ApplicationPaper.objects.filter(application=waiting)[0],
        ApplicationClock.objects.filter(application=waiting)[0],
        correction,
        CorrectionItem.objects.get(correction=correction),
        correction.messages.get(),
        shop,
        licence,
        request_change(
            licence, item=ChangeItem.PREMISES, new_value="新路1号", reason="搬迁", by=who.manager, at=AT
        ),
        proposal,
        state_case(proposal, text="与事实不符。", by=who.manager, at=AT),
        SuspensionRequest.objects.create(
            licence=licence, authority_no=area, kind="SUSPEND", from_on=AT.date(), reason="停业", requested_by="T",
            requested_by_name="T", requested_at=AT,
        ),
        LicenceSpell.objects.create(licence=licence, ground="SHOP_ASKED", reason="停业", started_at=AT),
        case,
        RegistryNotice.objects.create(
            shop=shop, case=case, event="REVOKED", authority_no=area, credit_code=shop.credit_code, shop_name="店",
            decided_on=AT.date(), reason="撤销", owed_at=AT, due_at=AT + dt.timedelta(days=5),
        ),
        member,
        StaffVersion.objects.filter(member=member)[0],
        ShopChange.objects.create(
            shop=shop, section="PROFILE", field="phone", old="1", new="2", changed_by="T", changed_by_name="T",
            changed_at=AT,
        ),
    ]  # fmt: skip


def _filed_shop(area: int, settings: Any) -> list[models.Model]:
    before, settings.SHOP_FILING_FROM = settings.SHOP_FILING_FROM, {"44": dt.date(2025, 1, 1)}
    who = openings.cast(area)
    filing = openings.filed(who)
    change = file_change(filing, FilingChangeRequest("shop_name", "另一名称"), by=who.manager, at=AT)
    settings.SHOP_FILING_FROM = before
    return [filing, ShopFilingPaper.objects.filter(filing=filing)[0], change]


def _seals(area: int) -> list[models.Model]:
    shop = filings.shop(area=area, code=f"{area}900001")  # the licence above took the first numbers
    clerk = filings.clerk_of(shop)
    filing = filings.filed(clerk, filings.request_for(shop, unit=unit(area=area)))
    seal = filing.seals.get()
    return [
        filing,
        seal,
        SealLoss.objects.create(
            seal=seal, lost_on=AT.date(), reporter_name="测试", reporter_document="RESIDENT_ID", reporter_id="1",
            reporter_is_representative=True, statement=openings.paper("LOSS_REPORT", by=clerk), reported_at=AT,
        ),
        FilingReturn.objects.create(
            filing=filing, reason="WRONG_DATA", remark="有误", returned_by="T", returned_at=AT
        ),
        Disavowal.objects.create(filing=filing, stated_by="T", stated_at=AT),
        Rating.objects.create(filing=filing, grade=5, rated_at=AT),
    ]  # fmt: skip
