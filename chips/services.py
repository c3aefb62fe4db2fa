"""Verbs of chips (芯片业务). Thin for now: receiving at the shop, binding, and what follows the seal's fate."""

from __future__ import annotations

import datetime as dt
import hmac

from django.utils.translation import gettext_lazy as _

from chips.keys.keystore import current_keystore
from chips.models import Chip
from chips.simulator.institute import FilledChip
from licensing.models import EngravingShop
from sealreg.database.actor import Actor
from sealreg.errors import RuleBroken
from sealreg.workflow.advance import advance


def receive_at_shop(chip: Chip, *, shop: EngravingShop, by: Actor, at: dt.datetime) -> Chip:
    """A chip arrives in a shop's stock (企业收货)."""
    return advance(chip, "receive_at_shop", by=by, at=at, shop=shop)


def bind_chip(chip: Chip, *, shop: EngravingShop, seal_code: str, by: Actor, at: dt.datetime) -> Chip:
    """Give a chip of the shop's stock to one seal (芯片捆绑), in the caller's transaction.

    Raises RuleBroken at `chip_uid`: chip_of_another_shop (also for a chip the shop may not know of) or
    chip_not_in_stock.
    """
    locked = Chip.objects.select_for_update().get(pk=chip.pk)
    if locked.shop_id != shop.pk:
        message = _("该芯片不在贵企业库存中，请核对芯片编号。")
        raise RuleBroken(message, code="chip_of_another_shop", fields={"chip_uid": message})
    if locked.status != "SHOP_RECEIVED":
        message = _("该芯片已使用或已停用，请换一枚库存芯片。")
        raise RuleBroken(message, code="chip_not_in_stock", fields={"chip_uid": message})
    return advance(locked, "bind_chip", by=by, at=at, facts={"seal": seal_code}, bound_at=at)


def lose_chip(chip: Chip, *, by: Actor, at: dt.datetime) -> Chip:
    """Lock a chip whose seal is lost (芯片随印章挂失), in the caller's transaction; one already out of use stays so."""
    return _take_out_of_use(chip, "lose_chip", ("ACTIVE", "SUSPENDED"), by=by, at=at)


def suspend_chip(chip: Chip, *, by: Actor, at: dt.datetime) -> Chip:
    """Stop a chip whose seal is out of use (停用芯片), in the caller's transaction; one already stopped stays so."""
    return _take_out_of_use(chip, "suspend_chip", ("ACTIVE",), by=by, at=at)


def _take_out_of_use(chip: Chip, verb: str, frm: tuple[str, ...], *, by: Actor, at: dt.datetime) -> Chip:
    locked = Chip.objects.select_for_update().get(pk=chip.pk)
    return advance(locked, verb, by=by, at=at) if locked.status in frm else locked


def register_chip(
    filled: FilledChip, *, batch_no: str, suite: str, key_version: int, by: Actor, at: dt.datetime
) -> Chip:
    """Enter a chip the institute has filled (登记已灌装芯片).

    Raises RuleBroken with code key_check_wrong when its check value is not the one our own keys give, KeystoreLocked
    when they are not at hand.
    """
    expected = current_keystore().chip_check_value(suite=suite, version=key_version, batch_no=batch_no, uid=filled.uid)
    if not hmac.compare_digest(expected, filled.key_check):
        raise RuleBroken(_("芯片密钥校验值不符，不予登记。"), code="key_check_wrong", facts={"uid": filled.uid})
    return Chip.objects.create(
        uid=filled.uid,
        batch_no=batch_no,
        suite=suite,
        key_version=key_version,
        key_check=filled.key_check,
        injected_at=at,
    )
