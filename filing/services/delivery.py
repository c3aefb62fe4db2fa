"""Handing the seal over (交付), and what the unit says of it: 非本人办理 and its rating."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from filing.models import Disavowal, Rating, Seal, SealFiling
from filing.permissions import check_can_make, check_can_return
from filing.requests import Handler
from filing.services.ending import surrender_replaced
from filing.transitions import contacts_of
from licensing.people import county_people
from licensing.transitions import people_of
from sealreg.attachments.models import Attachment
from sealreg.attachments.services import attach
from sealreg.audit.services import record
from sealreg.database.actor import Actor
from sealreg.database.door import transaction
from sealreg.errors import Conflict, IllegalMove, RuleBroken
from sealreg.notices.services import tell
from sealreg.outbox.services import owe
from sealreg.units.models import Unit
from sealreg.workflow.advance import advance


def deliver_seal(seal: Seal, taker: Handler, imprint_card: Attachment, *, by: Actor, at: dt.datetime) -> Seal:
    """Hand a filed seal to its unit; from now on it is in use (交付).

    A seal that replaces a damaged one takes the old one's place in the same transaction: the old is surrendered.
    Raises RuleBroken disavowed while the unit's own objection stands, IllegalMove before filing.
    """
    check_can_make(by, seal)
    with transaction(by):
        Unit.objects.select_for_update().get(pk=seal.unit_id)
        # A statement that is being made this moment is waited for: it locks the filing too.
        SealFiling.objects.select_for_update().get(pk=seal.filing_id)
        if Disavowal.objects.filter(filing=seal.filing_id, lifted_at__isnull=True).exists():
            raise RuleBroken(
                _("该单位已声明非本人办理，印章暂停交付。备案地县级公安机关向单位核实并解除声明后，方可交付。"),
                code="disavowed",
            )
        surrender_replaced(seal, by=by, at=at)
        attach(imprint_card, subject=("seal", seal.code), by=by, at=at)
        delivered = advance(
            seal,
            "deliver_seal",
            by=by,
            at=at,
            delivered_at=at,
            taker_name=taker.name,
            taker_document=taker.document,
            taker_id=taker.document_number,
            imprint_card=imprint_card,
        )
        delivered = advance(delivered, "start_use", by=by, at=at)
        owe(
            "filing.seal_delivered",
            record=("seal", seal.code),
            version=delivered.version,
            at=at,
            payload={"code": seal.code, "filing": seal.filing.number},
        )
    return delivered


def disavow_filing(filing: SealFiling, *, by: Actor, at: dt.datetime, remark: str) -> Disavowal:
    """The unit says it did not ask for this (非本人办理): delivery stops by the unit's own act; the county is told.

    Raises IllegalMove once everything is delivered, Conflict when an objection stands already.
    """
    with transaction(by):
        locked = SealFiling.objects.select_for_update().get(pk=filing.pk)
        if locked.status not in ("SUBMITTED", "FILED") or not locked.seals.exclude(status="DELIVERED").exists():
            raise IllegalMove(_("印章已全部交付，请改为办理挂失或向公安机关反映。"))
        if Disavowal.objects.filter(filing=locked, lifted_at__isnull=True).exists():
            raise Conflict(_("已收到贵单位的声明，无需重复提交。"))
        made = Disavowal.objects.create(filing=locked, stated_by=by.actor_id, stated_at=at, remark=remark)
        record("filing.disavowed", by=by, at=at, subject=("filing", locked.number), authority_no=locked.authority_no)
        number = locked.number
        tell(
            "filing.disavowed_county",
            to=county_people(locked.authority_no),
            at=at,
            params={"number": number, "shop": str(locked.shop)},
            link=f"/police/filings/{number}/",
        )
        tell(
            "filing.disavowed_shop",
            to=people_of(locked.shop),
            at=at,
            params={"number": number},
            link=f"/shop/filings/{number}/",
        )
    return made


def lift_disavowal(filing: SealFiling, *, remark: str, by: Actor, at: dt.datetime) -> Disavowal:
    """The county asked the unit and it does want the seals (解除非本人办理): delivery goes on; unit and shop are told.

    Not for whoever knows the number and the code, for that is also who may have filed without the unit. Raises what
    check_can_return raises, IllegalMove where no statement stands, RuleBroken without a remark.
    """
    check_can_return(by, filing)
    if not remark.strip():
        message = _("请写明核实情况。")
        raise RuleBroken(message, code="remark_missing", fields={"remark": message})
    with transaction(by):
        locked = SealFiling.objects.select_for_update().get(pk=filing.pk)
        standing = Disavowal.objects.select_for_update().filter(filing=locked, lifted_at__isnull=True).first()
        if standing is None:
            raise IllegalMove(_("该备案没有尚未解除的声明。"))
        Disavowal.objects.filter(pk=standing.pk).update(lifted_at=at)
        record(
            "filing.disavowal_lifted", by=by, at=at, subject=("filing", locked.number),
            authority_no=locked.authority_no, facts={"remark": remark.strip()},
        )  # fmt: skip
        params = {"number": locked.number}
        if locked.unit is not None:
            tell("filing.disavowal_lifted", to=contacts_of(locked.unit), at=at, params=params)
        link = f"/shop/filings/{locked.number}/"
        tell("filing.disavowal_lifted_shop", to=people_of(locked.shop), at=at, params=params, link=link)
    standing.refresh_from_db()
    return standing


def rate_filing(filing: SealFiling, *, grade: int, remark: str, by: Actor, at: dt.datetime) -> Rating:
    """The unit's rating after collection, once (评价): 5 very satisfied … 1 very dissatisfied."""
    if not 1 <= grade <= 5:
        raise RuleBroken(_("请选择一至五级评价。"), code="grade_unknown", fields={"grade": _("请选择一至五级评价。")})
    with transaction(by):
        locked = SealFiling.objects.select_for_update().get(pk=filing.pk)
        if not locked.seals.filter(status="DELIVERED").exists():
            raise IllegalMove(_("领取印章后才能评价。"))
        if Rating.objects.filter(filing=locked).exists():
            raise Conflict(_("本次办理已评价过，感谢您的反馈。"))
        return Rating.objects.create(filing=locked, grade=grade, remark=remark, rated_at=at)
