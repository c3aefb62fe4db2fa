"""Whether an application or a filing may be handed in (开办规则): one function per clause. Who may stands apart."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from licensing.choices import Mode, Regime
from licensing.requests import ApplicationRequest, Circumstances, ShopFilingRequest
from sealreg.errors import RuleBroken
from sealreg.legal.rules import Rule, rule
from sealreg.regions.selectors import runs_own_node

NOTICE = dt.date(2018, 5, 17)
COMMITMENT_FROM = dt.date(2020, 7, 30)
FILE_WITHIN = 5  # days after the business licence; the clause does not say working days
Handed = ApplicationRequest | ShopFilingRequest


@rule(
    "regime_is_filing",
    _("实行开业备案的地方，新开办的刻章企业备案即可，不再申请许可证。"),
    clause="第三条",
    basis=("engraving-rules", "house"),
    applies_from=NOTICE,
    assumption=True,
)
def licence_is_the_way(request: Handed, now: Circumstances) -> None:
    """An application for a licence belongs to the regime of 2018."""
    if now.regime != Regime.LICENSING_2018:
        raise RuleBroken(
            _("您所在地现已实行开业备案，不再受理许可申请。请改为提交开业备案，已填写的内容可以沿用。"),
            code="regime_is_filing",
        )


@rule(
    "regime_is_licensing",
    _("未实行开业备案的地方，开办刻章企业应取得特种行业许可证。"),
    clause="三(一)1",
    basis="gd-2018-146",
    applies_from=NOTICE,
)
def filing_is_the_way(request: Handed, now: Circumstances) -> None:
    """A filing instead of a licence needs the later regime."""
    if now.regime != Regime.FILING_2025:
        raise RuleBroken(
            _("您所在地目前实行特种行业许可，开业备案尚未启用。请提交许可申请。"), code="regime_is_licensing"
        )


@rule(
    "commitment_not_yet",
    _("2020年7月30日起才可以选择告知承诺方式。"),
    clause="2020-07-30",
    basis=("gd-commitment", "sc-2018-35"),
    applies_from=NOTICE,
    applies_until=COMMITMENT_FROM,
)
def mode_is_ordinary(request: ApplicationRequest, now: Circumstances) -> None:
    """Notice and commitment began on 30 July 2020."""
    if request.mode == Mode.COMMITMENT:
        message = _("告知承诺方式自2020年7月30日起施行，请选择普通程序。")
        raise RuleBroken(message, code="commitment_not_yet", fields={"mode": message})


@rule(
    "commitment_missing",
    _("选择告知承诺的，应当作出书面承诺。"),
    clause="2020-07-30",
    basis=("gd-commitment", "sc-2018-35"),
    applies_from=COMMITMENT_FROM,
)
def commitment_is_made(request: ApplicationRequest, now: Circumstances) -> None:
    """Who chooses the commitment makes it."""
    if request.mode == Mode.COMMITMENT and not request.committed:
        message = _("请阅读告知内容并勾选承诺。")
        raise RuleBroken(message, code="commitment_missing", fields={"committed": message})


@rule(
    "already_open",
    _("已有有效许可或备案的企业不重复办理。"),
    clause="三(一)1",
    basis="gd-2018-146",
    applies_from=NOTICE,
)
def not_open_already(request: Handed, now: Circumstances) -> None:
    """A licence is valid without end; there is nothing to apply for again."""
    if now.alive:
        raise RuleBroken(
            _("贵企业已有有效的许可证或备案，长期有效，无需再次办理。登记内容有变化的，请办理变更。"),
            code="already_open",
        )


@rule(
    "credit_code_taken",
    _("一个统一社会信用代码只对应一家刻章企业，不能以他人的代码办理。"),
    clause="4",
    basis=("gb-32100", "house"),
    applies_from=NOTICE,
    assumption=True,
)
def code_is_nobody_elses(request: Handed, now: Circumstances) -> None:
    """A company is one shop; who applies under another's code is told before the county decides anything."""
    if now.taken:
        message = _("该统一社会信用代码已由另一家刻章企业登记或申请，请核对；确属本企业的，请联系县级公安机关。")
        raise RuleBroken(message, code="credit_code_taken", fields={"credit_code": message})


@rule(
    "shop_not_in_business",
    _("已注销或吊销营业执照的企业不能申请。"),
    clause="三(二)1",
    basis=("gd-2018-146", "samr-2018-31"),
    applies_from=NOTICE,
)
def shop_is_in_business(request: Handed, now: Circumstances) -> None:
    """The registry has struck the company off."""
    if now.registry_state in ("CANCELLED", "REVOKED"):
        message = _("登记机关显示该企业已注销或吊销营业执照，请核对统一社会信用代码。")
        raise RuleBroken(message, code="shop_not_in_business", fields={"credit_code": message})


@rule(
    "opened_in_own_node_city",
    _("广州、深圳的企业在本市系统办理，省平台只读。"),
    clause="三(二)2(1)",
    basis="gd-2018-146",
    applies_from=NOTICE,
)
def city_opens_here(request: Handed, now: Circumstances) -> None:
    """Guangzhou and Shenzhen keep systems of their own; the airport's premises belong to the province's platform."""
    if runs_own_node(request.particulars.area) and not request.particulars.premises_code:
        message = _("该地使用本市系统办理，请在本市系统提交。")
        raise RuleBroken(message, code="opened_in_own_node_city", fields={"area": message})


@rule(
    "papers_missing",
    _("按全省统一材料清单提交，清单以外的材料不得要求。"),
    clause="三(四)",
    basis=("gd-2018-146", "licensing-law"),
    applies_from=NOTICE,
)
def papers_are_complete(request: Handed, now: Circumstances) -> None:
    """Every required item of the province's list has a paper; nothing else is asked for."""
    fields = {f"paper-{code}": _("请上传这项材料。") for code in now.required if not request.papers.get(code)}
    if fields:
        raise RuleBroken(_("还有材料没有上传，请按清单补齐。"), code="papers_missing", fields=fields)


@rule(
    "staff_missing",
    _("应当登记至少一名从业人员和刻制设备。"),
    clause="三(五)",
    basis=("gd-2018-146", "house"),
    applies_from=NOTICE,
    assumption=True,
)
def somebody_works_there(request: Handed, now: Circumstances) -> None:
    """A shop has somebody who engraves and something to engrave with."""
    fields = {}
    if not request.particulars.staff:
        fields["staff-0-name"] = _("请至少填写一名从业人员。")
    if not request.particulars.equipment:
        fields["equipment-0-name"] = _("请至少填写一项刻制设备。")
    if fields:
        raise RuleBroken(next(iter(fields.values())), code="staff_missing", fields=fields)


@rule(
    "business_licence_date_wrong",
    _("取得营业执照后5日内备案；逾期仍可备案，记为逾期。"),
    clause="第三条",
    basis="engraving-rules",
    applies_from=NOTICE,
)
def the_business_licence_came_first(request: ShopFilingRequest, now: Circumstances) -> None:
    """The five days run from the business licence, which is there when the shop files."""
    if request.business_licence_on > now.day:
        message = _("营业执照签发日期不能晚于今天。")
        raise RuleBroken(message, code="business_licence_date_wrong", fields={"business_licence_on": message})


@rule(
    "filing_change_same",
    _("备案内容有变化的，也应当备案；提交即生效，公安机关事后查阅。办理天数未经核实，系统不设期限。"),
    clause="第三条",
    basis=("engraving-rules", "house"),
    applies_from=NOTICE,
    assumption=True,
)
def the_change_changes_something(before: tuple[str, str], after: tuple[str, str]) -> None:
    """Value and document number before and after: what is filed already need not be filed again."""
    if before == after:
        message = _("与现备案内容相同，无需变更。")
        raise RuleBroken(message, code="filing_change_same", fields={"new_value": message})


_BOTH: tuple[Rule[...], ...] = (
    not_open_already,
    code_is_nobody_elses,
    shop_is_in_business,
    city_opens_here,
    papers_are_complete,
    somebody_works_there,
)
APPLICATION_RULES: tuple[Rule[...], ...] = (licence_is_the_way, mode_is_ordinary, commitment_is_made, *_BOTH)
SHOP_FILING_RULES: tuple[Rule[...], ...] = (filing_is_the_way, the_business_licence_came_first, *_BOTH)
FILING_CHANGE_RULES: tuple[Rule[...], ...] = (the_change_changes_something,)
