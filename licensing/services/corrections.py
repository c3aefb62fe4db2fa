"""Asking for what is missing (补正): one request at a time, each item named, a thread beside it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError
from django.utils.translation import gettext as _

from licensing.choices import ClockKind
from licensing.cleaning import clean_line, clean_reason
from licensing.models import Correction, CorrectionItem, CorrectionMessage, LicenceApplication, ShopFiling
from licensing.people import county_people, people_at
from licensing.permissions import check_can_apply, check_can_handle
from licensing.requests import CorrectionAnswer, ItemAsked
from licensing.selectors import askable_papers
from licensing.services.carrying import follow_filing
from licensing.services.clocks import note, note_if_late, police_link, settle, shop_link
from licensing.services.openings import add_papers
from sealreg.accounts.models import User
from sealreg.accounts.roles import Permission
from sealreg.audit.services import record
from sealreg.clock import shanghai
from sealreg.database.actor import Actor
from sealreg.database.door import transaction
from sealreg.database.numbers import new_public_number
from sealreg.errors import Conflict, IllegalMove, RuleBroken
from sealreg.notices.services import tell
from sealreg.units.identifiers import read_phone
from sealreg.workflow.advance import advance

MOST_ITEMS = 30
# What a shop may state anew when asked; who applies and where stays, for that would be another application.
CORRECTABLE = ("address", "phone", "legal_representative", "security_officer")
# What a shop states that can be wrong; the others of these are answered in words.
ASKABLE = (
    *CORRECTABLE, "shop_name", "credit_code", "area", "premises_code", "legal_document_no", "contact_phone", "staff",
    "equipment",
)  # fmt: skip
PAPER = "paper-"
_LONGEST = {"address": 160, "phone": 20, "legal_representative": 60, "security_officer": 60}


def ask_correction(
    application: LicenceApplication,
    *,
    items: Sequence[ItemAsked],
    reason: str = "",
    by: Actor,
    at: dt.datetime,
    expected_version: int | None = None,
) -> Correction:
    """Ask the shop to complete its application (要求补正): all at once, the clock pauses with the reason.

    Raises RuleBroken items_missing, paper_not_listed or with the item's field, IllegalMove, Conflict. Source:
    行政许可法 art. 32.
    """
    check_can_handle(by, application)
    asked = _cleaned(application, items)
    said = clean_reason(reason) if reason.strip() else "；".join(item.remark for item in asked)[:500]
    with transaction(by):
        application = advance(
            application,
            "ask_correction",
            by=by,
            at=at,
            note=said,
            expected_version=expected_version,
            facts={"items": [item.subject for item in asked]},
            paused_at=at,
            assigned_to=by.actor_id,
        )
        made = _make(asked, said, by=by, at=at, application=application)
        note(application, ClockKind.PAUSED, at=at, reason=said)
        note_if_late(application, settle(application, at=at), at=at)
    return made


def answer_correction(
    application: LicenceApplication,
    answer: CorrectionAnswer,
    *,
    by: Actor,
    at: dt.datetime,
    expected_version: int | None = None,
) -> LicenceApplication:
    """The shop completes its application (提交补正): every item answered, the clock goes on.

    Raises RuleBroken answers_missing naming the items without an answer or paper, IllegalMove, Conflict.
    """
    check_can_apply(by, application.organisation_id)
    with transaction(by):
        made = Correction.objects.select_for_update().filter(application=application, closed_at__isnull=True).first()
        if made is None:
            raise IllegalMove(_("没有待补正的事项。"))
        columns: dict[str, Any] = {**_take_answers(made, answer)}
        application = advance(
            application, "answer_correction", by=by, at=at, expected_version=expected_version, paused_at=None,
            facts={"restated": sorted(columns)}, **columns,
        )  # fmt: skip
        add_papers(application, answer.papers, by=by, at=at)
        made.answered_at, made.closed_at = at, at
        made.save(update_fields=["answered_at", "closed_at"])
        note(application, ClockKind.RESUMED, at=at)
        settle(application, at=at)
    return application


def ask_filing_correction(
    filing: ShopFiling, *, items: Sequence[ItemAsked], reason: str = "", by: Actor, at: dt.datetime
) -> Correction:
    """Ask a filed shop to put its filing right afterwards (备案后要求更正): a record of its own, no status changes.

    Raises RuleBroken as ask_correction, IllegalMove before it is filed or once it has ended, Conflict while another
    request is open.
    """
    check_can_handle(by, filing)
    asked = _cleaned(filing, items)
    said = clean_reason(reason) if reason.strip() else "；".join(item.remark for item in asked)[:500]
    try:
        with transaction(by):
            locked = ShopFiling.objects.select_for_update(of=("self",)).get(pk=filing.pk)
            if locked.status != "FILED":
                raise IllegalMove(_("备案有效期间才可要求更正。"))
            made = _make(asked, said, by=by, at=at, filing=locked)
            record(
                "licensing.filing_correction_asked", by=by, at=at, subject=("shop_filing", locked.number),
                authority_no=locked.authority_no, facts={"items": [item.subject for item in asked]},
            )  # fmt: skip
            tell(
                "licensing.filing_correction_asked", to=people_at(locked.organisation_id), at=at,
                params={"number": locked.number}, link=f"/shop/licence/filings/{locked.number}/",
            )  # fmt: skip
    except IntegrityError as error:
        first = Correction.objects.filter(filing=filing).latest("id")
        when = shanghai(first.asked_at).strftime("%Y-%m-%d %H:%M")
        message = _("%(who)s已于%(when)s要求更正，尚未结束，请先处理。")
        raise Conflict(message % {"who": first.asked_by_name, "when": when}) from error
    return made


def answer_filing_correction(filing: ShopFiling, answer: CorrectionAnswer, *, by: Actor, at: dt.datetime) -> Correction:
    """The shop puts its filing right (提交更正). Raises RuleBroken answers_missing, Conflict when none is open."""
    check_can_apply(by, filing.organisation_id)
    with transaction(by):
        made = Correction.objects.select_for_update().filter(filing=filing, closed_at__isnull=True).first()
        if made is None:
            raise Conflict(_("没有待更正的事项。"))
        values = _take_answers(made, answer)
        if values:
            ShopFiling.objects.filter(pk=filing.pk).update(**values)
            follow_filing(filing, values)
        add_papers(filing, answer.papers, by=by, at=at)
        made.answered_at, made.closed_at = at, at
        made.save(update_fields=["answered_at", "closed_at"])
        record("licensing.filing_correction_answered", by=by, at=at, subject=("shop_filing", filing.number))
        tell(
            "licensing.filing_correction_answered", to=county_people(filing.authority_no), at=at,
            params={"number": filing.number}, link=f"/police/licences/filings/{filing.number}/",
        )  # fmt: skip
    return made


def post_message(correction: Correction, *, text: str, by: Actor, at: dt.datetime) -> CorrectionMessage:
    """One message of the thread (补正沟通), from the shop's manager or the county's officer, while it is open."""
    subject = correction.application or correction.filing
    assert subject is not None  # noqa: S101 - a constraint of the table says so
    from_shop = isinstance(by, User) and by.may(Permission.ENTER_SHOP)
    if from_shop:
        check_can_apply(by, subject.organisation_id)
    else:
        check_can_handle(by, subject)
    said = clean_line(text, _("内容"), 500, field="text")
    with transaction(by):
        locked = Correction.objects.select_for_update().get(pk=correction.pk)
        if locked.closed_at is not None:
            raise Conflict(_("该补正已结束。"))
        made = CorrectionMessage.objects.create(
            correction=locked, from_shop=from_shop, author=by.actor_id, author_name=by.actor_name[:60], text=said, at=at
        )
        if isinstance(subject, LicenceApplication):
            link = police_link(subject) if from_shop else shop_link(subject)
        else:
            side = "police/licences" if from_shop else "shop/licence"
            link = f"/{side}/filings/{subject.number}/"
        to = county_people(subject.authority_no) if from_shop else people_at(subject.organisation_id)
        tell("licensing.correction_message", to=to, at=at, params={"number": subject.number}, link=link)
    return made


def _cleaned(statement: LicenceApplication | ShopFiling, items: Sequence[ItemAsked]) -> list[ItemAsked]:
    if not 1 <= len(items) <= MOST_ITEMS:
        message = _("请至少列明一项需要补正的内容，最多%(max)s项。") % {"max": MOST_ITEMS}
        raise RuleBroken(message, code="items_missing", fields={"items-0-remark": message})
    cleaned: dict[str, ItemAsked] = {}
    listed = {f"{PAPER}{row.code}" for row in askable_papers(statement)}
    for index, item in enumerate(items):
        subject = clean_line(item.subject, _("补正对象"), 40, field=f"items-{index}-subject")
        remark = clean_line(item.remark, _("需要补正的内容"), 300, field=f"items-{index}-remark", code="items_missing")
        if subject in cleaned:
            message = _("同一对象请合并为一项。")
            raise RuleBroken(message, code="items_missing", fields={f"items-{index}-subject": message})
        # Asking for more than the province's list is adding to it in disguise.
        if subject not in ASKABLE and subject not in listed:
            message = _("只能要求补正申报内容和全省统一清单内的材料。")
            raise RuleBroken(message, code="paper_not_listed", fields={f"items-{index}-subject": message})
        cleaned[subject] = ItemAsked(subject, remark)
    return list(cleaned.values())


def _make(
    asked: Sequence[ItemAsked],
    reason: str,
    *,
    by: Actor,
    at: dt.datetime,
    application: LicenceApplication | None = None,
    filing: ShopFiling | None = None,
) -> Correction:
    made = Correction.objects.create(
        application=application, filing=filing, number=new_public_number(), reason=reason, asked_by=by.actor_id,
        asked_by_name=by.actor_name[:60], asked_at=at,
    )  # fmt: skip
    CorrectionItem.objects.bulk_create(
        CorrectionItem(correction=made, subject=item.subject, remark=item.remark) for item in asked
    )
    return made


def _take_answers(made: Correction, answer: CorrectionAnswer) -> dict[str, str]:
    """Write down what is said of each item. Returns the fields stated anew: those asked for, and no others."""
    fields = {}
    items = list(made.items.all())
    for item in items:
        said = answer.answers.get(item.subject, "").replace("\0", "").strip()[:300]
        paper = answer.papers.get(item.subject.removeprefix(PAPER))
        changed = answer.values.get(item.subject, "").strip()
        if not (said or paper or changed):
            fields[f"answer-{item.subject}"] = _("请补正这一项，或说明情况。")
        item.answer = said or _("已按要求补正。")
    if fields:
        raise RuleBroken(_("还有未补正的事项，请逐项补正。"), code="answers_missing", fields=fields)
    CorrectionItem.objects.bulk_update(items, ["answer"])
    return _values({item.subject: answer.values.get(item.subject, "") for item in items})


def _values(stated: Mapping[str, str]) -> dict[str, str]:
    cleaned = {}
    for name, typed in stated.items():
        if name in CORRECTABLE and typed.strip():
            text = clean_line(typed, _("内容"), _LONGEST[name], field=name)
            cleaned[name] = _phone(text) if name == "phone" else text
    return cleaned


def _phone(typed: str) -> str:
    try:
        return read_phone(typed)
    except RuleBroken as fault:
        raise RuleBroken(fault.message, code=fault.reason, fields={"phone": fault.message}) from fault
