"""Agreements, prices and pilots (协议、价格、试点)."""

from __future__ import annotations

import datetime as dt

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from chips.models import ChipAgreement, ChipPilot, ChipPrice
from chips.permissions import check_is_province_operator
from chips.rules import CHIP_DUTY
from sealreg.audit.services import record
from sealreg.clock import shanghai
from sealreg.database.actor import Actor, label
from sealreg.database.canonical import JSON
from sealreg.database.door import transaction
from sealreg.errors import Conflict, RuleBroken
from sealreg.regions.selectors import cities


def _wrong(field: str, message: str, code: str) -> RuleBroken:
    return RuleBroken(message, code=code, fields={field: message})


def _last_use(price: ChipPrice) -> dt.date | None:
    """The last day on which somebody ordered or charged at a price (价格最后使用日)."""
    moments = [
        price.orders.aggregate(last=Max("ordered_at"))["last"],
        price.receipt_lines.aggregate(last=Max("entered_at"))["last"],
    ]
    return max((shanghai(moment).date() for moment in moments if moment is not None), default=None)


def set_price(
    unit_price_fen: int, *, from_on: dt.date, document: str, by: Actor, at: dt.datetime, is_fictitious: bool = False
) -> ChipPrice:
    """Enter a price the Ministry set, from a day on (登记部定价); the one before ends the day before.

    It never begins so early that an order placed or a charge made at the price before would have been at the wrong one.
    document: the Ministry's paper that sets it. Raises RuleBroken at `from_on` price_overlaps, `document`,
    `unit_price_fen`. Source: notice 三(三)1.
    """
    check_is_province_operator(by)
    if unit_price_fen < 1:
        raise _wrong("unit_price_fen", str(_("单价应大于零。")), "price_not_in_force")
    if not document.strip():
        raise _wrong("document", str(_("请填写定价文件。")), "document_missing")
    with transaction(by):
        latest = ChipPrice.objects.select_for_update().order_by("-in_force").first()
        if latest is not None:
            if latest.in_force.upper is not None or latest.in_force.lower >= from_on:
                message = _("执行日期应晚于现行价格的执行日期%(day)s。") % {"day": latest.in_force.lower.isoformat()}
                raise _wrong("from_on", message, "price_overlaps")
            used = _last_use(latest)
            if used is not None and used >= from_on:
                message = _("%(day)s仍有按现行价格办理的订单或收费，执行日期应晚于该日。") % {"day": used.isoformat()}
                raise _wrong("from_on", message, "price_overlaps")
            ChipPrice.objects.filter(pk=latest.pk).update(in_force=DateRange(latest.in_force.lower, from_on))
        price = ChipPrice.objects.create(
            unit_price_fen=unit_price_fen, in_force=DateRange(from_on, None), document=document.strip(),
            is_fictitious=is_fictitious, entered_by=label(by), entered_at=at,
        )  # fmt: skip
        facts: dict[str, JSON] = {"unit_price_fen": unit_price_fen, "from_on": from_on.isoformat()}
        record("chips.price_set", by=by, at=at, subject=("chip_price", from_on.isoformat()), facts=facts)
    return price


def register_agreement(
    number: str, *, party_name: str, subject: str, signed_on: dt.date, by: Actor, at: dt.datetime,
    is_fictitious: bool = False,
) -> ChipAgreement:  # fmt: skip
    """Enter an agreement with the institute or the operator (登记协议). Raises RuleBroken at `number`, `signed_on`."""
    check_is_province_operator(by)
    if signed_on > shanghai(at).date():
        raise _wrong("signed_on", str(_("签订日期不能晚于今天。")), "signed_in_future")
    with transaction(by):
        if ChipAgreement.objects.filter(number=number).exists():
            raise _wrong("number", str(_("该协议编号已登记。")), "agreement_known")
        made = ChipAgreement.objects.create(
            number=number, party_name=party_name, subject=subject, signed_on=signed_on, is_fictitious=is_fictitious,
            entered_by=label(by), entered_at=at,
        )  # fmt: skip
        record("chips.agreement_registered", by=by, at=at, subject=("chip_agreement", number))
    return made


def end_agreement(agreement: ChipAgreement, *, on: dt.date, by: Actor, at: dt.datetime) -> ChipAgreement:
    """Note the last day of an agreement (登记协议终止); no batch rests on it afterwards.

    Raises RuleBroken at `ended_on` (agreement_dates_wrong), Conflict for one that has ended.
    """
    check_is_province_operator(by)
    with transaction(by):
        locked = ChipAgreement.objects.select_for_update().get(pk=agreement.pk)
        if locked.ended_on is not None:
            raise Conflict(_("该协议的终止日期已登记。"))
        if on < locked.signed_on:
            raise _wrong("ended_on", str(_("终止日期不能早于签订日期。")), "agreement_dates_wrong")
        locked.ended_on = on
        locked.save(update_fields=["ended_on"])
        facts: dict[str, JSON] = {"on": on.isoformat()}
        record("chips.agreement_ended", by=by, at=at, subject=("chip_agreement", locked.number), facts=facts)
    return locked


def start_pilot(city: int, *, from_on: dt.date, by: Actor, at: dt.datetime) -> ChipPilot:
    """Note that a city tried chips before everyone had to (登记试点). Raises RuleBroken at `city`, `from_on`."""
    check_is_province_operator(by)
    if city * 100 not in {one.code for one in cities()}:
        raise _wrong("city", str(_("请选择地市。")), "region_not_a_city")
    if from_on >= CHIP_DUTY:
        raise _wrong("from_on", str(_("试点应早于2018年10月1日。")), "pilot_too_late")
    with transaction(by):
        if ChipPilot.objects.filter(city=city).exists():
            raise _wrong("city", str(_("该市已登记为试点。")), "pilot_known")
        made = ChipPilot.objects.create(city=city, from_on=from_on, entered_by=label(by), entered_at=at)
        record("chips.pilot_started", by=by, at=at, subject=("chip_pilot", str(city)))
    return made
