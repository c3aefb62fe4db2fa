"""Whether a filing may be submitted (备案规则): one function per clause. Who may submit it stands in permissions.py."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from filing.choices import Reason, SealType, Shape
from filing.models import Seal
from filing.requests import FilingRequest, Handler, LossRequest, UnitSeals, seal_field
from licensing.selectors import may_engrave
from sealreg.clock import shanghai
from sealreg.errors import RuleBroken
from sealreg.legal.rules import rule
from sealreg.regions.selectors import runs_own_node
from sealreg.units.models import Unit
from sealreg.units.names import name_key

NOTICE = dt.date(2018, 5, 17)
LARGEST_MM = Decimal("45")
INVOICE_MM = (Decimal("40"), Decimal("30"))


@rule(
    "shop_not_licensed",
    _("只有持有效许可（或已备案）且未被暂停的刻章企业可以承接公章刻制。"),
    clause="三(五)",
    basis="gd-2018-146",
    applies_from=NOTICE,
)
def shop_is_licensed(request: FilingRequest, present: UnitSeals) -> None:
    """R11: a shop neither licensed nor filed, or suspended, takes no order."""
    if not may_engrave(request.shop):
        raise RuleBroken(
            _("贵企业目前没有有效的许可或开业备案，暂不能提交备案。请联系所在地县级公安机关。"),
            code="shop_not_licensed",
        )


@rule(
    "unit_not_in_business",
    _("已注销或吊销的单位不能刻制公章。"),
    clause="三(一)2",
    basis=("gd-2018-146", "samr-2018-31"),
    applies_from=NOTICE,
)
def unit_is_in_business(request: FilingRequest, present: UnitSeals) -> None:
    """A unit the registry has struck off orders no seal."""
    if request.unit.registry_state in ("CANCELLED", "REVOKED"):
        raise RuleBroken(
            _("登记机关显示该单位已注销或吊销，不能刻制公章。"),
            code="unit_not_in_business",
            fields={"credit_code": _("登记机关显示该单位已注销或吊销，不能刻制公章。")},
        )


@rule(
    "own_node_city",
    _("广州、深圳由本市系统办理，省平台只读。"),
    clause="三(二)2(1)",
    basis="gd-2018-146",
    applies_from=NOTICE,
)
def city_files_here(request: FilingRequest, present: UnitSeals) -> None:
    """Units of Guangzhou and Shenzhen file at their own city's system; here their records are read-only."""
    if runs_own_node(request.unit.area):
        message = _("该单位所在地市使用本市系统办理，请在本市系统提交；省平台只提供查询。")
        raise RuleBroken(message, code="own_node_city", fields={"credit_code": message})


@rule(
    "outside_city_scope",
    _("刻章企业可以为本市各县（市、区）的单位刻章。"),
    clause="三(四)",
    basis="gd-2018-146",
    applies_from=NOTICE,
    applies_until=dt.date(2019, 3, 29),
    assumption=True,
)
def shop_and_unit_share_a_city(request: FilingRequest, present: UnitSeals) -> None:
    """Any shop of the same prefecture; from 29 March 2019 any shop of the province (national statement of that day)."""
    if request.unit.area // 100 != request.shop.area // 100:
        message = _("该单位不在本市，目前只能为本市范围内的单位刻章。")
        raise RuleBroken(message, code="outside_city_scope", fields={"credit_code": message})


@rule(
    "authorisation_missing",
    _("经办人不是法定代表人的，应提交授权委托书。"),
    clause="三(四)",
    basis="gd-2018-146",
    applies_from=NOTICE,
)
def handler_is_authorised(request: FilingRequest, present: UnitSeals) -> None:
    """R8: a handler who is not the legal representative shows a power of attorney."""
    if not request.handler.is_representative and request.authorisation is None:
        message = _("经办人不是法定代表人，请上传授权委托书。")
        raise RuleBroken(message, code="authorisation_missing", fields={"authorisation": message})


def is_somebody_else(person: Handler, unit: Unit) -> bool:
    """Whether the register names another representative (非登记的法定代表人); a unit to be confirmed names none."""
    known = unit.legal_representative if unit.is_confirmed else ""
    return bool(known) and name_key(person.name) != name_key(known)


@rule(
    "not_the_representative",
    _("以法定代表人身份办理的，经办人应与登记的法定代表人（负责人）一致；否则应提交授权委托书。"),
    clause="三(四)",
    basis="gd-2018-146",
    applies_from=NOTICE,
)
def representative_is_the_registered_one(request: FilingRequest, present: UnitSeals) -> None:
    """R8: who files as the representative bears the registered name; a unit not yet confirmed has none to compare."""
    if request.handler.is_representative and is_somebody_else(request.handler, request.unit):
        message = _("与登记的法定代表人姓名不一致；如不是本人办理，请取消勾选并上传授权委托书。")
        raise RuleBroken(message, code="not_the_representative", fields={"handler_name": message})


@rule(
    "no_seal",
    _("一次备案至少包含一枚印章。"),
    clause="三(一)1",
    basis="gd-2018-146",
    applies_from=NOTICE,
)
def names_a_seal(request: FilingRequest, present: UnitSeals) -> None:
    """A filing without a seal says nothing."""
    if not request.seals:
        message = _("请至少添加一枚印章。")
        raise RuleBroken(message, code="no_seal", fields={seal_field(0, "seal_type"): message})


def _one_of(request: FilingRequest, present: UnitSeals, seal_type: str, code: str, message: Promise) -> None:
    places = [index for index, seal in enumerate(request.seals) if seal.seal_type == seal_type]
    if not places:
        return
    replaced = request.reason in (Reason.DAMAGED, Reason.LOST)
    taken = seal_type in present.pending or (seal_type in present.live and not replaced)
    if request.reason == Reason.LOST and seal_type in present.live:
        wrong = _("原印章尚未挂失，请先办理挂失（由单位到制作原印章的刻章企业办理），再补刻。")
        raise RuleBroken(wrong, code="loss_not_reported", fields={seal_field(places[0], "seal_type"): wrong})
    if taken:
        raise RuleBroken(message, code=code, fields={seal_field(places[0], "seal_type"): message})
    if len(places) > 1:
        raise RuleBroken(message, code=code, fields={seal_field(places[1], "seal_type"): message})


@rule(
    "statutory_seal_exists",
    _("一个单位只能有一枚有效的法定名称章。"),
    clause="R2",
    basis=("sc-1999-25", "house"),
    applies_from=NOTICE,
    assumption=True,
)
def one_statutory_seal(request: FilingRequest, present: UnitSeals) -> None:
    """R2: one live statutory seal per unit; a replacement names its reason."""
    message = _("该单位已有一枚法定名称章在用或正在办理。如因损坏更换或遗失补刻，请选择相应的刻制原因。")
    _one_of(request, present, SealType.STATUTORY, "statutory_seal_exists", message)


@rule(
    "representative_seal_exists",
    _("一个单位只能有一枚有效的法定代表人名章。"),
    clause="R9",
    basis="house",
    applies_from=NOTICE,
    assumption=True,
)
def one_representative_seal(request: FilingRequest, present: UnitSeals) -> None:
    """R9: one live seal of the legal representative per unit; a cancelled one does not block."""
    message = _("该单位已有一枚法定代表人名章在用或正在办理。")
    _one_of(request, present, SealType.LEGAL_REPRESENTATIVE, "representative_seal_exists", message)


@rule(
    "statutory_seal_first",
    _("刻制专用章前，法定名称章应已备案或在同一次备案中一并刻制。"),
    clause="R3",
    basis="house",
    applies_from=NOTICE,
    assumption=True,
)
def statutory_seal_first(request: FilingRequest, present: UnitSeals) -> None:
    """R3: special seals need a filed statutory seal, or one in the same filing."""
    has_one = (
        present.statutory_filed
        or SealType.STATUTORY in present.live
        or any(seal.seal_type == SealType.STATUTORY for seal in request.seals)
    )
    if has_one or not request.seals:
        return
    if SealType.STATUTORY in present.pending:
        message = _("该单位的法定名称章正在办理，其备案完成后即可刻制专用章。")
    else:
        message = _("该单位尚无已备案的法定名称章，请在本次一并刻制法定名称章。")
    fields = {seal_field(index, "seal_type"): message for index in range(len(request.seals))}
    raise RuleBroken(message, code="statutory_seal_first", fields=fields)


@rule(
    "seal_too_large",
    _("企业事业单位、社会团体的印章直径不得超过45毫米。"),
    clause="一",
    basis="sc-1999-25",
    applies_from=NOTICE,
)
def size_within_limit(request: FilingRequest, present: UnitSeals) -> None:
    """国发〔1999〕25号: not over 45 mm."""
    for index, seal in enumerate(request.seals):
        if max(seal.width_mm, seal.height_mm) > LARGEST_MM:
            message = _("印章尺寸不得超过45毫米。")
            raise RuleBroken(message, code="seal_too_large", fields={seal_field(index, "width_mm"): message})


@rule(
    "invoice_seal_form",
    _("发票专用章为椭圆形，长轴40毫米、短轴30毫米。"),
    clause="一",
    basis="sat-2011-7",
    applies_from=NOTICE,
)
def invoice_seal_is_the_ellipse(request: FilingRequest, present: UnitSeals) -> None:
    """SAT announcement 2011 no. 7: the invoice seal is an ellipse of 40 × 30 mm."""
    for index, seal in enumerate(request.seals):
        is_form = seal.shape == Shape.ELLIPSE and (seal.width_mm, seal.height_mm) == INVOICE_MM
        if seal.seal_type == SealType.INVOICE and not is_form:
            message = _("发票专用章应为椭圆形，40×30毫米。")
            raise RuleBroken(message, code="invoice_seal_form", fields={seal_field(index, "shape"): message})


@rule(
    "loss_not_authorised",
    _("公章挂失由单位的法定代表人（负责人）办理；他人办理的，应提交授权委托书。"),
    clause="R5",
    basis="house",
    applies_from=NOTICE,
    assumption=True,
)
def loss_is_reported_by_the_unit(request: LossRequest, seal: Seal, today: dt.date) -> None:
    """R5: the unit itself reports the loss, or somebody it sent."""
    if request.reporter.is_representative:
        if is_somebody_else(request.reporter, seal.unit):
            wrong = _("与登记的法定代表人姓名不一致；如不是本人办理，请取消勾选并上传授权委托书。")
            raise RuleBroken(wrong, code="loss_not_authorised", fields={"reporter_name": wrong})
    elif request.authorisation is None:
        missing = _("挂失人不是法定代表人，请上传授权委托书。")
        raise RuleBroken(missing, code="loss_not_authorised", fields={"authorisation": missing})


@rule(
    "loss_day_impossible",
    _("遗失日期应在领取印章当日至挂失当日之间。"),
    clause="R5",
    basis="house",
    applies_from=NOTICE,
    assumption=True,
)
def loss_day_is_possible(request: LossRequest, seal: Seal, today: dt.date) -> None:
    """A seal is lost after its unit took it, and not tomorrow."""
    taken = shanghai(seal.delivered_at).date() if seal.delivered_at else dt.date.min
    if not taken <= request.lost_on <= today:
        message = _("遗失日期应在领取印章当日至今日之间。")
        raise RuleBroken(message, code="loss_day_impossible", fields={"lost_on": message})


LOSS_RULES = (loss_is_reported_by_the_unit, loss_day_is_possible)

SUBMIT_RULES = (
    shop_is_licensed,
    unit_is_in_business,
    city_files_here,
    shop_and_unit_share_a_city,
    handler_is_authorised,
    representative_is_the_registered_one,
    names_a_seal,
    one_statutory_seal,
    one_representative_seal,
    statutory_seal_first,
    size_within_limit,
    invoice_seal_is_the_ellipse,
)
