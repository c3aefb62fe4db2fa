"""How the chip of a seal out of use ends (印章停用后的芯片): what is to be done with it, and by whom."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from chips.card_words import end_word
from chips.selectors import destruction_of
from chips.terminating import latest_end, state_of
from filing.models import Seal
from sealreg.web.components import Fact

ENDED = ("LOST", "SURRENDERED", "INVALIDATED")
DESTROYABLE = ("SUSPENDED", "LOST")
_OPEN = ("open", "silent")


@dataclass(frozen=True, slots=True)
class ChipEnd:
    """What the filing's page says of it (芯片去向). url: page of the act it waits for, empty when none."""

    facts: tuple[Fact, ...] = ()
    url: str = ""
    act: str = ""


def chip_end(seal: Seal) -> ChipEnd:
    """How it stands for a seal whose use has ended (芯片去向)."""
    chip = seal.chip
    if chip is None or seal.use_status not in ENDED or chip.status not in (*DESTROYABLE, "DESTROYED"):
        return ChipEnd()
    word, reported = _("芯片销毁"), destruction_of(chip)
    there = reverse("shop_chip_ending", args=[reported.number]) if reported else ""
    if chip.status == "DESTROYED":
        writing = latest_end(chip)
        if writing is None:
            return ChipEnd((Fact(word, _("已销毁")),))
        state = state_of(writing)
        return ChipEnd(
            (Fact(word, end_word(writing, state)),), there if state in _OPEN else "", _("再次读卡") if there else ""
        )
    if reported is not None and reported.confirmed_at is None:
        return ChipEnd((Fact(word, _("已登记，等待另一人复核")),), there, _("复核销毁"))
    said = _("印章收回后登记销毁")
    if chip.status == "LOST":
        said = _("芯片已锁定；印章找回后登记销毁")
    return ChipEnd((Fact(word, said),), reverse("shop_destroy", args=[seal.code]), _("登记销毁"))
