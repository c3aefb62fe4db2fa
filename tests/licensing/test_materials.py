"""The list of papers is the province's (申请材料清单, demand 58): a county or city that adds an item is refused."""

import datetime as dt
from dataclasses import replace

import pytest

from licensing.choices import Mode, Regime
from licensing.models import MaterialRequirement
from licensing.selectors import materials_on
from licensing.services.applications import check_application
from licensing.services.materials import MaterialItem, add_material, end_material
from sealreg.accounts.choices import AuthorityLevel
from sealreg.audit.selectors import search_events
from sealreg.errors import Conflict, OutsideJurisdiction, RuleBroken
from sealreg.legal.documents import DOCUMENTS
from tests.factories import licensing as made
from tests.factories.accounts import authority, person

pytestmark = pytest.mark.django_db
AT = made.TUESDAY_TEN
TODAY = AT.date()
ITEM = MaterialItem(
    code="premises_photo",
    regime=Regime.LICENSING_2018,
    modes=(Mode.ORDINARY,),
    label="经营场所照片",
    paper_kind="PREMISES_PHOTO",
    basis="house",
)


def codes(mode=Mode.ORDINARY, day=TODAY):
    return [one.code for one in materials_on(day, Regime.LICENSING_2018, mode=mode)]


@pytest.mark.parametrize("role", ["county_officer", "county_chief", "city_officer", "shop_manager", "legal_reader"])
def test_nobody_below_the_province_adds_or_ends_an_item_and_the_try_stays_on_record(role):
    authority(440600, AuthorityLevel.CITY)
    by = person(role)
    for act in (
        lambda: add_material(ITEM, applies_from=TODAY, by=by, at=AT),
        lambda: end_material(
            MaterialRequirement.objects.earliest("id"), applies_until=dt.date(2027, 1, 1), by=by, at=AT
        ),
    ):
        before = codes()
        with pytest.raises(OutsideJurisdiction) as caught:
            act()
        assert (caught.value.status, caught.value.reason) == (403, "list_is_provincial")
        assert codes() == before
    tries = search_events(event="licensing.material_refused", actor=("user", by.number))
    assert {one.subject_id for one in tries} == {"premises_photo", "business_licence"}


def test_the_province_adds_from_a_day_on_and_the_form_asks_exactly_the_list():
    province, who = person("province_officer"), made.cast()
    tomorrow = TODAY + dt.timedelta(days=1)
    add_material(ITEM, applies_from=tomorrow, by=province, at=AT)
    assert "premises_photo" not in codes()
    assert "premises_photo" in codes(day=tomorrow)
    assert "premises_photo" not in codes(mode=Mode.COMMITMENT, day=tomorrow)
    draft, asked = made.draft(who), made.request(who.manager)
    check_application(draft, asked, at=AT)
    with pytest.raises(RuleBroken) as caught:
        check_application(draft, asked, at=AT + dt.timedelta(days=1))
    assert set(caught.value.fields) == {"paper-premises_photo"}


def test_an_item_that_is_not_required_is_never_missing():
    add_material(replace(ITEM, required=False), applies_from=TODAY, by=person("province_officer"), at=AT)
    who = made.cast()
    check_application(made.draft(who), made.request(who.manager), at=AT)


def test_the_province_ends_an_item_and_history_keeps_it():
    province = person("province_officer")
    plan = MaterialRequirement.objects.get(code="floor_plan", regime=Regime.LICENSING_2018)
    end_material(plan, applies_until=TODAY, by=province, at=AT)
    assert "floor_plan" not in codes()
    assert "floor_plan" in codes(day=TODAY - dt.timedelta(days=1))
    with pytest.raises(Conflict):
        end_material(plan, applies_until=dt.date(2027, 1, 1), by=province, at=AT)
    again = replace(ITEM, code="floor_plan", paper_kind="FLOOR_PLAN")
    add_material(again, applies_from=TODAY, by=province, at=AT)
    assert "floor_plan" in codes()


def test_the_same_item_twice_is_a_conflict():
    province = person("province_officer")
    add_material(ITEM, applies_from=TODAY, by=province, at=AT)
    with pytest.raises(Conflict):
        add_material(ITEM, applies_from=TODAY, by=province, at=AT)


@pytest.mark.parametrize(
    "fields",
    [
        {"label": " "}, {"label": "长" * 81}, {"code": "a b"}, {"code": "照片"}, {"code": "x" * 31}, {"modes": ()},
        {"modes": ("FAST",)}, {"regime": "OTHER"}, {"basis": "rumour"}, {"paper_kind": "SONG"},
        {"note": "\x00"}, {"clause": "长" * 41},
    ],
)  # fmt: skip
def test_a_wrong_item_is_refused_at_its_field(fields):
    with pytest.raises(RuleBroken):
        add_material(replace(ITEM, **fields), applies_from=TODAY, by=person("province_officer"), at=AT)


def test_an_item_cannot_end_before_it_began():
    one = add_material(ITEM, applies_from=TODAY, by=person("province_officer"), at=AT)
    with pytest.raises(RuleBroken):
        end_material(one, applies_until=TODAY, by=person("province_officer"), at=AT)


def test_every_item_cites_a_known_document():
    assert {one.basis for one in MaterialRequirement.objects.all()} <= set(DOCUMENTS)
