"""The chip chapter of the monthly report (月报芯片章节): every figure from its records, each in its own month."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from chips.chapter import ChipMonth, chip_months
from chips.logistics.ordering import cancel_order
from chips.logistics.receiving import refuse_consignment
from chips.logistics.training import note_attendance, plan_training
from chips.models import Chip, DiscardReason
from chips.selectors import totals
from chips.services import bind_chip, discard_chip, package_chip
from sealreg.accounts.jurisdiction import WHOLE_PROVINCE, Jurisdiction
from sealreg.database.door import transaction
from tests.chips.test_pages import text_of
from tests.chips.world import NOW
from tests.factories.accounts import person
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db
NEXT = NOW + dt.timedelta(days=30)
SHUNDE, NANHAI = Jurisdiction(440606, 440607), Jurisdiction(440605, 440606)


@pytest.fixture
def used(world):
    """Six ordered, granted and received in June, one of four more withdrawn; two mounted and one bound in July."""
    world.stocked(6)
    order = world.order(4)
    cancel_order(order, by=world.clerk, at=NOW)
    for chip in Chip.objects.filter(shop=world.shop).order_by("uid")[:2]:
        package_chip(chip, shop=world.shop, body_serial=f"B-{chip.uid}", by=world.clerk, at=NEXT)
    chip = Chip.objects.filter(shop=world.shop).order_by("uid")[0]
    bind_chip(chip, shop=world.shop, seal_code="4406060000001", by=world.clerk, at=NEXT)
    about = {"city": 4406, "place": "测试会议室", "by": world.operator, "at": NOW}
    held = plan_training("芯片封装", on=dt.date(2026, 6, 8), invited=[world.shop], **about)
    note_attendance(held, {world.shop.pk: 2}, by=world.operator, at=NOW)
    return world


def test_demand_99_the_chip_chapter_counts_each_figure_in_its_month(used):
    june = ChipMonth("2026-06", ordered=6, granted=6, received=6, mounted=0, bound=0, trained=1)
    july = ChipMonth("2026-07", ordered=0, granted=0, received=0, mounted=2, bound=1, trained=0)
    assert chip_months(WHOLE_PROVINCE, months=2, until=NEXT) == [june, july]
    assert chip_months(SHUNDE, months=2, until=NEXT) == [june, july]
    nobody = [ChipMonth(month, 0, 0, 0, 0, 0, 0) for month in ("2026-06", "2026-07")]
    assert chip_months(NANHAI, months=2, until=NEXT) == nobody


def test_what_was_refused_was_not_granted_and_what_was_replaced_is_in_no_seal(used):
    before = chip_months(WHOLE_PROVINCE, months=2, until=NEXT)
    world, where = used, Jurisdiction(used.shop.authority_no, used.shop.authority_no + 1)
    bag = world.grant(world.order(2), world.in_stock(2, number="P2026-002"))
    assert chip_months(WHOLE_PROVINCE, months=2, until=NEXT)[0].granted == before[0].granted + 2
    refuse_consignment(bag, reason="封签破损", by=world.clerk, at=NOW)
    with transaction(world.clerk):
        discard_chip(
            Chip.objects.get(bound_at__isnull=False), seal_code="4406060000001", reason=DiscardReason.BROKEN,
            by=world.clerk, at=NEXT,
        )  # fmt: skip
    june, july = chip_months(WHOLE_PROVINCE, months=2, until=NEXT)
    assert (june.granted, july.bound) == (before[0].granted, 0)
    assert (totals(where).granted, totals(where).bound) == (june.granted, july.bound)


def test_the_last_moment_of_a_month_in_shanghai_counts_in_it(used):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE chips_chip SET bound_at = '2026-06-30 23:59:59.999+08' WHERE bound_at IS NOT NULL")
    assert [one.bound for one in chip_months(WHOLE_PROVINCE, months=2, until=NEXT)] == [1, 0]


def test_a_year_takes_one_query_and_stands_on_the_page_and_in_the_file(used):
    with CaptureQueriesContext(connection) as asked:
        assert len(chip_months(WHOLE_PROVINCE, months=12, until=NEXT)) == 12
    assert len(asked) == 1
    reader = client_of(person("association_staff"))
    page = text_of(reader.get(reverse("chip_totals")))
    for head in ("订购", "发放", "企业收到", "封装", "装入印章", "受训企业"):
        assert head in page
    rows = reader.get(reverse("chip_totals") + "?export=csv").getvalue().decode().splitlines()
    assert len(rows) == 13
