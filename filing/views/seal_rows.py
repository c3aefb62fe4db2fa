"""One seal on its filing's page (印章行): how it stands and the one act its state allows now."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from chips.views.words import photo_facts
from filing.models import Seal
from filing.specs import size_words
from filing.states import SEAL_MAKING, SEAL_USE
from filing.views.chip_ending import chip_end
from filing.views.chip_writing import writing_state
from filing.views.public import tone_of
from sealreg.web.components import Fact, Status
from sealreg.web.templatetags.ui import moment

_PAGES = {"record_engraving": "shop_imprint", "bind_chip": "shop_chip", "deliver_seal": "shop_delivery"}


@dataclass(frozen=True, slots=True)
class SealRow:
    """One seal on its filing's page (印章行).

    url: page of the one act its state allows now, empty when none.

    warning: what went wrong with its chip. again: its card may be written to once more. replace: "plain", "offered" or
    "" for a quiet way, a button or no way to another chip; where nothing else helps that is the one act.
    """

    seal: Seal
    status: Status
    facts: list[Fact]
    url: str
    act: str
    warning: str = ""
    again: bool = False
    replace: str = ""


def row_of(seal: Seal) -> SealRow:
    """The seal as its filing's page shows it (印章行)."""
    state, tone = SEAL_MAKING.status(seal.status), tone_of(seal.status)
    move = next((move for move in SEAL_MAKING.moves if move.verb in _PAGES and seal.status in move.frm), None)
    facts = [
        Fact(_("印章编码"), seal.code, code=True),
        Fact(_("类型和规格"), f"{seal.get_seal_type_display()} {size_words(seal.width_mm, seal.height_mm)}"),
        Fact(_("刻制日期"), seal.engraved_on.isoformat() if seal.engraved_on else _("尚未刻制")),
        Fact(_("芯片编号"), seal.chip.uid if seal.chip else _("尚未装入"), code=seal.chip is not None),
        *photo_facts(seal.chip),
    ]
    writing = writing_state(seal)
    facts += writing.facts
    if line := getattr(seal.chip, "receipt_line", None):
        facts.append(Fact(_("芯片金额"), line.yuan))
    if seal.delivered_at:
        facts.append(Fact(_("领取情况"), f"{seal.taker_name} {moment(seal.delivered_at)}"))
    if seal.status == "DELIVERED":
        loss = SEAL_USE.move(seal.use_status, "report_loss")
        if seal.use_status != "IN_USE":
            state, tone = SEAL_USE.status(seal.use_status), "stopped"
        if seal.use_ended_at:
            facts.append(Fact(_("停止使用时间"), moment(seal.use_ended_at)))
        end = chip_end(seal)
        facts += end.facts
        url, act = (reverse("shop_loss", args=[seal.code]), str(loss.label)) if loss else (end.url, end.act)
    else:
        url, act = (reverse(_PAGES[move.verb], args=[seal.code]), str(move.label)) if move else ("", "")
    replace = ""
    if writing.refused:
        url, act = reverse("shop_replace", args=[seal.code]), _("更换芯片")
    elif seal.status == "CHIPPED" and seal.chip:
        replace = "offered" if writing.silent else "plain"
    return SealRow(seal, Status(state.label, tone), facts, url, act, writing.warning, writing.again, replace)
