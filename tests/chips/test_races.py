"""Two at the same moment (并发): one of them gets the range, one bag takes the chip, one alarm rings."""

import threading

from django.db import connection

from chips.logistics import ledger
from chips.logistics.receiving import return_chips
from chips.models import Chip, ChipOrder, Consignment
from sealreg.errors import DomainError
from tests.chips.world import NOW
from tests.chips.world import world as build


def at_once(*acts):
    """Run acts in threads that start together; their results, an error standing for itself."""
    results = [None] * len(acts)
    gate = threading.Barrier(len(acts), timeout=30)

    def run(place, act):
        try:
            gate.wait()
            results[place] = act()
        except DomainError as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


def test_two_grants_of_one_range_give_it_once(own_database, tmp_path, settings):
    world = build(tmp_path, settings)
    serials = world.in_stock(4)
    orders = [world.order(4) for _ in range(2)]
    results = at_once(*(lambda order=order: world.grant(order, serials) for order in orders))
    assert sum(isinstance(one, Consignment) for one in results) == 1
    (refusal,) = [one for one in results if isinstance(one, DomainError)]
    assert refusal.reason == "chips_not_in_stock"
    assert sorted(ChipOrder.objects.values_list("granted", flat=True)) == [0, 4]
    assert ledger.problems() == []


def test_two_grants_never_exceed_one_order(own_database, tmp_path, settings):
    world = build(tmp_path, settings)
    serials = world.in_stock(6)
    order = world.order(4)
    results = at_once(lambda: world.grant(order, serials[:3]), lambda: world.grant(order, serials[3:]))
    assert sorted(getattr(one, "reason", "granted") for one in results) == ["grant_above_order", "granted"]
    order.refresh_from_db()
    assert order.granted == 3


def test_one_chip_returns_in_one_bag(own_database, tmp_path, settings):
    world = build(tmp_path, settings)
    world.stocked(1)
    code = Chip.objects.get().uid
    about = {"bag_seal": "S", "reason": "x", "by": world.clerk, "at": NOW}
    results = at_once(*(lambda: return_chips(world.shop, [code], **about) for _ in range(2)))
    assert sum(isinstance(one, Consignment) for one in results) == 1
    assert ledger.problems() == []
