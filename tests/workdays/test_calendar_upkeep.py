"""The stored calendar: shipped rows, changes with history, office hours, alarm (工作日历维护)."""

import datetime as dt
import threading

import pytest
from django.core import checks
from django.db import DatabaseError, connection, connections

from sealreg import clock
from sealreg.database.actor import SystemActor
from sealreg.errors import Conflict, NotFound, RuleBroken
from sealreg.workdays import selectors, services
from sealreg.workdays.alarms import next_year_missing
from sealreg.workdays.checks import calendar_is_loaded
from sealreg.workdays.hours import DEFAULT_HOURS, parse_periods, show_periods
from sealreg.workdays.importing import DayRow, decode, plan_year
from sealreg.workdays.models import CalendarChange, CalendarDay, CalendarYear, DayKind
from tests.workdays.calendars import at, shipped

ADMIN = SystemActor("calendar-test")
NOW = at("2026-11-23 10:00")
NEW_YEAR_2027 = DayRow(dt.date(2027, 1, 1), DayKind.HOLIDAY, "元旦")
FILE_2027 = (
    "日期,类别,节日\n2026-12-31,放假,元旦\n2027/1/1,放假,元旦\n2027-01-02,HOLIDAY,元旦\n2027-01-03,调休上班,元旦\n"
)


def add(row=NEW_YEAR_2027, year=2027, reason="测试新增"):
    return services.add_day(row, year=year, source="测试依据", reason=reason, by=ADMIN, at=NOW)


@pytest.mark.django_db
def test_shipped_rows_are_the_calendar_of_the_files():
    loaded = services.load_calendar()
    assert loaded == shipped()
    assert selectors.calendar_digest(loaded) == CalendarChange.objects.get(version=1).digest


@pytest.mark.django_db
def test_a_warm_load_is_one_small_query(django_assert_num_queries):
    services.load_calendar()
    with django_assert_num_queries(1):
        services.load_calendar()


@pytest.mark.django_db
def test_adding_and_removing_a_day_raises_the_version_and_keeps_history():
    before = services.load_calendar()
    change = add()
    after = services.load_calendar()
    assert after.version == before.version + 1 == change.version
    assert dt.date(2027, 1, 1) in after.holidays
    assert 2027 not in after.years  # a single day does not make the year known
    assert after.add_working_days(dt.date(2026, 12, 31), 1).on == dt.date(2027, 1, 4)
    services.remove_day(dt.date(2027, 1, 1), reason="录错", by=ADMIN, at=NOW)
    assert dt.date(2027, 1, 1) not in services.load_calendar().holidays
    newest = CalendarChange.objects.first()
    assert newest.summary["removed"] == [["2027-01-01", "HOLIDAY", "元旦"]]
    assert (newest.changed_by, newest.reason) == ("system:calendar-test", "录错")


@pytest.mark.django_db
def test_wrong_days_are_refused_with_a_sentence():
    add()
    with pytest.raises(Conflict):
        add()
    with pytest.raises(RuleBroken):
        add(DayRow(dt.date(2027, 1, 4), DayKind.WORKDAY, "元旦"))  # a Monday works anyway
    with pytest.raises(RuleBroken):
        add(DayRow(dt.date(2028, 1, 3), DayKind.HOLIDAY, "元旦"))
    with pytest.raises(RuleBroken) as refused:
        add(DayRow(dt.date(2027, 5, 3), DayKind.HOLIDAY, "劳动节"), reason=" ")
    assert "reason" in refused.value.fields
    with pytest.raises(RuleBroken):
        add(DayRow(dt.date(2027, 5, 3), DayKind.HOLIDAY, "劳动节"), reason="a\0b")
    with pytest.raises(NotFound):
        services.remove_day(dt.date(2027, 7, 7), reason="没有", by=ADMIN, at=NOW)


@pytest.mark.django_db
def test_import_of_a_year_previews_then_replaces():
    add(DayRow(dt.date(2027, 1, 2), DayKind.HOLIDAY, "元旦"))
    add(DayRow(dt.date(2027, 1, 4), DayKind.HOLIDAY, "元旦"))
    plan = plan_year(2027, FILE_2027)
    assert plan.problems == ()
    assert [row.date.isoformat() for row in plan.added] == ["2026-12-31", "2027-01-01", "2027-01-03"]
    assert [row.date.isoformat() for row in plan.removed] == ["2027-01-04"]
    assert plan.unchanged == 1
    assert "春节" in plan.warnings[0]
    assert not CalendarDay.objects.filter(date=dt.date(2026, 12, 31)).exists()  # a preview writes nothing
    change = services.import_year(
        plan, complete=True, announced_on=dt.date(2026, 11, 20), source="通知", reason="年度导入", by=ADMIN, at=NOW
    )
    calendar = services.load_calendar()
    assert calendar.version == change.version
    assert not calendar.is_provisional(dt.date(2027, 6, 1))
    assert not calendar.is_provisional(dt.date(2026, 12, 29))
    assert not calendar.is_working_day(dt.date(2026, 12, 31))
    assert calendar.is_working_day(dt.date(2027, 1, 3))
    assert CalendarYear.objects.get(year=2027).announced_on == dt.date(2026, 11, 20)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("2027-02-30,放假,春节", 1, "无法识别"),
        ("date,kind,name\n2027-01-01,放,元旦", 2, "类别"),
        ("2027-01-01,放假", 1, "三列"),
        ("2027-01-01,放假,元旦\n2027-01-01,放假,元旦", 2, "两次"),
        ("2029-01-01,放假,元旦", 1, "不在2027年"),
        ("2027-01-01,放假," + "长" * 21, 1, "20个字"),
        ("", 0, "没有日期"),
        ("\n" * 300, 0, "200行"),
        ("2026-12-31,放假,元旦\n2026-12-26,上班,元旦", 0, ""),
    ],
)
def test_import_names_line_and_cause(text, line, words):
    problems = plan_year(2027, text).problems
    if not words:
        assert problems == ()
        return
    assert (problems[0].line, words in problems[0].message) == (line, True), problems


@pytest.mark.django_db
def test_a_plan_with_problems_is_not_carried_out_and_a_day_of_another_notice_is_named():
    plan = plan_year(2019, "2018-10-01,放假,国庆节")
    assert plan.problems
    with pytest.raises(RuleBroken):
        services.import_year(plan, complete=True, announced_on=None, source="通知", reason="导入", by=ADMIN, at=NOW)
    twice = plan_year(2019, "2018-12-30,放假,元旦")
    assert twice.problems == ()  # belongs to the notice of 2019 already
    assert plan_year(2027, "2026-12-30,放假,元旦").problems == ()


def test_tables_in_the_encodings_of_spreadsheets_are_read():
    assert decode("元旦".encode("gb18030")) == "元旦"
    assert decode("\ufeff元旦".encode()) == "元旦"
    for wrong in (b"\x00\x01PK", b"\xff\xff\xff"):
        with pytest.raises(RuleBroken) as refused:
            decode(wrong)
        assert "file" in refused.value.fields


@pytest.mark.django_db
def test_office_hours_per_authority_from_a_day_on():
    version = services.load_calendar().version
    services.set_office_hours(
        440606,
        periods=parse_periods("8:30-12:00 14:30-17:30"),
        valid_from=dt.date(2026, 6, 1),
        reason="夏令",
        by=ADMIN,
        at=NOW,
    )
    hours = selectors.office_hours(440606)
    assert hours.periods_on(dt.date(2026, 5, 31)) == DEFAULT_HOURS.initial
    assert show_periods(hours.periods_on(dt.date(2026, 6, 1))) == "8:30–12:00、14:30–17:30"
    assert selectors.office_hours(440605) == DEFAULT_HOURS
    assert services.load_calendar().version == version + 1
    # The newest row of the same day counts: nothing is overwritten.
    services.set_office_hours(
        440606, periods=((540, 1020),), valid_from=dt.date(2026, 6, 1), reason="更正", by=ADMIN, at=NOW
    )
    assert selectors.office_hours(440606).periods_on(dt.date(2026, 6, 1)) == ((540, 1020),)


def test_office_hours_are_read_as_people_type_them():
    assert parse_periods("９：００－１２：００，14:00~18:00") == ((540, 720), (840, 1080))


@pytest.mark.parametrize(
    "text", ["", "9-12", "12:00-9:00", "9:00-12:00,11:00-13:00", "9:00-25:00", "9:75-10:00", "a\0b"]
)
def test_wrong_office_hours_are_refused_at_the_field(text):
    with pytest.raises(RuleBroken) as refused:
        parse_periods(text)
    assert "periods" in refused.value.fields


@pytest.mark.django_db
@pytest.mark.parametrize("table", ["workdays_calendarchange", "workdays_authorityhours"])
def test_history_cannot_be_rewritten(table):
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")


def test_two_changes_at_once_get_versions_of_their_own(own_database):
    days = [DayRow(dt.date(2027, 1, day), DayKind.HOLIDAY, "元旦") for day in range(1, 7)]
    gate, failed = threading.Barrier(len(days)), []

    def work(row):
        try:
            gate.wait()
            add(row)
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=[row]) for row in days]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert sorted(CalendarChange.objects.values_list("version", flat=True)) == list(range(1, 8))
    calendar = services.load_calendar()
    assert {row.date for row in days} <= calendar.holidays
    assert CalendarChange.objects.first().digest == selectors.calendar_digest(calendar)


@pytest.mark.parametrize(
    ("today", "years", "level", "year"),
    [
        ("2026-10-31", {2026}, None, None),
        ("2026-11-01", {2026}, "warning", 2027),
        ("2026-12-14", {2026}, "warning", 2027),
        ("2026-12-15", {2026}, "error", 2027),
        ("2026-12-31", {2026, 2027}, None, None),
        ("2027-01-01", {2026}, "error", 2027),
        ("2027-01-01", {2026, 2027}, None, None),
    ],
)
def test_alarm_when_the_next_year_is_missing(today, years, level, year):
    alarm = next_year_missing(dt.date.fromisoformat(today), years)
    assert (alarm and alarm.level, alarm and alarm.year) == (level, year)


@pytest.mark.django_db
def test_system_check_warns_and_never_stops_a_migration():
    with clock.fixed_at(at("2026-12-20 09:00")):
        (found,) = calendar_is_loaded(databases=["default"])
    assert found.id == "sealreg.W101"
    assert found.level == checks.WARNING
    assert "2027" in found.msg
    with clock.fixed_at(at("2026-10-20 09:00")):
        assert calendar_is_loaded(databases=["default"]) == []
    assert calendar_is_loaded() == []
