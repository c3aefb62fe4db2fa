"""Orders of shops and grants in ranges (订购与发放)."""

from __future__ import annotations

import datetime as dt

from django.db import connection
from django.utils.translation import gettext_lazy as _

from chips.logistics import parties
from chips.logistics.alarms import note_stock
from chips.logistics.sending import Bag, check_bag_seal, send
from chips.models import Chip, ChipOrder, Consignment, ConsignmentKind, CustodyParty, PartyKind
from chips.models.orders import city_served
from chips.permissions import check_can_handle, check_can_keep, check_is_province_operator
from chips.rules import check_price, check_shop_may_order
from licensing.models import EngravingShop
from sealreg.accounts.choices import OrganisationKind
from sealreg.accounts.models import Organisation, User
from sealreg.audit.services import record
from sealreg.clock import shanghai
from sealreg.database.actor import Actor, SystemActor, label
from sealreg.database.canonical import JSON
from sealreg.database.door import transaction
from sealreg.errors import NotFound, RuleBroken
from sealreg.workflow.advance import advance

LARGEST_ORDER = 5_000


def _wrong(field: str, message: str, code: str) -> RuleBroken:
    return RuleBroken(message, code=code, fields={field: message})


def place_order(
    shop: EngravingShop,
    quantity: int,
    *,
    unit_price_fen: int,
    by: Actor,
    at: dt.datetime,
    address: str = "",
    wanted_on: dt.date | None = None,
    remark: str = "",
) -> ChipOrder:
    """A licensed shop orders chips at the Ministry's price (订购芯片); nobody has to agree, the operator grants.

    unit_price_fen: what the page showed; it must be the price in force. Raises RuleBroken: shop_not_licensed,
    price_not_in_force, order_too_large at `quantity`, wanted_on_past.
    """
    check_can_keep(by, shop)
    check_shop_may_order(shop)
    today = shanghai(at).date()
    if not 1 <= quantity <= LARGEST_ORDER:
        raise _wrong("quantity", _("每次订购1至%(n)d枚。") % {"n": LARGEST_ORDER}, "order_too_large")
    if wanted_on is not None and wanted_on < today:
        raise _wrong("wanted_on", str(_("期望到货日期不能早于今天。")), "wanted_on_past")
    price = check_price(unit_price_fen, on=today)
    with transaction(by):
        order = ChipOrder.objects.create(
            shop=shop, quantity=quantity, price=price, unit_price_fen=price.unit_price_fen, wanted_on=wanted_on,
            address=address or shop.address, remark=remark, ordered_by=label(by), ordered_at=at,
        )  # fmt: skip
        record(
            "chips.order_placed", by=by, at=at, subject=("chip_order", order.number), authority_no=shop.authority_no,
            facts={"chips": quantity, "unit_price_fen": price.unit_price_fen},
        )  # fmt: skip
        note_stock(shop, by=by, at=at)
    return order


def cancel_order(order: ChipOrder, *, by: Actor, at: dt.datetime) -> ChipOrder:
    """The shop takes back what is not granted yet (撤销订单)."""
    check_can_keep(by, order.shop)
    with transaction(by):
        done = advance(order, "cancel_order", by=by, at=at)
        note_stock(order.shop, by=by, at=at)
        return done


def keeper_of(by: Actor, *, make: bool = True) -> CustodyParty:
    """From whose stock the actor grants (发放库存): the operator's, or the depot's (also for system jobs: operator)."""
    return parties.the(PartyKind.OPERATOR) if isinstance(by, SystemActor) else parties.of_actor(by, make=make)


def _check_serves(by: Actor, shop: EngravingShop) -> None:
    if isinstance(by, User) and (city := city_served(by)) is not None and city != shop.city:
        raise NotFound


def _range(party: CustodyParty, first: int, last: int) -> list[int]:
    """Keys of the chips of a range, locked; every serial must be in the party's stock."""
    rows = (
        Chip.objects.select_for_update(of=("self",))
        .filter(holder=party, status="RECEIVED", serial__gte=first, serial__lte=last)
        .order_by("pk")
    )
    found = dict(rows.values_list("serial", "pk"))
    if len(found) != last - first + 1:
        gap = next(serial for serial in range(first, last + 1) if serial not in found)
        message = _("序号%(serial)d不在本库存中（可能已发放），该号段现有%(n)d枚可发放，请改选号段。")
        raise _wrong("first_serial", message % {"serial": gap, "n": len(found)}, "chips_not_in_stock")
    return list(found.values())


def _check_range(first: int, last: int, *, most: int) -> None:
    quantity = last - first + 1
    if quantity < 1:
        raise _wrong("last_serial", str(_("终止序号不能小于起始序号。")), "range_reversed")
    if quantity > most:
        message = _("本次发放%(n)d枚，超过尚可发放的%(most)d枚。") % {"n": quantity, "most": most}
        raise _wrong("last_serial", message, "grant_above_order")


def grant_chips(
    order: ChipOrder,
    *,
    first_serial: int,
    last_serial: int,
    bag_seal: str,
    by: Actor,
    at: dt.datetime,
    receiver_name: str = "",
    way: str = "",
    remark: str = "",
) -> Consignment:
    """Grant a range of chips on an order (发放芯片): part of it, or the rest; what remains stays open.

    Raises RuleBroken: grant_above_order, range_reversed at `last_serial`, chips_not_in_stock at `first_serial`,
    bag_not_sealed, shop_not_licensed; NotFound for a depot of another city. Source: facts §6.2, R18.
    """
    check_can_handle(by)
    _check_serves(by, order.shop)
    party = keeper_of(by)
    with transaction(by):
        locked = ChipOrder.objects.select_for_update(of=("self",)).select_related("shop__organisation").get(pk=order.pk)
        check_shop_may_order(locked.shop)
        check_bag_seal(bag_seal)
        _check_range(first_serial, last_serial, most=locked.rest)
        pks = _range(party, first_serial, last_serial)
        bag = Bag(ConsignmentKind.GRANT, bag_seal, way=way, receiver_name=receiver_name, remark=remark, order=locked)
        sent = send(
            Chip.objects.filter(pk__in=pks), "issue_chips", sender=party, receiver=parties.of_shop(locked.shop),
            bag=bag, by=by, at=at, shop=locked.shop,
        )  # fmt: skip
        granted = locked.granted + len(pks)
        facts: dict[str, JSON] = {
            "consignment": sent.number,
            "chips": len(pks),
            "first": first_serial,
            "last": last_serial,
        }
        if granted == locked.quantity:
            advance(locked, "grant_rest", by=by, at=at, facts=facts, granted=granted)
        elif locked.status == "PLACED":
            advance(locked, "grant_part", by=by, at=at, facts=facts, granted=granted)
        else:
            ChipOrder.objects.filter(pk=locked.pk).update(granted=granted)
            record("chips.more_granted", by=by, at=at, subject=("chip_order", locked.number), facts=facts)
    return sent


def supply_depot(
    depot: Organisation,
    *,
    first_serial: int,
    last_serial: int,
    bag_seal: str,
    by: Actor,
    at: dt.datetime,
    way: str = "",
) -> Consignment:  # fmt: skip
    """Send a range from the province's stock to a city's depot (调拨地市).

    depot: an operator's organisation whose area is a city. Raises RuleBroken at `depot`, `first_serial`, `last_serial`.
    """
    check_is_province_operator(by)
    if depot.kind != OrganisationKind.OPERATOR or depot.area is None or depot.area % 10_000 == 0:
        raise _wrong("depot", str(_("请选择地市仓库。")), "not_a_depot")
    with transaction(by):
        sender = parties.the(PartyKind.OPERATOR)
        _check_range(first_serial, last_serial, most=LARGEST_ORDER)
        pks = _range(sender, first_serial, last_serial)
        return send(
            Chip.objects.filter(pk__in=pks), "ship_chips", sender=sender, receiver=parties.of_depot(depot),
            bag=Bag(ConsignmentKind.SUPPLY, bag_seal, way=way), by=by, at=at,
        )  # fmt: skip


def free_ranges(party: CustodyParty, *, limit: int = 20) -> list[tuple[int, int]]:
    """Unbroken ranges in a party's stock (可发放号段), by first serial."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT min(serial), max(serial) FROM (
              SELECT serial, serial - row_number() OVER (ORDER BY serial) AS run FROM chips_chip
               WHERE holder_id = %s AND status = 'RECEIVED' AND serial IS NOT NULL) runs
             GROUP BY run ORDER BY 1 LIMIT %s
            """,
            [party.pk, limit],
        )
        return [(first, last) for first, last in cursor.fetchall()]
