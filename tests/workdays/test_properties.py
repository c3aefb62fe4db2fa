"""What must hold for every moment, amount and pause (性质检验)."""

import datetime as dt

from chinese_calendar import is_workday
from hypothesis import given, settings
from hypothesis import strategies as st

from sealreg.clock import SHANGHAI
from sealreg.workdays.calendar import Pause
from sealreg.workdays.hours import OfficeHours
from tests.workdays.calendars import MINUTE, naive_between, naive_due, shipped

moments = st.datetimes(dt.datetime(2018, 1, 2), dt.datetime(2026, 12, 10)).map(
    lambda moment: moment.replace(second=0, microsecond=0, tzinfo=SHANGHAI)
)
exact_moments = st.datetimes(dt.datetime(2018, 1, 2), dt.datetime(2028, 12, 31)).map(
    lambda moment: moment.replace(tzinfo=SHANGHAI)
)
amounts = st.integers(0, 3000)
hours = st.sampled_from(
    [
        OfficeHours(),
        OfficeHours.daily("8:30-12:00,14:30-17:30"),
        OfficeHours.daily("0:00-24:00"),
        OfficeHours.daily("9:00-9:20"),
    ]
)


@st.composite
def starts_with_pauses(draw):
    start = draw(moments)
    pauses = []
    for offset, length in draw(st.lists(st.tuples(st.integers(-600, 6000), st.integers(0, 3000)), max_size=3)):
        pauses.append(Pause(start + offset * MINUTE, start + (offset + length) * MINUTE))
    return start, pauses


def test_every_day_of_nine_years_equals_the_independent_oracle():
    day, calendar = dt.date(2018, 1, 1), shipped()
    while day <= dt.date(2026, 12, 31):
        assert calendar.is_working_day(day) == is_workday(day), day
        day += dt.timedelta(days=1)


@given(exact_moments, amounts, hours)
def test_work_time_between_is_the_inverse_of_adding(start, minutes, office):
    calendar = shipped()
    due = calendar.add_work_time(start, minutes, office)
    assert calendar.work_time_between(start, due.at, office).time == minutes * MINUTE


@given(starts_with_pauses(), st.integers(0, 2000))
def test_inverse_holds_with_pauses(case, minutes):
    start, pauses = case
    calendar, office = shipped(), OfficeHours()
    due = calendar.add_work_time(start, minutes, office, pauses)
    assert calendar.work_time_between(start, due.at, office, pauses).minutes == minutes


@given(exact_moments, st.integers(0, 100_000), amounts)
def test_a_later_start_is_never_due_earlier(start, later, minutes):
    calendar, office = shipped(), OfficeHours()
    first = calendar.add_work_time(start, minutes, office).at
    assert calendar.add_work_time(start + later * MINUTE, minutes, office).at >= first


@given(exact_moments, amounts, st.integers(0, 600))
def test_a_longer_limit_is_never_due_earlier(start, minutes, more):
    calendar, office = shipped(), OfficeHours()
    assert calendar.add_work_time(start, minutes + more, office).at >= calendar.add_work_time(start, minutes, office).at


@given(starts_with_pauses(), st.integers(1, 2000))
def test_pauses_shift_by_exactly_the_office_time_they_cover(case, minutes):
    start, pauses = case
    calendar, office = shipped(), OfficeHours()
    due = calendar.add_work_time(start, minutes, office, pauses).at
    gross = calendar.work_time_between(start, due, office).time
    net = calendar.work_time_between(start, due, office, pauses).time
    assert net == minutes * MINUTE
    assert calendar.add_work_time(start, gross // MINUTE, office).at == due


@settings(max_examples=60)
@given(starts_with_pauses(), st.integers(1, 700))
def test_equals_the_minute_by_minute_reference(case, minutes):
    start, pauses = case
    calendar, office = shipped(), OfficeHours()
    expected = naive_due(calendar, start, minutes, office, pauses)
    assert calendar.add_work_time(start, minutes, office, pauses).at == expected
    assert calendar.work_time_between(start, expected, office, pauses).minutes == naive_between(
        calendar, start, expected, office, pauses
    )


@given(st.dates(dt.date(2017, 1, 1), dt.date(2028, 12, 1)), st.integers(1, 60))
def test_working_days_count_one_by_one(start, days):
    calendar = shipped()
    due = calendar.add_working_days(start, days)
    assert calendar.is_working_day(due.on)
    span = [start + dt.timedelta(days=n) for n in range(1, (due.on - start).days + 1)]
    assert sum(calendar.is_working_day(day) for day in span) == days
    assert due.provisional == any(calendar.is_provisional(day) for day in span)
