"""Filing instead of a licence, from the day a setting says, and the ways between the two laws (开业备案)."""

import datetime as dt
from dataclasses import replace

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, transaction

from licensing.choices import EndGround, Regime
from licensing.models import Correction, EngravingShop, LicenceApplication, ShopFiling
from licensing.opening_drafting import Draft, typed_values
from licensing.regimes import filing_from, recall_applies, regime_on
from licensing.requests import CorrectionAnswer, Device, ItemAsked, unpack_staff
from licensing.rules import APPLICATION_RULES, SHOP_FILING_RULES
from licensing.selectors import materials_on, may_engrave
from licensing.services import corrections, decisions, licences, shop_filings
from licensing.services.applications import submit_application
from licensing.services.openings import read_draft
from licensing.states import SHOP_FILING
from sealreg.audit.selectors import search_events
from sealreg.clock import SHANGHAI
from sealreg.errors import Conflict, IllegalMove, NotFound, RuleBroken
from sealreg.legal.documents import DOCUMENTS
from sealreg.settings import env
from tests.factories import filing as orders
from tests.factories import licensing as made
from tests.factories.units import unit

AT = made.TUESDAY_TEN
LATER = AT + dt.timedelta(days=1)
SWITCH = dt.date(2026, 6, 9)


@pytest.fixture
def who():
    return made.cast()


@pytest.fixture
def switched_on(settings):
    settings.SHOP_FILING_FROM = {"44": SWITCH}


@pytest.fixture
def switched_on_later(settings):
    settings.SHOP_FILING_FROM = {"44": LATER.date()}


@pytest.mark.parametrize(
    ("setting", "area", "day", "regime"),
    [
        ({}, 440606, "2030-01-01", Regime.LICENSING_2018),
        ({"44": "2026-06-09"}, 440606, "2026-06-08", Regime.LICENSING_2018),
        ({"44": "2026-06-09"}, 440606, "2026-06-09", Regime.FILING_2025),
        ({"4419": "2026-06-09"}, 440606, "2026-06-09", Regime.LICENSING_2018),
        ({"4419": "2026-06-09"}, 441900, "2026-06-09", Regime.FILING_2025),
        ({"44": "2027-01-01", "4406": "2026-06-09"}, 440606, "2026-06-09", Regime.FILING_2025),
        ({"44": "2026-01-01", "440606": "2027-06-09"}, 440606, "2026-06-09", Regime.LICENSING_2018),
    ],
)
def test_the_regime_follows_the_day_of_the_application_and_the_place(settings, setting, area, day, regime):
    settings.SHOP_FILING_FROM = {prefix: dt.date.fromisoformat(first) for prefix, first in setting.items()}
    assert regime_on(dt.date.fromisoformat(day), area) is regime
    assert recall_applies(dt.date.fromisoformat(day), area) is (regime is Regime.LICENSING_2018)


def test_off_is_the_default():
    assert filing_from(440606) is None


def test_the_setting_is_read_strictly(monkeypatch):
    monkeypatch.setenv("SOME_DATES", "44:2027-01-01, 4419:2026-10-01")
    assert env.dates_by_area("SOME_DATES", "") == {"44": dt.date(2027, 1, 1), "4419": dt.date(2026, 10, 1)}
    for wrong in ("2027-01-01", "43:2027-01-01", "44:soon", "441:2027-01-01", "４４:2027-01-01"):
        monkeypatch.setenv("SOME_DATES", wrong)
        with pytest.raises(ImproperlyConfigured, match="SOME_DATES"):
            env.dates_by_area("SOME_DATES", "")


def test_each_regime_cites_its_own_law():
    assert "engraving-rules" in DOCUMENTS
    assert {key for one in APPLICATION_RULES for key in one.basis} >= {"gd-2018-146", "gd-commitment"}
    assert {key for one in SHOP_FILING_RULES for key in one.basis} <= set(DOCUMENTS)


@pytest.mark.django_db
def test_five_documents_and_no_more(switched_on):
    asked = materials_on(SWITCH, Regime.FILING_2025)
    assert len(asked) == 5
    assert {one.basis for one in asked} == {"engraving-rules"}


@pytest.mark.django_db
def test_filed_at_once_and_nobody_decides(who, switched_on):
    filing = made.filed(who)
    assert (filing.status, filing.submitted_at, filing.filed_late) == ("FILED", AT, False)
    assert filing.due_on == dt.date(2026, 6, 13)
    shop = EngravingShop.objects.get(pk=who.organisation.pk)
    assert may_engrave(shop)
    assert not shop.licences.exists()
    assert orders.submitted(who.manager, orders.request_for(shop), at=AT).status == "SUBMITTED"
    owners = {SHOP_FILING.status(move.frm[0]).owner for move in SHOP_FILING.moves if move.verb == "file_shop"}
    assert owners == {"shop"}


@pytest.mark.django_db
def test_late_is_late_but_filed(who, switched_on):
    draft = shop_filings.start_shop_filing(who.organisation, by=who.manager, at=AT)
    asked = made.filing_request(who.manager, business_licence_on=dt.date(2026, 6, 3))
    filing = shop_filings.file_shop(draft, asked, by=who.manager, at=AT)
    assert (filing.due_on, filing.filed_late) == (dt.date(2026, 6, 8), True)
    assert may_engrave(filing.shop)


@pytest.mark.django_db
def test_what_is_missing_or_wrong_is_told_at_the_field(who, switched_on):
    draft = shop_filings.start_shop_filing(who.organisation, by=who.manager, at=AT)
    asked = made.filing_request(who.manager)
    short = replace(asked, papers={"identities": asked.papers["identities"]})
    with pytest.raises(RuleBroken) as caught:
        shop_filings.check_shop_filing(draft, short, at=AT)
    assert set(caught.value.fields) == {
        "paper-business_licence", "paper-floor_plan", "paper-equipment", "paper-security_rules",
    }  # fmt: skip
    with pytest.raises(RuleBroken) as caught:
        shop_filings.check_shop_filing(draft, replace(asked, business_licence_on=dt.date(2026, 6, 10)), at=AT)
    assert set(caught.value.fields) == {"business_licence_on"}


@pytest.mark.django_db
def test_what_can_be_shared_is_not_demanded(who, switched_on):
    company = unit(name="佛山市顺德区共享印章店")
    draft = shop_filings.start_shop_filing(who.organisation, by=who.manager, at=AT)
    asked = made.filing_request(who.manager, shop_name=company.name, credit_code=company.credit_code)
    papers = {code: files for code, files in asked.papers.items() if code != "business_licence"}
    filing = shop_filings.file_shop(draft, replace(asked, papers=papers), by=who.manager, at=AT)
    assert filing.confirmed_by_registry


@pytest.mark.django_db
def test_the_wrong_way_for_the_day_is_refused_both_ways(who, switched_on_later):
    filing = shop_filings.start_shop_filing(who.organisation, by=who.manager, at=AT)
    with pytest.raises(RuleBroken) as caught:
        shop_filings.file_shop(filing, made.filing_request(who.manager), by=who.manager, at=AT)
    assert caught.value.reason == "regime_is_licensing"
    other = made.cast()
    application = made.draft(other)
    with pytest.raises(RuleBroken) as caught:
        submit_application(application, made.request(other.manager), by=other.manager, at=LATER)
    assert caught.value.reason == "regime_is_filing"


@pytest.mark.django_db
def test_a_correction_afterwards_stops_nothing(who, switched_on):
    filing = made.filed(who)
    items = [made.ITEM, ItemAsked("phone", "号码是空号")]
    asked = corrections.ask_filing_correction(filing, items=items, by=who.officer, at=AT)
    filing.refresh_from_db()
    assert filing.status == "FILED"
    assert may_engrave(filing.shop)
    with pytest.raises(Conflict):
        corrections.ask_filing_correction(filing, items=[made.ITEM], by=who.officer, at=AT)
    corrections.post_message(asked, text="哪一层？", by=who.manager, at=AT)
    answer = CorrectionAnswer({}, made.papers(who.manager, "floor_plan"), {"phone": "0757-22335566"})
    closed = corrections.answer_filing_correction(filing, answer, by=who.manager, at=LATER)
    filing.refresh_from_db()
    assert (closed.closed_at, filing.phone) == (LATER, "075722335566")
    with pytest.raises(Conflict):
        corrections.answer_filing_correction(filing, answer, by=who.manager, at=LATER)


@pytest.mark.django_db
def test_no_correction_before_it_is_filed(who, switched_on):
    draft = shop_filings.start_shop_filing(who.organisation, by=who.manager, at=AT)
    with pytest.raises(NotFound):
        corrections.ask_filing_correction(draft, items=[made.ITEM], by=who.officer, at=AT)


@pytest.mark.django_db
def test_the_second_who_asks_for_a_correction_is_told_who_did_and_when(who, switched_on):
    filing = made.filed(who)
    corrections.ask_filing_correction(filing, items=[made.ITEM], by=who.officer, at=AT)
    with pytest.raises(Conflict) as caught:
        corrections.ask_filing_correction(filing, items=[made.ITEM], by=who.officer, at=LATER)
    assert who.officer.name in str(caught.value.message)
    assert "2026-06-09 10:00" in str(caught.value.message)


@pytest.mark.django_db
def test_ended_it_takes_no_orders_and_the_shop_may_file_again(who, switched_on):
    filing = made.filed(who)
    corrections.ask_filing_correction(filing, items=[made.ITEM], by=who.officer, at=AT)
    shop_filings.end_shop_filing(filing, ground=EndGround.SHOP_STOPPED, reason="停业", by=who.manager, at=LATER)
    assert not may_engrave(filing.shop)
    assert not Correction.objects.filter(closed_at__isnull=True).exists()
    assert made.filed(who, at=LATER).status == "FILED"


@pytest.mark.django_db
def test_the_shop_and_the_county_end_it_each_on_its_grounds(who, switched_on):
    filing = made.filed(who)
    for by, ground in ((who.manager, EndGround.SHOP_ENDED), (who.officer, EndGround.SHOP_STOPPED)):
        with pytest.raises(RuleBroken) as caught:
            shop_filings.end_shop_filing(filing, ground=ground, reason="x", by=by, at=LATER)
        assert caught.value.reason == "ground_unknown"


@pytest.mark.django_db
def test_one_living_filing_per_shop(who, switched_on):
    made.filed(who)
    with pytest.raises(Conflict) as caught:
        shop_filings.start_shop_filing(who.organisation, by=who.manager, at=LATER)
    assert caught.value.reason == "already_open"
    with pytest.raises(DatabaseError, match="shop_filing_one_alive"), transaction.atomic():
        ShopFiling.objects.create(organisation=who.organisation, created_at=AT)


# The ways between the two laws.


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["SUBMITTED", "CORRECTION_ASKED", "ACCEPTED", "GRANTED", "ISSUED"])
def test_a_pending_application_goes_on_under_its_own_law(who, switched_on_later, status):
    application = made.application_in(status, who)
    if status == "CORRECTION_ASKED":
        application = made.answered(who, application, at=LATER)
    if application.status == "SUBMITTED":
        application = decisions.accept_application(application, opinion="齐全", by=who.officer, at=LATER)
    if application.status == "ACCEPTED":
        application = decisions.grant_application(application, reason="同意", by=who.chief, at=LATER)
    if application.status == "GRANTED":
        application = decisions.issue_licence(application, by=who.officer, at=LATER)
    assert application.licence.status == "VALID"
    assert may_engrave(application.licence.shop)


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["DRAFT", "SUBMITTED", "CORRECTION_ASKED", "ACCEPTED"])
def test_or_the_shop_turns_it_into_a_filing(who, switched_on_later, status):
    application = made.application_in(status, who)
    filing = shop_filings.convert_application(application, by=who.manager, at=LATER)
    application = LicenceApplication.objects.get(pk=application.pk)
    assert (application.status, filing.status, filing.converted_from) == ("WITHDRAWN", "DRAFT", application)
    carried = read_draft(filing)
    assert carried["shop_name"] == (application.shop_name or "草稿店")
    assert "licensing.application_converted" in [
        event.event for event in search_events(subject=("shop_filing", filing.number))
    ]
    asked = made.filing_request(who.manager, business_licence_on=AT.date())
    assert shop_filings.file_shop(filing, asked, by=who.manager, at=LATER).status == "FILED"


@pytest.mark.django_db
def test_people_and_devices_stated_go_along_and_stand_in_the_form(who, switched_on_later):
    application = made.submitted(who)
    filing = shop_filings.convert_application(application, by=who.manager, at=LATER)
    carried = read_draft(filing)
    assert (carried["staff_count"], carried["staff-0-name"], carried["staff-0-position"]) == (
        "1",
        "测试治安",
        "ENGRAVER",
    )
    assert (carried["equipment-0-name"], carried["equipment-0-quantity"]) == ("激光雕刻机 甲型", "1")
    stated = Draft(filing, typed_values(filing), LATER, who.manager).filing().particulars
    assert stated.staff[0].document_no == unpack_staff(application.staff)[0].document_no
    assert stated.equipment == (Device("ENGRAVING", "激光雕刻机 甲型", 1),)


@pytest.mark.django_db
def test_a_draft_begun_on_the_other_way_takes_what_is_carried_over(who, switched_on_later):
    begun = made.shop_filings_draft(who)
    application = made.submitted(who)
    filing = shop_filings.convert_application(application, by=who.manager, at=LATER)
    assert (filing.pk, read_draft(filing)["shop_name"]) == (begun.pk, application.shop_name)
    back = shop_filings.convert_shop_filing(filing, by=who.manager, at=LATER)
    assert read_draft(back)["shop_name"] == application.shop_name


@pytest.mark.django_db
def test_an_application_s_draft_takes_what_was_typed_of_the_filing(who, switched_on_later):
    filing = made.shop_filings_draft(who)
    shop_filings.save_shop_filing(filing, form={"shop_name": "备案所填"}, by=who.manager, at=AT)
    filing.refresh_from_db()
    draft = made.draft(who)
    back = shop_filings.convert_shop_filing(filing, by=who.manager, at=AT)
    assert (back.pk, read_draft(back)["shop_name"]) == (draft.pk, "备案所填")


@pytest.mark.django_db
def test_what_is_decided_is_not_turned_into_a_filing(who, switched_on_later):
    granted = made.application_in("GRANTED", who)
    with pytest.raises(IllegalMove), transaction.atomic():
        shop_filings.convert_application(granted, by=who.manager, at=LATER)
    assert not ShopFiling.objects.exists()


@pytest.mark.django_db
def test_while_an_application_is_open_there_is_no_second_way(who, switched_on):
    LicenceApplication.objects.create(organisation=who.organisation, created_at=AT)
    with pytest.raises(Conflict) as caught:
        shop_filings.start_shop_filing(who.organisation, by=who.manager, at=AT)
    assert caught.value.reason == "application_under_way"


@pytest.mark.django_db
def test_existing_licences_stay_valid_and_need_no_filing(who, switched_on_later):
    licence = made.licence(who)
    far = dt.datetime(2050, 1, 4, 10, 0, tzinfo=SHANGHAI)
    assert orders.submitted(who.manager, orders.request_for(licence.shop), at=far).status == "SUBMITTED"
    draft = shop_filings.start_shop_filing(who.organisation, by=who.manager, at=LATER)
    with pytest.raises(RuleBroken) as caught:
        shop_filings.check_shop_filing(draft, made.filing_request(who.manager), at=LATER)
    assert caught.value.reason == "already_open"
    stopped = licences.suspend_licence(licence, ground="SHOP_ASKED", reason="停业", by=who.chief, at=LATER)
    assert licences.reinstate_licence(stopped, reason="复业", by=who.chief, at=LATER).status == "VALID"


@pytest.mark.django_db
def test_idle_licences_are_no_longer_taken_back_where_shops_file(who, switched_on_later):
    licence = made.licence(who)
    with pytest.raises(RuleBroken) as caught:
        licences.recover_licence(licence, case=made.decided_case(licence, by=who.chief), by=who.chief, at=LATER)
    assert caught.value.reason == "recall_over"
    other = made.licence(made.cast())
    chief = made.cast().chief
    done = licences.recover_licence(other, case=made.decided_case(other, by=chief), by=chief, at=AT)
    assert done.status == "RECOVERED"


@pytest.mark.django_db
def test_after_its_licence_ended_a_shop_files_and_keeps_its_code(who, switched_on_later):
    licence = made.licence(who)
    licences.cancel_licence(licence, ground="SHOP_ASKED", reason="停办", by=who.chief, at=AT)
    filing = made.filed(who, at=LATER)
    assert (filing.shop_id, filing.shop.code) == (licence.shop_id, licence.shop.code)
    assert may_engrave(filing.shop)
