"""Shops that open, for tests (测试开办企业): applications and filings in any state, through the real services."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
from dataclasses import dataclass, replace
from typing import Any

from licensing.choices import Handover, NotAcceptedGround
from licensing.models import IdleCase, LicenceApplication, ShopFiling, SpecialTradeLicence
from licensing.requests import (
    ApplicationRequest,
    CorrectionAnswer,
    Device,
    ItemAsked,
    Particulars,
    Person,
    ShopFilingRequest,
)
from licensing.services.applications import (
    collect_licence,
    start_application,
    submit_application,
    withdraw_application,
)
from licensing.services.corrections import answer_correction, ask_correction
from licensing.services.decisions import (
    accept_application,
    decline_application,
    grant_application,
    issue_licence,
    refuse_application,
)
from licensing.services.shop_filings import file_shop, start_shop_filing
from sealreg.accounts.choices import OrganisationKind
from sealreg.accounts.models import Organisation, User
from sealreg.attachments.models import Attachment, StoredFile
from sealreg.clock import SHANGHAI
from sealreg.database.actor import Actor
from sealreg.units import synthetic
from tests.factories.accounts import authority, office, person

TUESDAY_TEN = dt.datetime(2026, 6, 9, 10, 0, tzinfo=SHANGHAI)
CODES = {
    "identities": "IDENTITY",
    "floor_plan": "FLOOR_PLAN",
    "equipment": "EQUIPMENT_LIST",
    "security_rules": "SECURITY_RULES",
    "business_licence": "BUSINESS_LICENCE",
}
_count = itertools.count(1)


@dataclass(frozen=True)
class Cast:
    """A shop that wants to open and the county that decides (测试人员)."""

    organisation: Organisation
    manager: User
    officer: User
    chief: User


def cast(area: int = 440606, authority_no: int | None = None) -> Cast:
    """Manager of a shop to be, officer and chief of the place."""
    number = next(_count)
    unit = authority(authority_no or area)
    organisation = office(OrganisationKind.SHOP, name=f"测试新店{number}", area=area)
    return Cast(
        organisation,
        person("shop_manager", place=organisation),
        person("county_officer", place=unit.organisation),
        person("county_chief", place=unit.organisation),
    )


def paper(kind: str, *, by: Actor, at: dt.datetime = TUESDAY_TEN) -> Attachment:
    """A paper that waits (待归入材料): a row without bytes, for reading uploads is proved in tests/attachments."""
    number = next(_count)
    file = StoredFile.objects.create(
        sha256=hashlib.sha256(f"{number}".encode()).hexdigest(), size=1, media_type="image/png", width=40, height=40,
        encrypted=False, stored_at=at,
    )  # fmt: skip
    return Attachment.objects.create(
        kind=kind, file=file, original_name="paper.png", uploaded_by_kind=by.actor_kind, uploaded_by_id=by.actor_id,
        uploaded_at=at,
    )  # fmt: skip


def papers(by: Actor, *codes: str, at: dt.datetime = TUESDAY_TEN) -> dict[str, tuple[Attachment, ...]]:
    """Papers for these items of the list, for all of them when none is named."""
    return {code: (paper(CODES[code], by=by, at=at),) for code in codes or CODES}


def particulars(**fields: Any) -> Particulars:
    number = next(_count)
    given: dict[str, Any] = {
        "shop_name": f"顺德测试印章{number}号店",
        "credit_code": synthetic.credit_code(600_000 + number),
        "area": 440606,
        "address": "大良街道测试路9号",
        "phone": "0757-22330000",
        "legal_representative": "测试店主",
        "legal_document": "RESIDENT_ID",
        "legal_document_no": synthetic.identity_number(600_000 + number),
        "contact_phone": synthetic.mobile(number),
        "security_officer": "测试治安",
        "staff": (Person("测试治安", "RESIDENT_ID", synthetic.identity_number(700_000 + number), "ENGRAVER"),),
        "equipment": (Device("ENGRAVING", "激光雕刻机 甲型", 1),),
    }
    return Particulars(**(given | fields))


def request(by: Actor, *, mode: str = "ORDINARY", handover: str = Handover.ELECTRONIC, **fields: Any) -> Any:
    """A whole application; fields go to the particulars."""
    return ApplicationRequest(
        particulars(**fields), papers(by), mode=mode, handover=handover, committed=mode == "COMMITMENT"
    )


def draft(who: Cast, *, at: dt.datetime = TUESDAY_TEN) -> LicenceApplication:
    return start_application(who.organisation, by=who.manager, at=at, form={"shop_name": "草稿店"})


def submitted(who: Cast, *, at: dt.datetime = TUESDAY_TEN, **fields: Any) -> LicenceApplication:
    fields.setdefault("area", who.organisation.area)
    return submit_application(draft(who, at=at), request(who.manager, **fields), by=who.manager, at=at)


ITEM = ItemAsked("paper-floor_plan", "平面图看不清，请重新上传。")


def application_in(status: str, who: Cast, *, at: dt.datetime = TUESDAY_TEN, **fields: Any) -> LicenceApplication:
    """An application that came to this status by the verbs themselves (某状态的申请)."""
    if status == "DRAFT":
        return draft(who, at=at)
    made = submitted(who, at=at, **fields)
    if status == "SUBMITTED":
        return made
    if status == "CORRECTION_ASKED":
        ask_correction(made, items=[ITEM], by=who.officer, at=at)
        made.refresh_from_db()
        return made
    if status == "WITHDRAWN":
        return withdraw_application(made, reason="暂不开办", by=who.manager, at=at)
    if status == "NOT_ACCEPTED":
        return decline_application(
            made, ground=NotAcceptedGround.OTHER_AUTHORITY, reason="经营场所不在本辖区", by=who.officer, at=at
        )
    made = accept_application(made, opinion="材料齐全，建议准予。", by=who.officer, at=at)
    if status == "ACCEPTED":
        return made
    if status == "REFUSED":
        return refuse_application(made, reason="场所不符合条件", remedy="可在60日内申请行政复议", by=who.chief, at=at)
    made = grant_application(made, reason="同意", by=who.chief, at=at)
    if status == "GRANTED":
        return made
    made = issue_licence(made, by=who.officer, at=at)
    return made if status == "ISSUED" else collect_licence(made, by=who.manager, at=at)


def answered(who: Cast, application: LicenceApplication, *, at: dt.datetime = TUESDAY_TEN) -> LicenceApplication:
    answer = CorrectionAnswer({ITEM.subject: "已重新上传"}, papers(who.manager, "floor_plan", at=at))
    return answer_correction(application, answer, by=who.manager, at=at)


def licence(who: Cast, *, at: dt.datetime = TUESDAY_TEN, **fields: Any) -> SpecialTradeLicence:
    """A licence issued by the whole way (经办理取得的许可证)."""
    made = application_in("COLLECTED", who, at=at, **fields).licence
    assert made is not None
    return SpecialTradeLicence.objects.select_related("shop__organisation").get(pk=made.pk)


def filing_request(
    by: Actor, *, business_licence_on: dt.date = dt.date(2026, 6, 8), **fields: Any
) -> ShopFilingRequest:
    return ShopFilingRequest(particulars(**fields), papers(by), business_licence_on)


def shop_filings_draft(who: Cast, *, at: dt.datetime = TUESDAY_TEN) -> ShopFiling:
    """A filing begun (开业备案草稿)."""
    return start_shop_filing(who.organisation, by=who.manager, at=at)


def filed(who: Cast, *, at: dt.datetime = TUESDAY_TEN, **fields: Any) -> ShopFiling:
    """A shop that filed (已开业备案); the caller has switched the regime on."""
    fields.setdefault("area", who.organisation.area)
    made = start_shop_filing(who.organisation, by=who.manager, at=at)
    return file_shop(made, filing_request(who.manager, **fields), by=who.manager, at=at)


def without(asked: ApplicationRequest, *codes: str) -> ApplicationRequest:
    """The same without some papers (缺材料)."""
    return replace(asked, papers={code: files for code, files in asked.papers.items() if code not in codes})


def decided_case(licence: SpecialTradeLicence, *, by: Actor, at: dt.datetime = TUESDAY_TEN) -> IdleCase:
    """A case of this licence brought to the decision by `by` step by step in the table (已决定收回的案件)."""
    made = IdleCase.objects.create(
        shop=licence.shop, licence=licence, authority_no=licence.authority_no, last_on=at.date(), opened_at=at
    )
    named: dict[str, Any] = {
        "proposed_by": "SOMEBODYELSE", "proposed_at": at, "proposal_reason": "闲置", "decided_by": by.actor_id,
        "decided_at": at, "decision_reason": "超过6个月未经营", "listed_at": at, "recall_due_at": at,
    }  # fmt: skip
    way = ("WARNED_AGAIN", "IDLE", "HEARING_OFFERED", "HEARING_WAIVED", "PROPOSED", "DECIDED_RECALL")
    for version, status in enumerate(way, start=2):
        IdleCase.objects.filter(pk=made.pk).update(status=status, version=version, **named)
    made.refresh_from_db()
    return made
