"""The shop's work list (刻章企业待办): its filings by deadline, narrowed, searched, counted."""

from __future__ import annotations

import datetime as dt

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from filing.models import PRESSING, FilingReturn, Seal, SealFiling
from filing.selectors import CODE_DIGITS, filings_of
from filing.stock_outs import is_paused
from sealreg.database.actor import Actor
from sealreg.database.numbers import read_public_number
from sealreg.units.identifiers import normalise
from sealreg.units.names import name_key

SOON = dt.timedelta(hours=2)
STAGES = (
    ("draft", _("草稿")),
    ("making", _("制作中")),
    ("due", _("即将到期或已超时")),
    ("ready", _("待领取")),
    ("returned", _("退回待更正")),
    ("filed", _("已备案")),
    ("closed", _("已撤回或作废")),
)
_NOT_LISTED = ("draft_form", "handler_id", "handler_phone")


def work_of(by: Actor, *, at: dt.datetime, stage: str = "", term: str = "") -> QuerySet[SealFiling]:
    """The actor's filings in the order they press (待办列表), fit for keyset paging.

    stage: a key of STAGES, empty for all. term: a filing number, seal code or credit code is looked up exactly, else
    part of the unit's name.
    """
    seals = Seal.objects.filter(filing=OuterRef("pk")).order_by().values("filing").annotate(n=Count("pk")).values("n")
    found = filings_of(by).defer(*_NOT_LISTED).annotate(deadline=PRESSING, seal_count=Coalesce(Subquery(seals), 0))
    return found.filter(_in_stage(stage, at), _asked_for(term)).order_by("deadline", "-id")


def work_counts(by: Actor, *, at: dt.datetime) -> dict[str, int]:
    """How many filings are in each stage that waits for the shop (待办计数): stage -> number."""
    mine = SealFiling.objects.visible_to(by)
    stages = ("draft", "making", "due", "ready", "returned")
    return {stage: mine.filter(_in_stage(stage, at)).count() for stage in stages}


def _in_stage(stage: str, at: dt.datetime) -> Q:
    match stage:
        case "draft":
            return Q(status="DRAFT")
        case "making":
            return Q(status="SUBMITTED")
        case "due":
            return Q(status="SUBMITTED", due_at__lte=at + SOON) & ~is_paused()
        case "ready":
            return Q(Exists(Seal.objects.filter(filing=OuterRef("pk"), status="FILED")), status="FILED")
        case "returned":
            waiting = FilingReturn.objects.filter(
                filing=OuterRef("pk"), answered_at__isnull=True, closed_at__isnull=True
            )
            return Q(Exists(waiting))
        case "filed":
            return Q(status="FILED")
        case "closed":
            return Q(status__in=("WITHDRAWN", "INVALIDATED"))
    return Q()


def _asked_for(term: str) -> Q:
    key = name_key(term)
    if not key:
        return Q()
    code = normalise(term)
    if len(code) == CODE_DIGITS and code.isascii() and code.isdigit():
        return Q(Exists(Seal.objects.filter(filing=OuterRef("pk"), code=code)))
    if len(code) == 18 and code.isascii():
        return Q(unit__credit_code=code)
    number = read_public_number(term)
    return Q(number=number) if number else Q(unit__name_key__contains=key)
