"""Whether chips and prices allow an act (芯片规则), one clause each."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chips.keys.choices import KeyPurpose
from chips.keys.models import KeyVersion
from chips.models import ChipAgreement, ChipPilot, ChipPrice
from licensing.models import EngravingShop
from sealreg.errors import RuleBroken

ROLL_OUT = dt.date(2018, 8, 1)  # notice 三(三)2: promoted province-wide
CHIP_DUTY = dt.date(2018, 10, 1)  # notice 三(三)2: every newly engraved seal


def price_on(day: dt.date) -> ChipPrice:
    """The Ministry's price in force on a day (当日部定价). Raises RuleBroken price_not_in_force."""
    found = current_price(day)
    if found is None:
        raise RuleBroken(
            _("%(day)s没有执行中的芯片价格，请等待省级运维单位登记部定价。") % {"day": day.isoformat()},
            code="price_not_in_force",
        )
    return found


def current_price(day: dt.date) -> ChipPrice | None:
    """The Ministry's price in force on a day, or None (当日部定价，可无)."""
    return ChipPrice.objects.filter(in_force__contains=day).first()


def check_price(unit_price_fen: int, *, on: dt.date) -> ChipPrice:
    """An order is at the price in force, neither above nor below (订单执行部定价).

    Raises RuleBroken at `unit_price_fen`, price_not_in_force. Source: notice 三(三)1.
    """
    price = price_on(on)
    if unit_price_fen != price.unit_price_fen:
        message = _("部定价为每枚%(right).2f元，不能按%(given).2f元订购。") % {
            "right": price.unit_price_fen / 100,
            "given": unit_price_fen / 100,
        }
        raise RuleBroken(message, code="price_not_in_force", fields={"unit_price_fen": message})
    return price


def check_chip_line(chip_fen: int, *, on: dt.date) -> ChipPrice:
    """What a shop asks for the chip on a receipt is at most the Ministry's price (票据芯片项不超部定价).

    chip_fen: integer fen for one chip. Raises RuleBroken at `chip_fen`, chip_price_above. Source: notice 三(三)3.
    """
    price = price_on(on)
    if chip_fen > price.unit_price_fen:
        message = _("芯片每枚不得高于部定价%(right).2f元。") % {"right": price.unit_price_fen / 100}
        raise RuleBroken(message, code="chip_price_above", fields={"chip_fen": message})
    return price


def check_agreement(agreement: ChipAgreement, *, on: dt.date) -> None:
    """A batch rests on an agreement in force (批次须有协议). Raises RuleBroken at `agreement`, agreement_missing."""
    if agreement.signed_on > on or (agreement.ended_on is not None and agreement.ended_on < on):
        message = _("协议%(number)s在%(day)s不在执行期间，不能据此分配批次。") % {
            "number": agreement.number,
            "day": on.isoformat(),
        }
        raise RuleBroken(message, code="agreement_missing", fields={"agreement": message})


def check_key_version(suite: str, version: int, *, statuses: tuple[str, ...] = ("ACTIVE",)) -> None:
    """New batches are filled from the version in use (新批次用在用密钥), so that a retired one ends by itself.

    A register that has no key yet leaves it to the keystore, which fills nothing without the master.
    Raises RuleBroken at `key_version`, key_not_active.
    """
    known = KeyVersion.objects.filter(purpose=KeyPurpose.VERIFY)
    if known.filter(suite=suite, key_version=version, status__in=statuses).exists() or not known.exists():
        return
    message = _("第%(version)d版密钥不在用，或不是该算法套件的密钥，不能灌装。请改用在用版本。") % {"version": version}
    raise RuleBroken(message, code="key_not_active", fields={"key_version": message})


def check_shop_may_order(shop: EngravingShop) -> None:
    """A shop without a valid licence, or a suspended one, gets no chips (企业须有有效许可). Raises RuleBroken."""
    if not shop.licences.filter(status="VALID").exists():
        raise RuleBroken(
            _("该企业目前没有有效的许可，暂不能订购或领取芯片。请联系所在地县级公安机关。"), code="shop_not_licensed"
        )


def is_pilot(city: int, *, on: dt.date) -> bool:
    """Whether the city tried chips on that day, before everyone had to (是否试点期)."""
    return on < CHIP_DUTY and ChipPilot.objects.filter(city=city, from_on__lte=on).exists()


def check_may_bind(city: int, *, engraved_on: dt.date) -> None:
    """Before the roll-out of 1 August 2018 only pilot cities put chips into seals (推广前仅试点地市).

    From that day it is optional, from 1 October 2018 a duty. Raises RuleBroken at `chip_uid`, chip_before_rollout.
    """
    if engraved_on < ROLL_OUT and not is_pilot(city, on=engraved_on):
        message = _("2018年8月1日前只有试点地市可以使用芯片。")
        raise RuleBroken(message, code="chip_before_rollout", fields={"chip_uid": message})


def agreements_in_force(on: dt.date) -> list[ChipAgreement]:
    """Agreements a batch may rest on that day (执行中的协议), newest first."""
    still = Q(ended_on__isnull=True) | Q(ended_on__gte=on)
    return list(ChipAgreement.objects.filter(still, signed_on__lte=on).order_by("-signed_on", "-id"))
