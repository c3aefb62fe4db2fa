"""The clock of seven working days (许可计时, demand 15): a ledger read from events, warnings, breaches, moved days."""

import datetime as dt
import io
from fractions import Fraction

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from licensing.choices import ClockKind
from licensing.clock import ClockEvent, read_ledger
from licensing.models import ApplicationClock, LicenceApplication
from licensing.services.applications import collect_licence, withdraw_application
from licensing.services.clocks import ledger_of, watch_clocks
from licensing.services.corrections import ask_correction
from licensing.services.decisions import issue_licence, refuse_application
from sealreg.accounts.choices import AuthorityLevel
from sealreg.audit.selectors import search_events
from sealreg.clock import SHANGHAI, fixed_at
from sealreg.database.actor import SystemActor
from sealreg.notices.models import Notice
from sealreg.workdays.hours import DEFAULT_HOURS, OfficeHours
from sealreg.workdays.importing import DayKind, DayRow
from sealreg.workdays.services import add_day, set_office_hours
from tests.factories import licensing as made
from tests.factories.accounts import authority, person
from tests.workdays.calendars import at, shipped

BY = SystemActor("licence-clock")


def ledger(*events, now, hours=DEFAULT_HOURS, calendar=None):
    return read_ledger(
        [ClockEvent(kind, at(when), "补正") for kind, when in events],
        at=at(now),
        calendar=calendar or shipped(),
        hours=hours,
    )


STARTED = ("STARTED", "2018-08-01 10:00")  # a Wednesday


@pytest.mark.parametrize(
    ("start", "due"),
    [("2018-07-31", "2018-08-09"), ("2018-09-28", "2018-10-12"), ("2018-09-30", "2018-10-16")],
)
def test_demand_15_the_vectors_of_the_notice(start, due):
    found = ledger(("STARTED", f"{start} 15:30"), now=f"{start} 16:00")
    assert found.due_on == dt.date.fromisoformat(due)
    assert found.due_at == at(f"{due} 18:00")
    assert found.binding is (start >= "2018-08-01")


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2018-08-01 17:00", 0),
        ("2018-08-02 00:01", 1),
        ("2018-08-02 23:00", 1),
        ("2018-08-03 09:00", 2),
        ("2018-08-05 12:00", 2),  # Sunday: still the second
        ("2018-08-06 10:00", 3),
        ("2018-08-10 18:00", 7),
        ("2018-08-12 10:00", 7),
        ("2018-08-13 09:00", 8),
    ],
)
def test_the_day_under_way(now, day):
    found = ledger(STARTED, now=now)
    assert found.day == day
    assert found.breached is (now > "2018-08-10 18:00")


def test_a_pause_of_a_day_and_a_half_moves_the_due_day_by_two():
    events = (STARTED, ("PAUSED", "2018-08-03 09:00"), ("RESUMED", "2018-08-06 14:30"))
    found = ledger(*events, now="2018-08-07 10:00")
    # Friday whole, and of Monday's seven office hours the first three and a half.
    assert found.paused_days == Fraction(3, 2)
    assert [(pause.days, pause.reason) for pause in found.pauses] == [(Fraction(3, 2), "补正")]
    assert found.due_on == dt.date(2018, 8, 14)
    assert found.day == 3


@pytest.mark.parametrize(
    ("now", "day", "breached"),
    [
        ("2018-08-13 10:00", 7, False),  # six and a half used at its end
        ("2018-08-14 00:01", 7, False),
        ("2018-08-14 18:00", 7, False),  # the due day, of which half was left
        ("2018-08-14 18:01", 7, True),
        ("2018-08-15 00:01", 8, True),
        ("2018-08-16 10:00", 9, True),
        ("2018-08-18 10:00", 10, True),  # Saturday: the tenth was Friday
    ],
)
def test_a_half_day_left_over_does_not_make_the_due_day_the_eighth(now, day, breached):
    events = (STARTED, ("PAUSED", "2018-08-03 09:00"), ("RESUMED", "2018-08-06 14:30"))
    found = ledger(*events, now=now)
    assert (found.due_on, found.day, found.breached) == (dt.date(2018, 8, 14), day, breached)


def test_while_paused_the_day_stands_and_the_due_day_moves_on():
    events = (STARTED, ("PAUSED", "2018-08-03 14:00"))
    early, late = ledger(*events, now="2018-08-03 18:00"), ledger(*events, now="2018-08-20 18:00")
    assert (early.day, late.day) == (2, 2)
    assert early.paused
    assert not early.running
    assert early.due_on < late.due_on
    assert not late.breached


def test_two_pauses_add_up_and_pauses_outside_office_hours_cost_nothing():
    events = (
        STARTED,
        ("PAUSED", "2018-08-02 09:00"), ("RESUMED", "2018-08-02 12:00"),
        ("PAUSED", "2018-08-02 12:05"), ("RESUMED", "2018-08-02 13:55"),
        ("PAUSED", "2018-08-04 09:00"), ("RESUMED", "2018-08-05 18:00"),
    )  # fmt: skip
    assert ledger(*events, now="2018-08-06 10:00").paused_days == Fraction(3, 7)


def test_a_pause_on_the_day_of_the_application_takes_nothing():
    events = (STARTED, ("PAUSED", "2018-08-01 10:30"), ("RESUMED", "2018-08-01 17:00"))
    found = ledger(*events, now="2018-08-02 10:00")
    assert found.paused_days == 0
    assert found.due_on == dt.date(2018, 8, 10)


def test_what_is_ended_stands():
    events = (STARTED, ("ENDED", "2018-08-06 12:00"))
    found = ledger(*events, now="2018-12-01 10:00")
    assert (found.day, found.used, found.breached) == (3, Fraction(2) + Fraction(3, 7), False)


def test_before_1_august_2018_it_is_information():
    found = ledger(("STARTED", "2018-05-21 10:00"), now="2018-06-20 10:00")
    assert found.used > found.limit
    assert not found.binding
    assert not found.breached


def test_past_the_calendar_it_is_provisional():
    assert ledger(("STARTED", "2026-12-24 10:00"), now="2026-12-24 11:00").provisional
    assert not ledger(STARTED, now="2018-08-01 11:00").provisional


def test_an_authoritys_own_hours_decide_what_half_a_day_is():
    hours = OfficeHours.daily("8:30-11:30,14:30-17:30")
    events = (STARTED, ("PAUSED", "2018-08-02 08:30"), ("RESUMED", "2018-08-02 11:30"))
    found = ledger(*events, now="2018-08-03 10:00", hours=hours)
    assert found.paused_days == Fraction(1, 2)
    assert found.due_at == at("2018-08-13 17:30")


def test_a_clock_never_started_shows_nothing():
    with pytest.raises(ValueError, match="never started"):
        ledger(now="2018-08-01 10:00")


MOMENTS = st.datetimes(dt.datetime(2018, 7, 20), dt.datetime(2018, 11, 20)).map(
    lambda one: one.replace(tzinfo=SHANGHAI)
)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(start=MOMENTS, cuts=st.lists(MOMENTS, max_size=6), now=MOMENTS)
def test_pauses_never_shorten_and_used_and_paused_make_up_the_whole(start, cuts, now):
    cuts = sorted(cut for cut in cuts if cut > start)
    now = max([start, now, *cuts])
    events = [ClockEvent("STARTED", start)]
    events += [ClockEvent(("PAUSED", "RESUMED")[index % 2], cut) for index, cut in enumerate(cuts)]
    calendar = shipped()
    found = read_ledger(events, at=now, calendar=calendar, hours=DEFAULT_HOURS)
    plain = read_ledger(events[:1], at=now, calendar=calendar, hours=DEFAULT_HOURS)
    assert found.due_on >= plain.due_on == calendar.add_working_days(start.date(), 7).on
    assert found.used + found.paused_days == plain.used
    assert found.day <= plain.day


# The clock of a real application. 9 June 2026 is a Tuesday; 19 June is a holiday.
def day(text, hour=10):
    return dt.datetime.fromisoformat(f"2026-06-{text} {hour:02}:00").replace(tzinfo=SHANGHAI)


@pytest.fixture
def who():
    authority(440600, AuthorityLevel.CITY)
    return made.cast()


@pytest.fixture
def city_officer():
    return person("city_officer")


def kinds(application):
    return list(application.clock.order_by("id").values_list("kind", flat=True))


def told(user, template):
    return list(Notice.objects.filter(user=user, template=template).order_by("id").values_list("params", flat=True))


@pytest.mark.django_db
def test_warned_on_day_four_and_six_and_raised_to_the_city_on_day_eight(who, city_officer):
    application = made.submitted(who, at=day("09"))
    assert application.due_on == dt.date(2026, 6, 18)
    seen = {}
    for text in ("12", "15", "16", "17", "18", "21", "22", "23"):
        for _ in range(2):
            done = watch_clocks(by=BY, at=day(text))
            seen[text] = {name: seen.get(text, {}).get(name, 0) + count for name, count in done.items()}
    assert {text: (found["warned"], found["breached"]) for text, found in seen.items()} == {
        "12": (0, 0), "15": (1, 0), "16": (0, 0), "17": (1, 0), "18": (0, 0), "21": (0, 0), "22": (0, 1), "23": (0, 0),
    }  # fmt: skip
    assert kinds(application) == ["STARTED", "WARNED_DAY_FOUR", "WARNED_DAY_SIX", "BREACHED"]
    assert [one["day"] for one in told(who.officer, "licensing.clock_warning")] == ["4", "6"]
    assert len(told(city_officer, "licensing.clock_breached")) == 1
    assert len(told(who.chief, "licensing.clock_breached")) == 1
    assert search_events(event="licensing.clock_breached").count() == 1


@pytest.mark.django_db
def test_a_pause_of_half_a_day_raises_nothing_before_the_due_day_is_over(who, city_officer):
    application = made.submitted(who, at=day("09"))
    ask_correction(application, items=[made.ITEM], by=who.officer, at=day("10", 9))
    application.refresh_from_db()
    made.answered(who, application, at=dt.datetime(2026, 6, 10, 14, 30, tzinfo=SHANGHAI))
    application.refresh_from_db()
    assert application.due_on == dt.date(2026, 6, 22)
    assert watch_clocks(by=BY, at=day("22", 17))["breached"] == 0
    assert watch_clocks(by=BY, at=day("23", 9))["breached"] == 1
    assert len(told(city_officer, "licensing.clock_breached")) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("ends", ["issue", "ask", "refuse", "withdraw"])
def test_an_act_before_the_next_look_does_not_hide_a_breach(who, city_officer, ends):
    """The worker was down: on the eighth day somebody acts before it looks again."""
    asked = {"issue": "GRANTED", "ask": "SUBMITTED", "refuse": "ACCEPTED", "withdraw": "ACCEPTED"}[ends]
    application = made.application_in(asked, who)
    moment = day("22")
    {
        "issue": lambda: issue_licence(application, by=who.officer, at=moment),
        "ask": lambda: ask_correction(application, items=[made.ITEM], by=who.officer, at=moment),
        "refuse": lambda: refuse_application(
            application, reason="场所不符合条件", remedy="可申请行政复议", by=who.chief, at=moment
        ),
        "withdraw": lambda: withdraw_application(application, reason="暂不开办", by=who.manager, at=moment),
    }[ends]()
    assert application.clock.filter(kind=ClockKind.BREACHED).count() == 1
    assert Notice.objects.filter(user=city_officer, template="licensing.clock_breached").count() == 1
    assert watch_clocks(by=BY, at=moment)["breached"] == 0


@pytest.mark.django_db
def test_who_acts_in_time_raises_nothing(who):
    application = made.application_in("GRANTED", who)
    issue_licence(application, by=who.officer, at=day("18", 17))
    assert not application.clock.filter(kind=ClockKind.BREACHED).exists()


@pytest.mark.django_db
def test_where_no_city_stands_between_the_province_is_told():
    province, dongguan = person("province_officer"), made.cast(441900)
    made.submitted(dongguan, at=day("09"))
    watch_clocks(by=BY, at=day("22"))
    assert len(told(province, "licensing.clock_breached")) == 1


@pytest.mark.django_db
def test_a_paused_clock_warns_nobody_and_goes_on_after_the_answer(who):
    application = made.submitted(who, at=day("09"))
    ask_correction(application, items=[made.ITEM], by=who.officer, at=day("10", 9))
    assert watch_clocks(by=BY, at=day("24")) == {"moved": 0, "warned": 0, "breached": 0}
    application.refresh_from_db()
    application = made.answered(who, application, at=day("24", 9))
    shown = ledger_of(application, at=day("24"))
    assert (shown.day, shown.pauses[0].reason) == (1, made.ITEM.remark)
    assert application.due_on == dt.date(2026, 7, 2)
    assert kinds(application) == ["STARTED", "PAUSED", "RESUMED"]


@pytest.mark.django_db
@pytest.mark.parametrize(("handover", "ends"), [("ELECTRONIC", True), ("COUNTER", False), ("COURIER", False)])
def test_an_electronic_licence_ends_the_clock_as_collection_does(who, handover, ends):
    application = made.application_in("ISSUED", who, at=day("09"), handover=handover)
    assert (application.clock_ended_at is not None) is ends
    watch_clocks(by=BY, at=day("23"))
    assert ("BREACHED" in kinds(application)) is not ends
    collected = collect_licence(application, by=who.manager, at=day("24"))
    assert kinds(collected).count("ENDED") == 1


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["REFUSED", "NOT_ACCEPTED", "WITHDRAWN"])
def test_the_end_of_the_matter_ends_the_clock(who, status):
    application = made.application_in(status, who, at=day("09"))
    assert watch_clocks(by=BY, at=day("30")) == {"moved": 0, "warned": 0, "breached": 0}
    assert application.clock_ended_at == day("09")


@pytest.mark.django_db
def test_a_calendar_imported_later_moves_the_due_day_and_says_so(who):
    application = made.submitted(who, at=day("09"))
    holiday = DayRow(dt.date(2026, 6, 16), DayKind.HOLIDAY, "测试假日")
    add_day(holiday, year=2026, source="测试通知", reason="国务院补充通知", by=BY, at=day("10"))
    assert watch_clocks(by=BY, at=day("10"))["moved"] == 1
    assert watch_clocks(by=BY, at=day("10"))["moved"] == 0
    application.refresh_from_db()
    assert application.due_on == dt.date(2026, 6, 22)
    moved = application.clock.get(kind=ClockKind.DUE_MOVED)
    assert (moved.facts["from"], moved.facts["to"], moved.reason) == ("2026-06-18", "2026-06-22", "国务院补充通知")
    for user in (who.manager, who.officer):
        assert told(user, "licensing.due_moved") == [
            {"number": application.number, "from": "2026-06-18", "to": "2026-06-22"}
        ]


@pytest.mark.django_db
def test_a_change_that_moves_nothing_says_nothing(who):
    application = made.submitted(who, at=day("09"))
    set_office_hours(
        440606, periods=[(480, 720), (840, 1050)], valid_from=dt.date(2026, 6, 1), reason="夏令", by=BY, at=day("10")
    )
    assert watch_clocks(by=BY, at=day("10"))["moved"] == 0
    application.refresh_from_db()
    assert application.due_at == dt.datetime(2026, 6, 18, 17, 30, tzinfo=SHANGHAI)
    assert not Notice.objects.filter(template="licensing.due_moved").exists()


@pytest.mark.django_db
def test_beyond_the_calendar_the_due_day_is_marked(who):
    application = made.submitted(who, at=dt.datetime(2026, 12, 24, 10, tzinfo=SHANGHAI))
    assert application.due_provisional


@pytest.mark.django_db
def test_before_1_august_2018_nobody_is_warned(who):
    earlier = dt.datetime(2018, 5, 21, 10, tzinfo=SHANGHAI)
    application = made.submitted(who, at=earlier)
    assert watch_clocks(by=BY, at=earlier + dt.timedelta(days=30)) == {"moved": 0, "warned": 0, "breached": 0}
    assert kinds(application) == ["STARTED"]


@pytest.mark.django_db
def test_the_events_cannot_be_rewritten(who):
    application = made.submitted(who, at=day("09"))
    for rewrite in (ApplicationClock.objects.filter(application=application).delete,):
        with pytest.raises(DatabaseError), transaction.atomic():
            rewrite()
    with pytest.raises(DatabaseError), transaction.atomic():
        ApplicationClock.objects.filter(application=application).update(at=day("12"))


@pytest.mark.django_db
def test_a_withdrawn_draft_never_had_a_clock(who):
    application = withdraw_application(made.draft(who, at=day("09")), reason="", by=who.manager, at=day("09"))
    assert ledger_of(application, at=day("10")) is None


@pytest.mark.django_db
def test_the_command_does_the_same(who):
    made.submitted(who, at=day("09"))
    told_by = io.StringIO()
    with fixed_at(day("22")):
        call_command("watch_clocks", stdout=told_by)
    assert told_by.getvalue().strip() == "moved 0 · warned 0 · breached 1 · begun 0"
    assert LicenceApplication.objects.get().clock.filter(kind="BREACHED").exists()
