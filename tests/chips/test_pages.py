"""The benches of institute, operator, depot and shop (芯片页面): the whole way through HTTP, and its refusals."""

from __future__ import annotations

import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from chips.logistics.injection import fill_batch
from chips.logistics.injector import connect
from chips.models import Chip, ChipAlarm, ChipBatch, ChipEnding, ChipOrder, Consignment, MakerLot
from sealreg.clock import fixed_at, now
from tests.chips.world import FEN, NOW, SUITE, codes_of
from tests.factories import filing as made
from tests.factories.accounts import person
from tests.factories.chips import uids
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _midday():
    with fixed_at(NOW):
        yield


def send(client, name, act, *args, follow=False, **data):
    """Post one act of a page; its fields carry the act's name."""
    fields = {f"{act}-{key}": value for key, value in data.items()}
    return client.post(reverse(name, args=args), {"act": act} | fields, follow=follow)


def text_of(response):
    return response.content.decode()


def test_the_whole_way_through_the_pages(world, settings):
    settings.SIMULATED_CARD_DIR, settings.SIMULATED_CARD_KEY = world.cards._folder, b"k" * 32
    connect(lambda suite, version: world.injector, lambda: world.signer)
    filler, releaser = client_of(world.filler), client_of(world.releaser)
    manifest = io.BytesIO("\n".join(["UID", *uids(4)]).encode())
    manifest.name = "lot.csv"
    about = {"maker": "测试厂", "lot_no": "L1", "suite": SUITE}
    assert send(filler, "chip_lot_import", "import", manifest=manifest, **about).status_code == 302
    lot = MakerLot.objects.get()
    about = {"lot": lot.pk, "number": "p20260601", "quantity": 4, "key_version": 1, "agreement": world.agreement.pk}
    assert send(filler, "chip_batch_allocate", "allocate", **about).status_code == 302
    batch = ChipBatch.objects.get()
    refused = send(filler, "chip_batch", "release", batch.number)
    assert refused.status_code == 422
    assert "须由另一人办理" in text_of(refused)
    assert send(releaser, "chip_batch", "release", batch.number).status_code == 302
    batch.refresh_from_db()
    fill_batch(batch, world.injector, by=world.filler, clock=now)
    page = text_of(filler.get(reverse("chip_batch", args=[batch.number])))
    assert "已灌装" in page
    assert send(filler, "chip_batch", "pack", batch.number).status_code == 302
    assert send(filler, "chip_batch", "ship", batch.number, bag_seal="", way="").status_code == 422
    assert send(filler, "chip_batch", "ship", batch.number, bag_seal="S-1", way="押运").status_code == 302

    bag = Consignment.objects.get()
    operator, second = client_of(world.operator), client_of(world.second)
    codes = codes_of(bag)
    told = send(operator, "chip_consignment", "scan", bag.number, follow=True, code=codes[0].lower())
    assert told.status_code == 200
    told = text_of(send(operator, "chip_consignment", "scan", bag.number, follow=True, code=codes[0]))
    assert "重复扫码" in told
    rest = "\n".join([*codes[1:], "04FFFFFFFFFFFF", "乱码"])
    told = text_of(send(operator, "chip_consignment", "bulk", bag.number, follow=True, codes=rest))
    assert "不属于本单的芯片：04FFFFFFFFFFFF" in told
    assert "不是芯片编号：乱码" in told
    assert send(operator, "chip_consignment", "finish", bag.number).status_code == 302
    assert "请先完成抽样认证" in text_of(send(second, "chip_consignment", "confirm", bag.number))
    told = text_of(send(operator, "chip_consignment", "sample", bag.number, follow=True))
    assert "抽样4枚，通过4枚" in told
    assert send(operator, "chip_consignment", "confirm", bag.number).status_code == 422
    assert send(second, "chip_consignment", "confirm", bag.number).status_code == 302
    assert operator.get(reverse("chip_consignment_print", args=[bag.number])).status_code == 200

    clerk = client_of(world.clerk)
    assert send(clerk, "shop_chip_new_order", "order", quantity="零", unit_price_fen=FEN).status_code == 422
    assert send(clerk, "shop_chip_new_order", "order", quantity="３", unit_price_fen=FEN).status_code == 302
    order = ChipOrder.objects.get()
    assert order.quantity == 3
    page = text_of(operator.get(reverse("chip_order", args=[order.number])))
    serial = Chip.objects.order_by("serial").first().serial
    assert f'value="{serial}"' in page
    about = {"first_serial": serial, "last_serial": serial + 5, "bag_seal": "S-2"}
    refused = send(operator, "chip_order", "grant", order.number, **about)
    assert refused.status_code == 422
    assert "超过尚可发放的3枚" in text_of(refused)
    assert 'value="S-2"' in text_of(refused)
    about["last_serial"] = serial + 1
    assert send(operator, "chip_order", "grant", order.number, **about).status_code == 302
    sent = Consignment.objects.get(kind="GRANT")
    send(clerk, "shop_chip_consignment", "bulk", sent.number, codes="\n".join(codes_of(sent)))
    assert send(clerk, "shop_chip_consignment", "finish", sent.number).status_code == 302
    assert send(clerk, "shop_chip_consignment", "confirm", sent.number, witness="测试见证").status_code == 302
    assert Chip.objects.filter(shop=world.shop, status="SHOP_RECEIVED").count() == 2

    assert (
        send(clerk, "shop_chip_return", "return", codes="04FFFFFFFFFFFF", bag_seal="S", reason="x").status_code == 422
    )
    one = Chip.objects.filter(shop=world.shop).first().uid
    about = {"kind": "THEFT", "codes": one, "reason": "失窃"}
    assert send(clerk, "shop_chip_endings", "report", **about).status_code == 302
    ending = ChipEnding.objects.get()
    assert send(clerk, "shop_chip_ending", "confirm", ending.number).status_code == 422
    assert send(client_of(world.other_clerk), "shop_chip_ending", "confirm", ending.number).status_code == 302
    alarm = ChipAlarm.objects.get(kind="THEFT")
    assert send(operator, "chip_alarm", "settle", alarm.number, settlement=" ").status_code == 422
    assert send(operator, "chip_alarm", "settle", alarm.number, settlement="已报案").status_code == 302


PAGES = {
    "operator": ("operator_chips", "chip_batches", "chip_orders", "chip_consignments", "chip_stock", "chip_alarms",
                 "chip_endings", "chip_months", "chip_supply", "chip_totals"),
    "filler": ("operator_chips", "chip_batches", "chip_lot_import", "chip_batch_allocate", "chip_consignments",
               "chip_endings"),
    "clerk": ("shop_chips", "shop_chip_new_order", "shop_chip_return", "shop_chip_endings"),
}  # fmt: skip


def test_every_page_answers_empty_and_full_in_a_fixed_number_of_queries(world):
    def asked():
        counts = {}
        for who, names in PAGES.items():
            client = client_of(getattr(world, who))
            for name in names:
                client.get(reverse(name))
                with CaptureQueriesContext(connection) as queries:
                    answer = client.get(reverse(name))
                assert answer.status_code == 200, (who, name)
                counts[who, name] = len(queries)
        return counts

    serials = world.in_stock(12)
    world.receive(world.grant(world.order(2), serials[:2]))
    before = asked()
    for place in range(2, 8):
        world.grant(world.order(1), serials[place : place + 1])
    after = asked()
    assert {key: after[key] - n for key, n in before.items() if after[key] > n + 1} == {}


def test_others_see_no_record(world):
    serials = world.in_stock(2)
    order = world.order(2)
    sent = world.grant(order, serials)
    stranger = client_of(made.clerk_of(made.shop()))
    for name, number in (("shop_chip_consignment", sent.number), ("shop_chip_order", order.number)):
        assert stranger.get(reverse(name, args=[number])).status_code == 404
        assert stranger.post(reverse(name, args=[number]), {"act": "cancel"}).status_code == 404
    filler = client_of(world.filler)
    assert filler.get(reverse("chip_consignment", args=[sent.number])).status_code == 404
    looking = text_of(client_of(world.operator).get(reverse("chip_consignment", args=[sent.number])))
    assert 'name="scan-code"' not in looking


def test_demand_64_the_association_reads_totals_only(world):
    world.stocked(2)
    association = client_of(person("association_staff"))
    page = text_of(association.get(reverse("chip_totals")))
    assert "只列汇总数" in page
    for secret in [world.shop.organisation.name, *Chip.objects.values_list("uid", flat=True)]:
        assert secret not in page
    for name in ("operator_chips", "shop_chips", "chip_orders", "chip_stock"):
        assert association.get(reverse(name)).status_code == 403
    assert association.get(reverse("chip_totals") + "?export=csv").status_code == 200


@pytest.mark.parametrize("typed", ["\x00", "4" * 20_000, "=1+1", "<script>alert(1)</script>", "０４Ａ１Ｂ２Ｃ３Ｄ４"])
def test_odd_input_never_breaks_a_page(world, typed):
    bag = world.shipped(1)
    operator, clerk = client_of(world.operator), client_of(world.clerk)
    for client, name, act, args, field in (
        (operator, "chip_consignment", "scan", [bag.number], "code"),
        (operator, "chip_consignment", "bulk", [bag.number], "codes"),
        (clerk, "shop_chip_new_order", "order", [], "quantity"),
        (clerk, "shop_chip_return", "return", [], "codes"),
        (operator, "chip_endings", "report", [], "codes"),
        (operator, "chip_supply", "price", [], "yuan"),
        (operator, "chip_months", "propose", [], "counted"),
    ):
        answer = send(client, name, act, *args, **{field: typed})
        assert answer.status_code in (302, 422), (name, act, answer.status_code)
        assert "<script>alert(1)" not in text_of(answer)


def test_a_shop_that_counts_sees_how_many_are_missing_and_which_only_afterwards(world):
    bag = world.grant(world.order(3), world.in_stock(3))
    found, *missing = codes_of(bag)
    clerk, here = client_of(world.clerk), reverse("shop_chip_consignment", args=[bag.number])
    page = text_of(send(clerk, "shop_chip_consignment", "scan", bag.number, code=found, follow=True))
    early = send(client_of(world.other_clerk), "shop_chip_consignment", "confirm", bag.number)
    assert early.status_code == 409
    for uid in missing:
        assert uid not in page
        assert uid not in text_of(early)
    assert found in page
    send(clerk, "shop_chip_consignment", "finish", bag.number)
    assert all(uid in text_of(clerk.get(here)) for uid in missing)


def test_lists_are_exported(world):
    world.stocked(1)
    operator = client_of(world.operator)
    for name in ("chip_orders", "chip_consignments", "chip_alarms"):
        book = operator.get(reverse(name) + "?export=xlsx")
        assert b"".join(book.streaming_content)[:2] == b"PK"
        for part in book._resource_closers:
            part()
        assert b"".join(operator.get(reverse(name) + "?export=csv").streaming_content)
