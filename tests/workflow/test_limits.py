"""A limit ends in office time of the authority (办理时限)."""

import datetime as dt

import pytest

from sealreg.clock import SHANGHAI
from sealreg.workdays.amounts import HALF_WORKING_DAY, LICENCE_SEVEN_DAYS
from sealreg.workdays.calendar import Pause
from sealreg.workflow import limits


def at(day, hour=0, minute=0):
    return dt.datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


@pytest.fixture(autouse=True)
def _limits(monkeypatch):
    monkeypatch.setattr(limits, "_limits", {"half": HALF_WORKING_DAY, "seven": LICENCE_SEVEN_DAYS})


@pytest.mark.django_db
def test_half_a_working_day_crosses_the_noon_break_and_the_night():
    # Monday 10:00: two hours before noon, two after 14:00. Friday 16:00: two hours, then Monday morning.
    assert limits.due_moment("half", start=at(23, 10), authority_no=440606).at == at(23, 16)
    assert limits.due_moment("half", start=at(27, 16), authority_no=440606).at == at(30, 11)


@pytest.mark.django_db
def test_a_pause_moves_the_end_and_working_days_end_at_closing_time():
    pause = Pause(at(23, 11), at(23, 12))
    assert limits.due_moment("half", start=at(23, 10), authority_no=440606, pauses=[pause]).at == at(23, 17)
    assert limits.due_moment("seven", start=at(19, 10), authority_no=440606).at == at(30, 18)
    with pytest.raises(ValueError):
        limits.due_moment("seven", start=at(19, 10), authority_no=440606, pauses=[pause])


def test_limits_are_known_by_name_once():
    assert limits.known("half")
    assert not limits.known("none")
    with pytest.raises(LookupError):
        limits.limit_by_name("none")
    with pytest.raises(ValueError):
        limits.register("half", HALF_WORKING_DAY)
