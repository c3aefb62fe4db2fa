"""Lists of chips as files (芯片导出): all rows, nothing that runs, only for whom the page is for."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from chips.logistics.counting import finish_count, scan
from chips.logistics.supply import register_agreement, set_price, start_pilot
from sealreg.clock import fixed_at
from tests.chips.world import NOW, codes_of
from tests.factories import filing as made
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _midday():
    with fixed_at(NOW):
        yield


def table_of(response):
    """Rows of a CSV answer, the head first."""
    assert response["Content-Disposition"].startswith("attachment")
    return list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))


def sheet_of(response):
    data = b"".join(response.streaming_content)
    for close in response._resource_closers:
        close()
    return [list(row) for row in load_workbook(io.BytesIO(data)).active.iter_rows(values_only=True)]


class TestSupply:
    @pytest.fixture
    def supply(self, world):
        set_price(1_600, from_on=dt.date(2027, 1, 1), document='=HYPERLINK("x")', by=world.operator, at=NOW)
        register_agreement(
            "+1", party_name="@机构", subject="-灌装", signed_on=dt.date(2026, 1, 5), by=world.operator, at=NOW
        )
        start_pilot(4406, from_on=dt.date(2018, 3, 1), by=world.operator, at=NOW)
        return client_of(world.operator)

    def test_each_of_its_three_lists_is_a_file(self, supply):
        here = reverse("chip_supply")
        assert [row[0] for row in table_of(supply.get(f"{here}?list=price&export=csv"))] == [
            "执行日期", "2027-01-01", "2018-05-01",
        ]  # fmt: skip
        spans = [row[:2] for row in table_of(supply.get(f"{here}?list=price&export=csv"))[1:]]
        assert spans == [["2027-01-01", ""], ["2018-05-01", "2026-12-31"]]  # no day stands in two prices
        assert len(table_of(supply.get(f"{here}?list=agreement&export=csv"))) == 3
        assert table_of(supply.get(f"{here}?list=pilot&export=csv"))[1] == ["佛山市", "2018-03-01"]
        assert len(sheet_of(supply.get(f"{here}?list=pilot&export=xlsx"))) == 2

    def test_nothing_in_them_runs_as_a_formula(self, supply):
        here = reverse("chip_supply")
        assert table_of(supply.get(f"{here}?list=agreement&export=csv"))[1][:3] == ["'+1", "'@机构", "'-灌装"]
        assert """'=HYPERLINK("x")""" in table_of(supply.get(f"{here}?list=price&export=csv"))[1]
        assert """'=HYPERLINK("x")""" in sheet_of(supply.get(f"{here}?list=price&export=xlsx"))[1]

    def test_an_unknown_list_is_the_page(self, supply):
        for asked in ("list=none&export=csv", "export=csv", "list=price&export=exe"):
            assert supply.get(f"{reverse('chip_supply')}?{asked}")["Content-Type"].startswith("text/html")

    def test_others_get_nothing(self, world):
        assert client_of(world.clerk).get(f"{reverse('chip_supply')}?list=price&export=csv").status_code == 403


class TestConsignment:
    def test_its_chips_with_what_was_scanned(self, world):
        bag = world.shipped(3)
        scan(bag, codes_of(bag)[:1], by=world.operator, at=NOW)
        rows = table_of(client_of(world.operator).get(reverse("chip_consignment", args=[bag.number]) + "?export=csv"))
        assert rows[0] == ["芯片序号", "芯片编号", "批次号", "清点"]
        assert [row[1] for row in rows[1:]] == codes_of(bag)
        assert [row[3] for row in rows[1:]] == ["已扫", "未扫到", "未扫到"]

    def test_the_counting_shop_gets_no_list_to_copy_from(self, world):
        serials = world.in_stock(2)
        bag = world.grant(world.order(2), serials)
        here, shop = reverse("shop_chip_consignment", args=[bag.number]), client_of(world.clerk)
        answer = shop.get(f"{here}?export=csv")
        assert answer["Content-Type"].startswith("text/html")
        assert 'href="?export=csv"' not in answer.content.decode()
        scan(bag, codes_of(bag), by=world.clerk, at=NOW)
        finish_count(bag, by=world.clerk, at=NOW)
        assert len(sheet_of(shop.get(f"{here}?export=xlsx"))) == 3
        stranger = client_of(made.clerk_of(made.shop()))
        assert stranger.get(f"{here}?export=csv").status_code == 404


def test_the_shops_lists_say_when_there_is_more(world):
    world.stocked(22)
    shop = client_of(world.clerk)
    assert "列出前20条，其余请导出查看。" in shop.get(reverse("shop_chips")).content.decode()
    assert len(table_of(shop.get(reverse("shop_chips") + "?list=stock&export=csv"))) == 23
