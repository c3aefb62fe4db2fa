"""Months are the calendar's (闲置月数, demand 71): vectors of the month's end, and properties."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing.idle_months import DAY, Stop, add_months, boundary, is_idle, months_complete

D = dt.date
DAYS = st.dates(D(2018, 1, 1), D(2035, 12, 31))


@pytest.mark.parametrize(
    ("last", "six"),
    [
        (D(2025, 8, 31), D(2026, 2, 28)),
        (D(2027, 8, 31), D(2028, 2, 29)),
        (D(2025, 8, 30), D(2026, 2, 28)),
        (D(2025, 8, 29), D(2026, 2, 28)),
        (D(2025, 8, 28), D(2026, 2, 28)),
        (D(2026, 2, 28), D(2026, 8, 28)),
        (D(2028, 2, 29), D(2028, 8, 29)),
        (D(2026, 3, 31), D(2026, 9, 30)),
        (D(2026, 5, 31), D(2026, 11, 30)),
        (D(2026, 1, 5), D(2026, 7, 5)),
        (D(2026, 12, 31), D(2027, 6, 30)),
    ],
)
def test_exactly_six_months_is_not_idle_and_a_day_more_is(last, six):
    assert boundary(last, 6, on=six) == six
    assert not is_idle(last, on=six)
    assert is_idle(last, on=six + DAY)


def test_it_is_not_180_days():
    last = D(2026, 3, 1)
    assert not is_idle(last, on=last + 184 * DAY)  # 1 September: six months to the day, 184 days
    assert is_idle(last, on=last + 185 * DAY)


@pytest.mark.parametrize(
    ("on", "months"),
    [
        (D(2026, 5, 4), 0),
        (D(2026, 5, 5), 4),
        (D(2026, 6, 4), 4),
        (D(2026, 6, 5), 5),
        (D(2026, 7, 5), 5),
        (D(2026, 7, 6), 6),
    ],
)
def test_warnings_at_four_and_five_months_and_listed_a_day_after_six(on, months):
    assert months_complete(D(2026, 1, 5), on=on) == months


@pytest.mark.parametrize(
    ("stops", "six"),
    [
        ([], D(2026, 7, 5)),
        ([Stop(D(2026, 3, 1), D(2026, 3, 10))], D(2026, 7, 15)),
        ([Stop(D(2025, 12, 1), D(2026, 1, 5))], D(2026, 7, 5)),  # before and on the last act: nothing to exclude
        ([Stop(D(2025, 12, 1), D(2026, 1, 7))], D(2026, 7, 7)),
        ([Stop(D(2026, 7, 5), D(2026, 7, 9))], D(2026, 7, 10)),  # begun on the last day
        ([Stop(D(2026, 7, 6), D(2026, 7, 9))], D(2026, 7, 5)),  # begun when six months were exceeded already
        ([Stop(D(2026, 3, 1), D(2026, 3, 10)), Stop(D(2026, 7, 10), D(2026, 7, 12))], D(2026, 7, 18)),  # pushed into
        ([Stop(D(2026, 3, 1), D(2026, 3, 10)), Stop(D(2026, 3, 5), D(2026, 3, 12))], D(2026, 7, 17)),  # overlap once
        ([Stop(D(2026, 3, 1), D(2026, 3, 10)), Stop(D(2026, 3, 11), D(2026, 3, 12))], D(2026, 7, 17)),
    ],
)
def test_days_of_a_recorded_suspension_do_not_count(stops, six):
    assert boundary(D(2026, 1, 5), 6, stops, on=D(2026, 12, 31)) == six


def test_while_it_lasts_nothing_goes_on():
    stops = [Stop(D(2026, 5, 1), None)]
    for on in (D(2026, 7, 6), D(2027, 7, 6), D(2036, 1, 1)):
        assert months_complete(D(2026, 1, 5), stops, on=on) == 0


@given(DAYS, st.integers(0, 30))
def test_adding_months_keeps_the_day_or_takes_the_months_last(day, months):
    later = add_months(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day == day.day or (later.day < day.day and (later + DAY).month != later.month)


@given(DAYS, st.lists(st.tuples(DAYS, st.integers(0, 90)), max_size=4))
def test_a_suspension_never_makes_idle_sooner_and_the_day_stays_a_boundary(last, spans):
    stops = [Stop(since, since + length * DAY) for since, length in spans]
    far = D(2040, 1, 1)
    end = boundary(last, 6, stops, on=far)
    assert end >= add_months(last, 6)
    stopped = {since + n * DAY for since, length in spans for n in range(length + 1)}
    worked = sum(1 for n in range(1, (end - last).days + 1) if last + n * DAY not in stopped)
    assert worked == (add_months(last, 6) - last).days
    assert not is_idle(last, stops, on=end) or end > far
