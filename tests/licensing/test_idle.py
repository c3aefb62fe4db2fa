"""The radar warns and lists, the county decides (闲置雷达与收回, demands 71, 72, 95)."""

import datetime as dt
import io

import pytest
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from licensing.idle_states import IDLE_CASE, OPEN
from licensing.models import IdleCase, LicenceSpell, RegistryNotice, ShopActivity
from licensing.services.activity import RADAR
from licensing.services.idle import sweep_idle
from licensing.services.idle_dues import follow_calendar
from licensing.services.licences import reinstate_licence, suspend_licence
from licensing.services.recall import (
    answer_hearing,
    close_case,
    decide_recall,
    decline_recall,
    note_no_answer,
    offer_hearing,
    propose_recall,
    record_hearing,
    record_recovery,
)
from licensing.services.registry_notices import keep_receipt, watch_notices
from sealreg.accounts.choices import AuthorityLevel
from sealreg.audit.models import AuditEvent
from sealreg.audit.presenters import sentence_for
from sealreg.clock import SHANGHAI, fixed_at
from sealreg.database.actor import SystemActor
from sealreg.errors import Conflict, DomainError, IllegalMove, NotFound, OutsideJurisdiction, RuleBroken
from sealreg.notices.models import Notice
from sealreg.outbox.models import OutboxMessage, RaisedAlarm
from sealreg.workdays.importing import DayKind, DayRow
from sealreg.workdays.services import add_day
from tests.factories import filing as made
from tests.factories.accounts import authority, person
from tests.licensing.idle_making import LAST, OVER, Cast

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def at(year, month, day, hour=9):
    return dt.datetime(year, month, day, hour, tzinfo=SHANGHAI)


@pytest.fixture
def cast():
    return Cast()


def told(user):
    return [notice.template for notice in Notice.objects.filter(user=user).order_by("id")]


class TestRadar:
    def test_it_warns_at_four_and_five_months_and_lists_a_day_after_six(self, cast):
        sweep_idle(at=at(2026, 5, 4))
        assert not IdleCase.objects.exists()
        for moment, status in (
            (at(2026, 5, 5), "WARNED"),
            (at(2026, 6, 4), "WARNED"),
            (at(2026, 6, 5), "WARNED_AGAIN"),
            (at(2026, 7, 5), "WARNED_AGAIN"),
            (at(2026, 7, 6), "IDLE"),
        ):
            sweep_idle(at=moment)
            assert cast.case.status == status, moment
        assert told(cast.manager) == ["licensing.idle_warned", "licensing.warn_again", "licensing.list_idle"]
        assert told(cast.officer) == ["licensing.list_idle_county"]
        case = cast.case
        assert (case.last_on, case.opened_at, case.listed_at) == (LAST, at(2026, 5, 5), at(2026, 7, 6))
        assert case.recall_due_at == at(2026, 8, 3, 18)  # 20 working days
        assert case.licence.status == "VALID", "the radar takes nothing"

    @pytest.mark.parametrize("day", [28, 29, 30, 31])
    def test_it_warns_on_the_last_of_february_whoever_was_last_busy_at_the_end_of_october(self, day):
        late = Cast(last=dt.date(2025, 10, day))
        sweep_idle(at=at(2026, 2, 27))
        assert not IdleCase.objects.exists()
        sweep_idle(at=at(2026, 2, 28))
        assert late.case.status == "WARNED"

    def test_the_same_look_again_changes_nothing(self, cast):
        first = sweep_idle(at=OVER)
        assert (first.warned, first.warned_again, first.listed) == (1, 1, 1)
        seen = IdleCase.objects.values().get(), Notice.objects.count(), AuditEvent.objects.count()
        for _ in range(3):
            again = sweep_idle(at=OVER)
            assert (again.warned, again.warned_again, again.listed, again.closed, again.failed) == (0, 0, 0, 0, [])
        assert (IdleCase.objects.values().get(), Notice.objects.count(), AuditEvent.objects.count()) == seen

    @pytest.mark.parametrize("status", [status for status in OPEN if status not in ("WARNED", "WARNED_AGAIN")])
    def test_one_filing_closes_the_case_at_any_stage(self, cast, status):
        case = cast.bring(status)
        made.submitted(cast.clerk, made.request_for(cast.shop), at=OVER + 5 * DAY)
        case.refresh_from_db()
        assert (case.status, case.close_reason) == ("CLOSED", "BUSINESS")
        assert told(cast.manager)[-1] == "licensing.close_idle_case"
        sweep_idle(at=OVER + 6 * DAY)
        assert IdleCase.objects.count() == 1
        assert ShopActivity.objects.get().last_business_at == OVER + 5 * DAY

    def test_a_filing_closes_a_warning_and_months_count_anew_from_it(self, cast):
        sweep_idle(at=at(2026, 6, 5))
        made.submitted(cast.clerk, made.request_for(cast.shop), at=at(2026, 6, 10))
        assert cast.case.status == "CLOSED"
        sweep_idle(at=at(2026, 10, 9))
        assert IdleCase.objects.filter(status__in=OPEN).count() == 0
        sweep_idle(at=at(2026, 10, 10))
        assert cast.case.status == "WARNED"
        assert cast.case.last_on == dt.date(2026, 6, 10)

    def test_a_withdrawn_submission_that_was_rolled_back_notes_nothing(self, cast):
        with pytest.raises(RuleBroken):
            made.submitted(cast.clerk, made.request_for(cast.shop, seals=()), at=at(2026, 6, 10))
        assert ShopActivity.objects.get().last_business_at.date() == LAST

    def test_a_shop_that_never_did_business_counts_from_its_licence(self):
        shop = made.shop(licensed=False, opened_on=dt.date(2026, 1, 2))
        shop.licences.create(number="新-1", issued_by_no=440606, issued_on=dt.date(2026, 2, 10))
        sweep_idle(at=at(2026, 6, 9))
        assert not IdleCase.objects.filter(shop=shop).exists()
        sweep_idle(at=at(2026, 6, 10))
        assert IdleCase.objects.get(shop=shop).last_on == dt.date(2026, 2, 10)

    def test_a_shop_without_any_licence_is_none_of_its_business(self):
        shop = made.shop(licensed=False)
        sweep_idle(at=OVER)
        assert not IdleCase.objects.filter(shop=shop).exists()

    def test_a_recorded_suspension_does_not_count(self, cast):
        licence = cast.shop.licences.get()
        licence = suspend_licence(licence, ground="SHOP_ASKED", reason="装修", by=cast.chief, at=at(2026, 3, 1))
        sweep_idle(at=at(2027, 3, 1))
        assert not IdleCase.objects.exists()
        reinstate_licence(licence, reason="恢复", by=cast.chief, at=at(2026, 4, 9))
        assert LicenceSpell.objects.count() == 1
        sweep_idle(at=at(2026, 6, 13))  # 4 months from 5 January, and 40 days
        assert not IdleCase.objects.exists()
        sweep_idle(at=at(2026, 6, 14))
        assert cast.case.status == "WARNED"
        sweep_idle(at=at(2026, 8, 14))
        assert cast.case.status == "WARNED_AGAIN"
        sweep_idle(at=at(2026, 8, 15))
        assert cast.case.status == "IDLE"

    def test_a_licence_that_ends_otherwise_closes_the_case(self, cast):
        cast.bring("HEARD")
        from_now = OVER + 9 * DAY
        with transaction.atomic():
            cast.shop.licences.update(ended_at=from_now, version=2, status="CANCELLED")
        sweep_idle(at=from_now)
        assert (cast.case.status, cast.case.close_reason) == ("CLOSED", "NO_LICENCE")

    def test_it_looks_at_many_shops_in_few_queries(self, cast):
        for _ in range(30):
            made.shop(opened_on=dt.date(2026, 6, 1), licensed=False).licences.create(
                number=f"新-{_}", issued_by_no=440606, issued_on=dt.date(2026, 6, 1)
            )
        sweep_idle(at=OVER)
        with CaptureQueriesContext(connection) as asked:
            assert sweep_idle(at=OVER).looked == 31
        assert len(asked) < 25


class TestRecall:
    def test_from_listing_to_decision_receipt_and_paper(self, cast):
        case = cast.bring("PROPOSED")
        assert case.licence.status == "VALID", "nothing is taken before the county decides"
        decided = decide_recall(case, reason="情况属实，决定收回", by=cast.chief, at=at(2026, 7, 9))
        licence = cast.shop.licences.get()
        assert (decided.status, licence.status) == ("DECIDED_RECALL", "RECOVERED")
        assert (decided.proposed_by, decided.decided_by) == (cast.officer.number, cast.chief.number)
        notice = RegistryNotice.objects.get(case=decided)
        assert (notice.event, notice.decided_on, notice.credit_code) == (
            "RECOVERED",
            dt.date(2026, 7, 9),
            cast.shop.credit_code,
        )
        assert (decided.recall_due_at, notice.due_at) == (at(2026, 8, 3, 18), at(2026, 7, 10, 18)), "two clocks"
        owed = OutboxMessage.objects.get(topic="licensing.licence_recalled")
        assert owed.payload["notice"] == notice.number
        assert [one.subscriber for one in owed.deliveries.all()] == ["business_registration"]
        kept = record_recovery(decided, way="HANDED_IN", by=cast.officer, at=at(2026, 7, 13))
        assert kept.recovered_at == at(2026, 7, 13)
        with pytest.raises(Conflict) as caught:
            record_recovery(decided, way="HANDED_IN", by=cast.officer, at=at(2026, 7, 14))
        assert caught.value.facts["by"] == cast.officer.name
        assert "2026-07-13" in str(caught.value.message)
        with pytest.raises(RuleBroken):
            made.submitted(cast.clerk, made.request_for(cast.shop), at=at(2026, 7, 13))
        sweep_idle(at=at(2027, 7, 13))
        assert IdleCase.objects.count() == 1

    def test_the_hearing_is_asked_for_recorded_and_read(self, cast):
        case = cast.bring("HEARD")
        assert (case.statement, case.hearing_minutes) == ("近期转型", "双方到场")
        assert "licensing.ask_hearing" in told(cast.officer)
        assert "licensing.record_hearing" in told(cast.manager)
        for event in AuditEvent.objects.filter(subject_kind="idle_case"):
            assert case.number in sentence_for(event)

    def test_a_shop_that_is_silent_has_its_time_first(self, cast):
        case = cast.bring("HEARING_OFFERED")
        assert case.answer_due_at == at(2026, 7, 13, 18)  # 5 working days
        with pytest.raises(RuleBroken) as refused:
            note_no_answer(case, by=cast.officer, at=at(2026, 7, 13, 18))
        assert refused.value.reason == "answer_time_runs"
        note_no_answer(case, by=cast.officer, at=at(2026, 7, 14))
        assert cast.case.status == "HEARING_WAIVED"

    def test_four_eyes_in_the_domain_and_in_the_database(self, cast):
        case = cast.bring("PROPOSED")
        IdleCase.objects.filter(pk=case.pk).update(proposed_by=cast.chief.number)
        case.refresh_from_db()
        for act in (decide_recall, decline_recall):
            with pytest.raises(OutsideJurisdiction) as refused:
                act(case, reason="情况属实", by=cast.chief, at=OVER + 4 * DAY)
            assert refused.value.reason == "same_person"
        with pytest.raises(IntegrityError, match="idle_case_four_eyes"), transaction.atomic():
            IdleCase.objects.filter(pk=case.pk).update(decided_by=cast.chief.number)

    def test_the_chief_may_decide_against_it(self, cast):
        case = cast.bring("PROPOSED")
        decline_recall(case, reason="企业已准备复工", by=cast.chief, at=OVER + 4 * DAY)
        case = cast.case
        assert (case.status, case.close_reason, case.close_remark) == ("CLOSED", "NOT_RECALLED", "企业已准备复工")
        assert cast.shop.licences.get().status == "VALID"
        assert not RegistryNotice.objects.exists()
        sweep_idle(at=OVER + 5 * DAY)
        assert IdleCase.objects.count() == 1, "what the county looked at and left is not held against the shop again"
        sweep_idle(at=at(2026, 11, 10))
        assert cast.case.last_on == dt.date(2026, 7, 10)

    def test_what_came_between_stops_it(self, cast):
        case = cast.bring("PROPOSED")
        ShopActivity.objects.update(last_business_at=OVER + DAY)
        with pytest.raises(RuleBroken) as refused:
            decide_recall(case, reason="情况属实", by=cast.chief, at=OVER + 4 * DAY)
        assert refused.value.reason == "not_idle"
        assert cast.shop.licences.get().status == "VALID"

    def test_a_suspended_licence_is_not_taken_back(self, cast):
        case = cast.bring("PROPOSED")
        suspend_licence(cast.shop.licences.get(), ground="SHOP_ASKED", reason="停业", by=cast.chief, at=OVER + 3 * DAY)
        with pytest.raises(RuleBroken) as refused:
            decide_recall(case, reason="情况属实", by=cast.chief, at=OVER + 4 * DAY)
        assert refused.value.reason == "no_licence_to_recall"

    def test_a_stale_page_is_told_who_was_first(self, cast):
        case = cast.bring("IDLE")
        offer_hearing(case, by=cast.officer, at=OVER, expected_version=case.version)
        other = person("county_officer", place=authority(440606).organisation)
        with pytest.raises(Conflict) as refused:
            offer_hearing(cast.case, by=other, at=OVER + DAY, expected_version=3)
        assert cast.officer.name in str(refused.value.message)

    def test_reasons_are_demanded(self, cast):
        waived = cast.bring("HEARING_WAIVED")
        with pytest.raises(RuleBroken) as refused:
            propose_recall(waived, reason=" ", by=cast.officer, at=OVER + 2 * DAY)
        assert refused.value.reason == "reason_missing"
        with pytest.raises(RuleBroken):
            close_case(waived, reason="WHY", remark="原因", by=cast.officer, at=OVER + 2 * DAY)

    def test_where_shops_file_instead_nothing_is_taken_back(self, cast, settings):
        case = cast.bring("PROPOSED")
        settings.SHOP_FILING_FROM = {"4406": dt.date(2026, 7, 8)}
        with pytest.raises(RuleBroken) as refused:
            decide_recall(case, reason="情况属实", by=cast.chief, at=OVER + 4 * DAY)
        assert refused.value.reason == "recall_over"
        close_case(case, reason="NOT_RECALLED", remark="已实行开业备案", by=cast.officer, at=OVER + 4 * DAY)
        assert cast.shop.licences.get().status == "VALID"

    def test_under_the_filing_regime_nobody_is_threatened_with_a_recall(self, cast, settings):
        settings.SHOP_FILING_FROM = {"44": dt.date(2025, 1, 20)}
        sweep_idle(at=OVER)
        assert not IdleCase.objects.exists()
        assert told(cast.manager) == []

    @pytest.mark.parametrize("status", OPEN)
    def test_what_was_begun_ends_on_the_day_the_filing_regime_begins(self, cast, settings, status):
        case = cast.bring(status)
        settings.SHOP_FILING_FROM = {"4406": dt.date(2026, 7, 20)}
        sweep_idle(at=at(2026, 7, 19))
        case = cast.case
        assert case.status in OPEN, "the law of the day"
        sweep_idle(at=at(2026, 7, 20))
        assert (cast.case.pk, cast.case.status, cast.case.close_reason) == (case.pk, "CLOSED", "RECALL_OVER")
        assert told(cast.manager)[-1] == "licensing.close_idle_case"
        assert cast.shop.licences.get().status == "VALID"
        assert not RegistryNotice.objects.exists()

    def test_what_was_decided_before_that_day_stands_and_is_told(self, cast, settings):
        cast.bring("DECIDED_RECALL")
        settings.SHOP_FILING_FROM = {"44": dt.date(2026, 7, 20)}
        sweep_idle(at=at(2026, 8, 1))
        assert (cast.case.status, cast.shop.licences.get().status) == ("DECIDED_RECALL", "RECOVERED")
        assert RegistryNotice.objects.get().received_at is None


def holiday(day):
    add_day(DayRow(day, DayKind.HOLIDAY, "测试假日"), year=2026, source="测试", reason="补充通知", by=RADAR, at=OVER)


class TestCalendar:
    """A calendar imported later moves the limits and says so."""

    def test_the_decisions_limit_moves_and_the_county_is_told(self, cast):
        case = cast.bring("IDLE")
        assert case.recall_due_at == at(2026, 8, 3, 18)
        holiday(dt.date(2026, 7, 20))
        assert (follow_calendar(by=RADAR, at=OVER), follow_calendar(by=RADAR, at=OVER)) == (1, 0)
        assert cast.case.recall_due_at == at(2026, 8, 4, 18)
        notice = Notice.objects.get(template="licensing.idle_due_moved", user=cast.officer)
        assert notice.params == {"number": case.number, "from": "2026-08-03", "to": "2026-08-04"}
        event = AuditEvent.objects.get(event="licensing.idle_due_moved")
        assert "2026-08-04" in sentence_for(event)

    def test_the_shops_time_to_answer_grows_and_never_shrinks(self, cast):
        case = cast.bring("HEARING_OFFERED")
        assert case.answer_due_at == at(2026, 7, 13, 18)
        holiday(dt.date(2026, 7, 8))
        assert follow_calendar(by=RADAR, at=OVER) == 2
        assert cast.case.answer_due_at == at(2026, 7, 14, 18)
        assert "licensing.answer_due_moved" in told(cast.manager)
        add_day(
            DayRow(dt.date(2026, 7, 11), DayKind.WORKDAY, "补班"),
            year=2026,
            source="测试",
            reason="调休",
            by=RADAR,
            at=OVER,
        )
        follow_calendar(by=RADAR, at=OVER)
        assert cast.case.answer_due_at == at(2026, 7, 14, 18)

    def test_the_notices_limit_moves_until_its_receipt(self, cast):
        cast.bring("DECIDED_RECALL")
        assert RegistryNotice.objects.get().due_at == at(2026, 7, 10, 18)
        holiday(dt.date(2026, 7, 10))
        assert follow_calendar(by=RADAR, at=OVER) == 1
        notice = RegistryNotice.objects.get()
        assert notice.due_at == at(2026, 7, 13, 18)
        assert "licensing.notice_due_moved" in told(cast.officer)
        keep_receipt(notice, receipt_no="R1", digest="a" * 64, by=SystemActor("test"), at=OVER + 4 * DAY)
        holiday(dt.date(2026, 7, 13))
        assert follow_calendar(by=RADAR, at=OVER + 5 * DAY) == 0
        assert RegistryNotice.objects.get().due_at == at(2026, 7, 13, 18)

    def test_the_command_follows_it(self, cast):
        cast.bring("IDLE")
        holiday(dt.date(2026, 7, 20))
        said = io.StringIO()
        with fixed_at(OVER):
            call_command("look_for_idle_shops", stdout=said)
        assert "1 due days moved" in said.getvalue()


class TestNotice:
    def test_a_missing_receipt_alarms_once_and_the_county_is_told(self, cast):
        cast.bring("DECIDED_RECALL")
        notice = RegistryNotice.objects.get()
        assert watch_notices(at=notice.due_at) == 0
        assert watch_notices(at=notice.due_at + dt.timedelta(seconds=1)) == 1
        assert RaisedAlarm.objects.filter(kind="licensing.registry_notice_late").exists()
        assert "licensing.registry_notice_late" in told(cast.officer)
        assert watch_notices(at=notice.due_at + DAY) == 0

    def test_a_receipt_stops_the_clock_and_the_first_stays(self, cast):
        cast.bring("DECIDED_RECALL")
        notice, robot = RegistryNotice.objects.get(), SystemActor("test")
        keep_receipt(notice, receipt_no="R1", digest="a" * 64, by=robot, at=OVER + 4 * DAY)
        keep_receipt(notice, receipt_no="R2", digest="b" * 64, by=robot, at=OVER + 5 * DAY)
        notice.refresh_from_db()
        assert (notice.receipt_no, notice.received_at) == ("R1", OVER + 4 * DAY)
        assert watch_notices(at=OVER + 99 * DAY) == 0


def arguments(verb):
    """The service of a verb and what it wants besides the case."""
    return {
        "offer_hearing": (offer_hearing, {}),
        "ask_hearing": (answer_hearing, {"wants": True, "statement": ""}),
        "waive_hearing": (answer_hearing, {"wants": False, "statement": ""}),
        "note_no_answer": (note_no_answer, {}),
        "record_hearing": (record_hearing, {"heard_at": OVER + 8 * DAY, "minutes": "到场"}),
        "propose_recall": (propose_recall, {"reason": "核实未经营"}),
        "decide_recall": (decide_recall, {"reason": "情况属实"}),
        "decline_recall": (decline_recall, {"reason": "暂不收回"}),
        "close_idle_case": (close_case, {"reason": "NOT_RECALLED", "remark": "核实后结案"}),
    }[verb]


BEFORE = {
    "offer_hearing": "IDLE", "ask_hearing": "HEARING_OFFERED", "waive_hearing": "HEARING_OFFERED",
    "note_no_answer": "HEARING_OFFERED", "record_hearing": "HEARING_ASKED", "propose_recall": "HEARING_WAIVED",
    "decide_recall": "PROPOSED", "decline_recall": "PROPOSED", "close_idle_case": "IDLE",
}  # fmt: skip
RADARS = {"warn_again", "list_idle"}
SHOPS, CHIEFS = {"ask_hearing", "waive_hearing"}, {"decide_recall", "decline_recall"}
OFFICERS = set(BEFORE) - SHOPS - CHIEFS
LATER = OVER + 10 * DAY

PEOPLE = {
    "own manager": (SHOPS, OutsideJurisdiction, NotFound),
    "own clerk": (set(), OutsideJurisdiction, NotFound),
    "rival manager": (set(), NotFound, NotFound),
    "county officer": (OFFICERS, NotFound, OutsideJurisdiction),
    "county chief": (CHIEFS, NotFound, OutsideJurisdiction),
    "other county officer": (set(), NotFound, NotFound),
    "other county chief": (set(), NotFound, NotFound),
    "city officer": (set(), NotFound, OutsideJurisdiction),
    "other city officer": (set(), NotFound, NotFound),
    "province officer": (set(), NotFound, OutsideJurisdiction),
    "legal reader": (set(), NotFound, OutsideJurisdiction),
    "bank teller": (set(), NotFound, NotFound),
    "operator": (set(), NotFound, NotFound),
    "system administrator": (set(), NotFound, NotFound),
}


def somebody(name, cast):
    other = authority(440605).organisation
    far = authority(440400, AuthorityLevel.CITY).organisation
    return {
        "own manager": lambda: cast.manager,
        "own clerk": lambda: cast.clerk,
        "rival manager": lambda: person("shop_manager", place=made.shop().organisation),
        "county officer": lambda: cast.officer,
        "county chief": lambda: cast.chief,
        "other county officer": lambda: person("county_officer", place=other),
        "other county chief": lambda: person("county_chief", place=other),
        "city officer": lambda: person("city_officer"),
        "other city officer": lambda: person("city_officer", place=far),
        "province officer": lambda: person("province_officer"),
        "legal reader": lambda: person("legal_reader"),
        "bank teller": lambda: person("bank_teller"),
        "operator": lambda: person("operator_staff"),
        "system administrator": lambda: person("system_administrator"),
    }[name]()


def test_the_matrix_covers_every_verb_of_the_table():
    assert set(BEFORE) | RADARS == set(IDLE_CASE.verbs)


@pytest.mark.parametrize("verb", sorted(BEFORE))
def test_role_by_verb_by_jurisdiction(cast, verb):
    case = cast.bring(BEFORE[verb])
    act, given_ = arguments(verb)
    for who, (allowed, of_shop, of_police) in PEOPLE.items():
        actor = somebody(who, cast)
        with transaction.atomic():
            if verb in allowed:
                act(case, by=actor, at=LATER, **given_)
                assert cast.case.status == IDLE_CASE.verbs[verb].to, who
            else:
                with pytest.raises(of_shop if verb in SHOPS else of_police):
                    act(case, by=actor, at=LATER, **given_)
                assert cast.case.status == BEFORE[verb], who
            transaction.set_rollback(True)
        case = cast.case


@pytest.mark.parametrize("status", IDLE_CASE.names)
def test_every_verb_in_every_status(cast, status):
    cast.bring(status)
    for verb in sorted(BEFORE):
        actor = cast.manager if verb in SHOPS else cast.chief if verb in CHIEFS else cast.officer
        act, given_ = arguments(verb)
        with transaction.atomic():
            if IDLE_CASE.move(status, verb):
                act(cast.case, by=actor, at=LATER, **given_)
                assert cast.case.status == IDLE_CASE.verbs[verb].to
            else:
                # What was decided leaves no licence to speak of, which is the first thing some verbs look at.
                with pytest.raises((IllegalMove, RuleBroken)):
                    act(cast.case, by=actor, at=LATER, **given_)
                assert cast.case.status == status
            transaction.set_rollback(True)


@pytest.mark.parametrize("status", IDLE_CASE.names)
def test_sql_as_the_application_role_cannot_jump(cast, status):
    case = cast.bring(status)
    assert case.status == status
    for to in (*IDLE_CASE.names, "APPROVED"):
        if to == status or (status, to) in IDLE_CASE.pairs:
            continue
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE licensing_idlecase SET status = %s, version = version + 1 WHERE id = %s", [to, case.pk]
            )
    if status not in IDLE_CASE.initial:
        with pytest.raises(DatabaseError, match="is not made as"), transaction.atomic():
            IdleCase.objects.create(shop=made.shop(), authority_no=440606, last_on=LAST, opened_at=OVER, status=status)
    assert cast.case.status == status


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([*sorted(BEFORE), "sweep", "business"]), min_size=1, max_size=12))
def test_any_walk_stays_on_the_table_and_takes_no_licence_without_a_decision(db, walk):
    with transaction.atomic():
        cast, moment = Cast(), OVER
        sweep_idle(at=moment)
        for step in walk:
            before, moment = cast.case.status, moment + 2 * DAY
            try:
                with transaction.atomic():
                    if step == "sweep":
                        sweep_idle(at=moment)
                    elif step == "business":
                        made.submitted(cast.clerk, made.request_for(cast.shop), at=moment)
                    else:
                        actor = cast.manager if step in SHOPS else cast.chief if step in CHIEFS else cast.officer
                        act, given_ = arguments(step)
                        if "heard_at" in given_:
                            given_ = given_ | {"heard_at": moment}
                        act(cast.case, by=actor, at=moment, **given_)
            except DomainError:
                assert cast.case.status == before
            case = cast.case
            assert case.status == before or (before, case.status) in IDLE_CASE.pairs
            recovered = cast.shop.licences.get().status == "RECOVERED"
            assert recovered == (case.status == "DECIDED_RECALL")
            assert recovered == RegistryNotice.objects.filter(case=case).exists()
        transaction.set_rollback(True)
