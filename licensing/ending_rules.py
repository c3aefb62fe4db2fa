"""Whether a licence may end (许可证终止规则): taken back for idleness, cancelled. One function per clause."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from licensing.choices import CancelGround
from sealreg.errors import RuleBroken
from sealreg.legal.rules import Rule, rule

NOTICE = dt.date(2018, 5, 17)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a shop stands on the day its licence is to be taken back (收回时的情况).

    recall_applies: the law of the place and day knows it. licensed: it holds a licence in force. idle: more than six
    calendar months without business, days of a recorded suspension left out.
    """

    recall_applies: bool
    licensed: bool
    idle: bool


@rule(
    "recall_over",
    _("实行开业备案的地方，不再收回许可证。"),
    clause="第三条",
    basis=("engraving-rules", "house"),
    applies_from=NOTICE,
    assumption=True,
)
def recall_is_known_here(now: Standing) -> None:
    """Where shops file, a licence is no longer needed, so there is nothing to take back: our reading."""
    if not now.recall_applies:
        raise RuleBroken(_("该地现已实行开业备案，不再收回许可证；核实情况后请结案。"), code="recall_over")


@rule(
    "no_licence_to_recall",
    _("只有有效的许可证可以收回；暂停期间不收回。"),
    clause="三(五)",
    basis=("gd-2018-146", "house"),
    applies_from=NOTICE,
    assumption=True,
)
def there_is_a_licence(now: Standing) -> None:
    """What is suspended or over is not taken back."""
    if not now.licensed:
        raise RuleBroken(_("该企业没有可以收回的有效许可证；核实情况后请结案。"), code="no_licence_to_recall")


@rule(
    "not_idle",
    _("超过6个月不经营刻章业务的，收回许可证。按日历月计算，恰好6个月不算超过；已登记的停业期间不计入。"),
    clause="三(五)",
    basis="gd-2018-146",
    applies_from=NOTICE,
)
def six_months_are_exceeded(now: Standing) -> None:
    """Exactly six months is not idle, six months and a day is."""
    if not now.idle:
        raise RuleBroken(_("按最新记录，该企业没有超过6个月不经营，不能收回许可证。"), code="not_idle")


@rule(
    "registry_has_not_revoked",
    _("吊销营业执照只由登记机关决定；以此注销许可证的，登记机关应已吊销。"),
    clause="第七十条",
    basis="licensing-law",
    applies_from=NOTICE,
)
def the_registry_has_revoked(ground: str, registry_state: str) -> None:
    """Ground BUSINESS_LICENCE_REVOKED needs the registry's own word."""
    if ground == CancelGround.BUSINESS_LICENCE_REVOKED and registry_state != "REVOKED":
        message = _("登记机关未显示该企业被吊销营业执照；吊销只由登记机关决定，请核对后选择其他情形。")
        raise RuleBroken(message, code="registry_has_not_revoked", fields={"ground": message})


RECALL_RULES: tuple[Rule[...], ...] = (recall_is_known_here, there_is_a_licence, six_months_are_exceeded)
CANCEL_RULES: tuple[Rule[...], ...] = (the_registry_has_revoked,)
