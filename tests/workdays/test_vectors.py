"""Vectors of the notice and of the calendar (时限算例), each written out so that a reader can count along."""

import datetime as dt

import pytest

from sealreg.legal.documents import DOCUMENTS
from sealreg.workdays.amounts import AMOUNTS, HALF_WORKING_DAY, LICENCE_SEVEN_DAYS
from sealreg.workdays.calendar import DueMoment, Pause
from sealreg.workdays.hours import DEFAULT_HOURS, OfficeHours
from tests.workdays.calendars import at, shipped

HALF = HALF_WORKING_DAY.minutes


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2018-07-31", "2018-08-09"),
        ("2018-08-01", "2018-08-10"),
        # 29 and 30 September 2018 are a Saturday and a Sunday on which offices work, for National Day.
        ("2018-09-28", "2018-10-12"),
        # 30 September is itself a make-up working day; as the day of the act it is not counted, so nothing conflicts.
        ("2018-09-30", "2018-10-16"),
        # 10 October 2026 is a make-up Saturday and counts as the third day.
        ("2026-09-30", "2026-10-15"),
    ],
)
def test_demand_15_seven_working_days(start, due):
    found = shipped().add_working_days(dt.date.fromisoformat(start), LICENCE_SEVEN_DAYS.days)
    assert found.on == dt.date.fromisoformat(due)
    assert not found.provisional


def test_demand_15_vectors_agree_with_the_calendar_they_rest_on():
    calendar = shipped()
    assert calendar.is_working_day(dt.date(2018, 9, 29))
    assert calendar.is_working_day(dt.date(2018, 9, 30))
    assert not any(calendar.is_working_day(dt.date(2018, 10, day)) for day in range(1, 8))
    make_up_2026 = {day for day in calendar.workdays if day.year == 2026}
    assert make_up_2026 == {dt.date(2026, m, d) for m, d in [(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)]}


def test_demand_15_is_due_at_close_of_office():
    due = shipped().due_after_working_days(at("2018-07-31 10:00"), 7, DEFAULT_HOURS)
    assert due == DueMoment(at("2018-08-09 18:00"), provisional=False, calendar_version=1)


@pytest.mark.parametrize(
    ("case", "start", "due"),
    [
        ("afternoon to next morning", "2018-08-01 16:00", "2018-08-02 11:00"),
        ("morning to afternoon, lunch left out", "2018-08-01 09:00", "2018-08-01 15:00"),
        ("filed during lunch", "2018-08-01 12:30", "2018-08-01 18:00"),
        ("ends exactly at the lunch break", "2018-08-01 17:00", "2018-08-02 12:00"),
        ("before office hours", "2018-08-01 07:15", "2018-08-01 15:00"),
        ("after office hours", "2018-08-01 20:00", "2018-08-02 15:00"),
        ("Friday afternoon over the weekend", "2018-08-03 16:00", "2018-08-06 11:00"),
        ("Saturday", "2018-08-04 10:00", "2018-08-06 15:00"),
        ("Friday into a make-up Saturday", "2018-09-28 16:00", "2018-09-29 11:00"),
        ("on a make-up Sunday over Golden Week", "2018-09-30 16:00", "2018-10-08 11:00"),
        ("within Golden Week", "2018-10-03 10:00", "2018-10-08 15:00"),
        ("make-up Saturday after Golden Week 2026", "2026-10-09 16:00", "2026-10-10 11:00"),
        ("over New Year moved by the next year's notice", "2018-12-28 16:00", "2018-12-29 11:00"),
        ("last working hours of 2018", "2018-12-29 16:00", "2019-01-02 11:00"),
    ],
)
def test_demand_16_half_a_working_day(case, start, due):
    found = shipped().add_work_time(at(start), HALF, DEFAULT_HOURS)
    assert found.at == at(due), case
    assert not found.provisional


def test_half_a_day_is_four_office_hours_and_says_that_this_is_our_reading():
    assert HALF == 240
    assert HALF_WORKING_DAY.assumption
    assert all(key in DOCUMENTS for amount in AMOUNTS.values() for key in amount.basis)
    assert all(bool(amount.minutes) != bool(amount.days) for amount in AMOUNTS.values())


@pytest.mark.parametrize(
    ("eighth", "reminder"),
    [
        ("2018-07-08", "2018-07-06"),
        ("2018-09-08", "2018-09-07"),
        ("2018-10-08", "2018-09-30"),
        ("2018-12-08", "2018-12-07"),
    ],
)
def test_demand_85_reminder_on_the_last_working_day_before_the_eighth(eighth, reminder):
    assert shipped().previous_working_day(dt.date.fromisoformat(eighth)).on == dt.date.fromisoformat(reminder)


def test_pause_moves_the_due_moment_by_the_office_time_it_covers():
    calendar = shipped()
    # Wed 11:00 to Thu 10:00 covers 1 h + 4 h + 1 h of office time.
    pause = Pause(at("2018-08-01 11:00"), at("2018-08-02 10:00"))
    assert calendar.add_work_time(at("2018-08-01 09:00"), HALF, DEFAULT_HOURS, [pause]).at == at("2018-08-02 12:00")
    assert (
        calendar.work_time_between(at("2018-08-01 09:00"), at("2018-08-02 12:00"), DEFAULT_HOURS, [pause]).minutes
        == 240
    )


def test_a_datetime_from_another_zone_is_read_in_shanghai():
    late_in_utc = dt.datetime(2018, 8, 1, 23, 30, tzinfo=dt.UTC)  # 07:30 on 2 August in Shanghai
    assert shipped().add_work_time(late_in_utc, 60, DEFAULT_HOURS).at == at("2018-08-02 10:00")
    assert shipped().due_after_working_days(late_in_utc, 1, DEFAULT_HOURS).at == at("2018-08-03 18:00")


def test_beyond_the_notice_the_result_is_provisional_and_monday_to_friday():
    calendar = shipped()
    assert calendar.add_working_days(dt.date(2027, 4, 30), 1).provisional
    assert calendar.add_working_days(dt.date(2027, 4, 30), 1).on == dt.date(2027, 5, 3)
    crossing = calendar.add_work_time(at("2026-12-31 17:00"), HALF, DEFAULT_HOURS)
    assert crossing.at == at("2027-01-01 12:00")
    assert crossing.provisional
    assert not calendar.add_work_time(at("2026-12-24 09:00"), HALF, DEFAULT_HOURS).provisional
    assert calendar.add_working_days(dt.date(2017, 6, 1), 2).provisional


def test_last_days_of_the_year_stay_provisional_until_the_next_notice():
    calendar = shipped()
    assert calendar.is_provisional(dt.date(2026, 12, 29))
    assert not calendar.is_provisional(dt.date(2025, 12, 29))


def test_office_hours_change_from_a_day_on():
    early = OfficeHours.daily("8:30-12:00，14:30-17:30")
    hours = OfficeHours(DEFAULT_HOURS.initial, ((dt.date(2018, 8, 2), early.initial),))
    assert shipped().add_work_time(at("2018-08-01 16:00"), HALF, hours).at == at("2018-08-02 10:30")
    assert hours.closes_at(dt.date(2018, 8, 1)) == at("2018-08-01 18:00")
    assert hours.closes_at(dt.date(2018, 8, 2)) == at("2018-08-02 17:30")


def test_a_newer_calendar_asks_for_the_due_moment_again():
    due = shipped().add_working_days(dt.date(2018, 8, 1), 7)
    assert shipped().is_current(due)
    newer = type(shipped())(shipped().holidays, shipped().workdays, shipped().years, version=2)
    assert not newer.is_current(due)


def test_impossible_limits_are_refused():
    with pytest.raises(ValueError):
        shipped().add_working_days(dt.date(2018, 8, 1), 0)
    with pytest.raises(ValueError):
        shipped().add_work_time(at("2018-08-01 09:00"), -1, DEFAULT_HOURS)
    with pytest.raises(ValueError):
        shipped().add_work_time(dt.datetime(2018, 8, 1, 9), 1, DEFAULT_HOURS)
