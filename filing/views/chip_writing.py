"""How the writing of a seal's chip stands (写卡情况): what happened, since when, what happens next, who acts."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from chips.card_words import trouble_word
from chips.models import CardAct, CardWriting, DiscardReason
from chips.subscriptions import SUBSCRIBER
from chips.writing import ANOTHER_CARD, TAIL, discard_reasons, tries_left
from filing.models import Seal
from sealreg.clock import now
from sealreg.outbox.selectors import next_try
from sealreg.web.components import Fact
from sealreg.web.templatetags.ui import moment

FEW_LEFT = 2


@dataclass(frozen=True, slots=True)
class WritingState:
    """What the filing's page says of a chip not yet filed (写卡说明).

    refused: only another chip helps. again: the card may be put in the reader once more. silent: it never answered.
    """

    facts: tuple[Fact, ...] = ()
    warning: str = ""
    refused: bool = False
    again: bool = False
    silent: bool = False


def binding_of(seal: Seal) -> CardWriting | None:
    """The order to write the filing's digest (备案摘要写卡), None where no reader is connected."""
    if seal.chip is None:
        return None
    return next((one for one in seal.chip.writings.all() if one.act == CardAct.BIND), None)


def writing_state(seal: Seal) -> WritingState:
    """How it stands for a seal that holds a chip and is not filed (写卡情况)."""
    writing, chip = binding_of(seal), seal.chip
    if chip is None or seal.status != "CHIPPED":
        return WritingState()
    word = _("芯片核验")
    if writing is not None and writing.refused_at is not None:
        why = trouble_word(writing.why)
        warning = _("芯片写入被拒绝：%(why)s，请更换芯片。更换后继续备案，编码和印模不变。") % {"why": why}
        said = _("%(when)s 被拒绝") % {"when": moment(writing.refused_at)}
        return WritingState((Fact(word, said),), warning, refused=True)
    if chip.status != "BOUND":
        return WritingState((Fact(word, _("已通过")),)) if writing is not None else WritingState()
    if writing is None or writing.tried_at is None or not writing.why:
        return WritingState((Fact(word, _("等待写卡核验，请把印章放在读卡器上")),))
    facts = [
        Fact(word, _("自%(since)s起等待写卡") % {"since": moment(writing.ordered_at)}),
        Fact(
            _("最近一次写卡"),
            _("%(when)s，第%(n)d次：%(why)s")
            % {"when": moment(writing.tried_at), "n": writing.tries, "why": trouble_word(writing.why)},
        ),
    ]
    if writing.why == ANOTHER_CARD:
        return WritingState((facts[0], *_another_card(writing)), again=True)
    silent = DiscardReason.NO_ANSWER in discard_reasons(writing)
    said = _("请把印章平放在读卡器上，系统会自动重试，不必重新办理。")
    if silent:
        said = _("芯片已多次无应答。请再把印章放在读卡器上，系统会自动重试；仍不成功的，请更换芯片。")
    due = next_try(SUBSCRIBER, ("chip", chip.uid))
    if due is not None:
        facts.append(Fact(_("下次自动写卡"), moment(due)))
    return WritingState((*facts, Fact(_("接下来"), said)), again=True, silent=silent)


def _another_card(writing: CardWriting) -> tuple[Fact, ...]:
    """Which chip was expected and which was read, by their last digits, and what happens next."""
    read = _("%(when)s，第%(n)d次：读到尾号%(read)s，本印章的芯片是尾号%(right)s") % {
        "when": moment(writing.tried_at), "n": writing.others, "read": writing.other_uid[-TAIL:],
        "right": writing.chip.uid[-TAIL:],
    }  # fmt: skip
    said = _("芯片没有写入，也没有损坏。请取下读卡器上的芯片，换上本印章的，再点“重新写卡”。")
    left = tries_left(writing, at=now())
    if left is not None and left <= FEW_LEFT:
        said = _("芯片没有写入。请核对编号后换上本印章的芯片；再读到别的芯片%(n)d次，本芯片须更换。") % {"n": left}
    return Fact(_("读卡器上是另一枚芯片"), read), Fact(_("接下来"), said)
