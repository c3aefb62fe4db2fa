"""The state tables of chips at work (芯片状态推进): whom each move tells."""

from __future__ import annotations

from chips.logistics import parties
from chips.models import Chip, ChipBatch, ChipOrder, Consignment, CustodyParty, PartyKind
from chips.states import BATCH, CHIP, CONSIGNMENT, INSTITUTE, ORDER, SHOP
from licensing.transitions import people_of
from sealreg.notices.recipients import Recipient
from sealreg.workflow import registry
from sealreg.workflow.registry import Telling
from sealreg.workflow.table import Move

# Steps inside one act of the shop: the act itself tells.
_QUIET = ("package_chip", "activate_chip")


def _office(party: str) -> list[Recipient]:
    return parties.people_of(parties.the(PartyKind.INSTITUTE if party == INSTITUTE else PartyKind.OPERATOR))


def _of_chip(chip: Chip, party: str, move: Move) -> Telling:
    params = {"uid": chip.uid}
    if move.verb in _QUIET:
        return Telling(to=(), params=params)
    if party == SHOP:
        return Telling(to=people_of(chip.shop) if chip.shop else (), params=params)
    return Telling(to=_office(party), params=params)


def _of_batch(batch: ChipBatch, party: str, move: Move) -> Telling:
    return Telling(to=_office(party), params={"number": batch.number})


def _of_order(order: ChipOrder, party: str, move: Move) -> Telling:
    to = people_of(order.shop) if party == SHOP else _office(party)
    return Telling(to=to, params={"number": order.number})


def _of_consignment(consignment: Consignment, party: str, move: Move) -> Telling:
    told: CustodyParty = getattr(consignment, party)
    return Telling(to=parties.people_of(told), params={"number": consignment.number})


registry.register(CHIP, audience=_of_chip, subject=lambda chip: ("chip", chip.uid))
registry.register(BATCH, audience=_of_batch, subject=lambda batch: ("chip_batch", batch.number))
registry.register(ORDER, audience=_of_order, subject=lambda order: ("chip_order", order.number))
registry.register(CONSIGNMENT, audience=_of_consignment, subject=lambda one: ("consignment", one.number))
