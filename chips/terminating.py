"""Ending cards (终止卡片): the chip of a destroyed seal has its keys erased, or stands on the block list.

The register and the card are two things. Two persons' word destroys the chip in the register, for good; the same
transaction orders the end of its card. What the card says can fail to fit, and nothing is put right by itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from chips.locks import WRITING, hold
from chips.models import CardAct, CardWriting, Chip, ChipEnding
from chips.readers import site
from chips.writing import ANOTHER_CARD, SILENT, close_writings, open_writings, order_writing, try_soon
from sealreg.audit.services import record
from sealreg.database.actor import Actor
from sealreg.database.canonical import JSON
from sealreg.errors import Conflict, IllegalMove

UNREADABLE, NO_READER, DESTROYED = "unreadable", "no_reader", "destroyed"
BLOCKED = (UNREADABLE, NO_READER, ANOTHER_CARD)  # ended without the card, which may still come


def order_ends(ending: ChipEnding, chips: Sequence[int], *, at: dt.datetime) -> None:
    """Order the end of every card of a confirmed destruction (登记终止), in the caller's transaction.

    What else was to be written to these cards is closed. Without a reader a card goes on the block list at once.
    Raises Conflict card_busy while one of them is being written to.
    """
    found = list(Chip.objects.filter(pk__in=chips).order_by("pk"))
    waiting = CardWriting.objects.filter(chip__in=chips, done_at__isnull=True, refused_at__isnull=True)
    busy = set(waiting.values_list("chip", flat=True))
    for chip in found:
        if chip.pk in busy:
            _have(chip)
            close_writings(chip, at=at, why=DESTROYED)
    if site.is_connected():
        for chip in found:
            order_writing(chip, CardAct.END, at=at, ending=ending)
        return
    rows = [
        CardWriting(chip=chip, act=CardAct.END, ending=ending, ordered_at=at, refused_at=at, why=NO_READER)
        for chip in found
    ]
    CardWriting.objects.bulk_create(rows)


def _have(chip: Chip) -> None:
    if not hold(WRITING, chip.pk):
        raise Conflict(_("读卡器正在写这枚芯片，请等一分钟再办理。"), code="card_busy")


def latest_end(chip: Chip) -> CardWriting | None:
    """How the end of a chip's card stands (终止情况), None for a chip that is not destroyed."""
    found = CardWriting.objects.filter(chip=chip, act=CardAct.END)
    return found.select_related("chip__shop", "ending").order_by("-pk").first()


def present_again(writing: CardWriting, *, by: Actor, at: dt.datetime) -> None:
    """A card to be ended lies in the reader once more (再次读卡), in the caller's transaction; tried when it commits.

    Also long after it was called unreadable: a new order then, from the same destruction. Raises IllegalMove for a
    card that has ended or does not fit the register, which people look into first.
    """
    state = state_of(writing)
    if state not in ("open", "silent", "blocked"):
        raise IllegalMove
    if state != "blocked":
        try_soon(writing.chip_id, at=at, by=by)
        return
    record("chips.card_presented", by=by, at=at, subject=("chip", writing.chip.uid), facts={"why": writing.why})
    order_writing(writing.chip, CardAct.END, at=at, ending=writing.ending, by=by)


def call_unreadable(writing: CardWriting, *, by: Actor, at: dt.datetime) -> None:
    """Nobody can read the card any more (登记读不出), in the caller's transaction: it goes on the block list.

    Raises IllegalMove unless the card was tried and stayed silent, Conflict card_busy.
    """
    _have(writing.chip)
    fresh = next((one for one in open_writings(writing.chip_id) if one.pk == writing.pk), None)
    if fresh is None or state_of(fresh) != "silent":
        raise IllegalMove(_("请先把芯片放在读卡器上试读；读不出时才能登记。"))
    close_writings(writing.chip, at=at, why=UNREADABLE)
    facts: dict[str, JSON] = {"tries": fresh.tries, "why": fresh.why}
    record("chips.card_unreadable", by=by, at=at, subject=("chip", writing.chip.uid), facts=facts)


def state_of(writing: CardWriting) -> str:
    """ended; open, or silent once the card gave no answer; blocked, unread; else mismatch (终止情况代码)."""
    if writing.done_at is not None:
        return "ended"
    if writing.refused_at is None:
        return "silent" if writing.why in SILENT else "open"
    return "blocked" if writing.why in BLOCKED else "mismatch"


def block_list() -> QuerySet[CardWriting]:
    """Destroyed chips whose card was never seen to end (停用名单), newest first; the latest order of each.

    None of them ever passes a check, since the register decides; should one answer, police and operator are told.
    """
    ends = CardWriting.objects.filter(act=CardAct.END)
    newest = ends.filter(chip=OuterRef("chip")).order_by("-pk").values("pk")[:1]
    found = ends.filter(Q(pk=Subquery(newest)), done_at__isnull=True)
    return found.select_related("chip__shop__organisation", "ending").order_by("-pk")
