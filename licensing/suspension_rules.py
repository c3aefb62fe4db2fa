"""When a shop may ask to be suspended or reinstated (停业复业申请规则): one function per clause."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from licensing.choices import SuspensionKind
from sealreg.errors import RuleBroken, Text
from sealreg.legal.rules import Rule, rule

NOTICE = dt.date(2018, 5, 17)
AHEAD = 90  # days a day may lie ahead: our number, long enough to plan, short enough to still be what is wanted


@rule(
    "suspension_day_wrong",
    _("停业、复业自申请当日或以后的日期起算，最多提前90天申请；申请以前的日子不能补记为停业。"),
    clause="三(五)",
    basis=("gd-2018-146", "house"),
    applies_from=NOTICE,
    assumption=True,
)
def the_day_lies_ahead(kind: str, from_on: dt.date, until_on: dt.date | None, day: dt.date) -> None:
    """Days already gone are not recorded afterwards: who has been idle for months could wipe them out by a form."""
    message: Text = ""
    if from_on < day:
        message = _("起始日期不能早于今天；申请以前的日子不能补记。")
    elif from_on > day + dt.timedelta(days=AHEAD):
        message = _("起始日期最多在%(days)s天以内。") % {"days": AHEAD}
    if message:
        raise RuleBroken(message, code="suspension_day_wrong", fields={"from_on": message})


@rule(
    "suspension_end_wrong",
    _("停业申请可以写明预计复业日期；到期不自动恢复，复业时再提出申请。"),
    clause="三(五)",
    basis=("gd-2018-146", "house"),
    applies_from=NOTICE,
    assumption=True,
)
def it_ends_after_it_begins(kind: str, from_on: dt.date, until_on: dt.date | None, day: dt.date) -> None:
    """The day the shop means to resume is for people to know; nothing happens by itself on it."""
    if kind == SuspensionKind.SUSPEND and until_on is not None and until_on <= from_on:
        message = _("预计复业日期应晚于停业起始日期。")
        raise RuleBroken(message, code="suspension_end_wrong", fields={"until_on": message})


SUSPENSION_RULES: tuple[Rule[...], ...] = (the_day_lies_ahead, it_ends_after_it_begins)
