"""Keyset paging: every row once, in order, in both directions (键集分页)."""

from __future__ import annotations

import datetime as dt
import random
import uuid

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from sealreg.accounts.models import Organisation
from sealreg.clock import SHANGHAI
from sealreg.web.models import FormKey
from sealreg.web.paging import PARAMETER, Count, Page, count_up_to, estimated_count, paginate

pytestmark = pytest.mark.django_db
START = dt.datetime(2026, 3, 4, tzinfo=SHANGHAI)


def fill(random_: random.Random, rows: int) -> None:
    """Rows with many ties in every sort field but the last."""
    FormKey.objects.bulk_create(
        FormKey(
            owner=random_.choice(["甲", "乙", "丙", "a"]),
            key=uuid.UUID(int=random_.getrandbits(128)),
            result="",
            created_at=START + dt.timedelta(microseconds=random_.randrange(4)),
        )
        for _ in range(rows)
    )


def given(cursor: str) -> QueryDict:
    parameters = QueryDict("q=" + "木作", mutable=True)
    if cursor:
        parameters[PARAMETER] = cursor
    return parameters


ORDERS = (
    ("pk",),
    ("-pk",),
    ("created_at", "pk"),
    ("-created_at", "-id"),
    ("owner", "-created_at", "pk"),
    ("-owner", "created_at", "-pk"),
)


@pytest.mark.parametrize("order", ORDERS)
def test_walking_forth_and_back_shows_every_row_once(order):
    random_ = random.Random(str(order))
    for size in (1, 2, 3, 7):
        FormKey.objects.all().delete()
        fill(random_, random_.randrange(0, 23))
        queryset = FormKey.objects.order_by(*order)
        whole = list(queryset)

        pages = []
        cursor = ""
        while True:
            page = paginate(queryset, given(cursor), size=size)
            pages.append(page)
            assert page.notice == ""
            if not page.next:
                break
            assert len(pages) <= len(whole), "the cursor does not move on"
            cursor = page.next
        assert [row for page in pages for row in page.rows] == whole
        assert all(len(page.rows) == size for page in pages[:-1])
        assert pages[0].previous == ""

        for earlier, page in zip(reversed(pages[:-1]), reversed(pages), strict=False):
            back = paginate(queryset, given(page.previous), size=size)
            assert back.rows == earlier.rows
            assert bool(back.previous) is (earlier is not pages[0])
            assert back.next


def test_rows_that_come_or_go_meanwhile_shift_nothing():
    fill(random.Random(1), 12)
    queryset = FormKey.objects.order_by("created_at", "pk")
    first = paginate(queryset, given(""), size=5)
    rest = [row for row in queryset if row not in first.rows]
    FormKey.objects.create(owner="新", key=uuid.uuid4(), result="", created_at=START - dt.timedelta(days=1))
    first.rows[-1].delete()
    assert paginate(queryset, given(first.next), size=5).rows == rest[:5]


def test_when_all_later_rows_went_the_first_page_comes():
    fill(random.Random(2), 6)
    queryset = FormKey.objects.order_by("pk")
    first = paginate(queryset, given(""), size=5)
    list(queryset)[-1].delete()
    assert paginate(queryset, given(first.next), size=5).rows == first.rows


@pytest.mark.parametrize("cursor", ["x", "eyJh:forged", "￥" * 30, "a" * 5_000, "\x00"])
def test_a_bad_cursor_shows_the_first_page_and_says_so(cursor):
    fill(random.Random(3), 4)
    page = paginate(FormKey.objects.order_by("pk"), given(cursor), size=3)
    assert len(page.rows) == 3
    assert "第一页" in page.notice


def test_a_cursor_serves_its_own_list_only():
    fill(random.Random(4), 4)
    cursor = paginate(FormKey.objects.order_by("pk"), given(""), size=2).next
    assert paginate(FormKey.objects.order_by("-pk"), given(cursor), size=2).notice


def test_filters_stay_in_the_links():
    fill(random.Random(5), 4)
    page = paginate(FormKey.objects.order_by("pk"), given(""), size=2)
    assert page.next_url.startswith("?q=%E6%9C%A8%E4%BD%9C&cursor=")
    assert Page(rows=(), query=given("x").urlencode()).first_url == "?q=%E6%9C%A8%E4%BD%9C"


def test_one_order_is_one_row_comparison():
    fill(random.Random(6), 4)
    queryset = FormKey.objects.order_by("-created_at", "-pk")
    cursor = paginate(queryset, given(""), size=2).next
    with CaptureQueriesContext(
        connection,
    ) as queries:
        paginate(queryset, given(cursor), size=2)
    (query,) = queries.captured_queries
    assert '("web_formkey"."created_at", "web_formkey"."id") < (' in query["sql"]
    assert "OFFSET" not in query["sql"]


def test_an_order_that_could_skip_rows_is_refused():
    with pytest.raises(ImproperlyConfigured, match="unique"):
        paginate(FormKey.objects.order_by("created_at"), given(""))
    with pytest.raises(ImproperlyConfigured, match="null"):
        paginate(Organisation.objects.order_by("area", "pk"), given(""))
    with pytest.raises(ImproperlyConfigured, match="unique"):
        paginate(FormKey.objects.all(), given(""))


def test_counts_say_how_sure_they_are():
    fill(random.Random(7), 6)
    assert str(count_up_to(FormKey.objects.all(), 10)) == "共 6 条"
    assert count_up_to(FormKey.objects.order_by("pk"), 5) == Count(5, exact=False, at_least=True)
    assert str(count_up_to(FormKey.objects.all(), 5)) == "5 条以上"
    assert str(Count(1_234_567, exact=False)) == "约 1,234,567 条"
    assert estimated_count(FormKey).exact is False
