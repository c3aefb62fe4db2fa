"""Returns (退回更正): afterwards, by the county of the unit, with a reason; nothing waits for them."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from filing.choices import ReturnReason
from filing.models import FilingReturn, SealFiling
from filing.permissions import check_can_file, check_can_return
from licensing.people import county_people
from licensing.transitions import people_of
from sealreg.audit.services import record
from sealreg.database.actor import Actor
from sealreg.database.door import transaction
from sealreg.errors import Conflict, IllegalMove, RuleBroken
from sealreg.notices.services import tell


def return_filing(filing: SealFiling, *, reason: str, remark: str, by: Actor, at: dt.datetime) -> FilingReturn:
    """Ask the shop to put a filed record right (退回更正): a record of its own that changes no status.

    Raises IllegalMove before FILED (between submission and filing the police have no verb), Conflict while another
    return is open, RuleBroken without a reason or a remark.
    """
    check_can_return(by, filing)
    if reason not in ReturnReason.values:
        raise RuleBroken(_("请选择退回原因。"), code="reason_missing", fields={"reason": _("请选择退回原因。")})
    if not remark.strip():
        raise RuleBroken(
            _("请写明需要更正的内容。"), code="remark_missing", fields={"remark": _("请写明需要更正的内容。")}
        )
    try:
        with transaction(by):
            locked = SealFiling.objects.select_for_update().get(pk=filing.pk)
            if locked.status != "FILED":
                raise IllegalMove(_("备案完成后才可退回更正；制作期间公安机关不介入。"))
            made = FilingReturn.objects.create(
                filing=locked, reason=reason, remark=remark.strip(), returned_by=by.actor_id, returned_at=at
            )
            record(
                "filing.returned", by=by, at=at, subject=("filing", locked.number), authority_no=locked.authority_no,
                facts={"return": made.number, "reason": reason},
            )  # fmt: skip
            _tell_shop("filing.returned_shop", locked, at)
    except IntegrityError as error:
        raise Conflict(_("该备案已有一项未结束的退回，请先处理。")) from error
    return made


def answer_return(made: FilingReturn, *, answer: str, by: Actor, at: dt.datetime) -> FilingReturn:
    """The shop says what it put right (答复退回)."""
    check_can_file(by, made.filing.shop)
    if not answer.strip():
        raise RuleBroken(_("请写明更正情况。"), code="answer_missing", fields={"answer": _("请写明更正情况。")})
    with transaction(by):
        locked = FilingReturn.objects.select_for_update().get(pk=made.pk)
        if locked.closed_at is not None:
            raise Conflict(_("该退回已结束。"))
        locked.answer, locked.answered_at = answer.strip(), at
        locked.save(update_fields=["answer", "answered_at"])
        filing = locked.filing
        record("filing.return_answered", by=by, at=at, subject=("filing", filing.number))
        tell(
            "filing.return_answered_county",
            to=county_people(filing.authority_no),
            at=at,
            params={"number": filing.number, "shop": str(filing.shop)},
            link=f"/police/filings/{filing.number}/",
        )
    return locked


def close_return(made: FilingReturn, *, by: Actor, at: dt.datetime) -> FilingReturn:
    """The county is satisfied (结束退回)."""
    check_can_return(by, made.filing)
    with transaction(by):
        locked = FilingReturn.objects.select_for_update().get(pk=made.pk)
        if locked.closed_at is not None:
            raise Conflict(_("该退回已结束。"))
        locked.closed_at = at
        locked.save(update_fields=["closed_at"])
        record("filing.return_closed", by=by, at=at, subject=("filing", locked.filing.number))
        _tell_shop("filing.return_closed_shop", locked.filing, at)
    return locked


def _tell_shop(template: str, filing: SealFiling, at: dt.datetime) -> None:
    number = filing.number
    tell(template, to=people_of(filing.shop), at=at, params={"number": number}, link=f"/shop/filings/{number}/")
