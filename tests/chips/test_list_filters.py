"""Finding one among many (芯片列表筛选): page and file ask for the same, and nobody finds more by asking."""

import csv
import io

import pytest
from django.urls import reverse

from chips.logistics.alarms import raise_alarm, settle_alarm
from chips.models import AlarmKind, ChipAlarm
from sealreg.clock import fixed_at
from sealreg.database.actor import SystemActor
from tests.chips.world import NOW
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db
BY = SystemActor("test-watch")


@pytest.fixture(autouse=True)
def _midday():
    with fixed_at(NOW):
        yield


def found(user, name, **query):
    """First column of the file that the page offers for what was asked."""
    client, here = client_of(user), reverse(name)
    page = client.get(here, query)
    assert page.status_code == 200
    links = [part.split('"')[0].replace("&amp;", "&") for part in page.content.decode().split('href="')]
    (link,) = [one for one in links if one.endswith("export=csv")]
    answer = client.get(here + link)
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    return {row[0].strip("'\t") for row in rows[1:]}


def test_bags_by_number_seal_keeper_kind_and_status(world):
    serials = world.in_stock(2)
    under_way = world.grant(world.order(1), serials[:1])
    taken = world.receive(world.grant(world.order(1), serials[1:]))

    def ask(**query):
        return found(world.operator, "chip_consignments", **query)

    assert {under_way.number, taken.number} < ask()
    assert ask(q=under_way.number.lower()) == {under_way.number}
    assert ask(q="s-2") == {under_way.number, taken.number}
    assert ask(q=world.shop.organisation.name, status="CONFIRMED") == {taken.number}
    assert ask(kind="GRANT", status="SENT") == {under_way.number}
    assert ask(q="没有这一家") == set()
    assert found(world.filler, "chip_consignments", q=under_way.number) == set()


def test_orders_by_number_shop_and_status(world):
    serials = world.in_stock(1)
    one, other = world.order(1), world.order(1)
    world.grant(one, serials)
    for query, numbers in (
        ({"q": one.number}, {one.number}),
        ({"status": "waiting"}, {other.number}),
        ({"status": "GRANTED"}, {one.number}),
        ({"q": world.shop.organisation.name}, {one.number, other.number}),
    ):
        assert found(world.operator, "chip_orders", **query) == numbers


def test_batches_by_number_lot_and_status_also_from_the_bench_s_figures(world):
    world.filled(1)
    world.released(1, number="P2026-002")
    for query, numbers in (
        ({"q": "026-002"}, {"P2026-002"}),
        ({"q": "l-p2026-001"}, {"P2026-001"}),
        ({"status": "RELEASED"}, {"P2026-002"}),
    ):
        assert found(world.filler, "chip_batches", **query) == numbers
    page = client_of(world.filler).get(reverse("operator_chips")).content.decode()
    for status in ("ALLOCATED", "RELEASED", "FILLED", "PACKED"):
        assert f"{reverse('chip_batches')}?status={status}" in page


def test_alarms_open_ones_unless_asked_otherwise(world):
    for kind in (AlarmKind.SHORT, AlarmKind.THEFT):
        raise_alarm(kind, f"X-{kind}", by=BY, at=NOW, shop=world.shop)
    short, theft = (ChipAlarm.objects.get(kind=kind) for kind in (AlarmKind.SHORT, AlarmKind.THEFT))
    settle_alarm(short, "已找回", by=world.operator, at=NOW)
    for query, numbers in (
        ({}, {theft.number}),
        ({"state": "settled"}, {short.number}),
        ({"state": "all"}, {short.number, theft.number}),
        ({"state": "all", "kind": "SHORT"}, {short.number}),
        ({"state": "all", "q": "x-theft"}, {theft.number}),
    ):
        assert found(world.operator, "chip_alarms", **query) == numbers, query


@pytest.mark.parametrize("typed", ["\x00", "%", "' --", "A" * 9_000, "<script>alert(1)</script>"])
def test_odd_questions_break_no_list(world, typed):
    client = client_of(world.operator)
    for name in ("chip_consignments", "chip_orders", "chip_batches", "chip_alarms"):
        for field in ("q", "status", "kind", "state", "cursor", "export"):
            answer = client.get(reverse(name), {field: typed})
            assert answer.status_code == 200, (name, field)
            assert "<script>alert(1)" not in answer.content.decode()
