"""The figures everyone sees (每日统计): what they count, and that counting again changes nothing."""

import datetime as dt
from collections import Counter

import pytest
from django.db import connection
from django.urls import reverse

from filing.day_figures import COUNT, DAY, DayFigure, count_days, public_figures
from filing.models import Seal, SealFiling
from filing.services.withdrawal import withdraw_filing
from filing.tasks import count
from sealreg.celery import app
from sealreg.clock import SHANGHAI, fixed_at, shanghai
from sealreg.database.actor import SystemActor
from tests.factories import filing as made
from tests.factories.filing import TUESDAY_TEN
from tests.factories.units import unit as some_unit

pytestmark = pytest.mark.django_db
BY = SystemActor("suite")
WEDNESDAY_TEN = TUESDAY_TEN + DAY
NIGHT = dt.datetime(2026, 6, 10, 0, 30, tzinfo=SHANGHAI)  # of Wednesday here, still Tuesday in UTC


def rows():
    return list(DayFigure.objects.order_by("day").values_list("day", "filings_submitted", "seals_filed", "new_filed"))


def of(day):
    row = DayFigure.objects.get(day=day)
    return row.filings_submitted, row.seals_filed, row.new_filed, row.new_in_time


@pytest.fixture
def place():
    return made.shop()


@pytest.fixture
def two_days(place):
    """Tuesday: a new enterprise in time, an old one, one withdrawn. Wednesday: two of the night, one of them late."""
    clerk = made.clerk_of(place)
    new = dt.date(2026, 6, 1)
    made.filed(clerk, made.request_for(place, unit=some_unit(established_on=new)))
    made.filed(clerk, made.request_for(place, unit=some_unit(established_on=dt.date(2010, 1, 1))))
    withdraw_filing(made.submitted(clerk, made.request_for(place)), by=clerk, at=TUESDAY_TEN, reason="单位不再需要")
    made.submitted(clerk, made.request_for(place), at=NIGHT)
    late = made.filed(clerk, made.request_for(place, unit=some_unit(established_on=new)), at=NIGHT)
    SealFiling.objects.filter(pk=late.pk).update(due_at=NIGHT - dt.timedelta(minutes=1))
    assert {filing.is_new_enterprise for filing in SealFiling.objects.filter(due_at__isnull=False)} == {True}


def test_a_day_is_one_of_shanghai_and_each_figure_what_it_says(two_days):
    count_days(by=BY, at=WEDNESDAY_TEN)
    assert of(dt.date(2026, 6, 9)) == (3, 2, 1, 1)
    assert of(dt.date(2026, 6, 10)) == (2, 1, 1, 0)


def test_the_figures_are_those_of_a_count_row_by_row(two_days):
    count_days(by=BY, at=WEDNESDAY_TEN)
    submitted = Counter(shanghai(one.submitted_at).date() for one in SealFiling.objects.all() if one.submitted_at)
    sealed = Counter(shanghai(one.filed_at).date() for one in Seal.objects.all() if one.filed_at)
    finished = [one for one in SealFiling.objects.all() if one.filed_at and one.is_new_enterprise]
    new = Counter(shanghai(one.filed_at).date() for one in finished)
    in_time = Counter(shanghai(one.filed_at).date() for one in finished if one.filed_at <= one.due_at)
    for row in DayFigure.objects.all():
        expected = submitted[row.day], sealed[row.day], new[row.day], in_time[row.day]
        assert (row.filings_submitted, row.seals_filed, row.new_filed, row.new_in_time) == expected
    shown = public_figures(at=WEDNESDAY_TEN)
    assert (shown.submitted, shown.seals_filed, shown.in_time_permille) == (2, 3, 500)


def test_counting_again_changes_nothing_and_what_came_since_is_added(two_days, place):
    count_days(by=BY, at=WEDNESDAY_TEN)
    before = rows()
    with fixed_at(WEDNESDAY_TEN):
        assert count() == 2, "today and yesterday"
    assert rows() == before
    made.submitted(made.clerk_of(place), made.request_for(place), at=WEDNESDAY_TEN)
    count_days(by=BY, at=WEDNESDAY_TEN - dt.timedelta(minutes=1))
    assert rows() == before, "what happens after the moment of counting is not in it"
    count_days(by=BY, at=WEDNESDAY_TEN)
    assert of(dt.date(2026, 6, 10))[0] == before[-1][1] + 1


def test_an_outage_leaves_no_day_out_and_none_half_counted(two_days):
    assert count_days(by=BY, at=TUESDAY_TEN - DAY) == 30
    count_days(by=BY, at=TUESDAY_TEN - dt.timedelta(hours=1))
    assert of(dt.date(2026, 6, 9)) == (0, 0, 0, 0)
    assert count_days(by=BY, at=WEDNESDAY_TEN + 9 * DAY) == 11
    assert of(dt.date(2026, 6, 9)) == (3, 2, 1, 1)
    days = list(DayFigure.objects.order_by("day").values_list("day", flat=True))
    assert days == [days[0] + n * DAY for n in range(len(days))]
    assert public_figures(at=WEDNESDAY_TEN + 60 * DAY).day == dt.date(2026, 6, 19), "an old count keeps its own day"


def test_the_window_ends_where_it_should(two_days):
    count_days(by=BY, at=TUESDAY_TEN + 29 * DAY)
    assert public_figures(at=TUESDAY_TEN + 29 * DAY).seals_filed == 3
    count_days(by=BY, at=TUESDAY_TEN + 30 * DAY)
    assert public_figures(at=TUESDAY_TEN + 30 * DAY).seals_filed == 1


def test_the_clock_wakes_it():
    assert app.conf.beat_schedule["filing.count_days"]["task"] == count.name
    assert app.conf.beat_schedule["filing.count_days"]["schedule"] <= 300


def test_days_are_found_by_index():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        since = WEDNESDAY_TEN - 2 * DAY
        asked = {"first": since.date(), "last": WEDNESDAY_TEN.date(), "since": since, "at": WEDNESDAY_TEN}
        cursor.execute(f"EXPLAIN {COUNT}", asked)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert [name for name in ("filing_submitted", "filing_new_filed", "seal_filed") if name not in plan] == []
    assert "Seq Scan" not in plan


def page_in(client, language):
    client.cookies["django_language"] = language
    return client.get(reverse("home")).content.decode()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "zh-hans",
            ["今日提交备案", "近30日备案印章", "近30日新办企业按时办结", "现可承接刻章的企业", "统计至10:00。"],
        ),
        (
            "en",
            [
                "Filings submitted today",
                "Seals filed in the last 30 days",
                "filed in time",
                "Shops that take orders now",
                "Counted up to 10:00.",
            ],
        ),
    ],
)
def test_the_public_home_shows_them_in_both_languages(client, two_days, language, words):
    count_days(by=BY, at=WEDNESDAY_TEN)
    with fixed_at(WEDNESDAY_TEN + dt.timedelta(minutes=3)):
        page = page_in(client, language)
    assert [word for word in words if word not in page] == []
    shown = [value for value in ("2", "3", "50.0%", "1") if f'sr-counter__value">{value}</span>' in page]
    assert shown == ["2", "3", "50.0%", "1"]


def test_before_the_first_count_there_is_no_block(client):
    with fixed_at(WEDNESDAY_TEN):
        assert "sr-counters" not in page_in(client, "zh-hans")


def test_figures_of_an_earlier_day_say_so_and_no_share_is_made_up(client):
    count_days(by=BY, at=TUESDAY_TEN)
    with fixed_at(WEDNESDAY_TEN):
        page = page_in(client, "zh-hans")
    assert "统计至2026-06-09 10:00。" in page
    assert "今日提交备案" not in page
    assert "按时办结" not in page


def test_the_home_page_costs_the_same_whatever_is_counted(client, two_days, django_assert_num_queries):
    count_days(by=BY, at=WEDNESDAY_TEN, since=dt.date(2024, 6, 1))
    client.get(reverse("home"))
    with fixed_at(WEDNESDAY_TEN), django_assert_num_queries(2):
        client.get(reverse("home"))
