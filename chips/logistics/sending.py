"""Handing chips to the carrier (发出): the one way a bag comes to be under way."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, Min, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from chips.logistics import ledger, parties
from chips.models import (
    Chip,
    ChipBatch,
    ChipOrder,
    Consignment,
    ConsignmentKind,
    ConsignmentLine,
    CustodyParty,
    MoveKind,
    PartyKind,
)
from chips.states import CHIP
from sealreg.database.actor import Actor, label
from sealreg.errors import Conflict, RuleBroken
from sealreg.workflow.advance import advance_many
from sealreg.workflow.registry import Telling


@dataclass(frozen=True, slots=True)
class Bag:
    """What stands on the bag (交接单要素). bag_seal: number of the seal that closes it."""

    kind: ConsignmentKind
    bag_seal: str
    way: str = ""
    receiver_name: str = ""
    remark: str = ""
    batch: ChipBatch | None = None
    order: ChipOrder | None = None


def check_bag_seal(bag_seal: str) -> None:
    """Every bag is sealed and the seal's number written down (封签号). Raises RuleBroken at `bag_seal`."""
    if not bag_seal.strip():
        message = _("请填写封签号。")
        raise RuleBroken(message, code="bag_not_sealed", fields={"bag_seal": message})


def send(
    chips: QuerySet[Chip],
    verb: str,
    *,
    sender: CustodyParty,
    receiver: CustodyParty,
    bag: Bag,
    by: Actor,
    at: dt.datetime,
    in_transit_already: bool = False,
    **changes: Any,
) -> Consignment:
    """Put chips into one bag and on their way (发出芯片), in the caller's transaction; the receiver is told.

    verb: the chips' move. changes: fields written with it. Raises Conflict when a chip is no longer the sender's,
    RuleBroken at `bag_seal`.
    """
    check_bag_seal(bag.bag_seal)
    pks = list(chips.order_by("pk").values_list("pk", flat=True))
    if not pks:
        raise Conflict
    (party,) = CHIP.verbs[verb].tells
    span = Chip.objects.filter(pk__in=pks).aggregate(first=Min("serial"), last=Max("serial"))
    made = Consignment.objects.create(
        kind=bag.kind, batch=bag.batch, order=bag.order, sender=sender, receiver=receiver, quantity=len(pks),
        first_serial=span["first"], last_serial=span["last"], bag_seal=bag.bag_seal.strip(), way=bag.way,
        receiver_name=bag.receiver_name, remark=bag.remark, sent_by=label(by), sent_at=at,
    )  # fmt: skip
    (party,) = CHIP.verbs[verb].tells
    page = "shop_chip_consignment" if receiver.kind == PartyKind.SHOP else "chip_consignment"
    link = reverse(page, args=[made.number])
    telling = Telling(to=parties.people_of(receiver), params={"uid": made.number}, link=link)
    subject = ("consignment", made.number)
    advance_many(Chip, pks, verb, by=by, at=at, subject=subject, tellings={party: telling}, **changes)
    ConsignmentLine.objects.bulk_create([ConsignmentLine(consignment=made, chip_id=pk) for pk in pks], batch_size=2_000)
    if not in_transit_already:
        ledger.enter(
            MoveKind.RETURN if bag.kind == ConsignmentKind.RETURN else MoveKind.SEND, pks, frm=sender,
            to=parties.the(PartyKind.TRANSIT), by=by, at=at, subject=("consignment", made.number),
        )  # fmt: skip
    return made
