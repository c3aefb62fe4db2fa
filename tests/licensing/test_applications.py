"""A shop applies, is asked to correct, is decided upon, collects (特种行业许可申请, demands 10, 14, 58)."""

import datetime as dt
from dataclasses import replace

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from licensing.models import ApplicationPaper, Correction, EngravingShop, LicenceApplication, SpecialTradeLicence
from licensing.requests import CorrectionAnswer, ItemAsked
from licensing.services.applications import (
    check_application,
    collect_licence,
    read_draft,
    save_application,
    start_application,
    submit_application,
    withdraw_application,
)
from licensing.services.corrections import answer_correction, ask_correction, ask_filing_correction, post_message
from licensing.services.decisions import (
    accept_application,
    decline_application,
    grant_application,
    issue_licence,
    refuse_application,
)
from licensing.services.materials import MaterialItem, add_material
from licensing.services.reveals import reveal_stated
from sealreg.accounts.models import Premises
from sealreg.audit.models import ReadLog
from sealreg.audit.selectors import search_events
from sealreg.errors import Conflict, IllegalMove, NotFound, OutsideJurisdiction, RuleBroken
from sealreg.notices.models import Notice
from sealreg.units import synthetic
from tests.factories import filing as other
from tests.factories import licensing as made
from tests.factories.accounts import authority, person
from tests.factories.units import unit

pytestmark = pytest.mark.django_db
AT = made.TUESDAY_TEN
LATER = AT + dt.timedelta(hours=2)


@pytest.fixture
def who():
    return made.cast()


def reason_of(act, *arguments, **named):
    with pytest.raises(RuleBroken) as caught:
        act(*arguments, **named)
    return caught.value


def test_the_whole_way_takes_no_trip_and_ends_in_a_licence_without_end(who):
    application = made.application_in("COLLECTED", who)
    shop = EngravingShop.objects.get(pk=who.organisation.pk)
    licence = application.licence
    assert application.trips == 0
    assert (licence.number, licence.issued_by_no, licence.status) == ("440606-2026-00001", 440606, "VALID")
    assert (licence.holder_name, licence.legal_representative) == (application.shop_name, "测试店主")
    assert (shop.code, shop.credit_code, shop.authority_no) == ("440606000001", application.credit_code, 440606)
    assert shop.organisation.name == application.shop_name


def test_staff_and_equipment_stated_are_the_first_entries_of_the_register(who):
    asked = made.particulars()
    people = (
        asked.staff[0],
        replace(asked.staff[0], name="另一人", document_no=synthetic.identity_number(9), position="?"),
    )
    shop = made.licence(who, staff=people).shop
    assert list(shop.staff.order_by("id").values_list("name", "position", "is_security_officer")) == [
        ("测试治安", "ENGRAVER", True), ("另一人", "OTHER", False),
    ]  # fmt: skip
    assert list(shop.equipment.values_list("kind", "name", "quantity")) == [("ENGRAVING", "激光雕刻机 甲型", 1)]


def test_each_party_is_told_of_each_move(who):
    made.application_in("COLLECTED", who)
    told = lambda user: [n.template for n in Notice.objects.filter(user=user).order_by("id")]  # noqa: E731
    assert told(who.manager) == [
        "licensing.submit_application",
        "licensing.accept_application",
        "licensing.grant_application",
        "licensing.issue_licence",
        "licensing.collect_licence",
    ]
    assert (
        told(who.officer)
        == told(who.chief)
        == [
            "licensing.submit_application_county",
            "licensing.accept_application_county",
            "licensing.grant_application_county",
            "licensing.collect_licence_county",
        ]
    )


def test_collection_at_the_counter_is_one_trip_and_the_officer_may_record_it(who):
    issued = made.application_in("ISSUED", who, handover="COUNTER")
    assert issued.trips == 1
    assert issued.clock_ended_at is None
    assert collect_licence(issued, by=who.officer, at=LATER).clock_ended_at == LATER


def test_numbers_run_on_and_those_of_older_shops_are_not_given_again(who):
    other.shop(code="440606000041")
    first = made.licence(who)
    second = made.licence(made.cast())
    assert (first.number, second.number) == ("440606-2026-00001", "440606-2026-00002")
    assert (first.shop.code, second.shop.code) == ("440606000042", "440606000043")


def test_a_draft_is_kept_as_typed_and_encrypted(who):
    application = made.draft(who)
    save_application(application, form={"shop_name": "半句", "staff-0-name": "甲"}, by=who.manager, at=LATER)
    assert start_application(who.organisation, by=who.manager, at=LATER).pk == application.pk
    application.refresh_from_db()
    assert read_draft(application) == {"shop_name": "半句", "staff-0-name": "甲"}
    with transaction.atomic():
        raw = LicenceApplication.objects.raw("SELECT id, draft_form::text AS plain FROM licensing_licenceapplication")
        assert "半句" not in raw[0].plain


def test_a_draft_is_nobody_elses(who):
    application = made.draft(who)
    assert not LicenceApplication.objects.visible_to(who.officer).exists()
    with pytest.raises(NotFound):
        save_application(application, form={}, by=made.cast().manager, at=AT)
    clerk = person("shop_clerk", place=who.organisation)
    with pytest.raises(OutsideJurisdiction):
        save_application(application, form={}, by=clerk, at=AT)


def test_a_draft_too_long_is_refused(who):
    assert reason_of(start_application, who.organisation, by=who.manager, at=AT, form={"x": "长" * 40_000}).reason == (
        "draft_too_long"
    )


def test_what_is_typed_wrong_is_told_all_at_once(who):
    asked = made.request(who.manager)
    wrong = replace(
        asked.particulars, shop_name=" ", credit_code="123", area=440600, phone="12", legal_document_no="1\x00",
        address="长" * 161,
    )  # fmt: skip
    broken = reason_of(submit_application, made.draft(who), replace(asked, particulars=wrong), by=who.manager, at=AT)
    assert broken.reason == "particulars_wrong"
    assert set(broken.fields) == {"shop_name", "credit_code", "area", "phone", "legal_document_no", "address"}


def test_staff_and_equipment_are_read_line_by_line(who):
    asked = made.request(who.manager)
    one = asked.particulars.staff[0]
    wrong = replace(
        asked.particulars,
        staff=(one, replace(one, name="\x07")),
        equipment=(replace(asked.particulars.equipment[0], quantity=0),),
    )
    broken = reason_of(submit_application, made.draft(who), replace(asked, particulars=wrong), by=who.manager, at=AT)
    assert set(broken.fields) == {"staff-1-name", "staff-1-document_no", "equipment-0-quantity"}


def test_missing_papers_are_named_and_nothing_else_is_asked(who):
    asked = made.without(made.request(who.manager), "floor_plan", "identities")
    broken = reason_of(check_application, made.draft(who), asked, at=AT)
    assert broken.reason == "papers_missing"
    assert set(broken.fields) == {"paper-floor_plan", "paper-identities"}


def test_what_the_registry_has_confirmed_is_not_asked_for_again(who):
    company = unit(name="佛山市顺德区核实印章店", area=440606)
    asked = made.request(who.manager, shop_name=company.name, credit_code=company.credit_code)
    handed_in = submit_application(made.draft(who), made.without(asked, "business_licence"), by=who.manager, at=AT)
    assert handed_in.confirmed_by_registry


def test_a_commitment_stands_for_equipment_and_rules_but_has_to_be_made(who):
    asked = made.without(made.request(who.manager, mode="COMMITMENT"), "equipment", "security_rules")
    draft = made.draft(who)
    broken = reason_of(check_application, draft, replace(asked, committed=False), at=AT)
    assert broken.reason == "commitment_missing"
    assert submit_application(draft, asked, by=who.manager, at=AT).committed_at == AT


def test_a_commitment_before_its_day_is_the_wrong_mode(who):
    earlier = dt.datetime(2020, 7, 29, 10, 0, tzinfo=AT.tzinfo)
    draft = made.draft(who, at=earlier)
    asked = made.request(who.manager, mode="COMMITMENT")
    assert reason_of(check_application, draft, asked, at=earlier).reason == "commitment_not_yet"
    check_application(draft, asked, at=dt.datetime(2020, 7, 30, 0, 0, tzinfo=AT.tzinfo))


@pytest.mark.parametrize("fields", [{"mode": "FAST"}, {"handover": "PIGEON"}])
def test_an_unknown_mode_is_refused(who, fields):
    asked = replace(made.request(who.manager), **fields)
    assert reason_of(submit_application, made.draft(who), asked, by=who.manager, at=AT).reason == "mode_unknown"


def test_who_is_licensed_does_not_apply_again(who):
    made.licence(who)
    again = start_application(who.organisation, by=who.manager, at=LATER)
    assert reason_of(check_application, again, made.request(who.manager), at=LATER).reason == "already_open"


def test_one_application_at_a_time(who):
    made.submitted(who)
    with pytest.raises(Conflict) as caught:
        start_application(who.organisation, by=who.manager, at=LATER)
    assert caught.value.reason == "application_under_way"
    with pytest.raises(IntegrityError, match="application_one_open"), transaction.atomic():
        LicenceApplication.objects.create(organisation=who.organisation, created_at=AT)


def test_a_company_struck_off_cannot_open(who):
    company = unit(registry_state="REVOKED")
    asked = made.request(who.manager, credit_code=company.credit_code)
    assert reason_of(check_application, made.draft(who), asked, at=AT).reason == "shop_not_in_business"


def test_guangzhou_keeps_its_own_system_but_the_airport_is_the_provinces(who):
    airport = authority(440091)
    Premises.objects.create(authority=airport, name="测试航站区", area=440111, code="test-terminal")
    draft = made.draft(who)
    assert reason_of(check_application, draft, made.request(who.manager, area=440111), at=AT).reason == (
        "opened_in_own_node_city"
    )
    asked = made.request(who.manager, area=440111, premises_code="test-terminal")
    assert submit_application(draft, asked, by=who.manager, at=AT).authority_no == 440091


def test_dongguan_decides_at_the_citys_own_code():
    who = made.cast(441900)
    assert made.licence(who).number == "441900-2026-00001"


def test_correction_names_each_item_and_the_thread_goes_both_ways(who):
    application = made.submitted(who)
    asked = ask_correction(
        application,
        items=[made.ITEM, ItemAsked("address", "地址缺门牌号")],
        by=who.officer,
        at=LATER,
    )
    assert [item.subject for item in asked.items.all()] == ["paper-floor_plan", "address"]
    post_message(asked, text="门牌号在哪里查？", by=who.manager, at=LATER)
    post_message(asked, text="以不动产登记为准。", by=who.officer, at=LATER)
    assert [one.from_shop for one in asked.messages.all()] == [True, False]
    application.refresh_from_db()
    with pytest.raises(RuleBroken) as caught:
        answer_correction(application, CorrectionAnswer({}), by=who.manager, at=LATER)
    assert set(caught.value.fields) == {"answer-paper-floor_plan", "answer-address"}
    answer = CorrectionAnswer({}, made.papers(who.manager, "floor_plan"), {"address": "大良街道测试路9号之一"})
    application = answer_correction(application, answer, by=who.manager, at=LATER)
    assert (application.status, application.address) == ("SUBMITTED", "大良街道测试路9号之一")
    plans = ApplicationPaper.objects.filter(application=application, code="floor_plan").order_by("id")
    assert [one.replaced_at for one in plans] == [LATER, None]
    with pytest.raises(Conflict):
        post_message(asked, text="还有吗", by=who.manager, at=LATER)


def test_one_correction_at_a_time_but_again_after_the_answer(who):
    application = made.application_in("CORRECTION_ASKED", who)
    with pytest.raises(IllegalMove):
        ask_correction(application, items=[made.ITEM], by=who.officer, at=LATER)
    application = made.answered(who, application, at=LATER)
    ask_correction(application, items=[made.ITEM], by=who.officer, at=LATER)
    assert Correction.objects.filter(application=application, closed_at__isnull=True).count() == 1


@pytest.mark.parametrize(
    "items",
    [[], [ItemAsked("address", " ")], [ItemAsked("address", "甲"), ItemAsked("address", "乙")], [made.ITEM] * 31],
)
def test_a_correction_without_named_items_is_refused(who, items):
    application = made.submitted(who)
    assert reason_of(ask_correction, application, items=items, by=who.officer, at=AT).reason == "items_missing"


@pytest.mark.parametrize("subject", ["paper-no_crime", "paper-", "no_crime", "annual_report", "draft_form", "mode"])
def test_nothing_beyond_the_list_is_asked_for_in_the_name_of_a_correction(who, subject, settings):
    application = made.submitted(who)
    asked = [made.ITEM, ItemAsked(subject, "请补交")]
    broken = reason_of(ask_correction, application, items=asked, by=who.officer, at=AT)
    assert (broken.reason, set(broken.fields)) == ("paper_not_listed", {"items-1-subject"})
    application.refresh_from_db()
    assert application.status == "SUBMITTED"
    settings.SHOP_FILING_FROM = {"44": dt.date(2026, 1, 1)}
    filed = made.filed(made.cast())
    assert reason_of(ask_filing_correction, filed, items=asked, by=who.officer, at=AT).reason == "paper_not_listed"


def test_a_paper_put_on_the_list_later_is_not_asked_of_who_applied_before(who):
    application = made.submitted(who)
    later = AT.date() + dt.timedelta(days=1)
    item = MaterialItem("fire", "LICENSING_2018", ("ORDINARY",), "消防验收材料", "OTHER", "gd-2018-146")
    add_material(item, applies_from=later, by=person("province_officer"), at=AT)
    asked = [ItemAsked("paper-fire", "请补交")]
    after = AT + dt.timedelta(days=2)
    assert reason_of(ask_correction, application, items=asked, by=who.officer, at=after).reason == "paper_not_listed"


def test_nor_what_the_registry_has_confirmed(who):
    application = made.submitted(who)
    asked = [ItemAsked("paper-business_licence", "请补交")]
    LicenceApplication.objects.filter(pk=application.pk).update(confirmed_by_registry=True)
    application.refresh_from_db()
    assert reason_of(ask_correction, application, items=asked, by=who.officer, at=AT).reason == "paper_not_listed"
    LicenceApplication.objects.filter(pk=application.pk).update(confirmed_by_registry=False)
    application.refresh_from_db()
    assert ask_correction(application, items=asked, by=who.officer, at=AT).items.count() == 1


def test_only_what_was_asked_is_stated_anew(who):
    application = made.application_in("CORRECTION_ASKED", who)
    before = application.address
    answer = CorrectionAnswer({}, made.papers(who.manager, "floor_plan"), {"address": "别处"})
    application = answer_correction(application, answer, by=who.manager, at=AT)
    application.refresh_from_db()
    assert application.address == before


def test_papers_not_on_the_list_are_not_taken(who):
    application = made.application_in("CORRECTION_ASKED", who)
    answer = CorrectionAnswer({made.ITEM.subject: "好"}, {"no_crime": (made.paper("OTHER", by=who.manager),)})
    assert reason_of(answer_correction, application, answer, by=who.manager, at=AT).reason == "paper_not_listed"
    application.refresh_from_db()
    assert application.status == "CORRECTION_ASKED"


def test_a_refusal_gives_reason_and_remedy(who):
    accepted = made.application_in("ACCEPTED", who)
    for reason, remedy, field in (("", "复议", "reason"), ("不符", " ", "remedy")):
        broken = reason_of(refuse_application, accepted, reason=reason, remedy=remedy, by=who.chief, at=AT)
        assert (broken.reason, set(broken.fields)) == ("reason_missing", {field})
    refused = refuse_application(accepted, reason="不符", remedy="可申请行政复议", by=who.chief, at=AT)
    assert (refused.status, refused.remedy) == ("REFUSED", "可申请行政复议")
    assert start_application(who.organisation, by=who.manager, at=LATER).status == "DRAFT"


def test_turning_away_needs_a_listed_ground(who):
    application = made.submitted(who)
    broken = reason_of(
        decline_application, application, ground="PAPERS_SHORT", reason="材料不齐", by=who.officer, at=AT
    )
    assert broken.reason == "ground_unknown"


def test_who_took_it_in_does_not_decide_it(who):
    accepted = made.application_in("ACCEPTED", who)
    both = person("county_chief", place=who.chief.organisation)
    LicenceApplication.objects.filter(pk=accepted.pk).update(accepted_by=both.number)
    accepted.refresh_from_db()
    with pytest.raises(OutsideJurisdiction) as caught:
        grant_application(accepted, reason="同意", by=both, at=AT)
    assert caught.value.reason == "same_person"
    with pytest.raises(DatabaseError, match="application_decided_by_another"), transaction.atomic():
        LicenceApplication.objects.filter(pk=accepted.pk).update(
            status="GRANTED", version=99, decided_at=AT, decided_by=both.number
        )


def test_a_stale_page_is_told_who_was_first(who):
    page = made.submitted(who)
    accept_application(made_again(page), opinion="齐全", by=who.officer, at=LATER)
    with pytest.raises(Conflict) as caught:
        decline_application(page, ground="NOT_NEEDED", reason="晚了", by=who.officer, at=LATER)
    assert caught.value.facts["by"] == who.officer.name
    fresh = made_again(page)
    with pytest.raises(Conflict):
        grant_application(fresh, reason="同意", by=who.chief, at=LATER, expected_version=1)


def made_again(application):
    return LicenceApplication.objects.get(pk=application.pk)


def test_nothing_is_issued_before_the_decision_and_no_number_is_used_up(who):
    accepted = made.application_in("ACCEPTED", who)
    with pytest.raises(IllegalMove):
        issue_licence(accepted, by=who.officer, at=AT)
    granted = grant_application(accepted, reason="同意", by=who.chief, at=AT)
    stale = made_again(granted)
    issue_licence(granted, by=who.officer, at=AT)
    with pytest.raises(Conflict):
        issue_licence(stale, by=who.officer, at=AT)
    assert list(SpecialTradeLicence.objects.values_list("number", flat=True)) == ["440606-2026-00001"]


def test_withdrawal_needs_a_reason_ends_the_correction_and_frees_the_shop(who):
    application = made.application_in("CORRECTION_ASKED", who)
    assert reason_of(withdraw_application, application, reason="", by=who.manager, at=AT).reason == "reason_missing"
    withdrawn = withdraw_application(application, reason="改变主意", by=who.manager, at=LATER)
    assert (withdrawn.status, withdrawn.clock_ended_at) == ("WITHDRAWN", LATER)
    assert not Correction.objects.filter(closed_at__isnull=True).exists()
    assert start_application(who.organisation, by=who.manager, at=LATER).status == "DRAFT"


def test_a_decided_application_is_not_withdrawn(who):
    granted = made.application_in("GRANTED", who)
    with pytest.raises(IllegalMove):
        withdraw_application(granted, reason="晚了", by=who.manager, at=AT)


def test_a_draft_is_given_up_without_telling_the_police(who):
    withdraw_application(made.draft(who), reason="", by=who.manager, at=AT)
    assert not Notice.objects.filter(user=who.officer).exists()


def test_the_trail_reads_from_draft_to_collection(who):
    application = made.application_in("COLLECTED", who)
    trail = [event.event for event in search_events(subject=("licence_application", application.number))][::-1]
    assert trail == [
        "licensing.draft_started",
        "licensing.submit_application",
        "licensing.accept_application",
        "licensing.grant_application",
        "licensing.issue_licence",
        "licensing.collect_licence",
    ]


def test_unprintable_words_are_told_at_the_field_or_left_out(who):
    asked = made.request(who.manager)
    one, device = asked.particulars.staff[0], asked.particulars.equipment[0]
    odd = replace(
        asked.particulars, staff=(replace(one, position="\x00"),), equipment=(replace(device, kind="\x00刻"),)
    )
    with pytest.raises(RuleBroken) as caught:
        check_application(made.draft(who), replace(asked, particulars=replace(odd, premises_code="a\x00")), at=AT)
    assert set(caught.value.fields) == {"premises_code"}
    application = submit_application(made.draft(who), replace(asked, particulars=odd), by=who.manager, at=AT)
    assert application.equipment[0]["kind"] == ""
    with pytest.raises(RuleBroken):
        withdraw_application(application, reason="\x00", by=who.manager, at=AT)


def test_full_numbers_are_shown_for_a_purpose_and_every_look_is_logged(who):
    application = made.submitted(who)
    shown = reveal_stated(application, purpose="核对身份", by=who.officer, at=AT)
    assert shown.legal_document_no == application.legal_document_no
    assert shown.staff[0].name == "测试治安"
    assert ReadLog.objects.get(subject_id=application.number).purpose == "核对身份"
    with pytest.raises(RuleBroken) as caught:
        reveal_stated(application, purpose=" ", by=who.officer, at=AT)
    assert caught.value.reason == "purpose_missing"
    for by, refused in (
        (person("legal_reader"), OutsideJurisdiction),
        (made.cast(440605).officer, NotFound),
        (who.manager, NotFound),
    ):
        with pytest.raises(refused):
            reveal_stated(application, purpose="看看", by=by, at=AT)
    assert ReadLog.objects.count() == 1
