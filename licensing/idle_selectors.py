"""Finding idleness cases (闲置收回案查询), narrowed to who may see them, nearest to the limit first."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q

from licensing.idle_states import OPEN
from licensing.models import EngravingShop, IdleCase
from licensing.models.idle import IdleCaseQuerySet
from licensing.work_selectors import in_place
from sealreg.database.actor import Actor
from sealreg.database.numbers import read_public_number
from sealreg.errors import NotFound

STAGES: dict[str, tuple[str, ...]] = {
    "warned": ("WARNED", "WARNED_AGAIN"),
    "idle": ("IDLE",),
    "hearing": ("HEARING_OFFERED", "HEARING_ASKED"),
    "heard": ("HEARD", "HEARING_WAIVED"),
    "proposed": ("PROPOSED",),
    "recalled": ("DECIDED_RECALL",),
    "closed": ("CLOSED",),
}


def in_stage(stage: str, at: dt.datetime) -> Q:
    """Condition of one stage (办理阶段条件): a key of STAGES, late, notice, or empty for all that is still to do."""
    if stage in STAGES:
        return Q(status__in=STAGES[stage])
    awaited = Q(status="DECIDED_RECALL", registry_notice__received_at__isnull=True)
    if stage == "notice":
        return awaited
    if stage == "late":
        return Q(status__in=OPEN, recall_due_at__lt=at)
    return Q(status__in=OPEN) | awaited | Q(status="DECIDED_RECALL", recovered_at__isnull=True)


def cases_of(
    by: Actor, *, at: dt.datetime, stage: str = "", term: str = "", place: int | None = None
) -> IdleCaseQuerySet:
    """Cases within the actor's reach, longest idle first (闲置收回案列表), fit for keyset paging.

    place: a county-level authority, or a whole city by its code. term: a case number or shop code exactly, else part
    of the shop's name.
    """
    found = IdleCase.objects.visible_to(by).select_related("shop__organisation", "registry_notice")
    text = term.strip()
    if text:
        number = read_public_number(text)
        asked = Q(shop__organisation__name__icontains=text) | Q(shop__organisation__name_en__icontains=text)
        found = found.filter(asked | Q(shop__code=text) | (Q(number=number) if number else Q()))
    return found.filter(in_stage(stage, at), in_place(place)).order_by("last_on", "id")


def count_of(by: Actor, stage: str, *, at: dt.datetime) -> int:
    """How many cases of a stage the actor has (闲置收回案计数)."""
    return IdleCase.objects.visible_to(by).filter(in_stage(stage, at)).count()


def visible_case(number: str, *, by: Actor) -> IdleCase:
    """The case with this number (按编号取闲置收回案). Raises NotFound: none, or not one `by` may know of."""
    known = read_public_number(number)
    rows = IdleCase.objects.visible_to(by).select_related("shop__organisation", "licence", "registry_notice")
    found = rows.filter(number=known).first() if known else None
    if found is None:
        raise NotFound
    return found


def latest_case(shop: EngravingShop) -> IdleCase | None:
    """The shop's latest case (最近一案), None where there never was one."""
    rows = IdleCase.objects.filter(shop=shop).select_related("shop__organisation", "licence", "registry_notice")
    return rows.order_by("-id").first()
