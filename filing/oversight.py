"""What the police look at (辖区备案查阅): filings of the jurisdiction afterwards, narrowed, searched, counted."""

from __future__ import annotations

import datetime as dt

from django.contrib.postgres.fields import ArrayField
from django.db.models import Count, Exists, F, Func, OuterRef, Q, QuerySet, Subquery, TextField
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from filing.models import Disavowal, FilingReturn, Seal, SealFiling
from filing.selectors import CODE_DIGITS, filings_of
from filing.stock_outs import is_paused
from sealreg.database.actor import Actor
from sealreg.database.numbers import read_public_number
from sealreg.units.identifiers import normalise
from sealreg.units.models import Unit
from sealreg.units.names import name_key
from sealreg.units.selectors import telling_pairs

VIEWS = (
    ("making", _("制作中")),
    ("overdue", _("已超时未办结")),
    ("returned", _("退回更正中")),
    ("answered", _("已答复，待核对")),
    ("disavowed", _("单位声明非本人办理")),
    ("filed", _("已备案")),
    ("closed", _("已撤回或作废")),
)
_NOT_LISTED = ("draft_form", "handler_id", "handler_id_index", "handler_phone")


def overseen(
    by: Actor, *, at: dt.datetime, view: str = "", authority_no: int | None = None, term: str = ""
) -> QuerySet[SealFiling]:
    """Filings within the actor's reach, newest first (辖区备案列表), fit for keyset paging.

    view: a key of VIEWS, empty for all. authority_no: of the unit's county. term: a filing number, seal code or credit
    code is looked up exactly, else part of the unit's name. Evaluate inside `sealreg.database.plans.custom_plans`.
    """
    seals = Seal.objects.filter(filing=OuterRef("pk")).order_by().values("filing").annotate(n=Count("pk")).values("n")
    found = filings_of(by).defer(*_NOT_LISTED).annotate(seal_count=Coalesce(Subquery(seals), 0))
    if authority_no is not None:
        found = found.filter(authority_no=authority_no)
    return found.filter(_in_view(view, at), _asked_for(term)).order_by("-id")


def in_view(by: Actor, view: str, *, at: dt.datetime) -> QuerySet[SealFiling]:
    """The actor's filings of one view (某类备案), bare, for counting."""
    return SealFiling.objects.visible_to(by).filter(_in_view(view, at))


def _in_view(view: str, at: dt.datetime) -> Q:
    open_returns = FilingReturn.objects.filter(filing=OuterRef("pk"), closed_at__isnull=True)
    match view:
        case "making":
            return Q(status="SUBMITTED")
        case "overdue":
            return Q(status="SUBMITTED", due_at__lt=at) & ~is_paused()
        case "returned":
            return Q(Exists(open_returns))
        case "answered":
            return Q(Exists(open_returns.filter(answered_at__isnull=False)))
        case "disavowed":
            return Q(Exists(Disavowal.objects.filter(filing=OuterRef("pk"), lifted_at__isnull=True)))
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
    return Q(number=number) if number else Q(unit__in=_named(key).values("pk"))


def _named(key: str) -> QuerySet[Unit]:
    """Units whose name holds the key (名称包含), wherever they are: a shop here may work for a unit elsewhere."""
    units = Unit.objects.filter(name_key__contains=key)
    pairs = telling_pairs(key) if len(key) > 1 else []
    if pairs:
        found = Func(F("name_key"), function="unit_name_bigrams", output_field=ArrayField(TextField()))
        units = units.alias(name_pairs=found).filter(Q(("name_pairs__contains", pairs)))
    return units
