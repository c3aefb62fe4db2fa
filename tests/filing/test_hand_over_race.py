"""非本人办理 and the hand-over in the same moment: the seal stays where it is (声明与交付同时发生)."""

from __future__ import annotations

import datetime as dt
import threading
import time

from django.db import connection

from filing.models import Seal
from filing.services.delivery import deliver_seal, disavow_filing
from sealreg.database.actor import SystemActor
from sealreg.database.door import transaction
from sealreg.errors import RuleBroken
from tests.factories import filing as made

CONTACT = SystemActor("unit-contact")
LATER = made.TUESDAY_TEN + dt.timedelta(hours=2)


def blocked() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock')"
        )
        (found,) = cursor.fetchone()
    return bool(found)


def test_a_hand_over_waits_for_a_statement_that_is_being_made(own_database):
    place = made.shop()
    clerk = made.clerk_of(place)
    filing = made.filed(clerk, made.request_for(place))
    card = made.paper("IMPRINT_CARD", by=clerk)
    said, go_on = threading.Event(), threading.Event()
    answers: list[str] = []

    def state() -> None:
        with transaction(CONTACT):
            disavow_filing(filing, by=CONTACT, at=LATER, remark="")
            said.set()
            go_on.wait(30)
        connection.close()

    def hand_over() -> None:
        try:
            answers.append(deliver_seal(filing.seals.get(), made.handler(), card, by=clerk, at=LATER).status)
        except RuleBroken as refused:
            answers.append(refused.reason)
        finally:
            connection.close()

    unit, shop = threading.Thread(target=state), threading.Thread(target=hand_over)
    unit.start()
    try:
        assert said.wait(30)
        shop.start()
        deadline = time.monotonic() + 30
        while shop.is_alive() and not blocked() and time.monotonic() < deadline:
            pass
    finally:
        go_on.set()
        unit.join(30)
        shop.join(30)
    assert answers == ["disavowed"]
    assert Seal.objects.get(filing=filing).status == "FILED"
