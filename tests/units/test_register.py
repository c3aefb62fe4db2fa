"""The register of units: feeds, corrections, history, grants, personal data (使用单位登记)."""

import datetime as dt
import threading
from dataclasses import replace

import pytest
from django.db import DatabaseError, IntegrityError, connection, connections

from sealreg.accounts.choices import AuthorityLevel
from sealreg.audit.models import AuditEvent, ReadLog
from sealreg.audit.presenters import has_presenter, sentence_for
from sealreg.errors import Conflict, NotFound, OutsideJurisdiction, RuleBroken
from sealreg.units import selectors, services, synthetic
from sealreg.units.models import Unit, UnitSource, UnitVersion
from sealreg.units.permissions import allowed, check_can_correct_unit, check_can_reveal_personal
from tests.factories.accounts import authority, person
from tests.factories.units import FEED, RECORDED_AT, unit, unit_data

LATER = RECORDED_AT + dt.timedelta(days=1)


def feed(data, version, *, at=LATER):
    return services.record_unit(data, source=UnitSource.REGISTRY, registry_version=version, by=FEED, at=at)


@pytest.fixture
def shunde(db):
    return authority(440606)


@pytest.mark.django_db
def test_the_registry_puts_a_unit_on_file_confirmed():
    made = unit()
    assert made.is_confirmed
    assert made.authority_no == 440606
    assert (made.version, made.registry_version) == (1, 1)
    first = made.versions.get()
    assert first.source == UnitSource.REGISTRY
    assert "name" in first.changed
    assert "legal_document_no" not in first.facts


def test_only_newer_registry_data_changes_anything(shunde):
    data = unit_data()
    made = feed(data, 5)
    assert feed(replace(data, address="旧地址"), 5).version == 1
    assert feed(replace(data, address="更旧地址"), 4).address == data.address
    changed = feed(replace(data, address="新地址9号"), 6)
    assert (changed.pk, changed.address, changed.version, changed.registry_version) == (made.pk, "新地址9号", 2, 6)
    assert made.versions.first().changed == ["address"]


def test_newer_data_that_says_the_same_makes_no_version(shunde):
    data = unit_data()
    feed(data, 1)
    again = feed(data, 2)
    assert (again.version, again.registry_version) == (1, 2)
    assert UnitVersion.objects.filter(unit=again).count() == 1


def test_what_the_registry_does_not_say_stays(shunde):
    data = unit_data()
    feed(data, 1)
    kept = feed(replace(data, legal_phone=None, address=None, name="佛山市顺德区青禾改名有限公司"), 2)
    assert (kept.legal_phone, kept.address) == (data.legal_phone, data.address)
    assert kept.versions.first().changed == ["name"]


def test_a_form_entry_waits_to_be_confirmed_and_the_registry_confirms_it(shunde):
    data = unit_data()
    entered = services.record_unit(data, source=UnitSource.FORM, by=FEED, at=RECORDED_AT)
    assert not entered.is_confirmed
    assert list(selectors.search(FEED, to_confirm=True).units) == [entered]
    again = services.record_unit(replace(data, address="别处"), source=UnitSource.FORM, by=FEED, at=LATER)
    assert again.address == data.address  # what is on file is corrected by its own act, never by a form
    confirmed = feed(data, 1)
    assert confirmed.pk == entered.pk
    assert confirmed.confirmed_at == LATER


def test_an_old_number_gets_its_credit_code(shunde):
    old = unit_data(credit_code=None, registration_no=synthetic.registration_number(7))
    made = services.record_unit(old, source=UnitSource.MIGRATION, by=FEED, at=RECORDED_AT)
    code = synthetic.credit_code(99_001)
    found = feed(replace(old, credit_code=code), 1)
    assert (found.pk, found.credit_code) == (made.pk, code)


def test_a_form_for_a_city_with_its_own_node_is_refused():
    with pytest.raises(OutsideJurisdiction) as refused:
        services.record_unit(unit_data(area=440303), source=UnitSource.FORM, by=FEED, at=RECORDED_AT)
    assert refused.value.reason == "own_node"


def test_every_wrong_field_is_told_at_once(shunde):
    wrong = unit_data(
        name=" ", kind="07", area=440600, credit_code="91350100M000100Y44", legal_document_no="1", legal_phone="2",
        established_on=dt.date(2030, 1, 1), address="址" * 201, legal_representative="a\0b", registry_state="GONE",
    )  # fmt: skip
    with pytest.raises(RuleBroken) as refused:
        feed(wrong, 1)
    assert set(refused.value.fields) == {
        "name", "kind", "area", "credit_code", "legal_document_no", "legal_phone", "established_on", "address",
        "legal_representative", "registry_state",
    }  # fmt: skip
    with pytest.raises(RuleBroken) as refused:
        feed(unit_data(credit_code=None), 1)
    assert "旧注册号" in str(refused.value.fields["credit_code"])


def test_registry_version_comes_with_the_registry_only(shunde):
    with pytest.raises(ValueError):
        services.record_unit(unit_data(), source=UnitSource.FORM, registry_version=3, by=FEED, at=LATER)
    with pytest.raises(ValueError):
        services.record_unit(unit_data(), source=UnitSource.REGISTRY, by=FEED, at=LATER)


@pytest.mark.django_db
def test_county_officer_corrects_with_reason_and_the_registry_may_overtake():
    made, officer = unit(), person("county_officer")
    corrected = services.correct_unit(
        made, {"address": "大良街道测试路2号"}, expected_version=1, reason="营业执照地址", by=officer, at=LATER
    )
    assert (corrected.version, corrected.address) == (2, "大良街道测试路2号")
    newest = corrected.versions.first()
    assert (newest.source, newest.changed, newest.reason) == ("CORRECTION", ["address"], "营业执照地址")
    assert newest.recorded_by == f"user:{officer.number}"
    with pytest.raises(Conflict):
        services.correct_unit(made, {"address": "别处"}, expected_version=1, reason="迟到", by=officer, at=LATER)
    with pytest.raises(RuleBroken) as refused:
        services.correct_unit(made, {"address": "别处"}, expected_version=2, reason=" ", by=officer, at=LATER)
    assert "reason" in refused.value.fields
    with pytest.raises(RuleBroken) as refused:
        services.correct_unit(
            made, {"address": "大良街道测试路2号"}, expected_version=2, reason="没变", by=officer, at=LATER
        )
    assert refused.value.reason == "nothing_changed"


@pytest.mark.django_db
def test_correcting_needs_the_units_own_county():
    made = unit()
    elsewhere = person("county_officer", place=authority(440605).organisation)
    with pytest.raises(NotFound):
        services.correct_unit(made, {"address": "x"}, expected_version=1, reason="y", by=elsewhere, at=LATER)
    for role in ("city_officer", "province_officer", "legal_reader"):
        with pytest.raises(OutsideJurisdiction):
            services.correct_unit(made, {"address": "x"}, expected_version=1, reason="y", by=person(role), at=LATER)
        assert not allowed(check_can_correct_unit, person(role), made)


@pytest.mark.django_db
def test_moving_to_another_county_moves_the_authority():
    authority(440605)
    made = unit()
    moved = services.correct_unit(
        made, {"area": 440605}, expected_version=1, reason="迁址", by=person("county_officer"), at=LATER
    )
    assert moved.authority_no == 440605


@pytest.mark.django_db
def test_history_cannot_be_rewritten():
    unit()
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("UPDATE units_unitversion SET reason = 'x'")


@pytest.mark.django_db
def test_personal_numbers_are_encrypted_and_found_by_their_index():
    made = unit()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT legal_document_no, legal_phone, legal_document_index FROM units_unit WHERE id=%s", [made.pk]
        )
        document, phone, index = (bytes(value) for value in cursor.fetchone())
        cursor.execute("SELECT facts::text FROM units_unitversion")
        facts = cursor.fetchone()[0]
    for plain in (made.legal_document_no, made.legal_phone):
        assert plain.encode() not in document + phone + index
        assert plain not in facts
    officer = person("county_officer")
    typed = f"{made.legal_document_no[:6]} {made.legal_document_no[6:]}"
    assert list(selectors.find_by_document(officer, typed)) == [made]
    assert list(selectors.find_by_document(officer, "")) == []


@pytest.mark.django_db
def test_unmasked_numbers_leave_a_line_in_the_read_log():
    made, officer = unit(), person("county_officer")
    shown = services.reveal_personal(made, purpose="核对备案材料", by=officer, at=LATER)
    assert shown.legal_phone == made.legal_phone
    line = ReadLog.objects.get()
    assert (line.subject_kind, line.subject_id, line.purpose) == ("unit", made.number, "核对备案材料")
    assert line.fields == ["legal_document_no", "legal_phone"]
    with pytest.raises(RuleBroken):
        services.reveal_personal(made, purpose=" ", by=officer, at=LATER)
    for role in ("legal_reader", "science_reader"):
        with pytest.raises(OutsideJurisdiction):
            services.reveal_personal(made, purpose="了解情况", by=person(role), at=LATER)
        assert not allowed(check_can_reveal_personal, person(role), made)
    assert ReadLog.objects.count() == 1


@pytest.mark.django_db
def test_company_people_see_their_units_only():
    mine, other = unit(), unit()
    handler = person("company_user")
    assert not Unit.objects.visible_to(handler).exists()
    grant = services.grant_access(mine, handler, by=person("county_officer"), at=LATER)
    assert services.grant_access(mine, handler, by=FEED, at=LATER) == grant
    assert list(Unit.objects.visible_to(handler)) == [mine]
    with pytest.raises(NotFound):
        selectors.get_unit(handler, other.number)
    services.end_access(grant, by=FEED, at=LATER)
    assert not Unit.objects.visible_to(handler).exists()
    with pytest.raises(Conflict):
        services.end_access(grant, by=FEED, at=LATER)
    with pytest.raises(RuleBroken):
        services.grant_access(mine, person("shop_clerk"), by=FEED, at=LATER)


@pytest.mark.django_db
def test_who_sees_which_units():
    shunde_unit, nanhai_unit = unit(), unit(area=440605)
    seen = {
        role: set(Unit.objects.visible_to(person(role)))
        for role in (
            "county_officer",
            "city_officer",
            "province_officer",
            "legal_reader",
            "shop_manager",
            "bank_teller",
        )
    }
    assert seen["county_officer"] == {shunde_unit}
    assert seen["city_officer"] == seen["province_officer"] == seen["legal_reader"] == {shunde_unit, nanhai_unit}
    assert seen["shop_manager"] == seen["bank_teller"] == set()
    shenzhen = person("city_officer", place=authority(440300, AuthorityLevel.CITY).organisation)
    with pytest.raises(NotFound):
        selectors.get_unit(shenzhen, shunde_unit.number)


@pytest.mark.django_db
def test_events_read_as_sentences_and_hold_no_personal_data():
    made, officer = unit(), person("county_officer")
    services.correct_unit(made, {"legal_phone": "15400000009"}, expected_version=1, reason="更正", by=officer, at=LATER)
    grant = services.grant_access(made, person("company_user"), by=officer, at=LATER)
    services.end_access(grant, by=officer, at=LATER)
    events = list(AuditEvent.objects.filter(subject_kind="unit").order_by("id"))
    assert [event.event for event in events] == [
        "units.recorded", "units.changed", "units.access_granted", "units.access_ended",
    ]  # fmt: skip
    for event in events:
        assert has_presenter(event.event)
        assert made.number in sentence_for(event)
        assert "15400000009" not in str(event.facts)
        assert event.authority_no == 440606


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        "kind = '08'",
        "credit_code = 'lower'",
        "registration_no = '12'",
        "registry_state = 'GONE'",
        "legal_phone_index = NULL",
        "legal_document_index = NULL",
        "confirmed_at = NULL",
    ],
)
def test_the_database_keeps_the_invariants(change):
    made = unit()
    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute(f"UPDATE units_unit SET {change} WHERE id = %s", [made.pk])


def test_the_same_new_unit_from_many_feeds_at_once_is_one(own_database):
    authority(440606)
    data, gate, failed, found = unit_data(), threading.Barrier(6), [], set()

    def work(version):
        try:
            gate.wait()
            found.add(feed(data, version).pk)
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=[version]) for version in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(found) == 1
    assert Unit.objects.get().registry_version == 6
